"""Rows to read over the API, made without a vendor."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from audit.models import Change, OptOut
from integrations.ids import new_id
from integrations.models import Address, Connection, Event, Link, Person

DIFF = {"FirstName": {"before": None, "after": "דנה", "from": "name", "via": ["first_name"], "synthetic": False}}
ERROR = {"code": "rejected", "vendor_code": "INVALID_FIELD", "message": "No such field.", "help": "Mend the mapping."}


def connection(name: str = "salesforce-main", vendor: str = "salesforce") -> Connection:
    return Connection.objects.get_or_create(
        name=name, defaults={"vendor": vendor, "credentials": {"client_secret": "hush-hush"}}
    )[0]


def person(email: str = "dana@example.com", name: str = "דנה כהן") -> Person:
    found = Person.objects.create(name=name)
    Address.objects.create(person=found, kind="email", value=email)
    return found


def event(who: Person | None = None, **facts: Any) -> Event:
    where = connection("getresponse-main", "getresponse")
    facts = {
        "type": "contact.subscribed",
        "object": "contact",
        "record_id": "c1",
        "occurred_at": timezone.now(),
    } | facts
    return Event.objects.create(connection=where, person=who, dedupe_key=new_id(), order_key="o", **facts)


def change(who: Person | None = None, **facts: Any) -> Change:
    facts = {"object": "Lead", "operation": "upsert", "kind": "contact", "order_key": "o", "diff": DIFF} | facts
    return Change.objects.create(connection=connection(), person=who, **facts)


def failed(who: Person | None = None, **facts: Any) -> Change:
    return change(who, state="failed", error=ERROR, error_code="rejected", **facts)


def many_failed(count: int, **facts: Any) -> list[Change]:
    facts = {"object": "Lead", "operation": "upsert", "kind": "contact", "order_key": "o", "state": "failed"} | facts
    where = connection()
    return Change.objects.bulk_create([Change(connection=where, **facts) for _ in range(count)])


def opt_out(who: Person, **facts: Any) -> OptOut:
    where = connection("getresponse-main", "getresponse")
    facts = {"address": "dana@example.com", "targets": ["salesforce-main"], "heard_at": timezone.now()} | facts
    return OptOut.objects.create(person=who, connection=where, **facts)


def link(who: Person, record_id: str = "00Q1") -> Link:
    return Link.objects.create(person=who, connection=connection(), object="Lead", record_id=record_id)
