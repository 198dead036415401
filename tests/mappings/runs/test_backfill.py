"""A backfill goes in bounded portions, leaves live traffic its part, loses nothing and doubles nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from audit.models import Change
from config.tasks import work_off
from integrations import receive
from integrations.budgets import SharedBudget
from integrations.models import CallCount, Connection, Event, EventSource
from integrations.vendors.errors import Unavailable
from mappings.models import Run, RunState
from mappings.runs import RunRefused, advance_runs, resume_run, start_run, stop_run
from mappings.runs.nights import is_night
from mappings.runs.progress import Progress, progress_of
from tests.world import OPT_OUT, SUBSCRIBER_TO_LEAD, World

from .backfilling import RULE, backfill, counts, plan, signed_up


@pytest.fixture
def world(roomy: World) -> World:
    return roomy


def test_every_record_arrives_once_in_portions(world: World, small_pages: None) -> None:
    world.main_job()
    signed_up(world, 35)
    run = backfill(world)
    assert run.state == RunState.DONE, run.message
    assert sorted(lead["Email"] for lead in world.leads) == sorted(f"b{n}@example.com" for n in range(35))
    assert "35 records: 35 created" in run.message
    assert progress_of(run) == Progress(read=35, planned=35, created=35, calls=mock.ANY)


def test_it_does_not_run_ahead_of_what_it_can_deliver(world: World, small_pages: None) -> None:
    world.main_job()
    signed_up(world, 60)
    plan(world)
    start_run("backfill", {"rule": RULE}, "dana")
    while advance_runs():
        pass
    assert Event.objects.filter(source=EventSource.BACKFILL).count() == 10


def test_one_that_waits_for_its_own_work_lets_another_run_go_on(world: World, small_pages: None) -> None:
    world.main_job()
    signed_up(world, 30)
    plan(world)
    start_run("backfill", {"rule": RULE}, "dana")
    while advance_runs():
        pass
    other = start_run("resync", {"email": "b3@example.com"}, "dana")
    assert advance_runs() == 1
    other.refresh_from_db()
    assert other.position == 1


def test_again_finds_everything_in_step(world: World) -> None:
    world.main_job()
    signed_up(world, 5)
    backfill(world)
    again = backfill(world)
    assert progress_of(again).left == 5
    assert len(world.leads) == 5


def test_only_what_changed_since_a_day_is_taken(world: World) -> None:
    world.main_job()
    signed_up(world, 2)
    tomorrow = (timezone.now() + timedelta(days=2)).date().isoformat()
    assert counts(plan(world, since=tomorrow)) == {}
    assert backfill(world, since=tomorrow).done == 0
    assert world.leads == []


def test_a_pilot_does_twenty_and_ends(world: World) -> None:
    world.main_job()
    signed_up(world, 30)
    run = backfill(world, limit=20)
    assert run.state == RunState.DONE
    assert (run.done, run.total, len(world.leads)) == (20, 20, 20)
    assert backfill(world).done == 30
    assert len(world.leads) == 30


def test_asked_for_twice_it_runs_once(world: World) -> None:
    world.main_job()
    start_run("backfill", {"rule": RULE}, "dana")
    with pytest.raises(RunRefused, match="under way"):
        start_run("backfill", {"rule": RULE}, "dana")


def test_who_said_stop_is_made_with_the_stop(world: World) -> None:
    world.mapping()
    world.rule(RULE, "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}})
    world.rule("stop", "contact.unsubscribed", OPT_OUT)
    contact = world.sandbox.subscribe("s@example.com", name="Dana Cohen", origin="import")
    world.hear(contact, "unsubscribe")
    world.work()
    backfill(world)
    [lead] = world.leads
    assert lead["HasOptedOutOfEmail"] is True


def test_who_leaves_while_it_reads_hides_nobody_behind_a_page(world: World, small_pages: None) -> None:
    world.main_job()
    signed_up(world, 25)
    spread_over_time(world)
    plan(world)
    start_run("backfill", {"rule": RULE}, "dana")
    rounds(1)
    for number in range(5):  # of the page that was read
        world.sandbox.act("getresponse", "leave", email=f"b{number}@example.com")
    world.work(rounds=60)
    assert {lead["Email"] for lead in world.leads} == {f"b{n}@example.com" for n in range(25)}


def spread_over_time(world: World) -> None:
    shelf = world.sandbox.store.shelf("getresponse")
    for number, contact in enumerate(world.sandbox.records("getresponse", "contact")):
        made = {"createdOn": f"2026-04-21T09:15:{number:02d}+0000"}
        shelf.put("contact", contact["contactId"], contact | made)


# --- crashes, stops, failures -----------------------------------------------------------------------------------


def test_after_a_crash_in_the_middle_nothing_is_lost_and_nothing_doubled(world: World, small_pages: None) -> None:
    world.main_job()
    signed_up(world, 25)
    run = start_run("backfill", {"rule": RULE}, "dana")
    crashes = iter([False, True, False, True, True])

    def store(events: Any) -> Any:
        stored = receive.store(events)
        if next(crashes, False):
            raise SystemExit  # after the rows, before the commit
        return stored

    with mock.patch("mappings.runs.backfill.store", store):
        for _life in range(6):
            try:
                world.work(rounds=60)
            except SystemExit:
                Run.objects.update(lease_until=timezone.now() - timedelta(minutes=5))
    run.refresh_from_db()
    assert (run.state, run.done) == (RunState.DONE, 25), run.message
    assert len({lead["Email"] for lead in world.leads}) == len(world.leads) == 25
    assert Event.objects.filter(run_id=run.pk).count() == 25


def test_a_worker_that_dies_while_it_sends_doubles_nothing(world: World, small_pages: None) -> None:
    world.main_job()
    signed_up(world, 25)
    run = start_run("backfill", {"rule": RULE}, "dana")
    with mock.patch("audit.delivery.settle", side_effect=SystemExit), pytest.raises(SystemExit):
        world.work(rounds=60)
    Change.objects.exclude(lease="").update(lease_until=timezone.now() - timedelta(minutes=5))
    world.work(rounds=60)
    run.refresh_from_db()
    assert run.state == RunState.DONE
    assert len({lead["Email"] for lead in world.leads}) == len(world.leads) == 25


def test_it_is_stopped_and_resumed_where_it_was(world: World, small_pages: None) -> None:
    world.main_job()
    signed_up(world, 25)
    plan(world)
    run = start_run("backfill", {"rule": RULE}, "dana")
    rounds(1)
    assert stop_run(run, "dana")
    world.work()
    run.refresh_from_db()
    assert (run.state, run.done, len(world.leads)) == (RunState.STOPPED, 10, 10)
    assert resume_run(run, "dana", None)
    world.work(rounds=60)
    run.refresh_from_db()
    assert (run.state, run.done, len(world.leads)) == (RunState.DONE, 25, 25)
    assert not resume_run(run, "dana", None)


def rounds(count: int) -> None:
    for _round in range(count):
        work_off("bulk")


def test_a_vendor_that_is_down_is_asked_again(world: World) -> None:
    world.main_job()
    signed_up(world, 3)
    run = start_run("backfill", {"rule": RULE}, "dana")
    page = "integrations.vendors.getresponse.resources.contacts.Contacts.page"
    with mock.patch(page, side_effect=Unavailable("Down.")):
        world.work()
    run.refresh_from_db()
    assert (run.state, run.message.startswith("Down.")) == (RunState.RUNNING, True)
    world.let_time_pass()
    world.work()
    assert len(world.leads) == 3


def test_a_rule_that_is_turned_off_ends_it_and_it_can_be_resumed(world: World, small_pages: None) -> None:
    world.main_job()
    signed_up(world, 15)
    plan(world)
    run = start_run("backfill", {"rule": RULE}, "dana")
    rounds(1)
    world.getresponse.rules.update(enabled=False)
    world.work()
    run.refresh_from_db()
    assert (run.state, run.done) == (RunState.FAILED, 10)
    world.getresponse.rules.update(enabled=True)
    resume_run(run, "dana", None)
    world.work()
    run.refresh_from_db()
    assert (run.state, run.done) == (RunState.DONE, 15)


# --- live traffic, nights, the brake ----------------------------------------------------------------------------


def test_it_leaves_a_part_of_the_budget_to_live_traffic(world: World) -> None:
    world.main_job()
    signed_up(world, 3)
    plan(world)
    Connection.objects.filter(name="salesforce-main").update(limits=[{"calls": 10, "per": "1h"}])
    salesforce = Connection.objects.get(name="salesforce-main")
    SharedBudget(salesforce, ()).spend(6)
    run = backfill(world)
    assert (run.state, world.leads) == (RunState.RUNNING, [])  # the seventh call was its last
    salesforce.refresh_from_db()
    assert salesforce.paused_until is None
    world.subscribe("live@example.com", name="Dana Cohen")
    world.work()
    assert [lead["Email"] for lead in world.leads] == ["live@example.com"]
    world.let_time_pass()
    world.work()
    assert len(world.leads) == 4


def test_a_run_for_the_nights_rests_by_day(world: World, small_pages: None, time_of_day: Any) -> None:
    world.main_job()
    signed_up(world, 15)
    time_of_day(21)
    run = start_run("backfill", {"rule": RULE, "nights_only": True}, "dana")
    world.work()
    run.refresh_from_db()
    assert (run.state, run.done, world.leads) == (RunState.RUNNING, 0, [])
    assert timezone.localtime(run.next_attempt_at).hour == 22
    time_of_day(23)
    world.work()
    run.refresh_from_db()
    assert (run.state, run.done, len(world.leads)) == (RunState.DONE, 15, 15)


@pytest.fixture
def time_of_day() -> Iterator[Any]:
    """Sets the hour of tomorrow, which only the nights go by."""
    with mock.patch("mappings.runs.backfill.clock.now") as now, mock.patch("mappings.runs.working.clock.now") as due:

        def set_to(hour: int) -> None:
            day = timezone.localtime(timezone.now() + timedelta(days=1))
            now.return_value = due.return_value = day.replace(hour=hour, minute=30)

        yield set_to


@pytest.mark.parametrize(("hour", "night"), [(21, False), (22, True), (2, True), (5, True), (6, False), (12, False)])
def test_the_night_is_from_ten_to_six_where_the_installation_is(hour: int, night: bool, settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Jerusalem"
    assert is_night(timezone.make_aware(datetime(2026, 5, 4, hour, 30))) is night


def test_it_stops_at_the_brake_and_goes_on_when_a_person_says_so(
    world: World, settings: Any, small_pages: None
) -> None:
    settings.BRAKE_PER_HOUR = {"create": 5}
    world.main_job()
    signed_up(world, 25)
    run = backfill(world)
    assert (run.state, run.done, len(world.leads)) == (RunState.WAITING, 10, 5)
    assert "Stopped at the brake: 5 changes wait" in run.message
    assert resume_run(run, "dana", None)
    world.work(rounds=60)
    run.refresh_from_db()
    assert (run.state, len(world.leads)) == (RunState.DONE, 25)
    assert CallCount.objects.filter(run_id=run.pk).count() == 2


def test_what_no_approval_lets_go_does_not_keep_it_at_the_brake(world: World, settings: Any) -> None:
    settings.BRAKE_PER_HOUR = {"create": 1}
    world.main_job()
    signed_up(world, 3)
    run = backfill(world)
    with mock.patch("audit.decisions._why_not_approved", return_value="The person opted out."):
        resume_run(run, "dana", None)
    world.work()
    run.refresh_from_db()
    assert (run.state, progress_of(run).held) == (RunState.DONE, 2)
    assert "2 wait for approval" in run.message


def test_one_that_stands_at_the_brake_can_be_stopped(world: World, settings: Any) -> None:
    settings.BRAKE_PER_HOUR = {"create": 1}
    world.main_job()
    signed_up(world, 3)
    run = backfill(world)
    assert stop_run(run, "dana")
    world.work()
    assert len(world.leads) == 1


def test_what_follows_a_record_that_could_not_be_made_keeps_no_run_from_its_end(world: World) -> None:
    fields = [row for row in SUBSCRIBER_TO_LEAD["fields"] if row["to"] != "LastName"]  # Salesforce wants one
    world.mapping(fields=fields)
    join = {"add_to_campaign": {"connection": "salesforce-main", "campaign": "701000000000001"}}
    world.rule(RULE, "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}}, join)
    signed_up(world, 3)
    run = backfill(world)
    assert (run.state, progress_of(run).failed) == (RunState.DONE, 3)
