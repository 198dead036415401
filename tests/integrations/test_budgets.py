"""Budgets: in any stretch of a window's length never more calls than allowed, all workers together."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from integrations.budgets import SharedBudget, budget_lines, seconds_of
from integrations.health import note_failure
from integrations.models import BudgetWindow, CallCount, Connection
from integrations.vendors.errors import RateLimited

pytestmark = pytest.mark.django_db


def connection(*limits: dict[str, Any]) -> Connection:
    return Connection.objects.create(name="c", vendor="getresponse", limits=list(limits))


def calls_that_pass(budget: SharedBudget, moments: list[float]) -> list[float]:
    passed = []
    for moment in moments:
        with mock.patch("integrations.budgets._now", return_value=moment):
            try:
                budget.spend()
                passed.append(moment)
            except RateLimited as limited:
                assert limited.retry_after.total_seconds() > 0
    return passed


@pytest.mark.parametrize(("calls", "per", "seconds"), [(5, "1s", 1), (20, "10s", 10), (400, "1h", 3600)])
def test_no_stretch_of_the_length_holds_more_than_the_limit(calls: int, per: str, seconds: int) -> None:
    budget = SharedBudget(connection({"calls": calls, "per": per}), (), lane="optouts")
    dice = random.Random(7)
    moments = sorted(1_000_000 + dice.uniform(0, 4 * seconds) for _ in range(6 * calls))
    passed = calls_that_pass(budget, moments)
    assert len(passed) >= 3 * calls  # it does not starve either
    for start in passed:
        assert sum(start <= moment < start + seconds for moment in passed) <= calls


def test_after_the_time_it_names_there_is_room_again() -> None:
    budget = SharedBudget(connection({"calls": 2, "per": "10s"}), (), lane="optouts")
    assert len(calls_that_pass(budget, [1000.0, 1001.0])) == 2
    with mock.patch("integrations.budgets._now", return_value=1002.0), pytest.raises(RateLimited) as limited:
        budget.spend()
    assert calls_that_pass(budget, [1002.0 + limited.value.retry_after.total_seconds()])


def test_every_window_counts() -> None:
    budget = SharedBudget(connection({"calls": 100, "per": "1s"}, {"calls": 3, "per": "1h"}), (), lane="optouts")
    assert len(calls_that_pass(budget, [1000.0 + n for n in range(10)])) == 3


def test_a_part_is_kept_for_opt_outs() -> None:
    row = connection({"calls": 20, "per": "1h"})
    assert len(calls_that_pass(SharedBudget(row, ()), [1000.0 + n for n in range(30)])) == 18
    assert len(calls_that_pass(SharedBudget(row, (), lane="optouts"), [1040.0 + n for n in range(30)])) == 2


def test_many_calls_are_paid_together_or_not_at_all() -> None:
    budget = SharedBudget(connection({"calls": 10, "per": "1h"}), (), lane="optouts")
    with mock.patch("integrations.budgets._now", return_value=1000.0):
        budget.spend(8)
        with pytest.raises(RateLimited):
            budget.spend(3)
        budget.spend(2)


@pytest.mark.parametrize(("text", "seconds"), [("10s", 10), ("5m", 300), ("1h", 3600), ("2d", 172_800)])
def test_lengths_of_time_are_read(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "10", "h", "0s", "-1s", "1.5h", "1 week"])
def test_other_lengths_are_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="not a length of time"):
        seconds_of(text)


def test_near_the_end_of_the_vendors_own_limit_the_rest_is_for_opt_outs() -> None:
    row = connection()
    budget = SharedBudget(row, ((1000, timedelta(days=1)),))
    budget.spend()
    budget.learn(used=950, limit=1000)
    with pytest.raises(RateLimited):
        budget.spend()
    SharedBudget(row, ((1000, timedelta(days=1)),), lane="optouts").spend()
    [line] = budget_lines(row, list(BudgetWindow.objects.all()))
    assert (line.used, line.calls) == (950, 1000)


def spend_at(budget: SharedBudget, moment: float) -> float:
    """Seconds that it says to wait, 0 when the call may be made."""
    with mock.patch("integrations.budgets._now", return_value=moment):
        try:
            budget.spend()
        except RateLimited as limited:
            return limited.retry_after.total_seconds()
    return 0


def test_what_was_spent_before_the_clock_was_set_back_counts_for_one_window_more() -> None:
    budget = SharedBudget(connection({"calls": 3, "per": "1h"}), (), lane="optouts")
    assert len(calls_that_pass(budget, [20_000.0, 20_001.0, 20_002.0, 20_003.0])) == 3
    assert 3600 <= spend_at(budget, 10_000.0) <= 3600 * 1.1
    assert spend_at(budget, 12_000.0) <= 1800
    assert spend_at(budget, 14_000.0) == 0


@pytest.mark.parametrize("back", [100.0, 10_000.0])
def test_a_clock_that_is_set_back_allows_no_more_calls(back: float) -> None:
    budget = SharedBudget(connection({"calls": 3, "per": "1h"}), (), lane="optouts")
    assert len(calls_that_pass(budget, [20_000.0, 20_001.0])) == 2
    assert len(calls_that_pass(budget, [20_000.0 - back + n for n in range(5)])) == 1


def test_what_a_vendor_said_at_a_time_still_to_come_is_not_believed() -> None:
    row = connection()
    budget = SharedBudget(row, ((1000, timedelta(days=1)),))
    with mock.patch("integrations.budgets._now", return_value=20_000.0):
        budget.spend()
        budget.learn(used=950, limit=1000)
    assert spend_at(budget, 20_001.0) > 0
    assert spend_at(budget, 10_000.0) == 0
    with mock.patch("integrations.budgets._now", return_value=10_000.0):
        budget.learn(used=951, limit=1000)  # and what it says now is kept
    assert spend_at(budget, 10_001.0) > 0


def test_each_lane_leaves_its_part_to_those_that_go_before_it() -> None:
    row = connection({"calls": 20, "per": "1h"})
    moments = [1000.0 + n for n in range(30)]
    assert [len(calls_that_pass(SharedBudget(row, (), lane), moments)) for lane in ("bulk", "events", "optouts")] == [
        *(14, 4, 2)
    ]


def test_a_spent_share_pauses_no_connection() -> None:
    row = connection({"calls": 1, "per": "1h"})
    SharedBudget(row, (), "bulk").spend()
    with pytest.raises(RateLimited) as limited:
        SharedBudget(row, (), "bulk").spend()
    note_failure(row, limited.value)
    row.refresh_from_db()
    assert (row.paused_until, row.health) == (None, "unknown")


def test_the_calls_of_a_run_are_counted_and_those_that_were_not_made_are_not() -> None:
    row = connection({"calls": 4, "per": "1h"})
    budget = SharedBudget(row, (), "optouts", run_id="01RUN")
    budget.spend(3)
    with pytest.raises(RateLimited):
        budget.spend(2)
    budget.spend()
    SharedBudget(row, (), "optouts").learn(used=1, limit=4)
    assert [(count.run_id, count.calls) for count in CallCount.objects.all()] == [("01RUN", 4)]
