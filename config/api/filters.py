"""Filters by field name (design §5.6). An unknown name in a bulk filter is refused; times are half-open spans."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import Model, QuerySet

from audit.models import Change, ChangeState, Kind, OptOut, OptOutState
from integrations.models import (
    Address,
    AddressKind,
    ConflictKind,
    ConflictState,
    Connection,
    Event,
    EventState,
    Health,
    IdentityConflict,
    Person,
)
from integrations.people import normal_email
from mappings.models import Rule, Run, RunKind, RunState


class OneOf(filters.BaseInFilter, filters.ChoiceFilter):  # type: ignore[misc]  # django_filters is not typed
    """One word or several with commas between them, each among the choices."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices=choices, **kwargs)


def people_with(email: str) -> QuerySet[Any]:
    """Ids of the people who hold this address."""
    return Address.objects.filter(kind=AddressKind.EMAIL, value=normal_email(email)).values("person_id")


class Timed(filters.FilterSet):  # type: ignore[misc]
    """`created_after` is inclusive, `created_before` is not: spans that touch hold each row once."""

    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")


class OfPerson(filters.FilterSet):  # type: ignore[misc]
    """What belongs to one person, by id or by e-mail."""

    person = filters.CharFilter(field_name="person_id")
    email = filters.CharFilter(method="of_email", label="Of the people who hold this e-mail address")

    def of_email(self, rows: QuerySet[Model], _name: str, value: str) -> QuerySet[Model]:
        return rows.filter(person_id__in=people_with(value))


class ConnectionFilter(filters.FilterSet):  # type: ignore[misc]
    health = OneOf(choices=Health.choices)

    class Meta:
        model = Connection
        fields = ("name", "vendor", "environment", "mode", "health", "blocked")


class EventFilter(OfPerson):
    connection = filters.CharFilter(field_name="connection__name")
    state = OneOf(choices=EventState.choices)
    created_after = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="gte")
    created_before = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="lt")

    class Meta:
        model = Event
        fields = ("type", "object", "record_id", "vendor_event_id")


class ChangeFilter(OfPerson, Timed):
    id = filters.CharFilter()
    connection = filters.CharFilter(field_name="connection__name")
    state = OneOf(choices=ChangeState.choices)
    kind = OneOf(choices=Kind.choices)
    event = filters.CharFilter(field_name="event_id")
    opt_out = filters.CharFilter(field_name="opt_out_id")
    run = filters.CharFilter(field_name="run_id")

    class Meta:
        model = Change
        fields = (
            "object",
            "operation",
            "record_id",
            "external_id",
            "rule",
            "mapping",
            "mapping_version",
            "error_code",
            "actor",
        )


class PersonFilter(Timed):
    email = filters.CharFilter(method="of_address", label="Who holds this e-mail address")
    phone = filters.CharFilter(method="of_address", label="Who holds this phone number, as +972501234567")

    class Meta:
        model = Person
        fields: tuple[str, ...] = ()

    def of_address(self, rows: QuerySet[Person], name: str, value: str) -> QuerySet[Person]:
        if name == "email":
            return rows.filter(pk__in=people_with(value))
        return rows.filter(pk__in=Address.objects.filter(kind=name, value=value.strip()).values("person_id"))


class ConflictFilter(filters.FilterSet):  # type: ignore[misc]
    connection = filters.CharFilter(field_name="connection__name")
    state = OneOf(choices=ConflictState.choices)
    kind = OneOf(choices=ConflictKind.choices)
    person = filters.CharFilter(field_name="person_id")
    event = filters.CharFilter(field_name="events__id")
    created_after = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="gte")
    created_before = filters.IsoDateTimeFilter(field_name="opened_at", lookup_expr="lt")

    class Meta:
        model = IdentityConflict
        fields = ("object", "settlement", "actor")


class OptOutFilter(OfPerson):
    connection = filters.CharFilter(field_name="connection__name")
    state = OneOf(choices=OptOutState.choices)
    event = filters.CharFilter(field_name="event_id")
    created_after = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="gte")
    created_before = filters.IsoDateTimeFilter(field_name="received_at", lookup_expr="lt")

    class Meta:
        model = OptOut
        fields = ("channel", "scope", "address", "rule")


class RuleFilter(filters.FilterSet):  # type: ignore[misc]
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
