"""Hooks as the API shows them, and how one is asked for. The secret is shown once, when the hook is made."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from audit.hooks.models import Hook
from audit.hooks.recording import OWN_EVENTS
from audit.hooks.subscribing import problem_of_url
from integrations.models import Connection
from mappings.spec import EVENTS

from .base import Moment, Name, Row, Word

HOOK_EVENTS = (*EVENTS, *OWN_EVENTS)


class HookSerializer(Row):
    connection = Name(help_text="Only what happens at this connection; null: at all.")
    event = Word(choices=HOOK_EVENTS)

    class Meta:
        model = Hook
        fields = (
            *("id", "target_url", "event", "connection", "state", "off_reason", "failing_since"),
            *("last_status", "last_result", "last_at", "created_at"),
        )


class NewHookSerializer(serializers.Serializer[Any]):
    """A URL, and what it is to be told of."""

    target_url = serializers.CharField(max_length=2000, help_text="https://, or http:// on this machine.")
    event = serializers.ChoiceField(choices=HOOK_EVENTS)
    connection = serializers.SlugRelatedField(
        slug_field="name", queryset=Connection.objects.all(), required=False, allow_null=True, default=None
    )

    def validate_target_url(self, url: str) -> str:
        if problem := problem_of_url(url):
            raise serializers.ValidationError(problem)
        return url


class MadeHookSerializer(HookSerializer):
    """The new hook. Keep the secret: it is not shown again."""

    secret = serializers.CharField(help_text="whsec_…, of the Standard Webhooks scheme.")

    class Meta(HookSerializer.Meta):
        # mypy takes the length of the parent's tuple for part of the type.
        fields = ("id", "target_url", "event", "connection", "secret", "created_at")  # type: ignore[assignment]


class MessageSerializer(serializers.Serializer[Any]):
    """What is posted to the URL."""

    type = Word(choices=HOOK_EVENTS)
    timestamp = Moment()
    # A field named as a property of DRF's own; DRF takes declared fields out of the class.
    data = serializers.DictField(help_text="The event, change or opt-out as the API shows it.")  # type: ignore[assignment]
