"""Clocks that are set, forwards or back, while there is work: it keeps its order and is done once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import delivery
from audit.ledger import claim_changes, identity_of, order_key, record_changes
from audit.models import AttemptResult, Change, ChangeState, Kind
from integrations import clock
from integrations.clock import LOOK
from integrations.inbox import claim_events, postpone, still_ours
from integrations.leases import LEASE
from integrations.models import Event, EventState, Person
from integrations.vendors.errors import Busy
from mappings.models import Run, RunState
from mappings.planning import planner
from mappings.runs import advance_runs
from tests.clocks import HOURS, Passing, clock_off, mended
from tests.world import World

# --- order ---------------------------------------------------------------------------------------------------------


def intended(world: World, person: Person, name: str, **facts: Any) -> Change:
    values: dict[str, Any] = {"kind": Kind.CONTACT, "object": "Lead", "operation": "upsert"}
    key = order_key(world.salesforce, person.pk)
    change = Change(connection=world.salesforce, person=person, order_key=key, identity=identity_of(name), **values)
    for field, value in facts.items():
        setattr(change, field, value)
    return change


@pytest.mark.parametrize("off", [timedelta(seconds=2), timedelta(minutes=2), HOURS])
def test_what_is_recorded_after_a_clock_was_set_back_is_delivered_after(world: World, off: timedelta) -> None:
    person = Person.objects.create()
    with clock_off(off):
        [first] = record_changes([intended(world, person, "first")])
    [second] = record_changes([intended(world, person, "second")])
    assert first.id < second.id
    mended()
    assert [change.id for change in claim_changes("events", 10)] == [first.id]
    Change.objects.filter(pk=first.pk).update(state=ChangeState.APPLIED)
    assert [change.id for change in claim_changes("events", 10)] == [second.id]


def test_changes_recorded_together_keep_their_order_and_what_they_follow(world: World) -> None:
    person = Person.objects.create()
    with clock_off(HOURS):
        record_changes([intended(world, person, "earlier")])
    maker = intended(world, person, "maker")
    member = intended(world, person, "member", depends_on=maker)
    record_changes([maker, member])
    member.refresh_from_db()
    ids = list(Change.objects.order_by("id").values_list("id", flat=True))
    assert ids[1:] == [maker.id, member.id]
    assert member.depends_on_id == maker.id


def test_what_others_recorded_does_not_matter(world: World) -> None:
    with clock_off(HOURS):
        record_changes([intended(world, Person.objects.create(), "of somebody")])
    [change] = record_changes([intended(world, Person.objects.create(), "of somebody else")])
    assert change.id < Change.objects.latest("id").id


@pytest.mark.parametrize("number", [1, 50])
def test_the_order_costs_one_look_however_many_changes_there_are(world: World, number: int) -> None:
    people = [Person.objects.create() for _one in range(number)]
    with CaptureQueriesContext(connection) as asked:
        record_changes([intended(world, person, person.pk) for person in people])
    looks = [query["sql"] for query in asked if query["sql"].startswith("SELECT")]
    assert len(looks) == 2  # and one at what was made


def renamed(world: World, contact: dict[str, Any], name: str) -> None:
    world.sandbox.act("getresponse", "rename", email=contact["email"], to=name)
    world.hear(contact | {"name": name}, "tag_applied", now=name)


def test_events_of_one_person_are_planned_as_they_came_though_the_clock_was_set_back(world: World) -> None:
    world.main_job()
    thin = {"connection": "getresponse-main", "object": "contact", "read": "never"}
    world.mapping("names", source=thin, fields=[{"from": "name", "to": "LastName"}])
    world.rule("again", "contact.tagged", {"upsert": {"mapping": "names"}})
    contact = world.subscribe("order@example.com", name="Omar Haddad")
    world.work()
    with clock_off(HOURS):
        renamed(world, contact, "Before")
    for name in ("After", "At last"):
        renamed(world, contact, name)
    mended()
    world.work()
    [lead] = world.leads
    assert lead["LastName"] == "At last"
    assert len(world.events(type="contact.tagged", state="planned")) == 3


def test_an_event_that_comes_late_is_still_planned_by_the_time_it_happened(world: World) -> None:
    world.main_job()
    contact = world.sandbox.subscribe("late@example.com", name="Dana Cohen")
    world.hear(contact, "tag_applied")
    world.hear(contact)
    tagged, subscribed = world.events()
    assert subscribed.occurred_at < tagged.occurred_at


# --- once ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", [claim_events, claim_changes])
def test_a_clock_that_jumps_forwards_takes_no_work_away(world: World, passing: Passing, claim: Any) -> None:
    world.main_job()
    world.subscribe("jump@example.com", name="Dana Cohen")
    if claim is claim_changes:
        planner.plan_due("events")
    assert len(claim("events", 10)) == 1
    with clock_off(HOURS):
        assert claim("events", 10) == []
        with passing.later(LEASE + 3 * LOOK):  # whoever held it is dead by now
            assert len(claim("events", 10)) == 1


def test_a_clock_that_jumps_forwards_takes_no_run_away(passing: Passing, db: None) -> None:
    Run.objects.create(state=RunState.RUNNING, lease="x", lease_until=clock.now() + LEASE)
    with clock_off(HOURS):
        assert advance_runs() == 0


def test_of_two_who_plan_an_event_the_one_whose_lease_is_over_settles_nothing(world: World) -> None:
    world.main_job()
    world.subscribe("two@example.com", name="Dana Cohen")
    slow = claim_events("events", 10)
    Event.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    fast = claim_events("events", 10)
    planner.plan_events(world.getresponse, slow, "events")
    assert Change.objects.count() == 0
    planner.plan_events(world.getresponse, fast, "events")
    assert Change.objects.count() == 1
    postpone(slow[0], Busy("I was late."))
    assert [event.state for event in world.events()] == [EventState.PLANNED]


def test_what_was_planned_in_vain_is_still_leased(world: World) -> None:
    world.main_job()
    world.subscribe("vain@example.com", name="Dana Cohen")
    events = claim_events("events", 10)
    with mock.patch.object(planner, "wake_for", side_effect=RuntimeError), pytest.raises(RuntimeError):
        planner.plan_events(world.getresponse, events, "events")
    assert still_ours(events) == {events[0].id}
    planner.plan_events(world.getresponse, events, "events")
    assert world.events()[0].state == EventState.PLANNED


def test_who_sends_what_another_took_over_settles_nothing(world: World) -> None:
    world.main_job()
    world.subscribe("sends@example.com", name="Dana Cohen")
    planner.plan_due("events")

    def taken_over(*about: Any) -> None:
        Change.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        with mock.patch.object(delivery, "_send", send):
            delivery.deliver_due("events")
        send(*about)

    send = delivery._send
    with mock.patch.object(delivery, "_send", taken_over):
        delivery.deliver_due("events")
    [change] = world.changes()
    assert (change.state, len(world.leads)) == (ChangeState.APPLIED, 1)
    results = sorted(attempt.result for attempt in change.attempt_rows.all())
    assert results == [AttemptResult.APPLIED, AttemptResult.CRASHED]


def test_the_same_content_after_a_clock_was_set_back_is_another_event(world: World) -> None:
    contact = world.sandbox.subscribe("twice@example.com", name="Dana Cohen")
    with clock_off(HOURS):
        world.hear(contact, "unsubscribe")
    world.hear(contact, "unsubscribe")
    world.hear(contact, "unsubscribe")
    assert sorted(event.repeats for event in world.events()) == [0, 1]


@pytest.mark.parametrize("off", [timedelta(), HOURS])
def test_what_an_attempt_made_is_looked_for_by_a_time_that_can_be_trusted(world: World, off: timedelta) -> None:
    world.main_job()
    with clock_off(off):
        world.subscribe("look@example.com", name="Dana Cohen")
        planner.plan_due("events")
        [change] = claim_changes("events", 10)
    assert (delivery.since_when(change)[0] is None) == bool(off)
