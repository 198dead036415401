"""The one clock that all machines go by: the database server's, carried on by this machine's steady one.

SQLite has no server: there everything is on one machine, and its clock it is. A clock may be set at any time: how what
is stored gets over that stands in docs/decisions.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

LOOK = timedelta(seconds=1)  # for so long what the server said is carried on before it is asked again
_JUMP_SECONDS = 1.0  # a smaller difference is how long the answer took


def now() -> datetime:
    """The time that everything stored goes by. Asks the server now and then, over the connection this thread has."""
    return _clock.now()


def without_jumps(span: timedelta) -> datetime:
    """The same, less what the clock jumped forwards within this span: what was to last so long lasts so long."""
    return _clock.without_jumps(span)


def _ask_server() -> float | None:
    """Seconds since 1970; None where there is no server, or no way to ask it just now."""
    if connection.vendor != "postgresql" or connection.connection is None or connection.needs_rollback:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXTRACT(EPOCH FROM clock_timestamp())")
        return float(cursor.fetchone()[0])


class Clock:
    """Tells the time of a server by a steady clock, or this machine's own time where no server ever said one."""

    def __init__(self, ask: Callable[[], float | None], steady: Callable[[], float] = time.monotonic) -> None:
        self._ask, self._steady = ask, steady
        self._told: tuple[float, float] | None = None  # when, by the steady clock, and by how much it is ahead of that
        self._ahead: float | None = None
        self._jumps: list[tuple[float, float]] = []  # when, by how many seconds

    def now(self) -> datetime:
        server = self._server_time()
        moment = timezone.now() if server is None else datetime.fromtimestamp(server, UTC)
        self._note_jump(moment.timestamp() - self._steady())
        return moment

    def without_jumps(self, span: timedelta) -> datetime:
        moment, since = self.now(), self._steady() - span.total_seconds()
        self._jumps = [(at, seconds) for at, seconds in self._jumps if at > since]
        return moment - timedelta(seconds=sum(seconds for _at, seconds in self._jumps))

    def _server_time(self) -> float | None:
        asked_at, told = self._steady(), self._told
        if told is None or asked_at - told[0] > LOOK.total_seconds():
            answer = self._ask()
            if answer is not None:
                told = self._told = asked_at, answer - (asked_at + self._steady()) / 2
        return None if told is None else told[1] + self._steady()

    def _note_jump(self, ahead: float) -> None:
        if self._ahead is not None and ahead - self._ahead > _JUMP_SECONDS:
            self._jumps.append((self._steady(), ahead - self._ahead))
        self._ahead = ahead


_clock = Clock(_ask_server)
