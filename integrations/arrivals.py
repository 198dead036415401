"""What comes later stands behind what waits of the same person, also after a clock was set back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db.models import Max

from . import clock
from .ids import first_id
from .models import Event, EventState

INSTANT = timedelta(microseconds=1)
_AHEAD = timedelta(milliseconds=50)  # clocks that are corrected all the time, not set, differ by less
_ASK_SECONDS = 1.0


def put_behind(events: Sequence[Event]) -> None:
    """Call before they are stored. Mostly costs nothing."""
    now = clock.now()
    if not _watch.was_set_back(now):
        return
    keys = {event.order_key for event in events if event.state == EventState.NEW}
    ahead = Event.objects.filter(state=EventState.NEW, order_key__in=keys, occurred_at__gt=now)
    last = dict(ahead.order_by().values_list("order_key").annotate(Max("occurred_at")))
    for event in events:
        if event.order_key in last:
            event.occurred_at = last[event.order_key] = max(event.occurred_at, last[event.order_key] + INSTANT)


class _Watch:
    """Whether events were stored at a time still to come: asked now and then, and when this clock itself goes back."""

    def __init__(self) -> None:
        self._asked_at = float("-inf")
        self._last = datetime.min.replace(tzinfo=UTC)
        self._answer = False

    def was_set_back(self, now: datetime) -> bool:
        if now < self._last or time.monotonic() - self._asked_at > _ASK_SECONDS:
            self._answer = Event.objects.filter(id__gt=first_id(now + _AHEAD)).exists()
            self._asked_at = time.monotonic()
        self._last = now
        return self._answer


_watch = _Watch()
