"""Takes runs further, a step at a time: claim, read, and write what was read together with the run's cursor."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q, QuerySet

from audit.ledger import changes_wait
from integrations import clock
from integrations.health import note_failure
from integrations.ids import new_id
from integrations.leases import LEASE, over_before, skip_claimed
from integrations.vendors.errors import CrosswalkError, TransientError
from integrations.waiting import due_in, due_now
from integrations.wake import wake

from ..models import UNDER_WAY, Run, RunState
from .base import Rest
from .kinds import KINDS

logger = logging.getLogger(__name__)

WAIT = timedelta(seconds=30)
PROGRESS = ("done", "refused", "reasons", "cursor", "position", "total", "plan", "message", "state", "finished_at")
SAVED = (*PROGRESS, "lease", "lease_until", "next_attempt_at", "postponed_at")


def advance_runs() -> int:
    """Take one run a step further. Returns 1 when there was one that could go on; those that rest let it pass.

    While many opt-outs are due, every run waits.
    """
    if not _due().exists() or changes_wait("optouts"):
        return 0
    resting: list[str] = []
    while (run := _claim(resting)) is not None:
        if _take_further(run):
            return 1
        resting.append(run.id)
    return 0


def _take_further(run: Run) -> bool:
    """Whether it could go on."""
    try:
        return _advance(run)
    except CrosswalkError as error:
        _note_failure(run, error)
    except (OperationalError, InterfaceError):  # the database is away: the lease expires, and it goes on from there
        raise
    except Exception as bug:
        logger.exception("Run %s stopped with a fault of Crosswalk.", run.pk)
        help = "This is a fault of Crosswalk; the log has the details. What was done until then stays done."
        _note_failure(run, CrosswalkError(f"The run stopped with {type(bug).__name__}.", help=help))
    return True


def _due() -> QuerySet[Run]:
    free = Q(lease_until=None) | Q(lease_until__lt=over_before())
    return Run.objects.filter(free, state__in=UNDER_WAY, next_attempt_at__lte=clock.now())


@transaction.atomic
def _claim(resting: Sequence[str]) -> Run | None:
    run = skip_claimed(_due().exclude(pk__in=resting).order_by("next_attempt_at", "id")).first()
    if run is not None:
        now = clock.now()
        run.state, run.lease, run.lease_until = RunState.RUNNING, new_id(), now + LEASE
        run.started_at = run.started_at or now
        run.save(update_fields=["state", "lease", "lease_until", "started_at"])
    return run


def _advance(run: Run) -> bool:
    """Whether it could go on."""
    kind = KINDS[run.kind]
    step = kind.next_step(run)
    with transaction.atomic():
        if not _is_still_ours(run):
            return True
        if isinstance(step, Rest):
            _rest(run, step)
            return False
        if step is not None:
            step()
        else:
            run.state, run.finished_at = RunState.DONE, clock.now()
            kind.conclude(run)
        _hand_back(run)
    wake("bulk")
    return True


def _is_still_ours(run: Run) -> bool:
    """Nobody stopped it, and no other worker took it over meanwhile. Locks it; call inside a transaction."""
    mine = Run.objects.select_for_update().filter(pk=run.pk, state=RunState.RUNNING, lease=run.lease)
    return mine.values_list("pk", flat=True).first() is not None


def _rest(run: Run, rest: Rest) -> None:
    """Another run's turn. What waits for its own work is looked at again whenever there is a round."""
    facts = due_in(rest.until - clock.now()) if rest.until else due_now()
    Run.objects.filter(pk=run.pk).update(message=rest.why, lease="", lease_until=None, **facts)


def _hand_back(run: Run) -> None:
    """Whoever has waited longest goes next: a short run does not wait for a long one."""
    run.lease, run.lease_until, run.next_attempt_at, run.postponed_at = "", None, clock.now(), None
    run.save(update_fields=SAVED)


@transaction.atomic
def _note_failure(run: Run, error: CrosswalkError) -> None:
    """A vendor that cannot be asked now is asked again; anything else ends the run. What a step began is forgotten."""
    connection = KINDS[run.kind].connection_of(run)
    if connection is not None:
        note_failure(connection, error)
    if not _is_still_ours(run):
        return
    facts: dict[str, Any] = {"message": f"{error.message} {error.help}".strip(), "lease": "", "lease_until": None}
    if isinstance(error, TransientError):
        facts |= due_in(getattr(error, "retry_after", WAIT))
    else:
        facts |= {"state": RunState.FAILED, "finished_at": clock.now()}
    Run.objects.filter(pk=run.pk).update(**facts)
