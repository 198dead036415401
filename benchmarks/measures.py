"""What is measured, each against real processes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import median, quantiles

from .installation import WEBHOOK, Installation
from .load import post_all
from .people import posts

BARE = "benchmarks.bare.settings"
_BURST_SECONDS = 300.0


@dataclass
class Size:
    """How much of everything; a quick run does a tenth."""

    answers: int = 3000
    rounds: int = 3
    burst: int = 5000
    evenly: int = 100
    backlog: int = 20_000
    opt_outs: int = 20
    events: int = 50_000


@dataclass
class People:
    """Hands out people that were not used before."""

    next: int = 1

    def take(self, count: int) -> int:
        first, self.next = self.next, self.next + count
        return first


@dataclass
class Burst:
    """One burst: so many callbacks, how long until all leads had arrived, the calls that took."""

    leads: int
    answered: float  # seconds until the last answer
    arrived: float  # seconds until the last lead
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        return self.leads / self.arrived

    @property
    def calls_per_thousand(self) -> float:
        return 1000 * sum(self.calls.values()) / self.leads


def answers_per_second(installation: Installation, size: Size, people: People) -> tuple[list[float], list[float]]:
    """(Crosswalk's webhook, the bare view): answers per second, several rounds in turn."""
    ours, bare = [], []
    for _ in range(size.rounds):
        with installation.web_alone(BARE, "/x"):
            bare.append(_answers(installation, size, people))
        with installation.web_alone():
            ours.append(_answers(installation, size, people))
    return ours, bare


def _answers(installation: Installation, size: Size, people: People) -> float:
    post_all(installation.port, WEBHOOK, posts(people.take(100), 100))  # warm
    answers = post_all(installation.port, WEBHOOK, posts(people.take(size.answers), size.answers))
    assert not answers.refused
    return answers.per_second


def burst(installation: Installation, size: Size, people: People, delay: float = 0.0) -> Burst:
    """Callbacks as fast as they are answered, until the last lead is at the vendor. Workers are running."""
    vendor = installation.vendor
    vendor.set(delay)
    before = vendor.count()
    started = time.monotonic()
    answers = post_all(installation.port, WEBHOOK, posts(people.take(size.burst), size.burst))
    assert not answers.refused
    vendor.wait_for(before + size.burst, _BURST_SECONDS)
    told = vendor.tell(before)
    last = max(at for _address, _what, at in told["arrivals"])
    return Burst(size.burst, answers.seconds, last - started, told["calls"])


def percentiles(values: list[float]) -> tuple[float, float]:
    """p50 and p95."""
    return median(values), quantiles(values, n=20)[18]
