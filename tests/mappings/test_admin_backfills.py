"""A backfill in the admin: from the rule's page to its plan, from there a pilot or all of it, and how far it is."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from integrations.models import Connection
from mappings.models import Rule, Run, RunState
from tests.audit.rows import staff
from tests.world import World

RUNS = "/admin/mappings/run/"


@pytest.fixture
def people(world: World) -> World:
    Connection.objects.update(limits=[{"calls": 1_000_000, "per": "1d"}])
    world.main_job()
    for number in range(25):
        world.sandbox.subscribe(f"p{number}@example.com", name=f"Person {number}")
    return world


def press(client: Client, row: Any, verb: str, **sent: str) -> Any:
    return client.post(f"/admin/mappings/{row._meta.model_name}/{row.pk}/press/{verb}/", sent)


def page_of(client: Client, run: Run) -> str:
    page = client.get(f"{RUNS}{run.pk}/change/")
    assert page.status_code == 200
    return page.content.decode()


def newest() -> Run:
    return Run.objects.latest("id")


def planned(client: Client, people: World) -> Run:
    press(client, Rule.objects.get(name="new-subscriber"), "backfill")
    people.work()
    return newest()


def test_a_rules_page_leads_to_the_plan(admin_client: Client, people: World) -> None:
    rule = Rule.objects.get(name="new-subscriber")
    assert "Backfill…" in admin_client.get(f"/admin/mappings/rule/{rule.pk}/change/").content.decode()
    answer = press(admin_client, rule, "backfill")
    run = newest()
    assert answer["Location"] == f"{RUNS}{run.pk}/change/"
    assert "Pilot of 20" not in page_of(admin_client, run)  # it is not planned yet
    people.work()
    page = page_of(admin_client, run)
    for words in ("would be created", "of a day&#x27;s budget", "Pilot of 20", "Run all", "at night only"):
        assert words in page
    assert people.leads == []


def test_a_rule_about_an_act_of_a_person_has_no_backfill(admin_client: Client, people: World) -> None:
    rule = Rule.objects.get(name="stop")
    assert "Backfill…" not in admin_client.get(f"/admin/mappings/rule/{rule.pk}/change/").content.decode()


def test_a_pilot_then_all_of_it(admin_client: Client, people: World) -> None:
    plan = planned(admin_client, people)
    press(admin_client, plan, "pilot")
    people.work()
    assert (newest().state, len(people.leads)) == (RunState.DONE, 20)
    assert "20 records: 20 created" in page_of(admin_client, newest())
    press(admin_client, plan, "run-all")
    people.work()
    page = page_of(admin_client, newest())
    assert len(people.leads) == 25
    assert "25 of 25 records" in page
    assert "Calls against the plan" in page
    assert f"?run={newest().pk}" in page


def test_its_changes_are_a_filter_of_the_audit_log(admin_client: Client, people: World) -> None:
    press(admin_client, planned(admin_client, people), "pilot")
    people.work()
    assert admin_client.get(f"/admin/audit/change/?run={newest().pk}").context["cl"].result_count == 20
    assert admin_client.get("/admin/audit/change/?run=NONE").context["cl"].result_count == 0


def test_at_night_only_is_said_and_kept(admin_client: Client, people: World) -> None:
    press(admin_client, planned(admin_client, people), "run-all", nights_only="on")
    assert newest().scope == {"rule": "new-subscriber", "nights_only": True}
    assert "at night only" in page_of(admin_client, newest())


def test_it_is_planned_again_from_a_day_on(admin_client: Client, people: World) -> None:
    press(admin_client, planned(admin_client, people), "plan-again", since="2999-01-31")
    people.work()
    run = newest()
    assert (run.plan or {})["counts"]["created"]["n"] == 0
    assert "changed since 2999-01-31" in page_of(admin_client, run)


def test_at_the_brake_the_page_says_what_to_do(admin_client: Client, people: World, settings: Any) -> None:
    settings.BRAKE_PER_HOUR = {"create": 5}
    plan = planned(admin_client, people)
    assert "It stops at the brake after 5 records" in page_of(admin_client, plan)
    press(admin_client, plan, "run-all")
    people.work()
    run = newest()
    page = page_of(admin_client, run)
    assert "Stopped at the brake: 20 changes wait" in page
    assert "Resume" in page
    press(admin_client, run, "resume")
    people.work()
    assert len(people.leads) == 25


def test_who_may_start_runs_but_not_decide_cannot_resume_at_the_brake(people: World, settings: Any) -> None:
    settings.BRAKE_PER_HOUR = {"create": 5}
    client = staff("mappings.add_run", "mappings.view_run", "mappings.view_rule")
    press(client, planned(client, people), "run-all")
    people.work()
    assert "/press/resume/" not in page_of(client, newest())
    assert press(client, newest(), "resume").status_code == 403
    assert "/press/stop/" in page_of(client, newest())
