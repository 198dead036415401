"""Remembers what the parents of all hosts had to start again, for the dashboard."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from .models import Restart

KEPT = timedelta(days=90)
MOST = 500


@dataclass
class Again:
    """One process of one host that was started again: how often, when last, and why."""

    host: str
    child: str
    reason: str
    last: datetime
    times: int = 0


def note_restart(child: str, reason: str) -> None:
    """Write it down, and forget those that are old."""
    Restart.objects.filter(at__lt=timezone.now() - KEPT).delete()
    Restart.objects.create(host=socket.gethostname()[:120], child=child[:40], reason=reason[:200])


def restarts_since(moment: datetime) -> list[Again]:
    """By process, the one that was started again last first."""
    found: dict[tuple[str, str], Again] = {}
    for row in Restart.objects.filter(at__gte=moment).order_by("-at")[:MOST]:
        again = found.setdefault((row.host, row.child), Again(row.host, row.child, row.reason, row.at))
        again.times += 1
    return list(found.values())
