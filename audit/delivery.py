"""Delivers due changes: as many as a vendor takes in one call, within the connection's budget, row by row."""

from __future__ import annotations

import logging
import time
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
from integrations.models import Connection, Link, Mode
from integrations.storable import storable
from integrations.vendors.base import Outcome, Write
from integrations.vendors.errors import Accepted, ConfigurationError, CrosswalkError, ReadOnly, Rejected
from integrations.vendors.registry import vendor

from . import optouts
from .ledger import CLAIM, claim_changes
from .models import Attempt, Change, ChangeState, Kind
from .settling import give_back, hold_back, settle

logger = logging.getLogger(__name__)

ROUND_SECONDS = 20.0  # after which no further batch is begun
FIELD_WRITES = frozenset({"upsert", "update", "create", "set", optouts.OPT_OUT, optouts.OPT_IN})


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
    _address(changes)
    changes = _without_held(changes)
    if connection.mode == Mode.READ_ONLY:
        refusal = ReadOnly(f"{connection.name} is read only: nothing was sent.")
        settle(changes, {change.id: Outcome(change.id, error=refusal) for change in changes}, [], "")
        return
    _flag_new_records(changes)
    for batch in _batches(connection, changes):
        if time.monotonic() < until:
            _send(connection, batch, holding)
        else:
            give_back(batch)


def _without_held(changes: Sequence[Change]) -> list[Change]:
    """Set aside writes that would re-add somebody who said stop after they were planned."""
    subscribing = [change for change in changes if change.person_id and optouts.is_subscribing(change)]
    if not subscribing:
        return list(changes)
    stops = optouts.open_opt_outs(change.person_id for change in subscribing if change.person_id)
    held = {change.id: optouts.held_by(stops[change.person_id]) for change in subscribing if change.person_id in stops}
    hold_back([change for change in changes if change.id in held], held)
    return [change for change in changes if change.id not in held]


def _address(changes: Sequence[Change]) -> None:
    """Records that were made since these changes were planned are known by their link now."""
    open_ended = [c for c in changes if not c.record_id and c.person_id and c.operation in ("upsert", "update")]
    if not open_ended:
        return
    links = (
        Link.objects.filter(
            person_id__in={c.person_id for c in open_ended},
            connection_id=changes[0].connection_id,
            gone_at=None,
            moved_to__isnull=True,
        )
        .order_by("id")
        .select_related("connection")
    )
    known = {
        (link.person_id, link.object, place): link.record_id
        for link in links
        for place in (None, place_of(link, link.snapshot))
    }
    for change in open_ended:
        spot = (change.person_id or "", change.object, place_of(change, change.known))
        change.record_id = known.get(spot, "")


def place_of(where: Change | Link, values: Mapping[str, Any]) -> Any:
    """Which of a person's records it is, where there may be one for each of something (a list). None: any."""
    capability = vendor(where.connection.vendor).capabilities.object(where.object)
    return values.get(capability.one_per) if capability and capability.one_per else None


def _flag_new_records(changes: Sequence[Change]) -> None:
    making = [c for c in changes if not c.record_id and c.person_id and c.kind == Kind.CONTACT]
    stops = optouts.open_opt_outs(c.person_id for c in making if c.person_id) if making else {}
    for change in making:
        optouts.add_flags(change, stops.get(change.person_id or "", []))


def sent_as(change: Change) -> str:
    """The operation as the vendor is asked for it: an upsert goes by id once the record is known."""
    if change.operation not in FIELD_WRITES:
        return change.operation
    if change.record_id:
        return "update"
    return "upsert" if change.external_id else "create"


def _batches(connection: Connection, changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Changes that can go out together, in order, no more than the vendor takes in one call."""
    groups: dict[tuple[str, str, str], list[Change]] = {}
    for change in changes:
        alone = change.id if change.unknown_outcome else ""  # what stopped a worker once must not take others along
        groups.setdefault((change.object, sent_as(change), alone), []).append(change)
    for (object, _operation, _alone), group in groups.items():
        capability = vendor(connection.vendor).capabilities.object(object)
        size = max(1, capability.batch if capability else 1)
        for start in range(0, len(group), size):
            yield group[start : start + size]


def _send(connection: Connection, changes: Sequence[Change], holding: Holding) -> None:
    """One batch: call, then settle row by row. A failure of the whole call is every row's outcome."""
    journal, batch = ExchangeList(holding), new_id()
    urgent, stopped = changes[0].lane == "optouts", False
    try:
        outcomes = open_client(connection, journal, urgent).write([_write(change) for change in changes])
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
    exchanges = [storable(asdict(exchange)) for exchange in journal.exchanges]
    settle(changes, {outcome.id: outcome for outcome in outcomes}, exchanges, batch, stopped)


def _fault(bug: Exception) -> CrosswalkError:
    """What was sent before the fault is not known; a person looks at it."""
    help = "This is a fault of Crosswalk; the log has the details. Look at the record, then press Retry."
    return CrosswalkError(f"Delivery stopped with {type(bug).__name__}.", help=help)


def _write(change: Change) -> Write:
    params = _params(change)
    since, unanswered = since_when(change) if change.unknown_outcome else (None, False)
    return Write(
        id=change.id,
        object=change.object,
        operation=sent_as(change),
        values=_values(change, params),
        record_id=change.record_id,
        key=(change.key_field, change.external_id) if change.external_id else None,
        params=params,
        retry=change.unknown_outcome,
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


def _params(change: Change) -> dict[str, Any]:
    """What is not a field. A change that follows another learns from it which record it is about."""
    params = {key: value for key, value in change.params.items() if key != "parked"}
    if change.depends_on is not None and not params.get("member"):
        params["member"] = [change.depends_on.object, change.depends_on.record_id]
    return params


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
