"""Rows of the ledger and of the inbox as tests of pages need them."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from audit.models import Change, Kind, OptOut
from integrations.models import Address, Connection, Event, EventState, Link, Person
from integrations.tokens import set_token

SECRET = "sf-secret-never-shown"
ERROR = {
    "code": "rejected",
    "vendor_code": "STRING_TOO_LONG",
    "message": "Salesforce refused Company: data value too large.",
    "help": "Correct the record or the mapping, then press Retry.",
}
_numbers = itertools.count(1)


def connection(name: str = "salesforce-main", vendor: str = "salesforce", **facts: Any) -> Connection:
    found = Connection.objects.filter(name=name).first()
    if found is None:
        found = Connection(name=name, vendor=vendor, credentials={"client_id": "id", "client_secret": SECRET}, **facts)
        set_token(found)
        found.save()
    return found


def person(name: str = "דנה כהן", email: str = "dana@example.com", record: str = "") -> Person:
    made = Person.objects.create(name=name)
    if email:
        Address.objects.create(person=made, kind="email", value=email)
    if record:
        Link.objects.create(person=made, connection=connection(), object="Lead", record_id=record)
    return made


def event(**facts: Any) -> Event:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "connection": connection("getresponse-main", "getresponse"),
        "type": "contact.subscribed",
        "state": EventState.PLANNED,
        "dedupe_key": f"k{number}",
        "order_key": f"o{number}",
        "occurred_at": timezone.now(),
        "body": b'{"action": "subscribe"}',
    }
    return Event.objects.create(**{**defaults, **facts})


def change(**facts: Any) -> Change:
    defaults: dict[str, Any] = {
        "state": "applied",
        "connection": connection(),
        "object": "Lead",
        "operation": "upsert",
        "kind": Kind.CONTACT,
        "rule": "new-subscriber",
        "order_key": "one",
        "diff": {
            "FirstName": {"before": None, "after": "Jane", "from": "name", "via": ["first_name"], "synthetic": False}
        },
    }
    return Change.objects.create(**{**defaults, **facts})


def failed(**facts: Any) -> Change:
    return change(**{"state": "failed", "error": ERROR, "error_code": ERROR["code"], "attempts": 1, **facts})


def opt_out(who: Person | None = None, ago: timedelta = timedelta(minutes=1), **facts: Any) -> OptOut:
    who = who or person(email=f"p{next(_numbers)}@example.com")
    defaults: dict[str, Any] = {
        "person": who,
        "address": "dana@example.com",
        "connection": connection("getresponse-main", "getresponse"),
        "targets": ["salesforce-main"],
        "heard_at": timezone.now() - ago,
    }
    return OptOut.objects.create(**{**defaults, **facts})


def told(stop: OptOut, after: timedelta | None = timedelta(seconds=3), **facts: Any) -> Change:
    """A change that tells a system: applied `after` it was heard, or still queued."""
    applied = {"state": "applied", "applied_at": stop.heard_at + after} if after is not None else {"state": "queued"}
    basics = {"operation": "opt_out", "kind": Kind.OPT_OUT, "opt_out": stop, "person": stop.person}
    return change(**{**basics, **applied, **facts})


def staff(*permissions: str) -> Client:
    """A browser signed in as somebody who may do this and nothing else."""
    user = User.objects.create_user(f"staff{next(_numbers)}", is_staff=True)
    for permission in permissions:
        room, _, code = permission.partition(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=room, codename=code))
    client = Client()
    client.force_login(user)
    return client
