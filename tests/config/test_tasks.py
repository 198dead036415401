"""One worker stays on a lane and gathers; the others help only where much waits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from config import tasks
from config.supervisor.runtime import RuntimeDirectory
from mappings.planning.planner import CLAIM
from tests.world import World


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RuntimeDirectory:
    monkeypatch.setenv("CROSSWALK_RUNTIME_DIR", str(tmp_path / "run"))
    return RuntimeDirectory(tmp_path / "run")


@pytest.fixture
def rounds() -> Iterator[mock.Mock]:
    with mock.patch.object(tasks, "work_off") as work_off, mock.patch.object(tasks.time, "sleep"):
        yield work_off


@pytest.mark.parametrize(("taken", "seconds"), [(0, 0.02), (2, 0.02), (100, 0.3), (300, 0.6)])
def test_the_more_a_round_took_up_the_longer_the_next_gathers(taken: int, seconds: float) -> None:
    assert tasks.pause_after(taken) == pytest.approx(seconds)


@pytest.mark.parametrize(("waits", "pauses"), [(True, False), (False, True)])
def test_it_does_not_gather_while_a_full_round_waits(
    runtime: RuntimeDirectory, rounds: mock.Mock, waits: bool, pauses: bool
) -> None:
    rounds.side_effect = [2 * CLAIM, *[0] * 1_000_000]
    with mock.patch.object(tasks, "has_backlog", return_value=waits):
        tasks.drain("events")
    slept = [call.args[0] for call in tasks.time.sleep.call_args_list]  # type: ignore[attr-defined]
    assert (tasks.pause_after(2 * CLAIM) in slept) == pauses


def test_a_worker_stays_until_nothing_was_due_for_a_moment(runtime: RuntimeDirectory, rounds: mock.Mock) -> None:
    rounds.side_effect = [2, 2, *[0] * 1_000_000]
    tasks.drain("events")
    assert rounds.call_count > 3


@pytest.mark.parametrize(("waits", "calls"), [([False], 0), ([True, True, False], 2)])
def test_a_second_worker_helps_while_much_waits(
    runtime: RuntimeDirectory, rounds: mock.Mock, waits: list[bool], calls: int
) -> None:
    with runtime.staying("events") as is_ours, mock.patch.object(tasks, "has_backlog", side_effect=waits):
        assert is_ours
        tasks.drain("events")
    assert rounds.call_count == calls


def test_each_lane_has_a_worker_of_its_own_that_stays(runtime: RuntimeDirectory) -> None:
    with runtime.staying("events") as first, runtime.staying("optouts") as other, runtime.staying("events") as second:
        assert (first, other, second) == (True, True, False)
    with runtime.staying("events") as later:
        assert later


def test_where_no_lock_can_be_had_every_worker_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with RuntimeDirectory(tmp_path / "file").staying("events") as is_ours:
        assert is_ours


def test_much_is_as_many_events_or_changes_as_one_round_takes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.main_job()
    for number in range(3):
        world.subscribe(f"p{number}@example.com", name="Dana Cohen")
    assert CLAIM > 3 and not tasks.has_backlog("events")
    monkeypatch.setattr(tasks, "BACKLOG", 3)
    assert tasks.has_backlog("events")
    tasks.plan_due("events")
    assert tasks.has_backlog("events")
    tasks.deliver_due("events")
    assert not tasks.has_backlog("events")
