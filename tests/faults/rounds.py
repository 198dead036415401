"""One round: people act, faults strike, everything calms down, and what must hold is looked at."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from .faults import BY_NAME, Fault, choose
from .installation import Installation
from .invariants import violations, what_happened
from .people import Person, invent, play
from .postman import Postman
from .quiet import DEADLINE, Quiet

LASTS = 0.8  # seconds in which the faults of a round strike
MOST_PEOPLE, MOST_FAULTS = 6, 3
UNHELPED_DEADLINE = 75.0  # a lease, a sweep, what was to be done, and a busy machine


@dataclass
class Round:
    """All of it decided by the seed: who does what, and which fault strikes when."""

    seed: int
    people: list[Person]
    faults: list[tuple[float, Fault]]  # (seconds from the start, what)

    @classmethod
    def of(cls, seed: int) -> Round:
        chance = random.Random(seed)
        people = invent(seed, chance.randint(3, MOST_PEOPLE))
        faults = choose(chance, chance.randint(1, MOST_FAULTS))
        return cls(seed, people, sorted(((chance.uniform(0, LASTS), f) for f in faults), key=lambda pair: pair[0]))

    @classmethod
    def of_dead_workers(cls, seed: int) -> Round:
        """Workers die in the middle of slow calls, and processes of the queue that others wait for."""
        names = ("Salesforce slow", "lane killed", "process inside a lane killed", "lane killed")
        return cls(seed, invent(seed, MOST_PEOPLE), [(0.3 * place, BY_NAME[name]) for place, name in enumerate(names)])

    @property
    def is_put_right_early(self) -> bool:
        """Whether clocks that are off are set while there is still much to do, or when all of it is done."""
        return self.seed % 2 == 0

    @property
    def fault_names(self) -> str:
        return ", ".join(fault.name for _when, fault in self.faults)

    def tell(self) -> str:
        """What was to happen, for whoever looks into a failure."""
        struck = [f"  after {when:.2f} s: {fault.name}" for when, fault in self.faults]
        lived = [f"  {person.email}: {', '.join(person.deeds)}" for person in self.people]
        return "\n".join([f"seed {self.seed} (FAULT_SEED={self.seed} FAULT_ROUNDS=1 repeats it)", *struck, *lived])


@dataclass
class Tally:
    """What a run of rounds was like."""

    seconds: list[float] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)

    def tell(self, installation: Installation) -> str:
        times, label = sorted(self.seconds), installation.place.label
        lines = [f"{label}: {len(times)} rounds in {sum(times):.0f} s (median {times[len(times) // 2]:.1f} s)"]
        lines += [f"  {name}: {count}" for name, count in what_happened(installation).items()]
        lines += [f"  {name}: {count}" for name, count in sorted((self.struck + self.answers).items())]
        return "\n".join(lines)


def play_round(round: Round, installation: Installation, tally: Tally, helped: bool = True) -> None:
    """Raises AssertionError with the whole story when something does not hold."""
    began, postman = time.monotonic(), Postman(installation.webhook)
    try:
        with ThreadPoolExecutor(1) as fate:
            striking = fate.submit(_strike, round, installation)
            play(round.people, installation.sandbox, postman)
            striking.result()
        installation.sandbox.calm()
        if round.is_put_right_early:
            installation.clocks.put_right()
        played = time.monotonic() - began
        quiet = Quiet(installation, postman, helped).wait(DEADLINE if helped else UNHELPED_DEADLINE)
        print(f"{round.seed}: {played:.1f} s of faults, quiet after {quiet:.1f} s: {round.fault_names}")
        problems = violations(installation, round.people, postman.acknowledged)
    except AssertionError as problem:
        problems = [str(problem)]
    finally:
        installation.clocks.put_right()
    tally.seconds.append(time.monotonic() - began)
    tally.struck.update(fault.name for _when, fault in round.faults)
    tally.answers.update(f"answer {answer}" for answer in postman.answers.elements())
    assert not problems, "\n".join([*problems, round.tell()])


def _strike(round: Round, installation: Installation) -> None:
    began, chance = time.monotonic(), random.Random(round.seed)
    for when, fault in round.faults:
        threading.Event().wait(max(0.0, began + when - time.monotonic()))
        fault.strike(installation, chance)
