"""Conflicts of identity as the API shows them, and the body of a decision about one."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from integrations.models import IdentityConflict, Settlement

from .base import Name, Reference, Row, Word


class CandidateSerializer(serializers.Serializer[Any]):
    """One person or record, with what tells it apart, as it was when the question came up."""

    id = serializers.CharField(help_text="A person's id, or a record's id at its vendor.")
    facts = serializers.DictField(child=serializers.JSONField(allow_null=True))


@extend_schema_field(serializers.ListField(child=serializers.ListField(child=serializers.CharField())))
class Pairs(serializers.JSONField):
    """`[[kind, value], …]`"""


class ConflictSerializer(Row):
    """One question of who is who."""

    connection = Name()
    person = Reference()
    candidates = CandidateSerializer(many=True)
    addresses = Pairs(help_text="What several people hold: [kind, value] each.")
    events = Reference(many=True, help_text="Ids of the events that wait for the answer.")
    chosen = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = IdentityConflict
        fields = (
            *("id", "kind", "state", "connection", "object", "person", "candidates", "addresses", "events"),
            *("settlement", "chosen", "actor", "opened_at", "settled_at", "undone_by", "undone_at"),
        )


class SettleSerializer(serializers.Serializer[Any]):
    """The answer. People: `same` or `apart`; records: `records`."""

    settlement = Word(choices=[Settlement.SAME, Settlement.APART, Settlement.RECORDS])
    chosen = serializers.ListField(
        child=serializers.CharField(max_length=200),
        default=list,
        help_text="same: who stays. apart: whose the address is. records: the person's record, or several.",
    )
