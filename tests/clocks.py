"""Clocks that are set while there is work, and time that passes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import time_machine
from django.conf import settings
from django.utils import timezone

from config.mending import mend
from integrations.clock import Clock

HOURS = timedelta(hours=3)


@contextmanager
def clock_off(by: timedelta) -> Iterator[None]:
    """The machine's clock is set, and put right afterwards."""
    with time_machine.travel(timezone.now() + by):
        yield


class Passing:
    """Time that really passes: no clock is set. To be used in place of the steady clock."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self.clock = Clock(lambda: None, lambda: self._seconds)

    @contextmanager
    def later(self, by: timedelta) -> Iterator[None]:
        self._seconds += by.total_seconds()
        with clock_off(by):
            yield


def mended() -> None:
    for lane in settings.LANES:
        mend(lane)
