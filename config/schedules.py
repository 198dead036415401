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
            facts = {"func": settings.DRAIN_TASK, "args": f"'{lane}'", "schedule_type": Schedule.MINUTES, "minutes": 1}
            Schedule.objects.update_or_create(name=f"sweep {lane}", defaults={**facts, "repeats": -1, "cluster": lane})
    except DatabaseError as error:
        logger.warning("The sweep's schedules could not be put back: %s", type(error).__name__)
