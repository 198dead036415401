"""What the queue runs: look for due work on one lane, until there is none or the time is up."""

from __future__ import annotations

import logging
import time

from audit.delivery import deliver_due
from audit.retention import prune_due
from audit.sealing import seal_due
from integrations.wake import LINGER_SECONDS, wake
from mappings.planning.planner import plan_due
from mappings.runs import advance_runs

from .mending import mend_due

logger = logging.getLogger(__name__)

TIME_BUDGET = 20.0  # seconds; well below the cluster's timeout
_PAUSE = 0.02


def work_off(lane: str) -> int:
    """One round on one lane: plan what is due, then deliver what is due. Returns how much was taken up."""
    mend_due(lane)
    taken = advance_runs() if lane == "bulk" else 0
    taken += plan_due(lane) + deliver_due(lane)
    if lane == "bulk":
        seal_due()
        prune_due()
    return taken


def drain(lane: str) -> None:
    """Work until nothing was due for a moment; what arrives in that moment needs no further wake.

    Who found nothing at all goes at once: somebody else took what it was woken for, and lingers.
    """
    if not work_off(lane):
        return
    ends = time.monotonic() + TIME_BUDGET
    idle_since = time.monotonic()
    while time.monotonic() < ends:
        if work_off(lane):
            idle_since = time.monotonic()
        elif time.monotonic() - idle_since > LINGER_SECONDS:
            return
        else:
            time.sleep(_PAUSE)
    wake(lane)
