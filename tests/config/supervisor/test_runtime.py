"""The runtime directory: one parent, signs of life, and the book of restarts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from config.supervisor import runtime as module
from config.supervisor.lane import receivers
from config.supervisor.runtime import AlreadyRunning, RuntimeDirectory


@pytest.fixture
def runtime(tmp_path: Path) -> RuntimeDirectory:
    return RuntimeDirectory(tmp_path)


def pid_of_nobody() -> int:
    gone = subprocess.Popen(["true"])
    gone.wait()
    return gone.pid


def test_a_second_parent_is_refused_and_told_who_is_there(runtime: RuntimeDirectory) -> None:
    with runtime.owned(), pytest.raises(AlreadyRunning, match=rf"process {os.getpid()} holds"), runtime.owned():
        pass


def test_the_directory_is_free_again_afterwards(runtime: RuntimeDirectory) -> None:
    with runtime.owned():
        pass
    with runtime.owned():
        pass


def test_the_environment_names_the_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CROSSWALK_RUNTIME_DIR", str(tmp_path))
    assert RuntimeDirectory.from_environment().path == tmp_path
    monkeypatch.delenv("CROSSWALK_RUNTIME_DIR")
    assert RuntimeDirectory.from_environment().path == module.DEFAULT


def test_the_mark_is_nothing_before_the_first_beat_and_differs_after(runtime: RuntimeDirectory) -> None:
    assert runtime.beat_mark("events") == 0
    runtime.write_beat("events")
    assert runtime.beat_mark("events") > 0
    assert runtime.beat_mark("bulk") == 0


def test_a_lane_is_busy_from_a_tasks_begin_to_its_end_and_beats_when_it_is_settled(runtime: RuntimeDirectory) -> None:
    signals = receivers(runtime, "events")
    signals["pre_execute"](sender="django_q", func=None, task={})
    assert runtime.is_busy("events") and not runtime.is_busy("optouts")
    signals["post_execute_in_worker"](sender="django_q", func=None, task={})
    assert not runtime.is_busy("events") and runtime.beat_mark("events") == 0
    signals["post_execute"](sender="django_q", task={})
    assert runtime.beat_mark("events") > 0


def test_the_mark_of_a_worker_that_died_makes_nobody_busy(runtime: RuntimeDirectory) -> None:
    runtime.write_busy("events", pid_of_nobody())
    assert not runtime.is_busy("events")
    runtime.write_busy("events", os.getpid())
    runtime.clear_busy("events")
    assert not list(runtime.path.iterdir())


def test_restarts_are_read_newest_first_and_a_torn_line_is_left_out(runtime: RuntimeDirectory) -> None:
    assert runtime.restarts() == []
    for child in ("optouts", "events", "web"):
        runtime.write_restart(child, "no sign of life for 15 s")
    with (runtime.path / "restarts.jsonl").open("a") as book:
        book.write('{"at": "2026-')
    assert [restart["child"] for restart in runtime.restarts()] == ["web", "events", "optouts"]
    assert [restart["child"] for restart in runtime.restarts(last=2)] == ["web"]


def test_the_book_of_restarts_does_not_grow_for_ever(
    runtime: RuntimeDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RESTARTS_KEPT", 2)
    for number in range(5):
        runtime.write_restart(f"lane{number}", "ended")
    with runtime.owned():
        assert [restart["child"] for restart in runtime.restarts()] == ["lane4", "lane3"]
