"""A fork runs its function and ends, with nothing of the parent's open; each in a small program of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from config.supervisor.processes import TOP

START = """
import os, signal, sys, time
from config.supervisor.forks import Fork
"""


def said_by(program: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-c", START + program, *arguments]
    done = subprocess.run(command, cwd=TOP, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("main", "code"),
    [
        ("lambda: None", 0),
        ("lambda: sys.exit(3)", 3),
        ("lambda: sys.exit('no')", 1),
        ("lambda: 1 / 0", 1),
        ("lambda: os.kill(os.getpid(), signal.SIGKILL)", -9),
    ],
)
def test_it_ends_with_the_code_of_its_function(main: str, code: int) -> None:
    assert said_by(f"print(Fork({main}).wait(10))") == [str(code)]


def test_what_the_parent_was_about_to_do_is_done_once() -> None:
    assert said_by("Fork(lambda: print('child')).wait(10); print('parent')") == ["child", "parent"]


def test_it_ends_at_sigterm_whatever_the_parent_does_then() -> None:
    program = """
signal.signal(signal.SIGTERM, lambda number, frame: None)
fork = Fork(lambda: time.sleep(60))
print(fork.poll())
fork.terminate()
print(fork.wait(10))
"""
    assert said_by(program) == ["None", "-15"]


def test_nothing_that_the_parent_has_open_is_open_in_it(tmp_path: Path) -> None:
    """And a file that it opens itself is not closed by an object that the parent left behind."""
    program = """
left = open(sys.argv[1], "w")
def main():
    mine = open(sys.argv[1] + ".mine", "w")
    left.write("x" * 100_000)
    left.close()
    mine.write("mine")
    mine.close()
    print(open(sys.argv[1] + ".mine").read())
print(Fork(main).wait(10), os.path.getsize(sys.argv[1]))
"""
    assert said_by(program, str(tmp_path / "file")) == ["mine", "0 0"]


def test_it_keeps_the_descriptors_that_it_is_given() -> None:
    program = """
reader, writer = os.pipe()
Fork(lambda: os.write(writer, b"kept"), kept=[writer]).wait(10)
print(os.read(reader, 10).decode())
"""
    assert said_by(program) == ["kept"]


def test_a_lock_of_the_parent_ends_with_the_parent(tmp_path: Path) -> None:
    """Its children may outlive it for a moment, and must not keep the next one out."""
    program = """
import fcntl
holder = open(sys.argv[1], "a+")
fcntl.flock(holder, fcntl.LOCK_EX)
fork = Fork(lambda: time.sleep(60))
time.sleep(0.2)
holder.close()
fcntl.flock(open(sys.argv[1], "a+"), fcntl.LOCK_EX | fcntl.LOCK_NB)
fork.terminate()
print("free")
"""
    assert said_by(program, str(tmp_path / "lock")) == ["free"]
