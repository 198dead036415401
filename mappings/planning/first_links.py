"""Copies the opt-out state when a record is found for the first time: it may have been set long before we came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from django.db import transaction

from audit import optouts
from integrations import clock
from integrations.models import Connection, Event, EventSource
from integrations.people import normal_email
from integrations.receive import lane_of, order_key, store
from integrations.storable import storable
from integrations.vendors.base import Found
from integrations.vendors.registry import vendor
from integrations.wake import wake

from ..models import Rule
from .actions.opt_out import STATE
from .case import Case


def tell_stops_found(cases: Iterable[Case]) -> None:
    """Where a rule listens, each is news of its own, planned like what a look finds. In the settling transaction."""
    found = [(case, *spot) for case in cases for spot in case.first_seen if _says_stop(*spot)]
    if not found:
        return
    listening = set(Rule.objects.filter(enabled=True, event=STATE).values_list("connection_id", flat=True))
    events = [_event(case, place, record) for case, place, record in found if place.pk in listening]
    if store(_unknown(events)):
        transaction.on_commit(partial(wake, lane_of(STATE)))


def _says_stop(connection: Connection, found: Found) -> bool:
    return any(found.record.get(f.field) == f.stop for f in optouts.flags_of(connection, found.object))


def _unknown(events: Sequence[Event]) -> list[Event]:
    keys = [event.dedupe_key for event in events]
    known = set(Event.objects.filter(dedupe_key__in=keys).values_list("connection_id", "dedupe_key"))
    return [event for event in events if (event.connection_id, event.dedupe_key) not in known]


def _event(case: Case, connection: Connection, found: Found) -> Event:
    now = clock.now()
    email, _phone = vendor(connection.vendor).identify(found.object, found.record)
    email = email or case.kind.identify(case.event.object, case.record)[0]
    return Event(
        connection=connection,
        type=STATE,
        vendor_type="first link",
        object=found.object,
        record_id=found.record_id,
        source=EventSource.POLL,
        lane=lane_of(STATE),
        dedupe_key=f"first-link:{found.object}:{found.record_id}"[:120],
        order_key=order_key(connection, found.object, found.record_id, normal_email(email)),
        record=storable(found.record),
        context={"first_link": True},
        occurred_at=now,
        received_at=now,
        next_attempt_at=now,
    )
