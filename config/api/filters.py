"""Filters by field name (design §5.6); that of changes is in `audit.choosing`. Times are half-open spans."""

from __future__ import annotations

import django_filters as filters
from django.db.models import QuerySet

from audit.choosing import OfConnection, OfPerson, OneOf, Said, Timed, people_with
from audit.models import OptOut, OptOutState
from integrations.models import (
    Address,
    ConflictKind,
    ConflictState,
    Connection,
    Event,
    EventState,
    Health,
    IdentityConflict,
    Person,
)
from mappings.models import Rule, Run, RunKind, RunState


class ConnectionFilter(filters.FilterSet):  # type: ignore[misc]  # django_filters is not typed
    health = OneOf(choices=Health.choices)

    class Meta:
        model = Connection
        fields = ("name", "vendor", "environment", "mode", "health", "blocked")


class EventFilter(OfPerson, OfConnection, Timed):
    moment = "received_at"
    state = OneOf(choices=EventState.choices)
    object = Said()
    record_id = Said()
    vendor_event_id = Said()

    class Meta:
        model = Event
        fields = ("type",)


class PersonFilter(Timed):
    email = filters.CharFilter(method="of_address", label="Who holds this e-mail address")
    phone = filters.CharFilter(method="of_address", label="Who holds this phone number, as +972501234567")

    class Meta:
        model = Person
        fields: tuple[str, ...] = ()

    def of_address(self, rows: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        if name == "email":
            return rows.filter(pk__in=people_with(value))
        held = Address.objects.filter(kind=name, value=value.strip())
        return rows.filter(pk__in=list(held.values_list("person_id", flat=True)))


class ConflictFilter(OfConnection, Timed):
    moment = "opened_at"
    state = OneOf(choices=ConflictState.choices)
    kind = OneOf(choices=ConflictKind.choices)
    person = filters.CharFilter(field_name="person_id")
    event = filters.CharFilter(field_name="events__id")

    class Meta:
        model = IdentityConflict
        fields = ("object", "settlement", "actor")


class OptOutFilter(OfPerson, OfConnection, Timed):
    moment = "received_at"
    state = OneOf(choices=OptOutState.choices)
    event = filters.CharFilter(field_name="event_id")

    class Meta:
        model = OptOut
        fields = ("channel", "scope", "address", "rule")


class RuleFilter(filters.FilterSet):  # type: ignore[misc]  # django_filters is not typed
    connection = filters.CharFilter(field_name="connection__name")

    class Meta:
        model = Rule
        fields = ("name", "event", "enabled")


class RunFilter(Timed):
    state = OneOf(choices=RunState.choices)
    kind = OneOf(choices=RunKind.choices)

    class Meta:
        model = Run
        fields = ("dry_run",)
