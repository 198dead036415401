"""A worker that dies in the middle: its work is taken up, the crash counts, and poison ends as failed."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import pytest
from django.db import OperationalError
from django.utils import timezone

from audit.ledger import MAX_TRIES, claim_changes
from audit.models import AttemptResult, Change, ChangeState
from integrations.inbox import MAX_ATTEMPTS, claim_events
from integrations.models import Event, EventState
from tests.world import World


def leases_expire() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Event.objects.exclude(lease="").update(lease_until=past)
    Change.objects.exclude(lease="").update(lease_until=past)


def test_what_a_dead_planner_held_is_planned_by_another(world: World) -> None:
    world.main_job()
    world.subscribe("p@example.com", name="Dana Cohen")
    assert len(claim_events("events", 10)) == 1
    world.work()
    assert world.leads == []  # still leased
    leases_expire()
    world.work()
    assert len(world.leads) == 1
    assert world.events()[0].attempts == 2


def test_what_a_dead_sender_held_is_sent_by_another_and_the_crash_is_an_attempt(world: World) -> None:
    world.main_job()
    world.subscribe("s@example.com", name="Dana Cohen")
    with mock.patch("audit.delivery._send", side_effect=SystemExit), pytest.raises(SystemExit):
        world.work()
    leases_expire()
    world.work()
    [change] = world.changes()
    assert (change.state, change.attempts) == (ChangeState.APPLIED, 2)
    results = [attempt.result for attempt in change.attempt_rows.all()]
    assert results == [AttemptResult.CRASHED, AttemptResult.APPLIED]
    assert len(world.leads) == 1


def test_an_event_that_kills_every_worker_ends_as_failed(world: World) -> None:
    world.main_job()
    world.subscribe("e@example.com", name="Dana Cohen")
    for _life in range(MAX_ATTEMPTS):
        assert len(claim_events("events", 10)) == 1
        leases_expire()
    assert claim_events("events", 10) == []
    assert world.events()[0].state == EventState.FAILED


def test_a_change_that_kills_every_worker_ends_as_failed(world: World) -> None:
    world.main_job()
    world.subscribe("c@example.com", name="Dana Cohen")
    with mock.patch("config.tasks.deliver_due", return_value=0):
        world.work()
    for _life in range(MAX_TRIES):
        assert len(claim_changes("events", 10)) == 1
        leases_expire()
    assert claim_changes("events", 10) == []
    [change] = world.changes()
    assert (change.state, change.error["code"]) == (ChangeState.FAILED, "crashed")


def test_a_fault_of_ours_fails_its_change_with_a_trace_and_no_retry(world: World) -> None:
    world.main_job()
    world.subscribe("f@example.com", name="Dana Cohen")
    with mock.patch("audit.delivery.write_of", side_effect=KeyError("x")):
        world.work()
    [change] = world.changes()
    assert change.state == ChangeState.FAILED
    assert "fault of Crosswalk" in change.error["help"]


def test_a_fault_in_one_event_does_not_hold_the_others(world: World) -> None:
    world.main_job()
    for name in ("good", "bad"):
        world.subscribe(f"{name}@example.com", name=f"{name.title()} Person")
    from mappings.mapper import map_record

    def faulty(spec: object, record: dict[str, object], *rest: object) -> object:
        if "bad" in str(record["email"]):
            raise KeyError("a bug")
        return map_record(spec, record, *rest)  # type: ignore[arg-type]

    with mock.patch("mappings.planning.actions.upsert.map_record", faulty):
        world.work()
    assert [lead["LastName"] for lead in world.leads] == ["Person"]
    assert {event.state for event in world.events()} == {EventState.PLANNED, EventState.FAILED}


def test_a_database_that_goes_away_fails_no_event(world: World) -> None:
    world.main_job()
    world.subscribe("d@example.com", name="Dana Cohen")
    with (
        mock.patch("mappings.planning.planner.plan_events", side_effect=OperationalError("gone")),
        pytest.raises(OperationalError),
    ):
        world.work()
    assert world.events()[0].state == EventState.NEW
    leases_expire()
    world.work()
    assert len(world.leads) == 1
