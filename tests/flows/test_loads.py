"""Thousands of changes go as one load that no worker waits for; each ends as its own row did, whatever happens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from audit.models import Attempt, AttemptResult, Change, ChangeState, Load, LoadState
from config.tasks import work_off
from integrations.models import Connection, Event
from integrations.vendors.errors import Unavailable
from integrations.vendors.salesforce.resources import Salesforce
from tests.world import OPT_OUT, World

ROOMY = [{"calls": 1_000_000, "per": "1d"}]
PAYS = 5


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Five changes make a load."""
    Connection.objects.update(limits=ROOMY)
    monkeypatch.setattr("audit.loading.pays_from", lambda connection, object: PAYS)
    world.main_job()
    return world


def subscribed(world: World, count: int, start: int = 0) -> None:
    """So many people whose leads are to be made, on the bulk lane."""
    for number in range(start, start + count):
        world.subscribe(f"b{number}@example.com", name=f"Person {number}")
    Event.objects.filter(state="new").update(lane="bulk")


def jobs(world: World) -> list[dict[str, Any]]:
    return [job["shown"] for job in world.sandbox.records("salesforce", "job")]


def calls(world: World, method: str, path: str) -> int:
    entries = world.sandbox.calls("salesforce")
    return sum(1 for call in entries if call["method"] == method and path in call["path"])


def bulk_round() -> int:
    return work_off("bulk")


def time_passes(world: World) -> None:
    Load.objects.update(next_attempt_at=timezone.now())
    world.let_time_pass()


def leases_expire() -> None:
    past = timezone.now() - timedelta(minutes=5)
    Load.objects.exclude(lease="").update(lease_until=past)
    Event.objects.exclude(lease="").update(lease_until=past)
    Change.objects.exclude(lease_until=None).update(lease_until=past)


def until_done(world: World, rounds: int = 10) -> None:
    for _round in range(rounds):
        world.work()
        if not Load.objects.filter(finished_at=None).exists() and not waiting().exists():
            return
        time_passes(world)
    raise AssertionError("The loads do not come to an end.")


def waiting() -> QuerySet[Change]:
    return Change.objects.filter(state__in=(ChangeState.QUEUED, ChangeState.SENDING))


def results(change: Change) -> list[str]:
    return [attempt.result for attempt in change.attempt_rows.order_by("number")]


def test_many_changes_go_as_one_load_and_nobody_waits_for_it(world: World) -> None:
    subscribed(world, 8)
    world.work()
    [load] = Load.objects.all()
    assert (load.state, load.rows, load.operation, load.object) == (LoadState.UNDER_WAY, 8, "upsert", "Lead")
    assert [job["id"] for job in jobs(world)] == [load.job]
    assert {change.state for change in world.changes()} == {ChangeState.SENDING}
    time_passes(world)
    world.work()
    assert sorted(lead["LastName"] for lead in world.leads) == sorted(str(n) for n in range(8))
    load.refresh_from_db()
    assert (load.state, load.results, load.exchanges) == (LoadState.DONE, {"applied": 8}, [])
    assert calls(world, "PATCH", "composite") == 0


def test_each_change_ends_as_its_own_row_did(world: World) -> None:
    subscribed(world, 6)
    world.sandbox.switch("salesforce", validation_rule="Lead.LastName=3")
    until_done(world)
    by_name = {change.diff["LastName"]["after"]: change for change in world.changes()}
    bad = by_name.pop("3")
    assert (bad.state, bad.error_code) == (ChangeState.FAILED, "rejected")
    leads = {lead["LastName"]: lead["Id"] for lead in world.leads}
    assert {name: change.record_id for name, change in by_name.items()} == leads
    assert {(c.state, c.created) for c in by_name.values()} == {(ChangeState.APPLIED, True)}
    attempts = Attempt.objects.filter(batch=Load.objects.get().pk)
    assert sorted(attempts.values_list("result", "rows")) == [("applied", 6)] * 5 + [("failed", 6)]
    told = [attempt for attempt in attempts if attempt.exchanges]
    assert len(told) == 1
    assert [call["method"] for call in told[0].exchanges if "jobs/ingest" in call["url"]][:3] == ["POST", "PUT", "PATCH"]


def test_fewer_than_pay_go_the_ordinary_way(world: World) -> None:
    subscribed(world, PAYS - 1)
    world.work()
    assert (len(world.leads), Load.objects.count()) == (PAYS - 1, 0)


def test_what_happens_now_goes_the_ordinary_way_however_much_it_is(world: World) -> None:
    subscribed(world, 8)
    Event.objects.update(lane="events")
    world.work()
    assert (len(world.leads), Load.objects.count()) == (8, 0)


def test_records_that_are_known_are_updated_by_id_in_a_load_of_their_own(world: World) -> None:
    subscribed(world, 6)
    until_done(world)
    for contact in world.sandbox.records("getresponse", "contact"):
        world.hear(contact | {"name": f"New {contact['email'][1]}"})
    Event.objects.filter(state="new").update(lane="bulk")
    until_done(world)
    assert [load.operation for load in Load.objects.order_by("id")] == ["upsert", "update"]
    assert [job["operation"] for job in jobs(world)] == ["upsert", "update"]
    assert {lead["FirstName"] for lead in world.leads} == {"New"}
    assert len(world.leads) == 6
