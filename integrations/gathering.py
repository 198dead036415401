"""Requests that come at the same time share one transaction: whoever is first stores for all who wait.

A commit costs a sync of the disk and, on SQLite, the only write lock; ten events in one cost hardly more than one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from django.db import IntegrityError, OperationalError

T = TypeVar("T")


def _not_stored() -> Exception:
    """What holds until the opposite is certain, however the thread that stores for all may end."""
    return OperationalError("The request that stored for several came to no end.")


@dataclass
class _Turn(Generic[T]):
    """What one request wants stored, and what became of it."""

    wanted: Sequence[T]
    stored: list[T] = field(default_factory=list)
    error: Exception | None = field(default_factory=_not_stored)
    is_done: bool = False

    def succeed(self, stored: Sequence[T]) -> None:
        self.stored, self.error = list(stored), None


class Gathering(Generic[T]):
    """Stores for the threads of one process. `together` and `apart` write in one transaction, or not at all.

    `together` raises IntegrityError when something is stored already; `apart` finds out what.
    """

    def __init__(self, together: Callable[[Sequence[T]], None], apart: Callable[[Sequence[T]], list[T]]) -> None:
        self._together, self._apart = together, apart
        self._waiting: list[_Turn[T]] = []
        self._queue, self._storing = Lock(), Lock()

    def store(self, wanted: Sequence[T]) -> list[T]:
        """Returns, once it is committed, what was not stored before. Raises what the database raised."""
        turn = _Turn(wanted)
        with self._queue:
            self._waiting.append(turn)
        with self._storing:
            if not turn.is_done:
                self._store_all(self._take())
        if turn.error is not None:
            raise turn.error
        return turn.stored

    def _take(self) -> list[_Turn[T]]:
        with self._queue:
            turns, self._waiting = self._waiting, []
        return turns

    def _store_all(self, turns: Sequence[_Turn[T]]) -> None:
        try:
            self._together([item for turn in turns for item in turn.wanted])
            for turn in turns:
                turn.succeed(turn.wanted)
        except IntegrityError:
            for turn in turns:
                self._store_apart(turn)
        except Exception as error:  # each request answers for itself that its event is not stored
            for turn in turns:
                turn.error = error
        finally:
            for turn in turns:
                turn.is_done = True

    def _store_apart(self, turn: _Turn[T]) -> None:
        try:
            turn.succeed(self._apart(turn.wanted))
        except Exception as error:
            turn.error = error
