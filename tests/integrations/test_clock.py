"""The one clock of all machines, and what is made and judged by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from integrations import clock
from integrations.clock import LOOK, Clock
from integrations.ids import first_id, id_after, new_id
from integrations.leases import LEASE, over_before

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOURS = timedelta(hours=3)
SPAN = timedelta(seconds=45)


class Steady:
    """A clock that nobody sets, for the tests to let time pass by."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def advance(self, by: timedelta) -> None:
        self.seconds += by.total_seconds()


class Server:
    """A server that says what time it is."""

    def __init__(self, steady: Steady) -> None:
        self.steady, self.off, self.asked = steady, timedelta(), 0

    def __call__(self) -> float:
        self.asked += 1
        return (NOON + self.off).timestamp() + self.steady.seconds - 1000


@pytest.mark.parametrize("off", [-HOURS, HOURS])
def test_machines_whose_clocks_differ_go_by_the_servers(off: timedelta) -> None:
    steady = Steady()
    server = Server(steady)
    right, wrong = Clock(server, steady), Clock(server, steady)
    with time_machine.travel(NOON + off, tick=False):
        assert wrong.now() == right.now() == NOON


def test_a_machines_own_clock_may_be_set_without_anybody_noticing() -> None:
    steady = Steady()
    here = Clock(Server(steady), steady)
    with time_machine.travel(NOON, tick=False) as own:
        before = here.now()
        own.move_to(NOON - HOURS)
        steady.advance(LOOK / 2)
        assert here.now() == before + LOOK / 2


def test_the_server_is_asked_now_and_then_and_followed() -> None:
    steady = Steady()
    server = Server(steady)
    here = Clock(server, steady)
    for _time in range(5):
        here.now()
    assert server.asked == 1
    server.off = -HOURS
    steady.advance(LOOK * 2)
    assert here.now() == NOON - HOURS + LOOK * 2


def test_a_server_that_cannot_be_asked_just_now_is_remembered() -> None:
    steady, answers = Steady(), iter([NOON.timestamp(), None, None])
    here = Clock(lambda: next(answers), steady)
    here.now()
    steady.advance(timedelta(minutes=1))
    assert here.now() == NOON + timedelta(minutes=1)


def test_without_a_server_it_is_this_machines_own() -> None:
    with time_machine.travel(NOON, tick=False):
        assert Clock(lambda: None).now() == NOON


def test_what_was_to_last_so_long_is_not_over_because_the_clock_jumped() -> None:
    steady = Steady()
    here = Clock(lambda: None, steady)
    with time_machine.travel(NOON, tick=False) as own:
        here.now()
        own.move_to(NOON + HOURS)
        assert here.without_jumps(SPAN) == NOON
        steady.advance(SPAN * 2)
        own.move_to(NOON + HOURS + SPAN * 2)
        assert here.without_jumps(SPAN) == NOON + HOURS + SPAN * 2


def test_a_clock_that_goes_as_it_should_has_not_jumped() -> None:
    steady = Steady()
    here = Clock(lambda: None, steady)
    with time_machine.travel(NOON, tick=False) as own:
        for _minute in range(10):
            here.now()
            steady.advance(timedelta(minutes=1))
            own.shift(timedelta(minutes=1))
        assert here.without_jumps(SPAN) == NOON + timedelta(minutes=10)


def test_a_lease_is_over_when_it_is_and_not_when_the_clock_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    steady = Steady()
    monkeypatch.setattr(clock, "_clock", Clock(lambda: None, steady))
    with time_machine.travel(NOON, tick=False) as own:
        until = clock.now() + LEASE
        own.move_to(NOON + HOURS)
        assert over_before() < until
        steady.advance(LEASE + 3 * LOOK)
        own.shift(LEASE + 3 * LOOK)
        assert over_before() > until


@pytest.mark.django_db
def test_postgresql_says_what_time_it_is() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("There is no server to ask.")
    told = clock._ask_server()
    assert told is not None
    assert abs(told - datetime.now(UTC).timestamp()) < 5


# --- ids -----------------------------------------------------------------------------------------------------------


def test_ids_sort_by_the_time_they_were_made() -> None:
    with time_machine.travel(NOON, tick=False) as own:
        ids = [new_id() for _time in range(50)]
        own.shift(timedelta(seconds=1))
        ids += [new_id() for _time in range(50)]
    assert ids == sorted(set(ids))
    assert first_id(NOON) < ids[0] < ids[50] < first_id(NOON + timedelta(seconds=2))


def test_ids_of_one_process_do_not_go_back_with_a_clock_that_is_put_right() -> None:
    with time_machine.travel(NOON, tick=False) as own:
        before = new_id()
        own.shift(timedelta(seconds=-30))
        ids = [before, *(new_id() for _time in range(50))]
    assert ids == sorted(set(ids))


def test_ids_follow_a_clock_that_was_hours_ahead() -> None:
    with time_machine.travel(NOON, tick=False) as own:
        new_id()
        own.move_to(NOON - HOURS)
        assert new_id() < first_id(NOON - HOURS + timedelta(seconds=1))


def test_who_comes_after_the_same_id_makes_another_one() -> None:
    id = new_id()
    following = {id_after(id) for _time in range(100)}
    assert len(following) == 100
    assert all(id < one for one in following)
