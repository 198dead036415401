"""Takes events in: verify, store raw with a deduplication key, wake a worker. No vendor call, no mapping."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import IntegrityError, connections, transaction
from django.db.models import F

from . import clock
from .addressees import addressee
from .arrivals import put_behind
from .clients import account_of
from .gathering import Gathering
from .models import Connection, Event, EventSource, EventState
from .rows import insert_rows
from .storable import storable, storable_text
from .vendors.base import Inbound, Notice
from .vendors.errors import Unreadable
from .vendors.registry import vendor
from .wake import wake

SAME_CONTENT = timedelta(minutes=10)  # equal content without an event id is the same event for this long
OPT_OUT_EVENTS = frozenset({"contact.unsubscribed", "opt_out.changed"})
HOOK_HEADER = "crosswalk-hook"  # the ids of the hooks that it came through, the last one last
VIA = "via_hooks"  # the same in the event's context
_HOOK_ID, _MOST_HOOKS = re.compile(r"[0-9A-Z]{26}"), 20
_CHUNK = 200
_ONE_STATEMENT = 20  # SQLite takes 999 values


def receive(connection: Connection, inbound: Inbound) -> list[Event]:
    """Store what a webhook says and wake a worker. Raises Forged when it is not authentic.

    Returns the events that are new; a redelivery is counted on the event it repeats.
    """
    kind = vendor(connection.vendor)
    kind.webhooks.verify(inbound, account_of(connection))
    if kind.unkept:
        inbound = replace(inbound, body=kind.unkept.sub(b"", inbound.body))
    try:
        notices = kind.webhooks.parse(inbound)
    except Unreadable as problem:
        stored = _store_soon([_quarantined(connection, inbound, problem.message)])
    else:
        stored = _store_soon([_directed(connection, inbound, notice, len(notices)) for notice in notices])
    for lane in {event.lane for event in stored if event.state == EventState.NEW}:
        wake(lane)
    return stored


def store(events: Sequence[Event]) -> list[Event]:
    """Store events, each once, in one transaction. Returns those that were not known yet."""
    unique = _each_once(events)
    try:
        _insert(unique)
    except IntegrityError:
        return _store_some(unique)
    return unique


def _store_soon(events: Sequence[Event]) -> list[Event]:
    """The same, together with what other requests of this process want stored just now."""
    if len(events) > _CHUNK or connections["default"].in_atomic_block:
        return store(events)  # what takes long, or is not committed at once, must not keep others waiting
    return _gathering.store(_each_once(events))


def _each_once(events: Sequence[Event]) -> list[Event]:
    unique = {(event.connection_id, event.dedupe_key): event for event in reversed(events)}
    return list(reversed(unique.values()))


def _insert(events: Sequence[Event]) -> None:
    """One statement needs no transaction around it: no way to the server to begin and to commit."""
    put_behind(events)
    if len(events) <= _ONE_STATEMENT and not connections["default"].in_atomic_block:
        insert_rows(events)
        return
    with transaction.atomic():
        Event.objects.bulk_create(events)


@transaction.atomic
def _store_some(events: Sequence[Event]) -> list[Event]:
    """The slow way, for when at least one event is known already."""
    stored: list[Event] = []
    for start in range(0, len(events), _CHUNK):
        chunk = events[start : start + _CHUNK]
        known = _repeats(chunk)
        fresh = [event for event in chunk if event.dedupe_key not in known]
        put_behind(fresh)
        Event.objects.bulk_create(fresh, ignore_conflicts=True)  # another process may have stored one just now
        made = set(Event.objects.filter(id__in=[event.id for event in fresh]).values_list("id", flat=True))
        stored += [event for event in fresh if event.id in made]
    return stored


def _repeats(events: Sequence[Event]) -> set[str]:
    """Count redeliveries on the events they repeat; let go of keys whose time is over. Returns the keys that repeat."""
    now = clock.now()
    known = Event.objects.select_for_update().filter(
        connection_id__in={event.connection_id for event in events},
        dedupe_key__in=[event.dedupe_key for event in events],
    )
    repeated: set[str] = set()
    for event in known.only("id", "dedupe_key", "received_at"):
        if event.dedupe_key.startswith("content:") and abs(now - event.received_at) >= SAME_CONTENT:
            Event.objects.filter(pk=event.pk).update(dedupe_key=f"{event.dedupe_key}@{event.pk}")
        else:
            repeated.add(event.dedupe_key)
            Event.objects.filter(pk=event.pk).update(repeats=F("repeats") + 1)
    return repeated


_gathering = Gathering(_insert, _store_some)


def _directed(url_of: Connection, inbound: Inbound, notice: Notice, elements: int) -> Event:
    """The event at the connection that it is about. An account that none stands for: kept at that of the URL."""
    connection = addressee(url_of, inbound, notice)
    if connection is not None:
        return _event(connection, inbound, notice, elements)
    event = _event(url_of, inbound, notice, elements)
    event.state = EventState.IGNORED
    event.reason = f"It is about {storable_text(notice.account, 80)}, an account that no connection here stands for."
    return event


def _event(connection: Connection, inbound: Inbound, notice: Notice, elements: int) -> Event:
    content = storable(notice.content)
    body = _body(inbound) if elements == 1 else json.dumps(content, ensure_ascii=False).encode()
    state = EventState.QUARANTINED if notice.unreadable else EventState.NEW if notice.type else EventState.IGNORED
    unknown = (
        ""
        if notice.type
        else f"{connection.vendor} sent an event type that Crosswalk does not know: {notice.vendor_type}."
    )
    now = clock.now()
    return Event(
        connection=connection,
        type=notice.type,
        vendor_type=storable_text(notice.vendor_type, 80),
        object=notice.object,
        record_id=storable_text(notice.record_id, 200),
        state=state,
        reason=notice.unreadable or unknown,
        lane=lane_of(notice.type),
        vendor_event_id=storable_text(notice.vendor_event_id, 200),
        dedupe_key=dedupe_key(notice.vendor_event_id, content),
        order_key=order_key(connection, notice.object, notice.record_id, notice.email),
        body=body,
        body_hash=hashlib.sha256(body).hexdigest(),
        content_type=_content_type(inbound),
        method=inbound.method,
        record=storable(notice.record),
        context=storable({**notice.context, **_via(inbound)}),
        occurred_at=min(notice.occurred_at or now, now),
        received_at=now,
        next_attempt_at=now,
    )


def _via(inbound: Inbound) -> dict[str, list[str]]:
    """The hooks through which it came, as the call says: those it must not go out by again."""
    ids = [id.strip() for id in inbound.headers.get(HOOK_HEADER, "").split(",")]
    known = [id for id in ids if _HOOK_ID.fullmatch(id)]
    return {VIA: known[-_MOST_HOOKS:]} if known else {}


def lane_of(event_type: str) -> str:
    """Opt-outs have a lane of their own."""
    return "optouts" if event_type in OPT_OUT_EVENTS else "events"


def order_key(connection: Connection, object: str, record_id: str, email: str = "") -> str:
    """Whose turn it is: one key per person as far as the event alone can tell."""
    who = f"email:{email.strip().lower()}" if email.strip() else f"{connection.pk}:{object}:{record_id}"
    return hashlib.sha256(who.encode("utf-8", "replace")).hexdigest()


def _quarantined(connection: Connection, inbound: Inbound, reason: str) -> Event:
    body = _body(inbound)
    digest = hashlib.sha256(body).hexdigest()
    return Event(
        connection=connection,
        state=EventState.QUARANTINED,
        reason=reason,
        dedupe_key=f"content:{digest}",
        order_key=digest,
        body=body,
        body_hash=digest,
        content_type=_content_type(inbound),
        method=inbound.method,
        source=EventSource.WEBHOOK,
        occurred_at=clock.now(),
    )


def _body(inbound: Inbound) -> bytes:
    """The body as it came; of a call without one, its query string as a form."""
    return inbound.body or urlencode(inbound.query, errors="replace").encode()


def _content_type(inbound: Inbound) -> str:
    return storable_text(inbound.content_type if inbound.body else "application/x-www-form-urlencoded", 200)


def dedupe_key(vendor_event_id: str, content: Any) -> str:
    if vendor_event_id:
        return "id:" + hashlib.sha256(vendor_event_id.encode("utf-8", "replace")).hexdigest()
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "content:" + hashlib.sha256(canonical.encode()).hexdigest()
