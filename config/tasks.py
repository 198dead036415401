"""What the queue runs: look for due work on one lane, until there is none or the time is up."""

from __future__ import annotations

import logging
import time

from audit.delivery import deliver_due
from audit.retention import prune_due
from audit.sealing import seal_due
from integrations.lookups import renew_due
from integrations.wake import LINGER_SECONDS, wake
from mappings.planning.planner import plan_due
from mappings.runs import advance_runs

logger = logging.getLogger(__name__)

TIME_BUDGET = 20.0  # seconds; well below the cluster's timeout
FULL = 200  # rows taken up in one round that say: there is more
# The more a round took up, the more is on its way: a pause in which that gathers makes the next round, and the calls to
# the vendors, larger. Few events come too seldom to wait for.
_PAUSE, _LONGEST_PAUSE, _PAUSE_EACH = 0.02, 0.3, 0.004  # seconds


def work_off(lane: str) -> int:
    """One round on one lane: plan what is due, then deliver what is due. Returns how much was taken up."""
    taken = advance_runs() if lane == "bulk" else 0
    taken += plan_due(lane) + deliver_due(lane)
    if lane == "bulk":
        seal_due()
        prune_due()
        renew_due()
    return taken


def drain(lane: str) -> None:
    """Work until nothing was due for a moment; what arrives in that moment needs no further wake.

    Who found nothing at all goes at once: somebody else took what it was woken for, and lingers.
    """
    ends = time.monotonic() + TIME_BUDGET
    busy_at = float("-inf")
    while (now := time.monotonic()) < ends:
        taken = work_off(lane)
        if taken:
            busy_at = now
        elif now - busy_at > LINGER_SECONDS:
            return
        time.sleep(pause_after(taken))
    wake(lane)


def pause_after(taken: int) -> float:
    """Seconds to let work gather after a round that took up so many rows."""
    return 0.0 if taken >= FULL else min(_LONGEST_PAUSE, max(_PAUSE, taken * _PAUSE_EACH))
