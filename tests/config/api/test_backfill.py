"""A program plans a backfill, starts it, sees how far it is, stops and resumes it."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from integrations.models import Connection
from tests.world import World

from .conftest import Caller

RUNS = "/api/v1/runs/"
SCOPE = {"rule": "new-subscriber"}


@pytest.fixture
def people(world: World) -> World:
    Connection.objects.update(limits=[{"calls": 1_000_000, "per": "1d"}])
    world.main_job()
    for number in range(25):
        world.sandbox.subscribe(f"a{number}@example.com", name=f"Person {number}")
    return world


def start(api: APIClient, scope: Any = SCOPE, **more: Any) -> Any:
    return api.post(RUNS, {"kind": "backfill", "scope": scope, **more}, format="json")


def test_a_dry_run_is_the_plan(api: APIClient, people: World) -> None:
    answer = start(api, dry_run=True)
    assert answer.status_code == 201, answer.json()
    people.work()
    told = api.get(f"{RUNS}{answer.json()['id']}/").json()
    assert (told["state"], told["plan"]["counts"]["created"]) == ("done", {"n": 25, "margin": 0})
    assert [line["total"] for line in told["plan"]["calls"]] == [26, 2]
    assert (told["progress"], people.leads) == (None, [])


def test_a_run_tells_its_progress_against_its_plan(api: APIClient, people: World) -> None:
    run = start(api, {**SCOPE, "limit": 20, "nights_only": False}).json()["id"]
    people.work()
    told = api.get(f"{RUNS}{run}/").json()
    assert (told["state"], told["total"], told["scope"]["limit"]) == ("done", 20, 20)
    assert told["progress"]["created"] == 20
    planned = {line["connection"]: line["total"] for line in told["plan"]["calls"]}
    assert told["progress"]["calls"] == planned


def test_it_is_stopped_and_resumed(api: APIClient, people: World) -> None:
    run = start(api).json()["id"]
    assert api.post(f"{RUNS}{run}/stop/").json()["state"] == "stopped"
    assert api.post(f"{RUNS}{run}/resume/").json()["state"] == "queued"
    people.work()
    assert len(people.leads) == 25
    assert api.post(f"{RUNS}{run}/resume/").status_code == 400


def test_to_resume_at_the_brake_is_a_decision_about_changes(caller: Caller, people: World, settings: Any) -> None:
    settings.BRAKE_PER_HOUR = {"create": 5}
    starter = caller("mappings.add_run", "mappings.view_run")
    run = start(starter).json()["id"]
    people.work()
    assert starter.get(f"{RUNS}{run}/").json()["state"] == "waiting"
    assert starter.post(f"{RUNS}{run}/resume/").status_code == 403
    assert caller("mappings.add_run", "audit.decide_change").post(f"{RUNS}{run}/resume/").status_code == 200
    people.work()
    assert len(people.leads) == 25


@pytest.mark.parametrize(
    "scope", [{}, {"rule": "none"}, {"rule": "stop"}, {**SCOPE, "limit": 0}, {**SCOPE, "since": "spring"}]
)
def test_a_scope_that_says_nothing_sensible_is_refused(api: APIClient, people: World, scope: Any) -> None:
    assert start(api, scope).status_code == 400
