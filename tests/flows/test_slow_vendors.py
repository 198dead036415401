"""Vendors that answer slowly: who works on it keeps it, a round comes to its end, and nothing counts as an attempt."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest
from django.utils import timezone

from audit.delivery import deliver_due
from audit.ledger import claim_changes
from audit.models import Attempt, Change, ChangeState
from integrations import leases
from integrations.leases import LEASE, Holding
from integrations.models import Event, EventState
from mappings.planning.planner import plan_due
from tests.world import World


@pytest.fixture
def waiting(world: World) -> World:
    world.main_job()
    for name in ("Dana Cohen", "Noa Levi"):
        world.subscribe(f"{name.split()[0].lower()}@example.com", name=name)
    return world


def test_a_lease_is_renewed_while_its_worker_calls_the_vendor(waiting: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.0)
    plan_due("events")
    claimed = claim_changes("events", 10)
    soon = timezone.now() + timedelta(seconds=1)
    Change.objects.update(lease_until=soon)
    Holding(Change.objects.filter(lease=claimed[0].lease, state=ChangeState.SENDING)).keep()
    for change in Change.objects.all():
        assert change.lease_until is not None and change.lease_until > soon + LEASE / 2


def test_a_lease_that_is_fresh_costs_no_query(waiting: World, django_assert_num_queries: object) -> None:
    holding = Holding(Change.objects.all())
    with django_assert_num_queries(0):  # type: ignore[operator]
        holding.keep()


@pytest.mark.parametrize("step", [plan_due, deliver_due])
def test_each_call_of_planning_and_of_delivery_keeps_the_lease(waiting: World, step: object) -> None:
    if step is deliver_due:
        plan_due("events")
    with mock.patch.object(Holding, "keep") as keep:
        step("events")  # type: ignore[operator]
    assert keep.called


def test_what_a_round_has_no_time_for_is_left_to_the_next_at_no_cost(waiting: World) -> None:
    plan_due("events")
    with mock.patch("audit.delivery.ROUND_SECONDS", -1.0):
        assert deliver_due("events") == 2
    assert waiting.leads == []
    assert {(c.state, c.attempts, c.tries, c.lease) for c in waiting.changes()} == {(ChangeState.QUEUED, 0, 0, "")}
    assert not Attempt.objects.exists()
    waiting.work()
    assert len(waiting.leads) == 2


def test_records_that_a_slow_source_has_no_time_for_are_read_in_the_next_round(waiting: World) -> None:
    with mock.patch("mappings.planning.reading.ROUND_SECONDS", -1.0):
        plan_due("events")
    for event in Event.objects.all():
        assert (event.state, event.attempts) == (EventState.NEW, 0)
        assert "slowly" in event.reason
    waiting.let_time_pass()
    waiting.work()
    assert len(waiting.leads) == 2
