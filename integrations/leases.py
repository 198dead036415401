"""Leases: who works on a row, and until when. A worker that dies leaves one that expires."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

from . import clock

LEASE = timedelta(seconds=45)  # longer than one call to a vendor takes; dead work is taken up within a minute
RENEW_SECONDS = 5.0
M = TypeVar("M", bound=Model)


@dataclass
class Holding:
    """The rows of one lease while a worker is at them, however many calls that takes."""

    rows: QuerySet[Any]
    _renewed_at: float = field(default_factory=time.monotonic)

    def keep(self) -> None:
        """Ask for more time. Call it after each call to a vendor; most of the time it does nothing."""
        now = time.monotonic()
        if now - self._renewed_at >= RENEW_SECONDS:
            self.rows.update(lease_until=clock.now() + LEASE)
            self._renewed_at = now


def over_before(length: timedelta = LEASE) -> datetime:
    """Leases of this length that lasted until before this are over; none ends early because the clock jumped."""
    return clock.without_jumps(length + 2 * clock.LOOK)


def skip_claimed(rows: QuerySet[M]) -> QuerySet[M]:
    """Lock the rows, leaving out those another worker is claiming; on SQLite the IMMEDIATE transaction is the lock."""
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows
