"""What the queue runs: look for due work on one lane, until there is none or the time is up."""

from __future__ import annotations

import logging
import time

from audit.delivery import deliver_due
from audit.hooks.delivering import deliver_hooks
from audit.ledger import changes_wait
from audit.loading import load_due
from audit.notifications.alerts import alert_due
from audit.notifications.delivering import deliver_notifications
from audit.notifications.troubles import SOURCES
from audit.retention import prune_due
from audit.sealing import seal_due
from integrations.inbox import events_wait
from integrations.lookups import renew_due
from integrations.wake import LINGER_SECONDS, wake
from mappings.planning.planner import CLAIM as BACKLOG
from mappings.planning.planner import plan_due
from mappings.runs import advance_runs
from mappings.runs.alerting import runs_at_the_brake
from mappings.watching import watch_due

from .mending import mend_due
from .supervisor.runtime import RuntimeDirectory

logger = logging.getLogger(__name__)

TROUBLES = (*SOURCES, runs_at_the_brake)
TIME_BUDGET = 20.0  # seconds; well below the cluster's timeout
# The more a round took up, the more is on its way: a pause in which that gathers makes the next round, and the calls to
# the vendors, larger. Few events come too seldom to wait for.
_PAUSE, _LONGEST_PAUSE, _PAUSE_EACH = 0.02, 0.6, 0.003  # seconds


def work_off(lane: str) -> int:
    """One round on one lane: plan what is due, then deliver what is due. Returns how much was taken up."""
    mend_due(lane)
    taken = watch_due() + advance_runs() if lane == "bulk" else 0
    taken += plan_due(lane)
    taken += load_due() if lane == "bulk" else 0
    taken += deliver_due(lane)
    if lane == "bulk":
        seal_due()
        prune_due()
        renew_due()
        alert_due(TROUBLES)
        taken += deliver_hooks() + deliver_notifications()
    return taken


def drain(lane: str) -> None:
    """Work on a lane. One worker of each host stays a while and gathers; the others help with a backlog, and go."""
    ends = time.monotonic() + TIME_BUDGET
    with RuntimeDirectory.from_environment().staying(lane) as is_ours:
        if is_ours:
            _stay(lane, ends)
            return
    while time.monotonic() < ends and has_backlog(lane):
        work_off(lane)


def _stay(lane: str, ends: float) -> None:
    """Work until nothing was due for a moment; what arrives in that moment needs no further wake."""
    busy_at = float("-inf")
    while (now := time.monotonic()) < ends:
        taken = work_off(lane)
        if taken:
            busy_at = now
        elif now - busy_at > LINGER_SECONDS:
            return
        if taken < BACKLOG or not has_backlog(lane):
            time.sleep(pause_after(taken))
    wake(lane)


def has_backlog(lane: str) -> bool:
    """Whether more waits than the worker that stays takes up in one round."""
    return events_wait(lane, BACKLOG) or changes_wait(lane, BACKLOG)


def pause_after(taken: int) -> float:
    """Seconds to let work gather after a round that took up so many rows, where no full round waits already."""
    return min(_LONGEST_PAUSE, max(_PAUSE, taken * _PAUSE_EACH))
