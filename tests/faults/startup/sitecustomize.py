"""Runs when a process of the installation starts: from then on its clock is as far off as the test says, at any moment.

A process finds how far under its own name in a file. Steady time is left alone, as on a machine whose clock is set.
"""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta

from django.utils import timezone

FILE = os.environ["FAULT_CLOCKS"]
_real_seconds, _real_nanoseconds = time.time, time.time_ns
_read: tuple[tuple[int, int], dict[str, float]] = ((0, 0), {})


def _off() -> float:
    """By how many seconds. The file is replaced, never written to, and read again only then."""
    global _read
    seen = os.stat(FILE)
    if _read[0] != (seen.st_ino, seen.st_mtime_ns):
        with open(FILE) as file:
            _read = ((seen.st_ino, seen.st_mtime_ns), json.load(file))
    return _read[1].get(os.environ.get("Q_CLUSTER_NAME") or "web", 0.0)


def _now() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=_off())


time.time = lambda: _real_seconds() + _off()
time.time_ns = lambda: _real_nanoseconds() + int(_off() * 1_000_000_000)
timezone.now = _now
