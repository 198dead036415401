"""What so many calls mean for a connection's budget: the share of a day, the hours, the nights."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from integrations.budgets import allowed, windows_of
from integrations.models import Connection
from integrations.vendors.registry import vendor

from .nights import LENGTH

Windows = Sequence[tuple[int, int]]  # (calls, seconds)
DAY, HOUR = 86_400, 3_600


def limits_of(connection: Connection) -> list[tuple[int, int]]:
    """(calls, seconds) of each window that holds at present."""
    return windows_of(connection, vendor(connection.vendor).capabilities.limits)


def day_percent(calls: int, windows: Windows) -> int | None:
    """Of what all lanes together may spend in a day; None when nothing is limited."""
    a_day = min((limit * DAY / seconds for limit, seconds in windows), default=0)
    return ceil(100 * calls / a_day) if a_day else None


def hours(calls: int, windows: Windows) -> float:
    """How long the limits alone make it last, with the part that is kept for live traffic left alone.

    A window that is empty at the start gives its calls at once.
    """
    waits = [max(0.0, calls / allowed(limit, "bulk") - 1) * seconds for limit, seconds in windows]
    return max(waits, default=0.0) / HOUR


def nights(calls: int, windows: Windows) -> int:
    """How many nights it takes; in each of them a window longer than a night gives its calls once."""
    night = LENGTH.total_seconds()
    a_night = min((allowed(limit, "bulk") * max(1.0, night / seconds) for limit, seconds in windows), default=0.0)
    return ceil(calls / a_night) if a_night else 1
