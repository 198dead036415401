"""What goes wrong: processes die, the queue is lost, the database goes away, clocks are set, the vendors fail."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.db import connections
from django_q.models import OrmQ, Schedule

from . import processes
from .installation import ALIAS, Installation

Strike = Callable[[Installation, random.Random], None]


@dataclass(frozen=True)
class Fault:
    """`weight`: how likely it is. What takes the parent long to notice is rarer, so that a round stays short."""

    name: str
    weight: float
    strike: Strike


def kill_one(find: Callable[[int], Sequence[int]], installation: Installation, chance: random.Random) -> None:
    found = find(installation.parent)
    if found:
        processes.kill(chance.choice(found))


def kill_lane(installation: Installation, chance: random.Random) -> None:
    lane = chance.choice(settings.LANES)
    kill_one(lambda parent: processes.lane_main(parent, lane), installation, chance)


def kill_inside_lane(installation: Installation, chance: random.Random) -> None:
    """The sentinel, the pusher, the monitor or a worker: the queue may stop for good without a word."""
    lane = chance.choice(settings.LANES)
    kill_one(lambda parent: processes.inside_lane(parent, lane), installation, chance)


def kill_sandbox(installation: Installation, chance: random.Random) -> None:
    installation.sandbox.kill()
    installation.sandbox.start()


def lose_queue(installation: Installation, chance: random.Random) -> None:
    """Everything that the queue knows."""
    installation.place.lose_queue()
    try:
        for model in (OrmQ, Schedule):
            model.objects.using(ALIAS).all().delete()
    finally:
        connections[ALIAS].close()  # of this thread


def interrupt_database(installation: Installation, chance: random.Random) -> None:
    installation.place.interrupt()


def step_clock(installation: Installation, chance: random.Random) -> None:
    """Of one machine, which then differs from the others, or the one that all of them go by."""
    installation.clocks.step(chance)


def _switched(vendor: str, **switches: object) -> Strike:
    return partial(_switch, vendor, switches)


def _switch(vendor: str, switches: dict[str, object], installation: Installation, chance: random.Random) -> None:
    installation.sandbox.switch(vendor, **switches)


FAULTS = (
    Fault("web worker killed", 3, partial(kill_one, processes.web_workers)),
    Fault("web server killed", 1, partial(kill_one, processes.web_master)),
    Fault("lane killed", 1.5, kill_lane),
    Fault("process inside a lane killed", 0.5, kill_inside_lane),
    Fault("sandbox killed", 1.2, kill_sandbox),
    Fault("queue lost", 3, lose_queue),
    Fault("database interrupted", 3, interrupt_database),
    Fault("clock stepped", 3, step_clock),
    Fault("Salesforce down", 2, _switched("salesforce", down="always")),
    Fault("Salesforce drops calls", 1, _switched("salesforce", down=3, down_style="drop")),
    Fault("Salesforce refuses as too many", 2, _switched("salesforce", rate_limit="always")),
    Fault("Salesforce silent after a write", 4, _switched("salesforce", timeout_after_write=2, timeout_style="drop")),
    Fault("Salesforce rows locked", 2, _switched("salesforce", lock_row=3)),
    Fault("Salesforce token refused once", 2, _switched("salesforce", unauthorized=1)),
    Fault("Salesforce slow", 2, _switched("salesforce", latency_ms=400)),
    Fault("GetResponse down", 2, _switched("getresponse", down="always")),
    Fault("GetResponse refuses as too many", 2, _switched("getresponse", rate_limit=5)),
    Fault("GetResponse slow", 1, _switched("getresponse", latency_ms=400)),
)


BY_NAME = {fault.name: fault for fault in FAULTS}


def choose(chance: random.Random, count: int) -> list[Fault]:
    """The same for the same seed at every kind of database."""
    return chance.choices(FAULTS, [fault.weight for fault in FAULTS], k=count)
