"""Starts a program in a process group of its own; ends its main process politely, or the whole group at once."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from .forks import Fork

TOP = Path(__file__).resolve().parent.parent.parent
KILL_SECONDS = 5.0
_DIE_WITH_PARENT, _BE_NAMED = 1, 15  # PR_SET_PDEATHSIG, PR_SET_NAME
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Program:
    """What the parent starts and watches: a command, or a `main` that runs in a fork of the parent.

    A fork shares with the parent what both have loaded. `lane` names the lane whose heartbeat counts; "" for none.
    """

    name: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    lane: str = ""
    descriptors: tuple[int, ...] = ()  # open files it takes over
    main: Callable[[], None] | None = None


class Process:
    """One run of a program."""

    def __init__(self, program: Program) -> None:
        self._main = _fork(program, program.main) if program.main else _spawn(program)

    @property
    def pid(self) -> int:
        return self._main.pid

    @property
    def exit_code(self) -> int | None:
        """None while the main process runs."""
        return self._main.poll()

    def ask_to_end(self) -> None:
        """SIGTERM to the main process only: a cluster whose whole group is told hangs for ever."""
        self._main.terminate()

    def kill_group(self) -> None:
        """SIGKILL to the main process and every process it left behind. May be repeated."""
        with suppress(ProcessLookupError, PermissionError):  # macOS says "not permitted" of a group of zombies
            os.killpg(self._main.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):  # stuck in the kernel: the next start must not wait for it
            self._main.wait(KILL_SECONDS)


def _spawn(program: Program) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        program.command,
        cwd=TOP,
        env=os.environ | dict(program.environment),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=program.descriptors,
        preexec_fn=_follow_parent,
    )


def _fork(program: Program, main: Callable[[], None]) -> Fork:
    parent = os.getpid()

    def run() -> None:
        os.setsid()
        os.chdir(TOP)
        os.environ.update(program.environment)
        _follow_parent()
        _name_self(f"cw-{program.name}")
        if os.getppid() == parent:  # it may have died before it could be followed
            main()

    return Fork(run, program.descriptors)


def _follow_parent() -> None:
    """In the child: be told to end when the parent dies without a word."""
    if _LIBC is not None:
        _LIBC.prctl(_DIE_WITH_PARENT, signal.SIGTERM)


def _name_self(name: str) -> None:
    """How `ps -o comm` shows this process and those it forks: at most 15 letters."""
    if _LIBC is not None:
        _LIBC.prctl(_BE_NAMED, name.encode()[:15])
