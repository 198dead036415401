"""Opt-outs follow the person: to another address, through a merge, and to both when one becomes two."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from typing import Any

from django.db import transaction

from integrations import clock
from integrations.ids import new_id
from integrations.models import Connection, Event, Person
from integrations.vendors.base import Found

from . import optouts
from .hooks.recording import tell_opt_outs
from .ledger import order_key, record_changes, wake_for
from .models import UNFINISHED, Change, ChangeState, Channel, OptOut, OptOutState

BY_ADDRESS = (Channel.EMAIL, Channel.ALL)  # what an e-mail address can be opted out of
Spot = tuple[int, str, str]  # connection, object, record id


# --- to another address ----------------------------------------------------------------------------------------


def carry_to(email: str, stops: Sequence[OptOut], event: Event) -> list[OptOut]:
    """The person has another address now: what they said about the old one holds for it, with the same evidence.

    Returns the opt-outs that this event carried to the address, also when it is planned for a second time.
    """
    named = [stop for stop in stops if stop.channel in BY_ADDRESS and stop.address]
    here = {stop.channel: stop for stop in named if stop.address == email}
    missing = {stop.channel: stop for stop in reversed(named) if stop.channel not in here}
    carried = [_copy(stop, stop.person, address=email, event=event) for stop in missing.values()]
    again = [stop for stop in here.values() if stop.event_id == event.pk and "carried_from" in stop.evidence]
    return again + [stop for stop in carried if stop is not None]


def _copy(stop: OptOut, person: Person, address: str, event: Event | None) -> OptOut | None:
    """The same stop for another address or person. None when that one is opted out already."""
    made = copy(stop)
    made.pk, made.person, made.address, made.event = new_id(), person, address, event or stop.event
    made.evidence, made.already, made.received_at = {**stop.evidence, "carried_from": stop.pk}, [], clock.now()
    OptOut.objects.bulk_create([made], ignore_conflicts=True)
    if not OptOut.objects.filter(pk=made.pk).exists():
        return None
    tell_opt_outs([made])
    return made


# --- two people become one -------------------------------------------------------------------------------------


@transaction.atomic
def join_opt_outs(keep: Person, absorbed: Person) -> dict[str, list[str]]:
    """Every opt-out of `absorbed` becomes one of `keep`. What both said is one opt-out with both evidences.

    Returns the ids of those that moved, and of those among them that were joined.
    """
    rows = list(OptOut.objects.select_for_update().filter(person__in=[keep, absorbed]).order_by("id"))
    twins = {_said(stop): stop for stop in rows if stop.person_id == keep.pk and stop.state == OptOutState.OPEN}
    moved = [stop for stop in rows if stop.person_id == absorbed.pk]
    joined = [stop for stop in moved if stop.state == OptOutState.OPEN and _said(stop) in twins]
    for stop in joined:
        _join(twins[_said(stop)], stop)
    for stop in moved:
        stop.person = keep
        stop.save(update_fields=["person", "state", "joined_to"])
    return {"opt_outs": [stop.pk for stop in moved], "joined": [stop.pk for stop in joined]}


def _said(stop: OptOut) -> tuple[str, str, str, str]:
    return stop.address, stop.channel, stop.scope, stop.list_id


def _join(twin: OptOut, stop: OptOut) -> None:
    stop.state, stop.joined_to = OptOutState.JOINED, twin
    OptOut.objects.filter(joined_to=stop).update(joined_to=twin)
    twin.evidence = {**twin.evidence, "joined": [*twin.evidence.get("joined", []), stop.evidence]}
    twin.already = [*twin.already, *(entry for entry in stop.already if entry not in twin.already)]
    twin.save(update_fields=["evidence", "already"])
    optouts.hear_again(twin, stop.targets, stop.heard_at)
    optouts.hear_again(twin, [], optouts.last_heard(stop))


# --- one person becomes two ------------------------------------------------------------------------------------


def give_back_opt_outs(person: Person, moved: Mapping[str, Any]) -> None:
    """A merge is undone: what was this person's is theirs again; joined ones stand alone again, and are in force."""
    OptOut.objects.filter(pk__in=moved["opt_outs"]).update(person=person)
    joined = OptOut.objects.filter(pk__in=moved["joined"], state=OptOutState.JOINED)
    joined.update(state=OptOutState.OPEN, joined_to=None)


def share_opt_outs(one: Person, other: Person, addresses: Collection[str] | None = None) -> None:
    """What one of them said, about one of these addresses or at all, holds for both. The safe side."""
    stops = optouts.open_opt_outs([one, other])
    for source, heir in ((one, other), (other, one)):
        for stop in stops.get(source.pk, []):
            if addresses is None or stop.address in addresses:
                _copy(stop, heir, stop.address, None)


# --- changes and what they know --------------------------------------------------------------------------------


def move_changes(ids: Iterable[str], person: Person) -> None:
    """Changes belong to another person now. Of final ones only that is changed; the others keep their place in line."""
    ids = list(ids)
    Change.objects.filter(pk__in=ids).update(person=person)
    waiting = Change.objects.filter(pk__in=ids, state__in=UNFINISHED)
    for connection in Connection.objects.filter(pk__in=waiting.values("connection_id")):
        waiting.filter(connection=connection).update(order_key=order_key(connection, person.pk))


def tell_records(person: Person, actor: str) -> None:
    """Each opt-out in force reaches each record of the person, or is noted as held there already.

    Call inside a transaction.
    """
    stops = optouts.open_opt_outs([person]).get(person.pk, [])
    told = _told(person) if stops else set()
    made = record_changes([change for stop in stops for change in _tell_all(stop, told, actor)])
    wake_for(made)


def _tell_all(stop: OptOut, told: Collection[tuple[str | None, Spot]], actor: str) -> list[Change]:
    targets = Connection.objects.filter(name__in=stop.targets)
    found = [(each, record) for each in targets for record in optouts.known_records(stop, each, _objects(stop, each))]
    return [change for connection, record in found for change in _tell(stop, connection, record, told, actor)]


def _objects(stop: OptOut, connection: Connection) -> list[str]:
    return optouts.objects_of(connection, [stop.channel])


def _told(person: Person) -> set[tuple[str | None, Spot]]:
    """Which opt-out was, or is being, told to which record of the person."""
    changes = Change.objects.filter(person=person, operation=optouts.OPT_OUT).exclude(state=ChangeState.CANCELLED)
    rows = changes.values_list("opt_out_id", "opt_out__joined_to_id", "connection_id", "object", "record_id")
    return {(joined_to or stop, (where, object, record)) for stop, joined_to, where, object, record in rows}


def _tell(
    stop: OptOut, connection: Connection, found: Found, told: Collection[tuple[str | None, Spot]], actor: str
) -> list[Change]:
    if (stop.pk, (connection.pk, found.object, found.record_id)) in told:
        return []
    if optouts.says_stop(connection, found.object, stop.channel, found.record):
        optouts.note_already(stop, connection, found)
        return []
    return [optouts.change_for(stop, connection, found, None, actor=actor)]
