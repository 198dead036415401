"""Delivers due changes: as many as a vendor takes in one call, within the connection's budget, row by row."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import InterfaceError, OperationalError

from integrations import clock
from integrations.clients import ExchangeList, open_client
from integrations.health import note_failure, note_success
from integrations.ids import new_id
from integrations.leases import Holding
from integrations.models import Connection, Mode
from integrations.storable import storable
from integrations.vendors.base import Client, Outcome, Write
from integrations.vendors.errors import Accepted, ConfigurationError, CrosswalkError, ReadOnly, Rejected
from integrations.vendors.registry import vendor

from . import calls, increments, optouts
from .addressing import address, params_of
from .increments import INCREMENT, field_of, is_increment
from .ledger import CLAIM, claim_changes
from .models import Attempt, Change, ChangeState, Kind
from .opting_in import overtaking
from .settling import call_off, give_back, hold_back, settle

logger = logging.getLogger(__name__)

ROUND_SECONDS = 20.0  # after which no further batch is begun
FIELD_WRITES = frozenset({"upsert", "update", "create", "set", INCREMENT, optouts.OPT_OUT, optouts.OPT_IN})


def deliver_due(lane: str, limit: int = CLAIM) -> int:
    """Deliver what is due on this lane. Returns how many changes were taken."""
    claimed = claim_changes(lane, limit)
    if claimed:
        holding = Holding(Change.objects.filter(lease=claimed[0].lease, state=ChangeState.SENDING))
        until = time.monotonic() + ROUND_SECONDS
        for connection, changes in _by_connection(claimed):
            _deliver_to(connection, changes, holding, until)
    return len(claimed)


def _by_connection(changes: Sequence[Change]) -> Iterator[tuple[Connection, list[Change]]]:
    groups: dict[int, list[Change]] = {}
    for change in changes:
        groups.setdefault(change.connection_id, []).append(change)
    for group in groups.values():
        yield group[0].connection, group


def _deliver_to(connection: Connection, changes: Sequence[Change], holding: Holding, until: float) -> None:
    """Batch after batch; a slow vendor's rest is left to the next round when the time is up."""
    address(changes)
    changes = without_held(_without_overtaken(changes))
    if connection.mode == Mode.READ_ONLY:
        refusal = ReadOnly(f"{connection.name} is read only: nothing was sent.")
        settle(changes, {change.id: Outcome(change.id, error=refusal) for change in changes}, [], "")
        return
    flag_new_records(changes)
    for batch in _batches(connection, changes):
        if time.monotonic() < until:
            _send(connection, batch, holding)
        else:
            give_back(batch)


def _without_overtaken(changes: Sequence[Change]) -> list[Change]:
    """Call off opt-ins of people who have said stop again since: a stop is told ahead of all that was queued before."""
    opt_ins = [change for change in changes if change.operation == optouts.OPT_IN and change.person_id]
    stops = optouts.open_opt_outs(change.person_id for change in opt_ins if change.person_id) if opt_ins else {}
    overtaken = [change for change in opt_ins if overtaking(change, stops.get(change.person_id or "", []))]
    if overtaken:
        call_off(overtaken, "A stop that came after this was asked for is in force.")
    return [change for change in changes if change not in overtaken]


def without_held(changes: Sequence[Change]) -> list[Change]:
    """Set aside writes that would re-add somebody who said stop after they were planned."""
    subscribing = [change for change in changes if change.person_id and optouts.is_subscribing(change)]
    if not subscribing:
        return list(changes)
    stops = optouts.open_opt_outs(change.person_id for change in subscribing if change.person_id)
    held = {
        change.id: optouts.held_by(change, stops[change.person_id])
        for change in subscribing
        if change.person_id in stops
    }
    hold_back([change for change in changes if change.id in held], held)
    return [change for change in changes if change.id not in held]


def flag_new_records(changes: Sequence[Change]) -> None:
    making = [c for c in changes if not c.record_id and c.person_id and c.kind == Kind.CONTACT and makes_records(c)]
    stops = optouts.open_opt_outs(c.person_id for c in making if c.person_id) if making else {}
    for change in making:
        optouts.add_flags(change, stops.get(change.person_id or "", []))


def makes_records(change: Change) -> bool:
    return sent_as(change) in ("upsert", "create")


def sent_as(change: Change) -> str:
    """The operation as the vendor is asked for it: an upsert goes by id once the record is known."""
    if change.operation not in FIELD_WRITES:
        return change.operation
    if change.record_id:
        return "update"
    return "upsert" if change.external_id else "create"


def _batches(connection: Connection, changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Changes that can go out together, in order, no more than the vendor takes in one call; of one run each."""
    groups: dict[tuple[str, ...], list[Change]] = {}
    for change, turn in zip(changes, _turns(changes), strict=True):
        # What stopped a worker once must not take others along; a call is one thing.
        lost = change.unknown_outcome and change.error_code != Accepted.code
        alone = change.id if lost or calls.is_call(change) else ""
        alike = (change.object, sent_as(change), change.run_id, alone, field_of(change), turn)
        groups.setdefault(alike, []).append(change)
    for (object, *_rest), group in groups.items():
        capability = vendor(connection.vendor).capabilities.object(object)
        size = max(1, capability.batch if capability else 1)
        for start in range(0, len(group), size):
            yield group[start : start + size]


def _turns(changes: Sequence[Change]) -> Iterator[str]:
    """What adds to a number of a record waits until what came before it was written: each is in a batch of its own."""
    seen: Counter[tuple[str, str]] = Counter()
    for change in changes:
        spot = (change.object, change.record_id)
        yield str(seen[spot]) if is_increment(change) else ""
        seen[spot] += is_increment(change)


def calls_for(connection: Connection, changes: Sequence[Change]) -> int:
    """How many calls it takes to deliver these together."""
    return sum(1 for _batch in _batches(connection, changes))


def _send(connection: Connection, changes: Sequence[Change], holding: Holding) -> None:
    """One batch: call, then settle row by row. A failure of the whole call is every row's outcome."""
    journal, batch = ExchangeList(holding), new_id()
    lane, run_id, stopped = changes[0].lane, changes[0].run_id, False
    try:
        outcomes = _carry_out(open_client(connection, journal, lane, run_id), changes)
        note_success(connection)
    except CrosswalkError as error:
        note_failure(connection, error)
        outcomes = [Outcome(change.id, error=error) for change in changes]
        stopped = isinstance(error, ConfigurationError)
    except (OperationalError, InterfaceError):  # the database is away: the leases expire, and all is taken up again
        raise
    except Exception as bug:
        logger.exception("Delivery to %s stopped with a fault of Crosswalk.", connection.name)
        outcomes = [Outcome(change.id, error=_fault(bug)) for change in changes]
    _judge(changes, outcomes)
    exchanges = [storable(asdict(exchange)) for exchange in journal.exchanges]
    settle(changes, {outcome.id: outcome for outcome in outcomes}, exchanges, batch, stopped)


def _carry_out(client: Client, changes: Sequence[Change]) -> list[Outcome]:
    if calls.is_call(changes[0]):
        return [calls.run(client, change) for change in changes]
    settled, left = increments.prepare(client, changes)
    return [*settled, *(client.write([write_of(change) for change in left]) if left else [])]


def _judge(changes: Sequence[Change], outcomes: Sequence[Outcome]) -> None:
    by_id = {outcome.id: outcome for outcome in outcomes}
    for change in changes:
        if change.id in by_id:
            increments.judge(change, by_id[change.id])


def _fault(bug: Exception) -> CrosswalkError:
    """What was sent before the fault is not known; a person looks at it."""
    help = "This is a fault of Crosswalk; the log has the details. Look at the record, then press Retry."
    return CrosswalkError(f"Delivery stopped with {type(bug).__name__}.", help=help)


def write_of(change: Change, is_harmless: bool = False) -> Write:
    """As the vendor is asked for it. `is_harmless`: nobody has to look for what an earlier attempt may have made."""
    params = params_of(change)
    is_retry = change.unknown_outcome and not is_harmless
    since, unanswered = since_when(change) if is_retry else (None, False)
    return Write(
        id=change.id,
        object=change.object,
        operation=sent_as(change),
        values=_values(change, params),
        record_id=change.record_id,
        key=(change.key_field, change.external_id) if change.external_id else None,
        params=params,
        retry=is_retry,
        first_attempt_at=since,
        unanswered=unanswered,
    )


def _values(change: Change, params: Mapping[str, Any]) -> dict[str, Any]:
    """The fields to write, without parked ones; of a membership, which record is the member."""
    if change.kind == Kind.CAMPAIGN:
        object, record_id = params.get("member") or ("", "")
        return {f"{object}Id": record_id}
    parked = set(change.params.get("parked", []))
    return {field: entry["after"] for field, entry in change.diff.items() if field not in parked}


def since_when(change: Change) -> tuple[datetime | None, bool]:
    """(since when the record may be there, whether no vendor ever said it took it): of the attempts after a refusal.

    The time is None when a clock that was set back said it was at one still to come: what it made may be older.
    """
    rows = Attempt.objects.filter(change=change).order_by("number").values_list("started_at", "error")
    attempts = [(started_at, (error or {}).get("code", "")) for started_at, error in rows]
    refusals = [number for number, (_at, code) in enumerate(attempts, 1) if code == Rejected.code]
    attempts = attempts[refusals[-1] if refusals else 0 :]
    accepted = [started_at for started_at, code in attempts if code == Accepted.code]
    first = next(iter(accepted or [started_at for started_at, _code in attempts]), None)
    return (first if first and first <= clock.now() else None), not accepted
