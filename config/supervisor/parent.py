"""The parent's loop: look at every child, wake every lane, and end all of them when told to."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from .processes import Process, Program
from .runtime import RuntimeDirectory
from .watching import Limits, Seen, Step, Watch

logger = logging.getLogger("crosswalk.run")

LOOK_SECONDS = 0.2
SWEEP_SECONDS = 5.0
AWAY_SECONDS = 4.0  # a look this late: the parent itself was stopped or waited for the database
END_SECONDS = 15.0

Wake = Callable[[str, bool], None]  # (lane, seems quiet): put a task into the lane's queue; raises when it cannot
Note = Callable[[str, str], None]  # (child, reason): a child was started again


class Charge:
    """One program in the parent's care."""

    def __init__(self, program: Program, runtime: RuntimeDirectory, limits: Limits, note: Note) -> None:
        self.program = program
        self._note = note
        self.watch = Watch(limits, has_heartbeat=bool(program.lane))
        self.process: Process | None = None
        self._runtime = runtime

    def look(self, now: float) -> None:
        verdict = self.watch.decide(self._seen(), now)
        if verdict.step is Step.START:
            self._start(now)
        elif verdict.step is Step.KILL:
            self._bury(verdict.reason)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.exit_code is None

    @property
    def is_busy(self) -> bool:
        return bool(self.program.lane) and self._runtime.is_busy(self.program.lane)

    def _seen(self) -> Seen:
        if self.process is None:
            return Seen(is_running=False)
        return Seen(self.is_running, self.process.exit_code, self._mark(), self.is_busy)

    def _mark(self) -> int:
        return self._runtime.beat_mark(self.program.lane) if self.program.lane else 0

    def _start(self, now: float) -> None:
        self._runtime.clear_busy(self.program.lane or self.program.name)
        self.watch.note_start(now, self._mark())
        self.process = Process(self.program)
        logger.info("%s started as process %d", self.program.name, self.process.pid)

    def _bury(self, reason: str) -> None:
        logger.error("%s: %s. Starting it again.", self.program.name, reason)
        self._runtime.write_restart(self.program.name, reason)
        if self.process is not None:
            self.process.kill_group()
        self.process = None
        self._note(self.program.name, reason)


class Parent:
    """Keeps programs running until SIGTERM or SIGINT."""

    def __init__(
        self,
        programs: Sequence[Program],
        runtime: RuntimeDirectory,
        wake: Wake,
        limits: Limits | None = None,
        note: Note = lambda child, reason: None,
    ) -> None:
        self._charges = [Charge(program, runtime, limits or Limits(), note) for program in programs]
        self._wake = wake
        self._told = 0  # how often it was told to end; the second time means at once
        self._looked_at = self._swept_at = float("-inf")
        self._queue_trouble = ""

    def run(self) -> None:
        """Returns when it was told to end and no child is left."""
        with self._listening():
            try:
                while not self._told:
                    self.look(time.monotonic())
                    time.sleep(LOOK_SECONDS)
            finally:
                self.end()

    def look(self, now: float) -> None:
        if now - self._looked_at > AWAY_SECONDS:
            self._excuse_all(now)
        for charge in self._charges:
            charge.look(now)
        self._looked_at = now
        if now - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = now
            self._sweep(now)

    def end(self) -> None:
        running = [charge.process for charge in self._charges if charge.process is not None]
        for process in running:
            process.ask_to_end()
        until = time.monotonic() + END_SECONDS
        while self._told < 2 and time.monotonic() < until and any(process.exit_code is None for process in running):
            time.sleep(LOOK_SECONDS / 4)
        for process in running:
            process.kill_group()
        logger.info("everything stopped")

    def _sweep(self, now: float) -> None:
        """Wake every lane: heals a lost queue, and is the question that a heartbeat answers."""
        try:
            for charge in self._charges:
                if charge.program.lane and charge.is_running:
                    self._wake(charge.program.lane, charge.watch.seems_quiet(now, charge.is_busy))
        except Exception as error:  # a broker raises whatever its driver raises, and the parent must outlive it
            self._excuse_all(now)
            self._note_queue(f"the queue does not answer, so no lane can be woken: {type(error).__name__}: {error}")
        else:
            self._note_queue("")

    def _note_queue(self, trouble: str) -> None:
        """Say it when it begins and when it ends, not every five seconds."""
        if trouble and not self._queue_trouble:
            logger.error(trouble)
        elif self._queue_trouble and not trouble:
            logger.info("the queue answers again")
        self._queue_trouble = trouble

    def _excuse_all(self, now: float) -> None:
        for charge in self._charges:
            charge.watch.excuse(now)

    @contextmanager
    def _listening(self) -> Iterator[None]:
        former = {number: signal.signal(number, self._hear) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self._told += 1
