"""Wakes a worker. Never the truth: a wake that is lost is made good by the next sweep."""

from __future__ import annotations

import logging
import time
from functools import lru_cache

from django.conf import settings
from django_q.brokers import Broker, get_broker
from django_q.tasks import async_task

logger = logging.getLogger(__name__)

# A woken drain goes on looking for this long after it found nothing, so that further wakes in the meantime are not
# needed: one row in the queue serves a whole burst.
LINGER_SECONDS = 0.6
_QUIET_SECONDS = 0.3
_last: dict[str, float] = {}


def wake(lane: str) -> None:
    """Ask the lane's cluster to look for due work. Call it after the commit. Never raises."""
    now = time.monotonic()
    if not settings.WAKE_WORKERS or now - _last.get(lane, -1.0) < _QUIET_SECONDS:
        return
    _last[lane] = now
    try:
        async_task(settings.DRAIN_TASK, lane, cluster=lane, save=False, ack_failure=True, broker=_broker(lane))
    except Exception as error:  # the queue is down: the event is stored, the sweep will find it
        logger.warning("Could not wake the %s lane (%s); the sweep will.", lane, type(error).__name__)


@lru_cache
def _broker(lane: str) -> Broker:
    """Kept, for Redis answers sooner on a connection that is open. A client of Redis may be shared by threads."""
    return get_broker(lane)
