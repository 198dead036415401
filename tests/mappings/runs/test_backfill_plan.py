"""What a backfill says before anything moves: how many, how sure, how many calls, and how long."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import Change
from integrations.models import Connection, Event, Link, Person
from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Page
from integrations.vendors.errors import Unavailable
from integrations.vendors.getresponse.resources import contacts
from integrations.vendors.http import Http
from mappings.models import Run, RunState
from mappings.runs import RunRefused, start_run
from mappings.runs.progress import progress_of
from mappings.runs.wording import plan_words
from tests.world import World

from .backfilling import RULE, backfill, counts, plan, planned_calls, signed_up


@pytest.fixture
def world(roomy: World) -> World:
    return roomy


def test_a_plan_says_how_many_would_be_made_and_writes_nothing(world: World) -> None:
    world.main_job()
    signed_up(world, 3)
    world.sandbox.create("Lead", LastName="There", Company="X", Email="b0@example.com")
    run = plan(world)
    assert run.state == RunState.DONE, run.message
    assert counts(run) == {"created": 2, "changed": 1}
    assert run.plan is not None
    assert run.plan["sample"] == {"records": 3, "all": True}
    assert run.plan["source"] == {"connection": "getresponse-main", "object": "contact", "records": 3}
    assert run.plan["targets"] == [{"connection": "salesforce-main", "object": "Lead", "records": 1}]
    assert (len(world.leads), Event.objects.count(), Change.objects.count()) == (1, 0, 0)
    assert (Person.objects.count(), Link.objects.count()) == (0, 0)


def test_a_plan_tells_apart_what_is_left_in_conflict_and_opted_out(world: World) -> None:
    world.main_job()
    signed_up(world, 3)
    stopped = world.subscribe("stopped@example.com", name="Dana Cohen")
    world.hear(stopped, "unsubscribe")
    world.work()
    backfill(world)
    signed_up(world, 1, start=3)
    for name in ("One", "Two"):
        world.sandbox.create("Lead", LastName=name, Company="X", Email="b3@example.com")
    assert counts(plan(world)) == {"left": 4, "conflict": 1, "opted_out": 1}


def test_the_calls_of_a_plan_are_those_of_the_run(world: World) -> None:
    world.main_job()
    signed_up(world, 30)
    run_plan = plan(world)
    run = backfill(world)
    assert run.plan == run_plan.plan
    assert progress_of(run).calls == planned_calls(run_plan)
    assert len(world.leads) == 30


def test_at_the_limits_of_a_second_batches_stay_whole_and_so_do_their_calls(world: World) -> None:
    Connection.objects.filter(name="getresponse-main").update(limits=[{"calls": 20, "per": "1s"}])
    world.main_job()
    signed_up(world, 30)
    planned = planned_calls(plan(world))
    time.sleep(1.1)  # the window is empty again
    run = backfill(world)
    assert progress_of(run).calls == planned == {"getresponse-main": 31, "salesforce-main": 2}


def test_what_was_read_is_not_read_again_while_another_vendor_is_waited_for(world: World) -> None:
    world.main_job()
    signed_up(world, 5)
    plan(world)
    with mock.patch(
        "integrations.vendors.salesforce.resources.Salesforce.find_any", side_effect=Unavailable("Not now.")
    ):
        run = backfill(world)
    world.let_time_pass()
    world.work()
    assert len(world.leads) == 5
    assert progress_of(run).calls["getresponse-main"] == 6


def test_records_are_not_read_one_by_one_when_the_listing_has_what_the_mapping_needs(world: World) -> None:
    world.mapping(fields=[{"from": "name", "via": ["last_name"], "to": "LastName"}, {"value": "X", "to": "Company"}])
    world.rule(RULE, "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}})
    signed_up(world, 12)
    line = next(line for line in (plan(world).plan or {})["calls"] if line["connection"] == "getresponse-main")
    assert (line["pages"], line["reads"], line["total"]) == (1, 0, 1)
    assert progress_of(backfill(world)).calls["getresponse-main"] == 1


def test_of_many_a_sample_is_planned_and_the_margin_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mappings.runs.forecast.ALL_UP_TO", 10)
    monkeypatch.setattr("mappings.runs.forecast.SAMPLE", 8)
    monkeypatch.setattr("mappings.runs.forecast.CLAIM", 4)
    world.main_job()
    signed_up(world, 16)
    for number in range(4):
        world.sandbox.create("Lead", LastName="There", Company="X", Email=f"b{number}@example.com")
    facts = plan(world).plan or {}
    assert facts["sample"] == {"records": 8, "all": False}
    assert facts["counts"]["created"] == {"n": 8, "margin": 6}
    getresponse, salesforce = facts["calls"]
    assert (getresponse["pages"], getresponse["reads"]) == (1, 16)
    assert (salesforce["look_ups"], salesforce["writes"]) == (4, 4)


def test_hours_and_nights_go_by_the_limits_and_the_part_kept_for_live_traffic(world: World) -> None:
    Connection.objects.filter(name="getresponse-main").update(limits=[{"calls": 10, "per": "1h"}])
    world.main_job()
    signed_up(world, 6)
    line = next(line for line in _planned_slowly(world)["calls"] if line["connection"] == "getresponse-main")
    assert (line["total"], line["day_percent"]) == (7, 3)
    assert (line["hours"], line["nights"]) == (0.0, 1)


def _planned_slowly(world: World) -> dict[str, Any]:
    run = start_run("backfill", {"rule": RULE}, "dana", dry_run=True)
    for _pause in range(6):
        world.work()
        world.let_time_pass()
    run.refresh_from_db()
    assert run.plan is not None and "calls" in run.plan, run.message
    return run.plan


def test_what_cannot_be_backfilled_is_refused(world: World) -> None:
    world.main_job()
    for scope in ({"rule": "stop"}, {"rule": "none"}, {"rule": RULE, "since": "May"}, {"rule": RULE, "email": "a@b.c"}):
        with pytest.raises(RunRefused):
            start_run("backfill", scope, "dana")
    with pytest.raises(RunRefused):
        start_run("backfill", {"rule": RULE, "limit": 0}, "dana")


def test_where_the_vendor_does_not_say_how_many_there_are_the_plan_says_so(world: World, small_pages: None) -> None:
    world.main_job()
    signed_up(world, 25)
    client = "integrations.vendors.getresponse.resources.GetResponse"
    page = contacts.Contacts.page

    def silent(listed: Any, *asked: Any) -> Page:
        return replace(page(listed, *asked), total=None)

    with mock.patch.object(contacts.Contacts, "page", silent), mock.patch(f"{client}.count", return_value=None):
        run = plan(world)
        assert (run.total, counts(run)) == (None, {"created": 25})
        words = plan_words(run)
        assert words is not None and "is not said" in " ".join(words.notes)
        assert backfill(world).done == 25


@pytest.mark.django_db(transaction=True)
def test_no_vendor_is_called_inside_the_transaction_that_is_rolled_back(sandbox: RunningSandbox) -> None:
    world = World(sandbox)
    world.main_job()
    signed_up(world, 3)
    inside: list[bool] = []
    send = Http.send_many

    def watched(http: Http, calls: Any) -> Any:
        inside.append(connection.in_atomic_block)
        return send(http, calls)

    with mock.patch.object(Http, "send_many", watched):
        assert counts(plan(world)) == {"created": 3}
    assert inside and not any(inside)


def test_a_plan_of_another_day_is_made_anew(world: World) -> None:
    world.main_job()
    old = plan(world)
    Run.objects.update(created_at=timezone.now() - timedelta(days=2))
    signed_up(world, 1)
    run = backfill(world)
    assert run.plan is not None
    assert (old.total, run.plan["records"]) == (0, 1)
