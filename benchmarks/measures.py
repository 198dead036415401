"""What is measured, each against real processes. Times are of the monotonic clock, which all processes share."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from . import processes
from .installation import WEBHOOK, Installation
from .load import Answers, post_all, post_evenly
from .people import post, posts

BARE = "benchmarks.bare.settings"
BURST_SECONDS = 600.0
LATE_SECONDS = 60.0
CHUNK = 2000


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    answers: int = 3000
    rounds: int = 3
    burst: int = 5000
    evenly: int = 100
    backlog: int = 20_000
    opt_outs: int = 20
    events: int = 50_000


QUICK = Size(answers=300, rounds=3, burst=500, evenly=20, backlog=2000, opt_outs=10, events=5000)


@dataclass
class People:
    """Hands out people that were not used before."""

    next: int = 1

    def take(self, count: int) -> int:
        first, self.next = self.next, self.next + count
        return first


@dataclass(frozen=True)
class Burst:
    """One burst: so many callbacks, how long until all leads had arrived, the calls and the work that took."""

    leads: int
    answered: float  # seconds until the last answer
    arrived: float  # seconds until the last lead
    calls: dict[str, int] = field(default_factory=dict)
    processor: float = 0.0  # seconds of our processes; the database server's are not among them

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
    _post(installation, people, 100)  # warm
    return _post(installation, people, size.answers).per_second


def _post(installation: Installation, people: People, count: int) -> Answers:
    answers = post_all(installation.port, WEBHOOK, posts(people.take(count), count))
    if answers.refused:
        raise RuntimeError(f"{answers.refused} of {count} callbacks were refused.")
    return answers


def burst(installation: Installation, parent: int, count: int, people: People, delay: float = 0.0) -> Burst:
    """Callbacks as fast as they are answered, until the last lead is at the vendor. Workers are running."""
    vendor = installation.vendor
    vendor.set(delay)
    before, used = vendor.count(), processes.processor_of(parent)
    started = time.monotonic()
    answers = _post(installation, people, count)
    vendor.wait_for(before + count, BURST_SECONDS)
    told = vendor.tell(before)
    last = max(at for _address, _what, at in told["arrivals"])
    return Burst(count, answers.seconds, last - started, told["calls"], processes.processor_of(parent) - used)


def latencies(installation: Installation, size: Size, people: People, per_second: float = 5.0) -> list[float]:
    """Seconds from sending each callback to its lead's arrival, a few a second."""
    vendor, first = installation.vendor, people.take(size.evenly)
    vendor.set()
    before = vendor.count()
    answers = post_evenly(installation.port, WEBHOOK, list(posts(first, size.evenly)), per_second)
    vendor.wait_for(before + size.evenly, LATE_SECONDS)
    return _delays(installation, before, answers, "lead")


def opt_out_latencies(installation: Installation, size: Size, people: People) -> tuple[list[float], int]:
    """(seconds from each stop to its arrival, changes still waiting at the end), with a backlog being worked off."""
    vendor, first = installation.vendor, people.take(size.opt_outs)
    vendor.set()
    before = vendor.count()
    post_all(installation.port, WEBHOOK, posts(first, size.opt_outs))
    vendor.wait_for(before + size.opt_outs, LATE_SECONDS)
    installation.fill_backlog(size.backlog)
    stops = [post(number, "unsubscribe") for number in range(first, first + size.opt_outs)]
    answers = post_evenly(installation.port, WEBHOOK, stops, per_second=2.0)
    told_by = time.monotonic() + LATE_SECONDS
    while len(found := _delays(installation, before, answers, "opt_out")) < size.opt_outs:
        if time.monotonic() > told_by:
            raise RuntimeError(f"{len(found)} of {size.opt_outs} stops arrived.")
        time.sleep(0.2)
    done = vendor.count() - before - 2 * size.opt_outs
    vendor.wait_for(before + 2 * size.opt_outs + size.backlog, BURST_SECONDS)
    return found, size.backlog - done


def _delays(installation: Installation, first: int, answers: Answers, what: str) -> list[float]:
    arrivals = installation.vendor.tell(first)["arrivals"]
    return [at - answers.sent[who] for who, kind, at in arrivals if kind == what and who in answers.sent]


def memory(installation: Installation, parent: int, size: Size, people: People) -> dict[int, float]:
    """Megabytes of all processes by the number of events that went through: at a tenth, at half, at the end."""
    marks = {size.events // 10, size.events // 2, size.events}
    found, done = {}, 0
    while done < size.events:
        burst(installation, parent, min(CHUNK, size.events - done), people)
        done += min(CHUNK, size.events - done)
        if any(done - CHUNK < mark <= done for mark in marks):
            found[done] = processes.memory_of(parent)
    return found


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    """p50 and p95."""
    return median(values), quantiles(values, n=20, method="inclusive")[18]
