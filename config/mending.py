"""Makes good what a clock that was set back left behind: nothing waits for a time that no clock of today would give."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django_q.models import Schedule

from audit.hooks.models import DeliveryState, Hook, HookDelivery
from audit.ledger import IN_LINE
from audit.models import Change, ChangeState, Chore, Load, Notification
from audit.notifications.alerts import ALERTING
from audit.notifications.models import NotificationState
from audit.retention import EVERY, PRUNING
from integrations.clients import RENEWAL
from integrations.knowledge import ASKING
from integrations.leases import LEASE
from integrations.models import AccessToken, Connection, Event, EventState, Knowledge, WatchState
from integrations.waiting import end_false_waits, shorten
from integrations.watching import LONGEST_WATCH_MINUTES
from mappings.models import Run, RunState

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0
SWEEP = timedelta(minutes=1)
LONGEST_WATCH = timedelta(minutes=LONGEST_WATCH_MINUTES)
_mended_at: dict[str, float] = {}


def mend_due(lane: str) -> None:
    """Every few seconds in each process of a lane: a few look-ups that mostly find nothing."""
    now = time.monotonic()
    if now - _mended_at.get(lane, float("-inf")) >= PAUSE_SECONDS:
        _mended_at[lane] = now
        mend(lane)


def mend(lane: str) -> None:
    """What this lane takes up, and what all lanes go by."""
    events = Event.objects.filter(state=EventState.NEW, lane=lane)
    changes = Change.objects.filter(state__in=IN_LINE, lane=lane)
    runs = Run.objects.filter(state__in=(RunState.QUEUED, RunState.RUNNING))
    mended = end_false_waits(events) + end_false_waits(changes) + end_false_waits(runs)
    mended += end_false_waits(Connection.objects.all(), "paused_until", "paused_at")
    sending = Change.objects.filter(state=ChangeState.SENDING, lane=lane)
    mended += shorten(events, "lease_until", LEASE) + shorten(sending, "lease_until", LEASE)
    mended += shorten(runs, "lease_until", LEASE)
    mended += shorten(Knowledge.objects.all(), "asking_until", ASKING)
    mended += shorten(WatchState.objects.all(), "lease_until", LEASE)
    mended += shorten(WatchState.objects.all(), "due_at", LONGEST_WATCH)
    mended += shorten(AccessToken.objects.all(), "renewing_until", RENEWAL)
    mended += shorten(Chore.objects.filter(name=PRUNING), "due_at", EVERY)
    mended += shorten(Chore.objects.filter(name=ALERTING), "due_at", SWEEP)
    if lane == "bulk":
        loads = Load.objects.filter(finished_at=None)
        mended += end_false_waits(loads) + shorten(loads, "lease_until", LEASE)
        due = HookDelivery.objects.filter(state=DeliveryState.DUE)
        mended += end_false_waits(due) + shorten(due, "lease_until", LEASE)
        untold = Notification.objects.filter(state=NotificationState.DUE)
        mended += end_false_waits(untold) + shorten(untold, "lease_until", LEASE)
        mended += end_false_waits(Hook.objects.all(), "paused_until", "paused_at")
    mended += shorten(Schedule.objects.all(), "next_run", SWEEP)
    if mended:
        logger.warning("A clock was set back: %d rows of the %s lane waited for it, and wait no longer.", mended, lane)
