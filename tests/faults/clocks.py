"""The clocks of the installation's machines, which the tests set while everything runs."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from .places import Place

STARTUP = Path(__file__).resolve().parent / "startup"
MACHINES = ("web", *settings.LANES)  # with a database server, each may be on a machine of its own
LEAST, MOST = 2.0, 3 * 3600.0  # seconds


@dataclass
class Clocks:
    """How far each is off. `shared_off`: the one that all go by, in seconds."""

    file: Path
    place: Place
    shared_off: float = 0.0

    def __post_init__(self) -> None:
        self._write({})

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process needs to be told at its start."""
        return {"PYTHONPATH": str(STARTUP), "FAULT_CLOCKS": str(self.file)}

    def step(self, chance: random.Random) -> None:
        """The one that all go by goes off, or that of one machine; forwards or backwards, seconds as often as hours."""
        seconds = chance.choice((-1, 1)) * LEAST * (MOST / LEAST) ** chance.random()
        if self.place.has_server and chance.random() < 0.5:
            self._write({chance.choice(MACHINES): seconds})
        else:
            self._step_shared(seconds)

    def put_right(self) -> None:
        self._write({})
        if self.shared_off:
            self._step_shared(0.0)

    def _step_shared(self, seconds: float) -> None:
        self.shared_off = seconds
        if self.place.has_server:
            self.place.set_clock(seconds)
        else:
            self._write(dict.fromkeys(MACHINES, seconds))

    def _write(self, off: Mapping[str, float]) -> None:
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(off))
        os.replace(fresh, self.file)
