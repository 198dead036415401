"""Transforms of dates and times into the forms that vendors take."""

from __future__ import annotations

from typing import Any

from ..moments import Moment, is_ambiguous, moment_in, zone_of
from .base import Context, Example, Noted, Parameter, Transform


def date(value: Any, order: str, timezone: str, *, context: Context) -> Any:
    """The day it is in the time zone."""
    zone = timezone or context.timezone
    moment = moment_in(value, zone, order)
    return moment.day(zone_of(zone)).isoformat() if moment else _unreadable(value, "a date")


def datetime(value: Any, order: str, timezone: str, *, context: Context) -> Any:
    """ISO 8601 in UTC. A day alone is its midnight in the time zone."""
    moment: Moment | None = moment_in(value, timezone or context.timezone, order)
    return moment.utc() if moment else _unreadable(value, "a date and time")


def _unreadable(value: Any, what: str) -> Noted:
    if is_ambiguous(value):
        return Noted(None, "Dropped: it is not said whether the day or the month comes first (order: day or month).")
    return Noted(None, f"Dropped: could not be read as {what}.")


_PARAMETERS = (
    Parameter("order", "choice", "What comes first in 3/4/2026.", default="", choices=("day", "month")),
    Parameter(
        "timezone",
        "time zone",
        "The zone of times without one, for example Asia/Jerusalem. Else the connection's.",
        default="",
    ),
)

TRANSFORMS = (
    Transform(
        "date",
        "Date",
        "A day as YYYY-MM-DD, from any usual form; of a point in time the day it is in the time zone.",
        "one",
        date,
        (
            Example("date", "2026-04-21T09:15:00+0000", "2026-04-21"),
            Example("date", "21.04.2026", "2026-04-21"),
            Example({"date": "day"}, "3/4/2026", "2026-04-03"),
            Example("date", "3/4/2026", None),
        ),
        _PARAMETERS,
        contextual=True,
    ),
    Transform(
        "datetime",
        "Date and time",
        "A point in time as ISO 8601 in UTC, from any usual form; what cannot be read is dropped.",
        "one",
        datetime,
        (
            Example("datetime", "2026-04-21T09:15:00+0000", "2026-04-21T09:15:00Z"),
            Example("datetime", 1776762900, "2026-04-21T09:15:00Z"),
            Example("datetime", "Tue, 21 Apr 2026 12:15:00 +0300", "2026-04-21T09:15:00Z"),
            Example({"datetime": {"timezone": "Asia/Jerusalem"}}, "2026-04-21 12:15", "2026-04-21T09:15:00Z"),
        ),
        _PARAMETERS,
        contextual=True,
    ),
)
