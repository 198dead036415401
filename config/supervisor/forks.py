"""A fork of this process that runs one function and ends: what subprocess.Popen is for commands."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

logger = logging.getLogger("crosswalk.run")

_OUTPUTS = (1, 2)
_LOOK_SECONDS = 0.02
FAILED = 1


class Fork:
    """The child runs `main` with no file of the parent's but its outputs and `kept`, and no signal handler of its own.

    Call it where no other thread runs, and with no database connection open.
    """

    def __init__(self, main: Callable[[], None], kept: Sequence[int] = ()) -> None:
        self._code: int | None = None
        sys.stdout.flush()
        sys.stderr.flush()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        try:
            self.pid = os.fork()
            if self.pid == 0:
                _become(main, kept, before)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def poll(self) -> int | None:
        """None while it runs; else its exit code, negative when a signal ended it."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code

    def wait(self, timeout: float) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired."""
        until = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            time.sleep(_LOOK_SECONDS)
        return code

    def terminate(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


def _become(main: Callable[[], None], kept: Sequence[int], mask: set[int | signal.Signals]) -> None:
    """In the child. Never returns: what the parent was about to do is not done twice."""
    code = FAILED
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        _let_go_of_all_but(kept)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else FAILED if end.code else 0
    except BaseException:
        logger.exception("A process stopped with a fault of Crosswalk.")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _let_go_of_all_but(kept: Sequence[int]) -> None:
    """Put nothing in the place of the parent's open files.

    Closed, their numbers would be given to new files, which an object of the parent's would close when it is collected.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in map(int, os.listdir("/dev/fd")):
        if number not in (nothing, *_OUTPUTS, *kept):
            with suppress(OSError):  # the one that listed them
                os.fstat(number)
                os.dup2(nothing, number)
