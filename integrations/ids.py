"""Ids that the API shows: 26 characters, sortable by the time they were made."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from threading import Lock

from ulid import ULID

from . import clock

_CHANCE = 80  # bits of an id that say nothing; those before them are milliseconds
_SET_BACK = int(timedelta(minutes=1).total_seconds() * 1000) << _CHANCE  # by more than this: ids follow the clock
_lock = Lock()
_last = 0


def new_id() -> str:
    """A fresh ULID; later ones of one process sort after earlier ones, unless its clock was set back by far."""
    global _last
    fresh = _first_at(clock.now()) + secrets.randbits(_CHANCE)
    with _lock:
        _last = _after(_last) if 0 <= _last - fresh < _SET_BACK else fresh
        return str(ULID.from_int(_last))


def first_id(since: datetime, later: timedelta = timedelta()) -> str:
    """The smallest id that anything made since then, or so much later, can have."""
    shift = round(later.total_seconds() * 1000) << _CHANCE
    return str(ULID.from_int(max(0, _first_at(since) + shift)))


def id_after(id: str) -> str:
    """A fresh ULID that sorts after this one."""
    return str(ULID.from_int(_after(int(ULID.from_str(id)))))


def _first_at(moment: datetime) -> int:
    return int(moment.timestamp() * 1000) << _CHANCE


def _after(id: int) -> int:
    """By chance again: of two processes that both come after the same id, none makes what the other makes."""
    return id + 1 + secrets.randbits(_CHANCE - 10)
