"""Budgets: in any stretch of a window's length never more calls than allowed, all workers together."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest

from integrations.budgets import SharedBudget, budget_lines, seconds_of
from integrations.models import BudgetWindow, Connection
from integrations.vendors.errors import RateLimited

pytestmark = pytest.mark.django_db


def connection(*limits: dict[str, Any]) -> Connection:
    return Connection.objects.create(name="c", vendor="getresponse", limits=list(limits))


def calls_that_pass(budget: SharedBudget, moments: list[float]) -> list[float]:
    passed = []
    for moment in moments:
        with mock.patch("integrations.budgets.time.time", return_value=moment):
            try:
                budget.spend()
                passed.append(moment)
            except RateLimited as limited:
                assert limited.retry_after.total_seconds() > 0
    return passed


@pytest.mark.parametrize(("calls", "per", "seconds"), [(5, "1s", 1), (20, "10s", 10), (400, "1h", 3600)])
def test_no_stretch_of_the_length_holds_more_than_the_limit(calls: int, per: str, seconds: int) -> None:
    budget = SharedBudget(connection({"calls": calls, "per": per}), (), urgent=True)
    dice = random.Random(7)
    moments = sorted(1_000_000 + dice.uniform(0, 4 * seconds) for _ in range(6 * calls))
    passed = calls_that_pass(budget, moments)
    assert len(passed) >= 3 * calls  # it does not starve either
    for start in passed:
        assert sum(start <= moment < start + seconds for moment in passed) <= calls


def test_after_the_time_it_names_there_is_room_again() -> None:
    budget = SharedBudget(connection({"calls": 2, "per": "10s"}), (), urgent=True)
    assert len(calls_that_pass(budget, [1000.0, 1001.0])) == 2
    with mock.patch("integrations.budgets.time.time", return_value=1002.0), pytest.raises(RateLimited) as limited:
        budget.spend()
    assert calls_that_pass(budget, [1002.0 + limited.value.retry_after.total_seconds()])


def test_every_window_counts() -> None:
    budget = SharedBudget(connection({"calls": 100, "per": "1s"}, {"calls": 3, "per": "1h"}), (), urgent=True)
    assert len(calls_that_pass(budget, [1000.0 + n for n in range(10)])) == 3


def test_a_part_is_kept_for_opt_outs() -> None:
    row = connection({"calls": 20, "per": "1h"})
    assert len(calls_that_pass(SharedBudget(row, ()), [1000.0 + n for n in range(30)])) == 18
    assert len(calls_that_pass(SharedBudget(row, (), urgent=True), [1040.0 + n for n in range(30)])) == 2


def test_many_calls_are_paid_together_or_not_at_all() -> None:
    budget = SharedBudget(connection({"calls": 10, "per": "1h"}), (), urgent=True)
    with mock.patch("integrations.budgets.time.time", return_value=1000.0):
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
    SharedBudget(row, ((1000, timedelta(days=1)),), urgent=True).spend()
    [line] = budget_lines(row, list(BudgetWindow.objects.all()))
    assert (line.used, line.calls) == (950, 1000)
