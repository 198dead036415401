"""Finds people by what an operator has at hand: an e-mail, a phone, a record's id, the start of a name."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from .beginnings import beginning
from .models import Address, Connection, Link, Person
from .people import normal_email, normal_phone

_Row = TypeVar("_Row", bound=Model)
MOST = 200  # people one search answers with


def people_matching(term: str) -> list[str]:
    """Ids of people who hold this e-mail, phone or record, exactly; or of the one whose id this is."""
    term = term.strip()
    if "@" in term:
        return _holding(normal_email(term))
    phone = normal_phone(term)
    return (_holding(phone) if phone else []) or _of_record(term) or _called(term)


def people_named(start: str) -> list[str]:
    """Ids of people whose name starts like this, in the order of the alphabet."""
    return list(beginning(Person.objects.all(), "name", start.strip()).values_list("id", flat=True)[:MOST])


def id_prefix(term: str) -> Q:
    """Rows whose id starts like this, through the primary key's index; none when no id of ours can."""
    start = term.strip().upper()
    if not (8 <= len(start) <= 26 and start.isascii() and start.isalnum() and start.startswith("0")):
        return Q(pk__in=[])
    return Q(pk__gte=start, pk__lte=start.ljust(26, "Z"))


def found(rows: QuerySet[_Row], term: str) -> QuerySet[_Row]:
    """Rows of the people whom the term names; where it names nobody, those whose own id starts like it."""
    people = people_matching(term)
    return rows.filter(person_id__in=people) if people else rows.filter(id_prefix(term))


def _holding(address: str) -> list[str]:
    return list(Address.objects.filter(value=address).values_list("person_id", flat=True)[:MOST])


def _called(id: str) -> list[str]:
    return list(Person.objects.filter(pk=id.upper()).values_list("pk", flat=True))


def _of_record(record_id: str) -> list[str]:
    """By the unique key of links, which begins with the connection: each is named."""
    connections = list(Connection.objects.values_list("pk", flat=True))
    links = Link.objects.filter(connection_id__in=connections, record_id=record_id)
    return list(links.values_list("person_id", flat=True)[:MOST])
