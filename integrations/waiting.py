"""Rows that wait for a time: until when, since when, and what ends a wait that the clock itself made longer.

A clock that is set back leaves times behind that lie hours ahead. Each wait says when it began: one that began at a
time still to come was given by such a clock, and is over. What lasts a known time, as a lease does, lasts no longer.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, Q, QuerySet

from . import clock
from .leases import skip_claimed

LEEWAY = timedelta(seconds=2)  # so far machines may differ, and a time is taken as it is
M = TypeVar("M", bound=Model)


def due_now() -> dict[str, Any]:
    """What makes a row due at once."""
    return {"next_attempt_at": clock.now(), "postponed_at": None}


def due_in(wait: timedelta) -> dict[str, Any]:
    """What makes a row due later."""
    now = clock.now()
    return {"next_attempt_at": now + wait, "postponed_at": now}


def end_false_waits(rows: QuerySet[M], until: str = "next_attempt_at", since: str = "postponed_at") -> int:
    """What should be due by now is due. Returns how many rows that were; locks nothing when there is none."""
    now = clock.now()
    false = Q(**{since: None}) | Q(**{f"{since}__gt": now + LEEWAY})
    return _update(rows.filter(false, **{f"{until}__gt": now}), until, now)


def shorten(rows: QuerySet[M], until: str, longest: timedelta) -> int:
    """No row lasts longer from now than the longest of them may. Returns how many did; locks nothing when none did."""
    now = clock.now()
    return _update(rows.filter(**{f"{until}__gt": now + longest + LEEWAY}), until, now + longest)


def _update(rows: QuerySet[M], name: str, value: Any) -> int:
    """Waits for nobody: rows that somebody works on just now come the next time."""
    if not rows.exists():
        return 0
    with transaction.atomic():
        free = rows.model._default_manager.filter(pk__in=skip_claimed(rows.order_by()).values("pk"))
        return free.update(**{name: value})
