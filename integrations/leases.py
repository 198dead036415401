"""Leases: who works on a row, and until when. A worker that dies leaves one that expires."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

from . import clock

LEASE = timedelta(seconds=45)  # longer than one batch takes, so that dead work is taken up within a minute
M = TypeVar("M", bound=Model)


def over_before(length: timedelta = LEASE) -> datetime:
    """Leases of this length that lasted until before this are over; none ends early because the clock jumped."""
    return clock.without_jumps(length + 2 * clock.LOOK)


def skip_claimed(rows: QuerySet[M]) -> QuerySet[M]:
    """Lock the rows, leaving out those another worker is claiming; on SQLite the IMMEDIATE transaction is the lock."""
    if connection.features.has_select_for_update_skip_locked:
        return rows.select_for_update(skip_locked=True, of=("self",))
    return rows
