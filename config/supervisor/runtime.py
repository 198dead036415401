"""The runtime directory: who is the parent, which lane gave a sign of life, what was started again."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

VARIABLE = "CROSSWALK_RUNTIME_DIR"
DEFAULT = Path(__file__).resolve().parent.parent.parent / "var" / "run"
RESTARTS_KEPT = 1000


class Restart(TypedDict):
    at: str
    child: str
    reason: str


class AlreadyRunning(Exception):
    """Another parent holds this runtime directory."""


class RuntimeDirectory:
    """A directory of one host, owned by the parent; its lanes write their signs of life into it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def from_environment(cls) -> RuntimeDirectory:
        return cls(Path(os.environ.get(VARIABLE) or DEFAULT))

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Be the only parent here. Raises AlreadyRunning; the lock ends with the process, however it ends."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "parent.pid").open("a+") as holder:
            try:
                fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AlreadyRunning(self._who_has_it()) from error
            holder.truncate(0)
            holder.write(f"{os.getpid()}\n")
            holder.flush()
            self._forget_old_restarts()
            yield

    @contextmanager
    def staying(self, lane: str) -> Iterator[bool]:
        """Whether this is the one process of this host that stays on the lane; the lock ends with the process.

        Where nothing can be written everybody stays: smaller calls to vendors, but nothing left undone.
        """
        with ExitStack() as until_the_end:
            try:
                self.path.mkdir(parents=True, exist_ok=True)
                holder = until_the_end.enter_context((self.path / f"{lane}.staying").open("w"))
                fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                is_ours = True
            except OSError as error:
                is_ours = not isinstance(error, BlockingIOError)
            yield is_ours

    def _who_has_it(self) -> str:
        pid = (self.path / "parent.pid").read_text().strip() or "unknown"
        return f"Crosswalk already runs here: process {pid} holds {self.path}. Stop it first, or set {VARIABLE}."

    def write_beat(self, lane: str) -> None:
        (self.path / f"{lane}.beat").touch()

    def beat_mark(self, lane: str) -> int:
        """Differs after each beat; 0 when there was none."""
        with suppress(FileNotFoundError):
            return (self.path / f"{lane}.beat").stat().st_mtime_ns
        return 0

    def write_busy(self, lane: str, pid: int) -> None:
        (self.path / f"{lane}.{pid}.busy").touch()

    def clear_busy(self, lane: str, pid: int | str = "*") -> None:
        for mark in self.path.glob(f"{lane}.{pid}.busy"):
            mark.unlink(missing_ok=True)

    def is_busy(self, lane: str) -> bool:
        """A task runs in a worker that is still there."""
        return any(_is_there(int(mark.suffixes[-2][1:])) for mark in self.path.glob(f"{lane}.*.busy"))

    @property
    def _restarts(self) -> Path:
        return self.path / "restarts.jsonl"

    def write_restart(self, child: str, reason: str) -> None:
        line = Restart(at=datetime.now(UTC).isoformat(timespec="seconds"), child=child, reason=reason)
        with self._restarts.open("a") as book:
            book.write(json.dumps(line) + "\n")

    def restarts(self, last: int = 20) -> list[Restart]:
        """The newest first. A line that was cut short by a crash is left out."""
        with suppress(FileNotFoundError):
            return list(_readable(reversed(self._restarts.read_text().splitlines()[-last:])))
        return []

    def _forget_old_restarts(self) -> None:
        with suppress(FileNotFoundError):
            lines = self._restarts.read_text().splitlines(keepends=True)
            if len(lines) > RESTARTS_KEPT:
                self._restarts.write_text("".join(lines[-RESTARTS_KEPT:]))


def _readable(lines: Iterator[str]) -> Iterator[Restart]:
    for line in lines:
        with suppress(ValueError):
            yield json.loads(line)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
