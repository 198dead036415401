"""Connections, events, people and operations as the API shows them. No secret is among the fields."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from integrations.models import Address, Connection, Event, Link, Person

from .base import Name, Reference, Row


class CheckSerializer(serializers.Serializer[Any]):
    """One line of a connection test."""

    name = serializers.CharField()
    ok = serializers.BooleanField()
    detail = serializers.CharField()
    help = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]  # also an attribute of every field


class LimitSerializer(serializers.Serializer[Any]):
    """So many calls in that stretch of time, for example 400 per 1h."""

    calls = serializers.IntegerField()
    per = serializers.CharField()


class ConnectionSerializer(Row):
    limits = LimitSerializer(many=True, help_text="Empty: the vendor's own limits.")
    credentials_set = serializers.SerializerMethodField(
        help_text="Names of the credentials that are set; never their values."
    )
    report = CheckSerializer(many=True, help_text="The last connection test, line by line.")

    class Meta:
        model = Connection
        fields = (
            *("name", "vendor", "environment", "mode", "base_url", "limits", "credentials_set"),
            *("health", "health_reason", "health_at", "blocked", "paused_until", "report", "created_at"),
        )

    def get_credentials_set(self, connection: Connection) -> list[str]:
        return sorted(name for name, value in (connection.credentials or {}).items() if value not in ("", None))


class TestReportSerializer(serializers.Serializer[Any]):
    """What a connection test found."""

    connection = serializers.CharField()
    ok = serializers.BooleanField(help_text="Whether everything that is needed works.")
    health = serializers.CharField()
    checks = CheckSerializer(many=True)


class ReplaySerializer(serializers.Serializer):  # type: ignore[type-arg]  # takes no arguments at run time
    """How an event is played again: with the mappings in force now, or with those it was planned with."""

    mappings = serializers.ChoiceField(["now", "then"], default="now")


class EventSerializer(Row):
    connection = Name()
    person = Reference()
    changes = Reference(many=True, help_text="Ids of the changes this event led to.")

    class Meta:
        model = Event
        fields = (
            *("id", "connection", "type", "state", "reason", "vendor_event_id", "record_id", "person"),
            *("occurred_at", "received_at", "changes"),
        )


class AddressSerializer(Row):
    class Meta:
        model = Address
        fields = ("kind", "value")


class LinkSerializer(Row):
    connection = Name()
    moved_to = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="[object, record id] of the record it lives on as."
    )

    class Meta:
        model = Link
        fields = ("connection", "object", "record_id", "moved_to", "gone_at", "created_at", "seen_at")


class PersonSerializer(Row):
    addresses = AddressSerializer(many=True)
    links = LinkSerializer(many=True)

    class Meta:
        model = Person
        fields = ("id", "name", "addresses", "links", "created_at")


class OperationSerializer(serializers.Serializer[Any]):
    """One entry of a vendor's catalogue."""

    vendor = serializers.CharField()
    key = serializers.CharField()
    kind = serializers.ChoiceField(choices=("trigger", "action", "lookup"))
    label = serializers.CharField()  # type: ignore[assignment]
    method = serializers.CharField()
    path = serializers.CharField()
    scope = serializers.CharField()
    parameters = serializers.ListField(child=serializers.CharField())
    repeatable = serializers.BooleanField(help_text="Doing it twice is as good as once.")
    subscribing = serializers.BooleanField(help_text="It adds or writes to people; held while they are opted out.")
    source = serializers.CharField()  # type: ignore[assignment]
