"""Says what a list is to show so that an index answers it on either database, however much is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Model, QuerySet, Subquery

from integrations.ids import first_id
from integrations.models import Connection

from .models import BY_RULE, Change

_Row = TypeVar("_Row", bound=Model)
APART = timedelta(hours=1)  # an id and the time beside it may differ by less: it is made before the row is written


def of_connection(rows: QuerySet[_Row], name: str) -> QuerySet[_Row]:
    """By its id: the database cannot tell how many rows a name means."""
    pk = Connection.objects.filter(name=name).values_list("pk", flat=True).first()
    return rows.none() if pk is None else rows.filter(connection_id=pk)


def said(rows: QuerySet[_Row], field: str, value: str) -> QuerySet[_Row]:
    """Of a text that many rows leave empty: its index holds the others only, and SQLite wants to be told so."""
    return rows.exclude(**{field: ""}).filter(**{field: value})


def asked_for_by(rows: QuerySet[Change], actor: str) -> QuerySet[Change]:
    """Rules ask for nearly all: those are everywhere, and the index holds the others."""
    others = rows if actor == BY_RULE else rows.exclude(actor=BY_RULE)
    return others.filter(actor=actor)


def since(rows: QuerySet[_Row], field: str, moment: datetime) -> QuerySet[_Row]:
    """Inclusive. Ids begin with the time, so that the primary key leads there."""
    return rows.filter(pk__gte=first_id(moment, -APART), **{f"{field}__gte": moment})


def before(rows: QuerySet[_Row], field: str, moment: datetime) -> QuerySet[_Row]:
    return rows.filter(pk__lt=first_id(moment, APART), **{f"{field}__lt": moment})


def newest_of_each(rows: QuerySet[_Row], field: str, values: Sequence[Any], fact: str) -> dict[Any, Any]:
    """A fact of the newest row of each value that has any; for few values. One query.

    Each value stands in it by itself: joined to them, PostgreSQL plans as for a value that is everywhere, and reads the
    table for one that is nowhere.
    """
    newest = [Subquery(rows.filter(**{field: value}).order_by("-pk").values(fact)[:1]) for value in values]
    found = rows.order_by("pk").values_list(*newest).first() if newest else None
    return {value: row for value, row in zip(values, found or (), strict=False) if row is not None}
