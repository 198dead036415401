"""Waits until nothing is due any more, and lets time pass quicker than the clock does."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from audit.models import Change, ChangeState
from integrations.leases import LEASE
from integrations.models import BudgetWindow, Connection, Event, EventState

from .installation import ALIAS, Installation
from .postman import Letter, Postman, letter

DEADLINE = 60.0
NUDGE = 0.4
LONG = timedelta(days=1)  # a clock that jumped makes leases last longer, by as much
GRACE = 3.0  # whoever holds a lease this long after the last fault is dead
IN_LINE = (ChangeState.QUEUED, ChangeState.SENDING)
BELL = {"email": "bell@example.com", "name": "Bell", "createdOn": "2026-01-01T00:00:00+0000", "campaignId": "none"}


def unfinished() -> dict[str, int]:
    """How much is still to be done, by its state."""
    events = Event.objects.using(ALIAS).filter(state=EventState.NEW).values_list("state", flat=True)
    changes = Change.objects.using(ALIAS).filter(state__in=IN_LINE).values_list("state", flat=True)
    return dict(Counter([*events, *changes]))


def why_unfinished() -> str:
    """The first few of them, with what they wait for, and how the connections are."""
    facts = ("id", "postponed_at", "next_attempt_at", "lease_until", "attempts")
    events = Event.objects.using(ALIAS).filter(state=EventState.NEW).order_by("id")
    changes = Change.objects.using(ALIAS).filter(state__in=IN_LINE).order_by("id")
    connections = Connection.objects.using(ALIAS).values("name", "blocked", "paused_until", "health", "health_reason")
    rows = [*events.values("type", "reason", *facts)[:5], *changes.values("operation", "error", *facts)[:5]]
    rows += connections
    return "\n".join(", ".join(f"{name} {value}" for name, value in row.items()) for row in rows)


class Quiet:
    """`helped`: what waits for the clock is due at once, and somebody rings; otherwise all goes at its own pace."""

    def __init__(self, installation: Installation, postman: Postman, helped: bool = True) -> None:
        self.installation, self.postman, self.helped = installation, postman, helped
        self._rung = 0

    def wait(self, deadline: float = DEADLINE) -> float:
        """Until nothing is unfinished. Returns how long it took; fails with what is stuck."""
        began = nudged = time.monotonic()
        while left := self._left():
            now = time.monotonic()
            assert now - began < deadline, f"Stuck after {deadline:.0f} s: {left}.\n{why_unfinished()}"
            if self.helped and now - nudged > NUDGE:
                nudged = now
                let_time_pass(self.installation.clocks.shared_off, with_leases=now - began > GRACE)
                self._ring()
            time.sleep(0.05)
        return time.monotonic() - began

    def _left(self) -> dict[str, int]:
        _deliveries, pending = self.installation.sandbox.deliveries(10**9)
        return unfinished() or ({"deliveries": pending} if pending else {})

    def _ring(self) -> None:
        """An event about nobody wakes its lane; one that was not heard yet is enough."""
        waiting = set(
            Event.objects.using(ALIAS).filter(state=EventState.NEW, record_id__startswith="bell").values_list("lane")
        )
        for lane, action in (("events", "subscribe"), ("optouts", "unsubscribe")):
            if (lane,) not in waiting:
                self._rung += 1
                self.postman.deliver(self._bell(action))

    def _bell(self, action: str) -> Letter:
        return letter({**BELL, "contactId": f"bell-{action}"}, action, f"{id(self)}-{self._rung}-{time.time()}")


def let_time_pass(clock_off: float, with_leases: bool) -> None:
    """What waits for a moment in the future has reached it. What a clock that was set made wait has to help itself."""
    now = timezone.now() + timedelta(seconds=clock_off)
    Connection.objects.using(ALIAS).filter(paused_until__gt=now, paused_at__lte=now).update(paused_until=None)
    BudgetWindow.objects.using(ALIAS).all().delete()  # a vendor that said "no more calls for now" has calls again
    for model, states in ((Change, IN_LINE), (Event, (EventState.NEW,))):
        waiting = model.objects.using(ALIAS).filter(state__in=states)
        waiting.filter(next_attempt_at__gt=now, postponed_at__lte=now).update(next_attempt_at=now)
        if with_leases:
            leased = waiting.filter(lease_until__lte=now + LEASE)
            leased.update(lease_until=F("lease_until") - LONG)
