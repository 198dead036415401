"""How far a backfill is, counted from what is in the tables: nothing is tallied that could go wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet

from audit.ledger import FREE
from audit.models import LINED_UP, OF_A_RUN, Brake, Change, ChangeState, Kind
from integrations import clock
from integrations.models import CallCount, Event, EventState

from ..models import UNDER_WAY, Run

TROUBLE = Q(state__in=["failed", "quarantined"])  # as the index says it
IN_LINE = (ChangeState.QUEUED, ChangeState.SENDING)
ENDED = (ChangeState.CANCELLED, ChangeState.REJECTED)


@dataclass(frozen=True)
class Progress:
    """Records read, and what became of them. `created` and `changed` are writes that arrived."""

    read: int = 0
    planned: int = 0
    created: int = 0
    changed: int = 0
    left: int = 0
    under_way: int = 0
    held: int = 0
    failed: int = 0
    cancelled: int = 0
    conflicts: int = 0
    calls: dict[str, int] = field(default_factory=dict)  # used so far, by connection
    seconds_left: int | None = None  # at the rate so far; None while nobody can tell

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def events_waiting(run: Run) -> QuerySet[Event]:
    """Read, and not planned yet."""
    return Event.objects.filter(state=EventState.NEW, lane="bulk", run_id=run.pk)


def changes_under_way(run: Run) -> QuerySet[Change]:
    """What waits for a change that failed or is held is not among them: nobody knows when that will be."""
    return Change.objects.filter(LINED_UP, OF_A_RUN, FREE, lane="bulk", run_id=run.pk)


def held_by_the_brake(run: Run) -> QuerySet[Change]:
    """Also what an opt-out holds beside it, which no approval lets go."""
    return _changes(run).filter(kind__in=Kind.values, state=ChangeState.HELD, braked__in=Brake.values)


def _changes(run: Run) -> QuerySet[Change]:
    return Change.objects.filter(OF_A_RUN, run_id=run.pk)


def progress_of(run: Run) -> Progress:
    waiting = events_waiting(run).count()
    conflicts = Event.objects.filter(TROUBLE, run_id=run.pk).count()
    rows = _changes(run).order_by().values_list("kind", "state", "created").annotate(Count("id"))
    counts = {(kind, state, created): count for kind, state, created, count in rows}
    with_changes = _changes(run).order_by().aggregate(n=Count("event", distinct=True))["n"]
    created = counts.get((Kind.CONTACT, ChangeState.APPLIED, True), 0)
    planned = run.done - waiting
    return Progress(
        read=run.done,
        planned=planned,
        created=created,
        changed=_in_state(counts, ChangeState.APPLIED) - created,
        left=max(0, planned - conflicts - with_changes),
        under_way=_in_state(counts, *IN_LINE),
        held=_in_state(counts, ChangeState.HELD),
        failed=_in_state(counts, ChangeState.FAILED),
        cancelled=_in_state(counts, *ENDED),
        conflicts=conflicts,
        calls=calls_of(run),
        seconds_left=_seconds_left(run, planned),
    )


def calls_of(run: Run) -> dict[str, int]:
    rows = CallCount.objects.filter(run_id=run.pk).order_by("connection__name")
    return dict(rows.values_list("connection__name", "calls"))


def _in_state(counts: dict[tuple[str, str, bool | None], int], *states: str) -> int:
    return sum(count for (_kind, state, _created), count in counts.items() if state in states)


def _seconds_left(run: Run, planned: int) -> int | None:
    if run.started_at is None or run.state not in UNDER_WAY or not run.total or not 0 < planned < run.total:
        return None
    elapsed = (clock.now() - run.started_at).total_seconds()
    return round(elapsed * (run.total - planned) / planned)
