"""Settles what delivery found out: applied, later, for a person, or to another record; and what follows from it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction

from integrations import clock
from integrations.models import WRITTEN, Link
from integrations.rows import put_rows, update_rows
from integrations.schemas import forget_fields
from integrations.storable import storable
from integrations.vendors.base import Found, Outcome
from integrations.vendors.errors import (
    CrosswalkError,
    FieldHidden,
    Moved,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    TransientError,
    Unavailable,
)

from . import optouts
from .addressing import place_in
from .hooks.recording import tell_changes
from .ledger import MAX_TRIES, identity_of, record_changes, save_settled, still_ours, wake_for
from .models import Attempt, AttemptResult, Change, ChangeState, Kind
from .opting_in import cover_lifted_records

DELETE = "delete"
DELETIONS = (DELETE, "delete_task", "delete_note")
# Records that are the person's from now on: those that stand for them, and the tasks and notes made about them.
LINKED = (Kind.CONTACT, Kind.OPT_OUT, Kind.TASK, Kind.NOTE)
LADDER = (5, 30, 120, 600, 1800, 7200, 18000, 36000, 36000)  # seconds before attempt 2, 3, …


@transaction.atomic
def settle(
    changes: Sequence[Change],
    outcomes: Mapping[str, Outcome],
    exchanges: list[dict[str, Any]],
    batch: str,
    stopped: bool = False,
    rows: int = 0,
) -> None:
    """Record the outcome of each change of one batch; nothing for a change that another worker took over.

    `stopped`: the whole connection stopped for a person, so its changes wait; a single row without permission fails.
    `rows`: how many went out together, where these are only some of them.
    """
    mine = still_ours(changes)
    follow_ups: list[Change] = []
    for change in mine:
        outcome = outcomes.get(change.id) or Outcome(
            change.id, error=Unavailable("The vendor's answer did not name this row.")
        )
        follow_ups += _wait_for_person(change, outcome) if stopped else _settle_one(change, outcome)
    save_settled(mine)
    tell_changes(mine)
    _close_attempts(mine, outcomes, exchanges, batch, rows or len(mine))
    applied = [change for change in mine if change.state == ChangeState.APPLIED]
    _update_links(applied)
    optouts.cover_new_records(applied)
    cover_lifted_records(applied)
    optouts.release_told(applied)
    wake_for([*record_changes(follow_ups), *mine] if follow_ups else mine)


def _settle_one(change: Change, outcome: Outcome) -> list[Change]:
    """Set the change's next state; returns changes that take its place."""
    error = outcome.error
    if error is None or _is_gone_already(change, error):
        change.state, change.error, change.applied_at = ChangeState.APPLIED, None, clock.now()
        change.record_id, change.created, change.unknown_outcome = (
            outcome.record_id or change.record_id,
            outcome.created,
            False,
        )
        return []
    change.error = error.facts()
    change.unknown_outcome = is_unknown(change, error)
    if isinstance(error, Moved):
        return _readdress(change, error)
    if isinstance(error, FieldHidden) and _park(change, error):
        return []
    if isinstance(error, FieldHidden) and _has_no_place(change, error):
        change.state = ChangeState.CANCELLED
        change.held_reason = f"{change.object} has no field for any of it; nothing is left to write."
        return []
    if isinstance(error, TransientError) and _try_later(change, error):
        return []
    change.state = ChangeState.FAILED
    return []


def is_unknown(change: Change, error: CrosswalkError) -> bool:
    """Whether the record may have been made. What looked for it and was refused then says that it was not."""
    return isinstance(error, OutcomeUnknown) or (change.unknown_outcome and not isinstance(error, Rejected))


def _is_gone_already(change: Change, error: CrosswalkError) -> bool:
    """Somebody else deleted it: that is what was wanted."""
    return change.operation in DELETIONS and isinstance(error, NotFound)


def _wait_for_person(change: Change, outcome: Outcome) -> list[Change]:
    """Back in the queue of a connection that is stopped, at no cost."""
    change.error = outcome.error.facts() if outcome.error else None
    change.state = ChangeState.QUEUED
    _refund(change)
    return []


def _try_later(change: Change, error: TransientError) -> bool:
    """Back in the queue with the next rung of the ladder; False when the attempts are used up."""
    if not error.costs_attempt:
        _refund(change)
    if change.tries >= MAX_TRIES:
        return False
    rung = LADDER[max(0, change.tries - 1)] if error.costs_attempt else 1
    wait = error.retry_after if isinstance(error, RateLimited) else timedelta(seconds=rung * random.uniform(0.8, 1.2))
    change.state, change.postponed_at = ChangeState.QUEUED, clock.now()
    change.next_attempt_at = change.postponed_at + wait
    return True


def _refund(change: Change) -> None:
    """This attempt did not count."""
    change.attempts, change.tries = change.attempts - 1, change.tries - 1


def _park(change: Change, error: FieldHidden) -> bool:
    """Leave out a field the vendor does not know or show, and send the rest; never a field that says stop."""
    stops = {flag.field for flag in optouts.flags_of(change.connection, change.object)}
    parked = [field for field in error.fields if field in change.diff and field not in stops]
    if change.kind == Kind.OPT_OUT or not parked or len(parked) == len(change.diff):
        return False
    change.params = {**change.params, "parked": sorted({*change.params.get("parked", []), *parked})}
    change.notes = [*change.notes, *(f"{field} was left out: {error.message}" for field in parked)]
    change.state, change.next_attempt_at, change.postponed_at = ChangeState.QUEUED, clock.now(), None
    _refund(change)
    forget_fields(change.connection)
    return True


def _has_no_place(change: Change, error: FieldHidden) -> bool:
    """It was meant for the record that this one came from, and none of its fields is here. A stop always has one."""
    if change.kind == Kind.OPT_OUT or change.replaces is None or change.replaces.object == change.object:
        return False
    return set(change.diff) <= {*error.fields, *change.params.get("parked", [])}


def _readdress(change: Change, error: Moved) -> list[Change]:
    """The record lives on as another one: this change ends, a new one goes there and points back."""
    if not error.record_id or change.operation in DELETIONS:  # what it became was not meant to be deleted
        change.state = ChangeState.FAILED
        return []
    change.state = ChangeState.CANCELLED
    place = place_in(change)
    what = f"The {place}" if place else f"{change.object} {change.record_id}"
    change.held_reason = f"{what} became {error.object} {error.record_id}; the change goes there."
    if change.kind == Kind.OPT_OUT and change.opt_out is not None and change.operation == optouts.OPT_OUT:
        found = Found(error.object, error.record_id, {})
        return [optouts.change_for(change.opt_out, change.connection, found, change.event, actor=change.actor)]
    if place:
        return [copy_change(change, params={**change.params, place: [error.object, error.record_id]})]
    return [copy_change(change, object=error.object, record_id=error.record_id, key_field="", external_id="")]


# What a copy shares with its original: who, where and what, but not its fate.
_COPIED = [
    "connection",
    "object",
    "operation",
    "kind",
    "record_id",
    "key_field",
    "external_id",
    "person_id",
    "event",
    "opt_out",
    "rule",
    "mapping",
    "mapping_version",
    "diff",
    "params",
    "known",
    "lane",
    "order_key",
    "run_id",
    "actor",
]


def copy_change(change: Change, **facts: Any) -> Change:
    """A new change with the same intent that points at the old one. Not saved."""
    values = {name: getattr(change, name) for name in _COPIED} | facts
    target = (values["object"], values["record_id"])
    return Change(**values, replaces=change, identity=identity_of("copy", change.id, *target))


def _close_attempts(
    changes: Sequence[Change], outcomes: Mapping[str, Outcome], exchanges: list[dict[str, Any]], batch: str, rows: int
) -> None:
    """Finish the attempts of this batch; the HTTP calls are kept once, with the batch's first row."""
    open_attempts = Attempt.objects.filter(change__in=changes, result=AttemptResult.SENDING).in_bulk(field_name="id")
    by_change = {attempt.change_id: attempt for attempt in open_attempts.values()}
    for position, change in enumerate(changes):
        attempt = by_change.get(change.id)
        if attempt is None:
            continue
        outcome = outcomes.get(change.id)
        attempt.result, attempt.finished_at, attempt.error = _result(change), clock.now(), change.error
        attempt.response = storable(outcome.response) if outcome else None
        attempt.batch, attempt.rows = batch or attempt.batch, rows
        attempt.exchanges = exchanges if position == 0 else []
    fields = ["result", "finished_at", "error", "response", "batch", "rows", "exchanges"]
    update_rows(list(by_change.values()), fields)


def _result(change: Change) -> str:
    if change.state == ChangeState.APPLIED:
        return AttemptResult.APPLIED
    return AttemptResult.LATER if change.state == ChangeState.QUEUED else AttemptResult.FAILED


def _update_links(changes: Sequence[Change]) -> None:
    """What was written is what the record is known to hold now; what was deleted is known as gone."""
    _bury([c for c in changes if c.operation in DELETIONS and c.record_id])
    left = [c for c in changes if c.operation not in DELETIONS]
    records = [c for c in left if c.person_id and c.record_id and c.kind in LINKED]
    if not records:
        return
    known = _known_links(records)
    fresh: dict[tuple[str, str], Link] = {}
    for change in records:
        spot = (change.object, change.record_id)
        link = fresh.get(spot) or known.get(spot) or _new_link(change)
        written = {
            field: entry["after"]
            for field, entry in change.diff.items()
            if field not in change.params.get("parked", [])
        }
        link.snapshot = {**link.snapshot, **change.known, **written}
        link.bases = _with_our_writes(link.bases, written)
        made_up = {field for field, entry in change.diff.items() if entry.get("synthetic")}
        link.synthetic = sorted(made_up | (set(link.synthetic) - set(written)))
        link.seen_at, fresh[spot] = clock.now(), link
        link.pk = None  # written by its unique key, as one that is new
    known_now = ("snapshot", "bases", "synthetic", "seen_at")
    put_rows(list(fresh.values()), ("connection", "object", "record_id"), known_now)


def _bury(changes: Sequence[Change]) -> None:
    """No late event brings them back."""
    known = _known_links(changes).values() if changes else ()
    gone = {(change.object, change.record_id) for change in changes}
    buried = [link.pk for link in known if (link.object, link.record_id) in gone]
    Link.objects.filter(pk__in=buried, gone_at=None).update(gone_at=clock.now())


def _with_our_writes(bases: dict[str, dict[str, Any]], written: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What we wrote is no news when it comes back: every mapping that reads the record takes it as read."""
    read = {name: {**base, **{k: v for k, v in written.items() if k in base}} for name, base in bases.items()}
    return {**read, WRITTEN: {**bases.get(WRITTEN, {}), **written}}


def _known_links(changes: Sequence[Change]) -> dict[tuple[str, str], Link]:
    rows = Link.objects.filter(connection_id=changes[0].connection_id, record_id__in={c.record_id for c in changes})
    return {(row.object, row.record_id): row for row in rows}


def _new_link(change: Change) -> Link:
    return Link(
        person_id=change.person_id or "",
        connection_id=change.connection_id,
        object=change.object,
        record_id=change.record_id,
    )


@transaction.atomic
def hold_back(changes: Sequence[Change], reasons: Mapping[str, str]) -> None:
    """Set aside claimed changes because of an opt-out, at no cost."""
    held = _take_back(changes, ChangeState.HELD, reasons)
    optouts.cover_unknown_records([change for change in held if change.unknown_outcome])


def call_off(changes: Sequence[Change], reason: str) -> None:
    """Claimed changes that are never to be sent."""
    _take_back(changes, ChangeState.CANCELLED, {change.id: reason for change in changes})


def give_back(changes: Sequence[Change]) -> None:
    """Leave claimed changes to the next round, at no cost."""
    _take_back(changes, ChangeState.QUEUED, {})


@transaction.atomic
def _take_back(changes: Sequence[Change], state: str, reasons: Mapping[str, str]) -> list[Change]:
    """Changes that were claimed and not sent: this was no attempt."""
    mine = still_ours(changes)
    for change in mine:
        change.state, change.held_reason = state, reasons.get(change.id, "")
        _refund(change)
    save_settled(mine)
    tell_changes(mine)
    Attempt.objects.filter(change__in=mine, result=AttemptResult.SENDING).delete()
    return mine
