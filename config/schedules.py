"""The sweep's second leg: one django-q2 schedule per lane, every minute, put back whenever a cluster starts without it.

The parent of `manage.py run` sweeps every few seconds; these are for bare `manage.py qcluster`.
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django_q.models import Schedule

logger = logging.getLogger(__name__)


def put_back_schedules(**_signal: Any) -> None:
    """Make the schedules that are missing. May be called at any time; a database that is not ready is left alone."""
    try:
        for lane in settings.LANES:
            _put_back(lane)
    except DatabaseError as error:
        logger.warning("The sweep's schedules could not be put back: %s", type(error).__name__)


def _put_back(lane: str) -> None:
    """Nothing keeps two workers that start at once from making two: the first counts, the others go."""
    name = f"sweep {lane}"
    facts = {"func": settings.DRAIN_TASK, "args": f"'{lane}'", "schedule_type": Schedule.MINUTES, "minutes": 1}
    facts |= {"repeats": -1, "cluster": lane}
    first, *others = Schedule.objects.filter(name=name).order_by("pk").values_list("pk", flat=True) or [None]
    if first is None:
        Schedule.objects.create(name=name, **facts)
        return
    Schedule.objects.filter(pk=first).update(**facts)
    Schedule.objects.filter(pk__in=others).delete()
