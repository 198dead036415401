"""Clocks that are set, forwards or back, while there is work: it waits for no clock; nothing said is forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone
from django_q.models import Schedule

from audit.ledger import claim_changes
from audit.models import ChangeState, Chore, OptOut, OptOutState
from audit.retention import EVERY, PRUNING
from audit.sealing import seal_waiting
from audit.verifying import Inspection
from config.mending import mend_due
from integrations.clients import RENEWAL
from integrations.clock import LOOK
from integrations.health import note_failure
from integrations.inbox import claim_events, postpone
from integrations.leases import LEASE
from integrations.models import AccessToken, Connection, Event
from integrations.receive import order_key
from integrations.schemas import fields_of
from integrations.vendors.errors import CrosswalkError, RateLimited, Unavailable
from mappings.models import Run, RunState
from mappings.planning import planner
from tests.clocks import HOURS, Passing, clock_off, mended
from tests.world import World

# --- waiting -------------------------------------------------------------------------------------------------------


def test_what_a_clock_ahead_received_is_not_late(world: World) -> None:
    world.main_job()
    with clock_off(HOURS):
        world.subscribe("now@example.com", name="Dana Cohen")
    world.work()
    assert len(world.leads) == 1


def test_what_a_clock_ahead_planned_is_delivered_now(world: World) -> None:
    world.main_job()
    with clock_off(HOURS), mock.patch("config.tasks.deliver_due", return_value=0):
        world.subscribe("planned@example.com", name="Dana Cohen")
        world.work()
    mended()
    world.work()
    assert len(world.leads) == 1


def test_what_was_to_be_tried_again_soon_is(world: World) -> None:
    world.main_job()
    with clock_off(HOURS):
        world.sandbox.switch("salesforce", down=1)
        world.subscribe("again@example.com", name="Dana Cohen")
        world.work()
        assert world.leads == []
    mended()
    world.work()
    assert len(world.leads) == 1


def test_a_connection_that_waited_a_moment_does_not_wait_for_hours(world: World) -> None:
    Connection.objects.update(paused_until=timezone.now() + HOURS, paused_at=timezone.now() + HOURS)
    mended()
    assert not Connection.objects.filter(paused_until__gt=timezone.now()).exists()


def test_a_run_that_waited_a_moment_does_not_wait_for_hours(db: None) -> None:
    later = timezone.now() + HOURS
    Run.objects.create(state=RunState.RUNNING, next_attempt_at=later, postponed_at=later - timedelta(seconds=30))
    mended()
    assert Run.objects.get().next_attempt_at <= timezone.now()


def test_a_run_whose_worker_died_goes_on(db: None) -> None:
    Run.objects.create(state=RunState.RUNNING, lease="x", lease_until=timezone.now() + HOURS)
    mended()
    assert Run.objects.get().lease_until <= timezone.now() + LEASE  # type: ignore[operator]


def test_who_waits_since_a_time_that_was_goes_on_waiting(world: World) -> None:
    world.main_job()
    world.subscribe("waits@example.com", name="Dana Cohen")
    [event] = claim_events("events", 10)
    postpone(event, RateLimited("Wait.", retry_after=HOURS))
    mended()
    event.refresh_from_db()
    assert event.next_attempt_at > timezone.now() + HOURS / 2


@pytest.mark.parametrize("error", [RateLimited("Wait.", retry_after=HOURS), Unavailable("Away.")])
def test_a_connection_that_fails_waits_as_long_as_it_was_told(world: World, error: CrosswalkError) -> None:
    world.salesforce.failures = 8
    note_failure(world.salesforce, error)
    mended()
    assert Connection.objects.get(name="salesforce-main").paused_until > timezone.now()  # type: ignore[operator]


def test_a_change_that_failed_for_now_waits_as_long_as_it_was_told(world: World) -> None:
    world.main_job()
    world.subscribe("ladder@example.com", name="Dana Cohen")
    planner.plan_due("events")
    world.sandbox.switch("salesforce", down=1)
    world.work()
    [change] = world.changes()
    assert change.next_attempt_at > timezone.now()
    mended()
    assert world.changes()[0].next_attempt_at == change.next_attempt_at


@pytest.mark.parametrize("claim", [claim_events, claim_changes])
def test_a_dead_workers_lease_lasts_no_longer_than_a_lease(world: World, passing: Passing, claim: Any) -> None:
    world.main_job()
    world.subscribe("dead@example.com", name="Dana Cohen")
    if claim is claim_changes:
        planner.plan_due("events")
    with clock_off(HOURS):
        [row] = claim("events", 10)
    mended()
    row.refresh_from_db()
    assert row.lease_until <= timezone.now() + LEASE
    with passing.later(LEASE + 3 * LOOK):
        assert len(claim("events", 10)) == 1


def test_other_times_that_lie_too_far_ahead_are_brought_near(world: World) -> None:
    later = timezone.now() + HOURS
    AccessToken.objects.create(connection=world.salesforce, renewing_until=later)
    Chore.objects.create(name=PRUNING, due_at=later)
    Schedule.objects.update(next_run=later)
    mended()
    now = timezone.now()
    assert AccessToken.objects.get().renewing_until <= now + RENEWAL  # type: ignore[operator]
    assert Chore.objects.get(name=PRUNING).due_at <= now + EVERY
    assert all(row.next_run <= now + timedelta(minutes=1) for row in Schedule.objects.all())


def test_mending_is_said_and_is_not_done_in_every_round(world: World, caplog: pytest.LogCaptureFixture) -> None:
    Connection.objects.update(paused_until=timezone.now() + HOURS, paused_at=timezone.now() + HOURS)
    mend_due("events")
    assert "A clock was set back: 2 rows" in caplog.text
    with mock.patch("config.mending.mend") as again:
        mend_due("events")
    again.assert_not_called()


# --- what is known, and what was said ------------------------------------------------------------------------------


def test_what_a_clock_ahead_asked_a_vendor_is_asked_again(world: World) -> None:
    with clock_off(HOURS):
        fields_of(world.salesforce, "Lead")
    with mock.patch("integrations.schemas.open_client") as opened:
        opened.return_value.describe.return_value = []
        assert fields_of(world.salesforce, "Lead") == {}


def test_a_stop_heard_by_a_clock_behind_is_not_lifted_by_the_sign_up_before_it(world: World) -> None:
    world.mapping()
    world.rule("join", "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}}, opt_in="lift")
    world.rule("stop", "contact.unsubscribed", {"opt_out": {"connections": ["salesforce-main"], "channels": ["email"]}})
    contact = world.sandbox.subscribe("behind@example.com", name="Dana Cohen", origin="www")
    with clock_off(-HOURS):
        world.hear(contact)
        world.hear(contact, "unsubscribe")
        mended()
        world.work()
        world.hear(contact, "subscribe", again=True)
        world.work()
    assert OptOut.objects.get().state == OptOutState.OPEN
    assert world.leads[0]["HasOptedOutOfEmail"] is True


def test_a_deletion_heard_by_a_clock_behind_is_not_undone_by_the_sign_up_before_it(world: World) -> None:
    world.main_job()
    contact = world.sandbox.subscribe("gone@example.com", name="Dana Cohen", origin="www")
    with clock_off(-HOURS):
        world.hear(contact, "tag_applied")  # the record is known
        world.work()
        facts = {"object": "contact", "record_id": contact["contactId"], "record": contact}
        key = order_key(world.getresponse, "contact", contact["contactId"], contact["email"])
        told = {"type": "contact.deleted", "order_key": key, "occurred_at": timezone.now()}
        Event.objects.create(connection=world.getresponse, dedupe_key="deleted", **facts, **told)
        world.work()
        world.hear(contact)
        world.work()
    assert world.leads == []


def test_a_burst_is_what_happens_within_an_hour_on_either_side(world: World, settings: Any) -> None:
    settings.BRAKE_PER_HOUR = {"opt_out": 1}
    world.main_job()
    contacts = [world.subscribe(f"b{n}@example.com", name="Dana Cohen") for n in range(3)]
    world.work()
    with clock_off(HOURS):
        world.hear(contacts[0], "unsubscribe")
        world.work()
    for contact in contacts[1:]:
        world.hear(contact, "unsubscribe")
    mended()
    world.work()
    assert sorted(change.state for change in world.changes(operation="opt_out")) == ["applied", "applied", "held"]


def test_what_needs_approval_is_counted_in_the_same_hour(world: World) -> None:
    world.mapping()
    world.rule("ask", "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}}, approve={"over": 1})
    with clock_off(HOURS):
        world.subscribe("then@example.com", name="Dana Cohen")
        world.work()
    for number in range(2):
        world.subscribe(f"now{number}@example.com", name="Dana Cohen")
    world.work()
    assert sorted(change.state for change in world.changes()) == ["applied", "applied", "held"]


def test_the_chain_of_seals_holds_whatever_the_clock_says(world: World) -> None:
    world.main_job()
    for number, off in enumerate((timedelta(), HOURS, -HOURS, timedelta())):
        with clock_off(off):
            world.subscribe(f"seal{number}@example.com", name="Dana Cohen")
            mended()
            world.work()
            seal_waiting()
    assert {change.state for change in world.changes()} == {ChangeState.APPLIED}
    assert [str(flaw) for flaw in Inspection().flaws()] == []


def test_nobody_waits_for_a_clock_that_was_wrong_by_years(world: World, passing: Passing) -> None:
    world.main_job()
    with clock_off(timedelta(days=3650)):
        world.subscribe("years@example.com", name="Dana Cohen")
        planner.plan_due("events")
        claim_changes("events", 10)
    mended()
    with passing.later(LEASE + 3 * LOOK):
        world.work()
    assert len(world.leads) == 1
