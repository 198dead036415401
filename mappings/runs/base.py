"""What one kind of run is made of: how it is prepared, how it goes on step by step, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from integrations.models import Connection

from ..models import Run

Step = Callable[[], None]


@dataclass(frozen=True)
class Rest:
    """Why a run does not go on just now; `until` is None while it waits for what it has begun."""

    why: str
    until: datetime | None = None


class RunRefused(Exception):
    """The run cannot be started; says why."""


@dataclass(frozen=True)
class Kind:
    """One kind of run. The steps change the run they are given; whoever calls them saves it.

    `next_step` reads what comes next, and may call vendors; the step that it returns only writes. It is carried out
    in one transaction with the run's cursor, so that a crash repeats nothing and loses nothing.
    """

    permission: str  # who may start it, see it and stop it
    prepare: Callable[[Run], None]  # fills in what is known from the start; raises RunRefused
    next_step: Callable[[Run], Step | Rest | None]  # None: there is no more
    conclude: Callable[[Run], None]  # sums up
    connection_of: Callable[[Run], Connection | None]  # who was asked when a step failed
