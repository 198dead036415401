"""The parent with real processes: it starts again what died, leaves no orphan, and ends everything when told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.supervisor.parent import SWEEP_SECONDS, Parent
from config.supervisor.processes import TOP, Program
from config.supervisor.runtime import RuntimeDirectory
from config.supervisor.watching import Limits

PATIENCE = 10.0
# Writes its own pid and that of a grandchild in its process group, then sleeps.
SLEEPER = """
import os, subprocess, sys, time
orphan = subprocess.Popen(["sleep", "60"])
with open(sys.argv[1], "a") as book:
    book.write(f"{os.getpid()} {orphan.pid}\\n")
time.sleep(60)
"""
ALONE = """
import sys
from pathlib import Path
from config.supervisor.parent import Parent
from config.supervisor.processes import Program
from config.supervisor.runtime import RuntimeDirectory
program = Program("sleeper", (sys.executable, "-c", sys.argv[1], sys.argv[2]))
Parent([program], RuntimeDirectory(Path(sys.argv[2]).parent), lambda lane, seems_quiet: None).run()
"""


class Book:
    """The pids that sleepers wrote, one line per start."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def lives(self) -> list[tuple[int, int]]:
        lines = self.path.read_text().splitlines(keepends=True) if self.path.exists() else []
        return [(int(main), int(orphan)) for main, orphan in (line.split() for line in lines if line.endswith("\n"))]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "book")


@pytest.fixture
def runtime(tmp_path: Path) -> RuntimeDirectory:
    return RuntimeDirectory(tmp_path)


@pytest.fixture
def parent(book: Book, runtime: RuntimeDirectory) -> Iterator[Parent]:
    made = Parent([sleeper(book)], runtime, wake=ignore, limits=Limits(first_delay=0.01))
    yield made
    made._told = 2  # at once
    made.end()


def sleeper(book: Book, lane: str = "") -> Program:
    return Program("sleeper", (sys.executable, "-c", SLEEPER, str(book.path)), lane=lane)


def ignore(lane: str, seems_quiet: bool) -> None:
    pass


def until(is_so: Callable[[], bool], step: Callable[[], object] = lambda: None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it did not happen"
        step()
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Zombies are dead: the test's own init may not collect them."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def test_a_killed_child_is_started_again_and_its_orphan_is_ended(
    parent: Parent, book: Book, runtime: RuntimeDirectory
) -> None:
    def look() -> None:
        parent.look(time.monotonic())

    until(lambda: len(book.lives()) == 1, look)
    main, orphan = book.lives()[0]
    os.kill(main, signal.SIGKILL)
    until(lambda: len(book.lives()) == 2, look)
    until(lambda: not is_alive(orphan))
    assert all(is_alive(pid) for pid in book.lives()[1])
    assert [restart["reason"] for restart in runtime.restarts()] == ["ended by itself (signal 9)"]


def test_a_lane_that_falls_silent_is_killed_whole_and_started_again(book: Book, runtime: RuntimeDirectory) -> None:
    questions: list[bool] = []
    limits = Limits(boot=1, silence=0.4, first_delay=0.01)
    parent = Parent([sleeper(book, lane="events")], runtime, lambda lane, quiet: questions.append(quiet), limits)
    try:
        until(lambda: len(book.lives()) == 1, lambda: parent.look(time.monotonic()))
        runtime.write_beat("events")
        until(lambda: len(book.lives()) == 2, lambda: parent.look(time.monotonic()))
        until(lambda: not any(is_alive(pid) for pid in book.lives()[0]))
        assert questions and runtime.restarts()[0]["reason"].startswith("no sign of life")
    finally:
        parent._told = 2
        parent.end()


def test_a_queue_that_does_not_answer_is_said_once_and_kills_nobody(
    book: Book, runtime: RuntimeDirectory, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(lane: str, seems_quiet: bool) -> None:
        raise ConnectionError("refused")

    parent = Parent([sleeper(book, lane="events")], runtime, fail, Limits(boot=SWEEP_SECONDS + 1))
    try:
        for tick in range(40):
            parent.look(1000 + tick * SWEEP_SECONDS / 2)
        assert runtime.restarts() == []
        assert caplog.text.count("the queue does not answer") == 1
        assert "ConnectionError: refused" in caplog.text
    finally:
        parent._told = 2
        parent.end()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_the_parent_leaves_nobody_and_exits_with_0(book: Book, number: signal.Signals) -> None:
    alone = subprocess.Popen([sys.executable, "-c", ALONE, SLEEPER, str(book.path)], cwd=TOP)
    try:
        until(lambda: len(book.lives()) == 1)
        alone.send_signal(number)
        assert alone.wait(PATIENCE) == 0
        until(lambda: not any(is_alive(pid) for pid in book.lives()[0]))
    finally:
        alone.kill()
        alone.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_child_is_told_when_its_parent_dies_without_a_word(book: Book) -> None:
    alone = subprocess.Popen([sys.executable, "-c", ALONE, SLEEPER, str(book.path)], cwd=TOP)
    until(lambda: len(book.lives()) == 1)
    alone.kill()
    alone.wait()
    main, orphan = book.lives()[0]
    until(lambda: not is_alive(main))
    os.kill(orphan, signal.SIGKILL)
