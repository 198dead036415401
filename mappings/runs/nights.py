"""Night hours, by the time zone of this installation: when a run that leaves the day to live traffic goes on."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

STARTS, ENDS = time(22), time(6)
HOURS = 8
LENGTH = timedelta(hours=HOURS)


def is_night(now: datetime) -> bool:
    hour = timezone.localtime(now).time()
    return hour >= STARTS or hour < ENDS


def next_night(now: datetime) -> datetime:
    """When the night of this day begins. Ask by day."""
    return timezone.localtime(now).replace(hour=STARTS.hour, minute=0, second=0, microsecond=0)
