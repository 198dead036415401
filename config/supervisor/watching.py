"""Decides what happens to a child next: leave it, start it, or kill its group. Pure: it is told the time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Limits:
    """The parent's patience, in seconds."""

    boot: float = 60.0  # from the start to the first sign of life
    silence: float = 15.0
    task: float = 120.0  # on top of `silence` while a task runs: what a worker may take before its cluster ends it
    first_delay: float = 0.5
    longest_delay: float = 5.0
    settled: float = 30.0  # whoever lived this long starts again at once


class Step(StrEnum):
    WAIT = "wait"
    START = "start"
    KILL = "kill"


@dataclass(frozen=True)
class Seen:
    """What the process table and the runtime directory say of a child now. `mark` differs after each sign of life."""

    is_running: bool
    exit_code: int | None = None
    mark: int = 0
    is_busy: bool = False


@dataclass(frozen=True)
class Verdict:
    step: Step
    reason: str = ""


LEAVE = Verdict(Step.WAIT)


class Watch:
    """What the parent remembers of one child."""

    def __init__(self, limits: Limits, has_heartbeat: bool) -> None:
        self.limits = limits
        self.has_heartbeat = has_heartbeat
        self.started_at: float | None = None
        self.heard_at = 0.0
        self.was_heard = False
        self.start_at = 0.0
        self.short_lives = 0
        self.mark = 0

    def decide(self, seen: Seen, now: float) -> Verdict:
        """After KILL the child counts as down, and START follows when its delay is over."""
        if self.started_at is None:
            return Verdict(Step.START) if now >= self.start_at else LEAVE
        if not seen.is_running:
            return self._bury(now, self.started_at, f"ended by itself ({ending(seen.exit_code)})")
        self._listen(seen.mark, now)
        silence = now - self.heard_at
        if self.has_heartbeat and silence > self._patience(seen.is_busy):
            return self._bury(now, self.started_at, f"no sign of life for {silence:.0f} s")
        return LEAVE

    def note_start(self, now: float, mark: int) -> None:
        self.started_at = self.heard_at = now
        self.was_heard = False
        self.mark = mark

    def excuse(self, now: float) -> None:
        """Nobody could have been heard until now: count the silence from here."""
        self.heard_at = max(self.heard_at, now)

    def seems_quiet(self, now: float, is_busy: bool) -> bool:
        """More than half of the patience is used up, and no running task explains it."""
        return self.has_heartbeat and self.was_heard and not is_busy and now - self.heard_at > self.limits.silence / 2

    def _listen(self, mark: int, now: float) -> None:
        if mark != self.mark:
            self.mark, self.heard_at, self.was_heard = mark, now, True

    def _patience(self, is_busy: bool) -> float:
        calm = self.limits.silence if self.was_heard else self.limits.boot
        return calm + self.limits.task if is_busy else calm

    def _bury(self, now: float, started_at: float, reason: str) -> Verdict:
        has_settled = now - started_at >= self.limits.settled
        self.short_lives = 0 if has_settled else self.short_lives + 1
        self.start_at = now + self._delay()
        self.started_at = None
        return Verdict(Step.KILL, reason)

    def _delay(self) -> float:
        if not self.short_lives:
            return 0.0
        return min(self.limits.longest_delay, self.limits.first_delay * 2.0 ** min(self.short_lives - 1, 16))


def ending(exit_code: int | None) -> str:
    """How a process ended, in words: `exit code 3`, `signal 9`."""
    if exit_code is None:
        return "unknown"
    return f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
