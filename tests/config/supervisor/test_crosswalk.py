"""Crosswalk's own programs: the port, the lanes, and what `manage.py run` says when it cannot start."""

from __future__ import annotations

import socket
from pathlib import Path
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from config.supervisor.crosswalk import (
    QUESTIONS,
    PortTaken,
    address_of,
    lane_program,
    open_port,
    wake_lane,
    web_program,
)
from config.supervisor.runtime import RuntimeDirectory


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RuntimeDirectory:
    monkeypatch.setenv("CROSSWALK_RUNTIME_DIR", str(tmp_path))
    return RuntimeDirectory(tmp_path)


def test_the_web_server_takes_over_the_open_port() -> None:
    with open_port("127.0.0.1", 0) as listener:
        program = web_program(listener)
        assert program.descriptors == (listener.fileno(),)
        assert address_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}/"


def test_callers_wait_while_no_web_server_runs() -> None:
    with open_port("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname(), timeout=2) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\n\r\n")


def test_a_port_that_is_taken_is_named() -> None:
    with open_port("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} of 127.0.0.1"):
            open_port("127.0.0.1", port)


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_does_not_exist_is_named(port: int) -> None:
    with pytest.raises(PortTaken, match=f"no port {port}"):
        open_port("127.0.0.1", port)


def test_a_lane_is_a_cluster_of_its_own_name_that_beats_in_this_directory(runtime: RuntimeDirectory) -> None:
    program = lane_program("optouts", runtime)
    assert (program.name, program.lane) == ("optouts", "optouts")
    assert program.environment == {"Q_CLUSTER_NAME": "optouts", "CROSSWALK_RUNTIME_DIR": str(runtime.path)}


@pytest.mark.parametrize(("seems_quiet", "questions"), [(False, 0), (True, QUESTIONS)])
def test_a_lane_is_woken_once_and_asked_often_when_it_seems_quiet(seems_quiet: bool, questions: int) -> None:
    with patch("config.supervisor.crosswalk.async_task") as queue:
        wake_lane("events", seems_quiet)
    tasks = [call.args for call in queue.call_args_list]
    assert tasks == [(settings.DRAIN_TASK, "events")] + [("config.supervisor.lane.answer",)] * questions
    assert all(call.kwargs["cluster"] == "events" for call in queue.call_args_list)


def test_the_task_that_asks_is_there() -> None:
    from config.supervisor.lane import answer

    answer()


@pytest.mark.parametrize("with_web", [True, False])
def test_a_second_run_is_refused_plainly(runtime: RuntimeDirectory, with_web: bool) -> None:
    with runtime.owned(), pytest.raises(CommandError, match="already runs here") as refusal:
        call_command("run", port=0, no_web=not with_web)
    assert refusal.value.returncode == 1


def test_a_taken_port_ends_the_run_before_anything_starts(runtime: RuntimeDirectory) -> None:
    with open_port("127.0.0.1", 0) as taken, patch("config.supervisor.crosswalk.Parent") as parent:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port}") as refusal:
            call_command("run", port=port)
    assert refusal.value.returncode == 1
    parent.assert_not_called()
