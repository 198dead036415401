"""Chooses changes by a filter of names and values: one language for the API, decisions about many, and runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

import django_filters as filters
from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from integrations.admin_search import found
from integrations.models import Address, AddressKind
from integrations.people import normal_email

from .models import Brake, Change, ChangeState, Kind
from .seeking import asked_for_by, before, of_connection, said, since
from .verbs import AT_ONCE, Verb

Wanted = Mapping[str, Any]


class FilterRefused(Exception):
    """The filter does not say what it seems to; says why."""


class OneOf(filters.BaseInFilter, filters.ChoiceFilter):  # type: ignore[misc]  # django_filters is not typed
    """One word or several with commas between them, each among the choices."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices=choices, **kwargs)


class Said(filters.CharFilter):  # type: ignore[misc]  # django_filters is not typed
    """A text that many rows leave empty."""

    def filter(self, rows: QuerySet[Model], value: str) -> QuerySet[Model]:
        return said(rows, self.field_name, value) if value else rows


class Timed(filters.FilterSet):  # type: ignore[misc]  # django_filters is not typed
    """`created_after` is inclusive, `created_before` is not: spans that touch hold each row once."""

    moment = "created_at"  # the field
    created_after = filters.IsoDateTimeFilter(method="since")
    created_before = filters.IsoDateTimeFilter(method="before")

    def since(self, rows: QuerySet[Model], _name: str, value: datetime) -> QuerySet[Model]:
        return since(rows, self.moment, value)

    def before(self, rows: QuerySet[Model], _name: str, value: datetime) -> QuerySet[Model]:
        return before(rows, self.moment, value)


class OfConnection(filters.FilterSet):  # type: ignore[misc]  # django_filters is not typed
    connection = filters.CharFilter(method="of_connection", label="Its name")

    def of_connection(self, rows: QuerySet[Model], _name: str, value: str) -> QuerySet[Model]:
        return of_connection(rows, value)


class OfPerson(filters.FilterSet):  # type: ignore[misc]  # django_filters is not typed
    """What belongs to one person, by id or by e-mail."""

    person = filters.CharFilter(field_name="person_id")
    email = filters.CharFilter(method="of_email", label="Of the people who hold this e-mail address")

    def of_email(self, rows: QuerySet[Model], _name: str, value: str) -> QuerySet[Model]:
        return rows.filter(person_id__in=people_with(value))


class ChangeFilter(OfPerson, OfConnection, Timed):
    id = filters.CharFilter()
    state = OneOf(choices=ChangeState.choices)
    kind = OneOf(choices=Kind.choices)
    braked = OneOf(choices=Brake.choices, method="stopped", label="Of a sort whose number per hour is limited")
    record_id = Said()
    external_id = Said()
    mapping = Said()
    error_code = Said()
    actor = filters.CharFilter(method="asked_for_by")
    event = filters.CharFilter(field_name="event_id")
    opt_out = filters.CharFilter(field_name="opt_out_id")
    run = Said(field_name="run_id")
    search = filters.CharFilter(method="found", label="E-mail, phone, record id or change id")

    class Meta:
        model = Change
        fields = ("object", "operation", "rule", "mapping_version")

    def stopped(self, rows: QuerySet[Change], _name: str, values: list[str]) -> QuerySet[Change]:
        return rows.exclude(braked="").filter(braked__in=values)

    def asked_for_by(self, rows: QuerySet[Change], _name: str, value: str) -> QuerySet[Change]:
        return asked_for_by(rows, value)

    def found(self, rows: QuerySet[Change], _name: str, value: str) -> QuerySet[Change]:
        return found(rows, value)


def people_with(email: str) -> list[str]:
    """Ids of the people who hold this address."""
    held = Address.objects.filter(kind=AddressKind.EMAIL, value=normal_email(email))
    return list(held.values_list("person_id", flat=True))


def choose(wanted: Wanted) -> QuerySet[Change]:
    """The changes of a filter, oldest first. Raises FilterRefused for what the filter does not know, or when empty."""
    known = ChangeFilter.base_filters
    for name in wanted:
        if name not in known:
            raise FilterRefused(f"There is no filter {name}. There are {', '.join(sorted(known))}.")
    query = QueryDict(mutable=True)
    query.update(as_text(wanted))
    chosen = ChangeFilter(query, queryset=Change.objects.all())
    if not chosen.is_valid():
        raise FilterRefused("; ".join(f"{name}: {said[0]}" for name, said in chosen.errors.items()))
    empty = [name for name in wanted if chosen.form.cleaned_data[name] in (None, "", [])]
    if empty or not wanted:
        raise FilterRefused(f"{', '.join(empty) or _('The filter')} is empty: that would mean every change.")
    rows: QuerySet[Change] = chosen.qs
    return rows.order_by("id")


def as_text(wanted: Wanted) -> dict[str, str]:
    """A filter as a query string has it: several values are one, with commas."""
    lists = {name: value if isinstance(value, list) else [value] for name, value in wanted.items()}
    return {name: ",".join(map(str, values)) for name, values in lists.items()}


@dataclass(frozen=True)
class Selection:
    """What a verb is to do to the changes of a filter: those it fits, and none younger than `until`.

    The bound keeps out what nobody saw when it was decided; "" is none. Raises FilterRefused.
    """

    verb: Verb
    wanted: Wanted
    until: str = ""

    @cached_property
    def rows(self) -> QuerySet[Change]:
        fitting = choose(self.wanted).filter(state__in=self.verb.states)
        return fitting.filter(pk__lte=self.until) if self.until else fitting

    def as_of_now(self) -> Selection:
        """The same, bounded by the youngest there is."""
        newest = self.rows.order_by("-pk").values_list("pk", flat=True).first()
        return replace(self, until=newest or self.until)

    def next_ids(self, after: str) -> list[str]:
        """The next few that nobody has decided yet; [] at the end."""
        return list(self.rows.filter(pk__gt=after).values_list("pk", flat=True)[:AT_ONCE])
