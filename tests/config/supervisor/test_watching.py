"""When the parent leaves a child alone, starts it, or kills its group."""

from __future__ import annotations

import pytest

from config.supervisor.watching import Limits, Seen, Step, Watch, ending

LIMITS = Limits(boot=60, silence=15, task=60, first_delay=0.5, longest_delay=5, settled=30)


def running(mark: int = 0, is_busy: bool = False) -> Seen:
    return Seen(is_running=True, mark=mark, is_busy=is_busy)


def ended(exit_code: int = 0) -> Seen:
    return Seen(is_running=False, exit_code=exit_code)


def started(at: float = 0, has_heartbeat: bool = True) -> Watch:
    watch = Watch(LIMITS, has_heartbeat)
    watch.note_start(at, mark=0)
    return watch


def test_a_child_that_never_ran_is_started_at_once() -> None:
    assert Watch(LIMITS, has_heartbeat=True).decide(Seen(is_running=False), now=0).step is Step.START


@pytest.mark.parametrize(
    ("is_busy", "silent_for", "step"),
    [(False, 15, Step.WAIT), (False, 15.1, Step.KILL), (True, 75, Step.WAIT), (True, 75.1, Step.KILL)],
)
def test_a_heard_lane_is_killed_after_its_silence_and_a_running_task_buys_time(
    is_busy: bool, silent_for: float, step: Step
) -> None:
    watch = started()
    watch.decide(running(mark=1), now=100)
    assert watch.decide(running(mark=1, is_busy=is_busy), now=100 + silent_for).step is step


def test_every_beat_begins_the_silence_anew() -> None:
    watch = started()
    for beat in range(1, 20):
        assert watch.decide(running(mark=beat), now=beat * 14).step is Step.WAIT


@pytest.mark.parametrize(("now", "step"), [(60, Step.WAIT), (60.1, Step.KILL)])
def test_a_lane_gets_longer_until_its_first_beat(now: float, step: Step) -> None:
    assert started().decide(running(), now).step is step


def test_a_beat_left_from_an_earlier_life_is_not_a_beat() -> None:
    watch = Watch(LIMITS, has_heartbeat=True)
    watch.note_start(0, mark=7)
    assert watch.decide(running(mark=7), now=61).step is Step.KILL


def test_a_program_without_a_heartbeat_is_never_killed_for_silence() -> None:
    assert started(has_heartbeat=False).decide(running(), now=10_000).step is Step.WAIT


def test_silence_does_not_count_while_nobody_could_be_heard() -> None:
    watch = started()
    watch.decide(running(mark=1), now=0)
    watch.excuse(now=14)
    assert watch.decide(running(mark=1), now=28).step is Step.WAIT
    assert watch.decide(running(mark=1), now=30).step is Step.KILL


@pytest.mark.parametrize(
    ("exit_code", "words"), [(0, "exit code 0"), (3, "exit code 3"), (-9, "signal 9"), (None, "unknown")]
)
def test_an_end_is_said_in_words(exit_code: int | None, words: str) -> None:
    assert ending(exit_code) == words


@pytest.mark.parametrize("exit_code", [0, 1, -9])
def test_whoever_ended_is_buried_and_started_again_whatever_the_exit_code(exit_code: int) -> None:
    watch = started()
    verdict = watch.decide(ended(exit_code), now=100)
    assert (verdict.step, verdict.reason) == (Step.KILL, f"ended by itself ({ending(exit_code)})")
    assert watch.decide(ended(exit_code), now=100).step is Step.START


def test_short_lives_wait_longer_each_time_up_to_the_longest_delay() -> None:
    watch, now, delays = started(), 0.0, []
    for _ in range(7):
        now += 1
        watch.decide(ended(), now)
        delays.append(watch.start_at - now)
        assert watch.decide(ended(), now).step is Step.WAIT
        now = watch.start_at
        assert watch.decide(ended(), now).step is Step.START
        watch.note_start(now, mark=0)
    assert delays == [0.5, 1, 2, 4, 5, 5, 5]


def test_a_settled_life_forgives_the_short_ones() -> None:
    watch = started()
    watch.decide(ended(), now=1)
    watch.note_start(2, mark=0)
    watch.decide(ended(), now=40)
    assert watch.start_at == 40


@pytest.mark.parametrize(
    ("silent_for", "is_busy", "has_heartbeat", "quiet"),
    [(7, False, True, False), (8, False, True, True), (8, True, True, False), (8, False, False, False)],
)
def test_a_lane_seems_quiet_when_half_its_patience_is_gone_and_no_task_explains_it(
    silent_for: float, is_busy: bool, has_heartbeat: bool, quiet: bool
) -> None:
    watch = started(has_heartbeat=has_heartbeat)
    watch.decide(running(mark=1), now=0)
    assert watch.seems_quiet(silent_for, is_busy) is quiet
