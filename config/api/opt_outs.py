"""How each system stands with one opt-out: told, waiting, failed, or nothing there to tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from audit.models import Change, ChangeState, OptOut
from audit.optouts import OPT_OUT
from integrations.models import EventState

TOLD, WAITING, FAILED, NO_RECORD = "told", "waiting", "failed", "no_record"
_STATES = {
    ChangeState.APPLIED: TOLD,
    ChangeState.FAILED: FAILED,
    ChangeState.REJECTED: FAILED,
    ChangeState.CANCELLED: FAILED,
}


@dataclass(frozen=True)
class ToldRecord:
    """One record of the person at one system."""

    object: str
    record_id: str
    state: str
    told_at: datetime | None
    read_back_at: datetime | None = None
    change: str | None = None
    error: dict[str, Any] | None = None


@dataclass(frozen=True)
class Told:
    """One system that must know."""

    connection: str
    state: str
    told_at: datetime | None
    records: Sequence[ToldRecord]


def told_by_connection(opt_out: OptOut) -> list[Told]:
    """One entry per system that must know or was told. Reads the prefetched changes and event; no query of its own."""
    rows = _records(opt_out)
    names = dict.fromkeys([*opt_out.targets, *rows])
    heard_only = opt_out.event is not None and opt_out.event.state == EventState.NEW
    return [_told(name, rows.get(name, []), WAITING if heard_only else NO_RECORD) for name in names]


def _records(opt_out: OptOut) -> dict[str, list[ToldRecord]]:
    found: dict[str, list[ToldRecord]] = {}
    for change in opt_out.changes.all():
        if change.operation == OPT_OUT:
            found.setdefault(change.connection.name, []).append(_of_change(change))
    for entry in opt_out.already:
        at = parse_datetime(entry.get("at") or "")
        found.setdefault(entry["connection"], []).append(ToldRecord(entry["object"], entry["record_id"], TOLD, at))
    return found


def _of_change(change: Change) -> ToldRecord:
    state = _STATES.get(ChangeState(change.state), WAITING)
    told_at = change.applied_at if state == TOLD else None
    return ToldRecord(change.object, change.record_id, state, told_at, change.read_back_at, change.id, change.error)


def _told(connection: str, records: Sequence[ToldRecord], when_none: str) -> Told:
    states = {record.state for record in records}
    state = next((state for state in (FAILED, WAITING, TOLD) if state in states), when_none)
    times = [record.told_at for record in records if record.told_at]
    return Told(connection, state, max(times) if state == TOLD and times else None, records)
