"""Every page and list that people, scripts and probes open: the first, filtered, searched and older ones, details."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from django.contrib.auth.models import User
from django.test import Client
from ulid import ULID

from audit.models import Change, OptOut
from integrations.ids import first_id
from integrations.models import Connection, Event, IdentityConflict, Person
from mappings.models import Mapping as FieldMapping
from mappings.models import Rule, Run

from .asking import Question

USER = "growth"
NOBODY = "nobody-at-all@example.com"

# list → filters: what is frequent, what is seldom, what there is none of, and two at once
ADMIN_FILTERS: Mapping[str, tuple[str, ...]] = {
    "audit/change": (
        *(f"state__exact={state}" for state in ("applied", "failed", "held", "queued", "rejected", "sending")),
        *(f"connection={name}" for name in ("salesforce-main", "salesforce-small", "getresponse-small")),
        *(f"kind__exact={kind}" for kind in ("contact", "opt_out", "appointment", "message")),
        *(f"rule={name}" for name in ("new-subscriber", "seldom", "no-such-rule")),
        *(f"error_code={code}" for code in ("rejected", "moved", "forged")),
        "created_at_from={day}&created_at_to={day}",
        "created_at_to={day}&state__exact=failed",
        "state__exact=failed&connection=salesforce-small",
        "kind__exact=task&rule=seldom",
        "p={change}&kind__exact=appointment",
    ),
    "integrations/event": (
        *(f"state__exact={state}" for state in ("new", "planned", "ignored", "failed", "quarantined")),
        *(f"connection={name}" for name in ("getresponse-main", "getresponse-small", "salesforce-small")),
        *(f"type={name}" for name in ("contact.subscribed", "contact.email_changed", "no.such.type")),
        "received_at_from={day}&received_at_to={day}",
        "state__exact=failed&type=contact.email_changed",
    ),
    "audit/optout": (
        *(f"state__exact={state}" for state in ("open", "lifted", "joined")),
        *(f"channel__exact={channel}" for channel in ("email", "sms")),
        "received_at_from={day}&received_at_to={day}",
    ),
    "integrations/person": (),
    "integrations/identityconflict": ("state__exact=open", "state__exact=undone", "kind__exact=records"),
    "mappings/run": ("state__exact=done", "state__exact=failed", "kind__exact=backfill"),
    "integrations/connection": ("q=salesforce",),
    "mappings/rule": ("enabled__exact=1", "connection__id__exact={connection}"),
    "mappings/mapping": ("q=lead",),
}
SEARCHED = ("audit/change", "integrations/event", "audit/optout", "integrations/person")
SEARCHES = ("{email}", "{lead}", "{phone}", NOBODY, "{change}", "{person}")
NAMES = ("Jane", "דנה", "jane coh", "Nobody")
API_FILTERS: Mapping[str, tuple[str, ...]] = {
    "changes": (
        *("state=applied", "state=rejected", "state=sending", "state=held,queued,failed", "state=applied,cancelled"),
        *("connection=salesforce-main", "connection=salesforce-small", "connection=getresponse-small"),
        *("kind=contact", "kind=appointment", "kind=message", "kind=task,note"),
        *("rule=new-subscriber", "rule=seldom", "rule=none", "mapping=subscriber-to-lead", "mapping=seldom"),
        *("mapping=none", "mapping_version=2", "mapping_version=9", "object=Lead", "object=Opportunity"),
        *("operation=upsert", "operation=delete", "actor=rule", "actor=nobody", "error_code=rejected"),
        *("error_code=moved", "error_code=forged", "run={run}", "run=none", "event={event}", "opt_out={optout}"),
        *("record_id={lead}", "record_id=none", "external_id={contact}", "external_id=none", "id={change}"),
        *("person={person}", "email={email}", f"email={NOBODY}"),
        *("created_after={day}", "created_before={day}", "created_before={day}&state=failed"),
    ),
    "events": (
        *("state=planned", "state=quarantined", "state=failed,quarantined", "state=new,planned"),
        *("connection=getresponse-main", "connection=getresponse-small", "connection=salesforce-small"),
        *("type=contact.subscribed", "type=contact.email_changed", "type=none", "object=contact", "object=none"),
        *("record_id={contact}", "record_id=none", "vendor_event_id={number}", "vendor_event_id=none"),
        *("person={person}", "email={email}", f"email={NOBODY}", "created_after={day}", "created_before={day}"),
    ),
    "people": ("email={email}", f"email={NOBODY}", "phone={phone}", "created_after={day}", "created_before={day}"),
    "optouts": (
        *("state=open", "state=joined", "channel=sms", "scope=list", "address={email}", "address=none", "rule=stop"),
        *("rule=none", "event={event}", "person={person}", "email={email}", "created_before={day}"),
        *("connection=getresponse-main", "connection=salesforce-small"),
    ),
    "conflicts": ("state=open", "state=undone", "kind=people", "person={person}", "event={event}"),
    "runs": ("state=done", "state=failed", "kind=backfill"),
    "connections": (),
    "rules": (),
    "mappings": (),
}
PROBES = ("/readyz", "/metrics", "/admin/")


def questions() -> Iterator[Question]:
    """Asked as somebody who may do everything."""
    user = User.objects.create_superuser(USER, password=None)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    facts = _facts(user)
    for name in _pages(facts):
        yield Question(name, partial(_open, client, name.format(**facts)))


def _open(client: Client, url: str) -> None:
    """A page may refuse (a connection that is in use is not deleted), but not fail."""
    answer = client.get(url)
    if answer.status_code not in (200, 403):
        raise RuntimeError(f"{url} answered {answer.status_code}.")


def _pages(facts: Mapping[str, Any]) -> Iterator[str]:
    yield from PROBES
    for place, filters in ADMIN_FILTERS.items():
        yield f"/admin/{place}/"
        yield from (f"/admin/{place}/?{each}" for each in filters)
        yield f"/admin/{place}/{{{place.rpartition('/')[2]}}}/change/"
    for place in SEARCHED:
        yield f"/admin/{place}/?p={{{place.rpartition('/')[2]}}}"
        yield from (f"/admin/{place}/?q={term}" for term in SEARCHES)
    yield from (f"/admin/integrations/person/?q={name}" for name in NAMES)
    yield "/admin/audit/change/decide/retry/?error_code=rejected&connection=salesforce-main"
    yield "/admin/audit/change/decide/retry/?error_code=moved"
    yield "/admin/integrations/connection/{connection}/delete/"
    yield "/admin/auth/user/{user}/delete/"
    for place, filters in API_FILTERS.items():
        yield f"/api/v1/{place}/"
        yield from (f"/api/v1/{place}/?{each}" for each in filters)
    yield "/api/v1/changes/?cursor={cursor}"
    yield "/api/v1/people/{person}/timeline/"


def _facts(user: User) -> dict[str, Any]:
    """The middle of each table, and what belongs to the person in the middle."""
    person = _middle(Person)
    links = {link.object: link.record_id for link in person.links.all()}
    held = {address.kind: address.value for address in person.addresses.all()}
    change, event = _middle(Change), _middle(Event)
    return {
        "user": user.pk,
        "person": person.pk,
        "change": change.pk,
        "event": event.pk,
        "optout": _middle(OptOut).pk,
        "identityconflict": _middle(IdentityConflict).pk,
        "run": _middle(Run).pk,
        "connection": Connection.objects.get(name="salesforce-main").pk,
        "rule": Rule.objects.order_by("pk")[0].pk,
        "mapping": FieldMapping.objects.order_by("pk")[0].pk,
        "email": held["email"],
        "phone": held.get("phone", "%2B972500000001"),
        "lead": links["Lead"],
        "contact": links["contact"],
        "number": event.vendor_event_id,
        "day": f"{change.created_at:%Y-%m-%d}",
        "cursor": quote(b64encode(f"p={change.pk}".encode())),
    }


def _middle(model: Any) -> Any:
    """The row half-way between the first and the last; ids sort by time."""
    rows = model.objects.order_by("pk")
    start, end = (ULID.from_str(row.pk).datetime for row in (rows.first(), rows.last()))
    return rows.filter(pk__gte=first_id(start + (end - start) / 2)).first()
