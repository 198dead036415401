"""Finds people by what an operator has at hand: an e-mail, a phone, a record's id, the start of a name."""

from __future__ import annotations

from django.db.models import Q

from .models import Address, AddressKind, Connection, Link, Person
from .people import normal_email, normal_phone
from .vendors.registry import VENDORS

MOST = 200  # people one search answers with


def people_matching(term: str) -> list[str]:
    """Ids of people who hold this e-mail, phone or record, exactly."""
    term = term.strip()
    if "@" in term:
        return _holding(normal_email(term))
    phone = normal_phone(term)
    return (_holding(phone) if phone else []) or _of_record(term)


def people_named(start: str) -> list[str]:
    """Ids of people whose name starts like this."""
    names = Person.objects.filter(name__istartswith=start.strip()).order_by("-id")
    return list(names.values_list("id", flat=True)[:MOST])


def is_id(term: str) -> bool:
    """Whether this can be one of our ids, or the start of one."""
    return 8 <= len(term) <= 26 and term.isalnum() and term.upper().startswith("0")


def id_prefix(term: str) -> Q:
    """Rows whose id starts like this, through the primary key's index."""
    start = term.strip().upper()
    return Q(pk__gte=start, pk__lte=start.ljust(26, "Z"))


def _holding(address: str) -> list[str]:
    return list(
        Address.objects.filter(kind__in=AddressKind.values, value=address).values_list("person_id", flat=True)[:MOST]
    )


def _of_record(record_id: str) -> list[str]:
    """By the unique key of links: every connection and object is named, so that the index is used whole."""
    objects = {each.name for vendor in VENDORS.values() for each in vendor.capabilities.objects}
    links = Link.objects.filter(
        connection_id__in=list(Connection.objects.values_list("pk", flat=True)),
        object__in=objects,
        record_id=record_id,
    )
    return list(links.values_list("person_id", flat=True)[:MOST])
