"""`manage.py backfill`: the plan as a table or JSON, the pilot, the run with its progress, and the brake."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations.models import Connection
from mappings.models import Run, RunState
from mappings.runs import stop_run
from tests.world import World

RULE = "new-subscriber"


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command("backfill", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def people(world: World) -> World:
    """Thirty at the source, and limits that nobody reaches."""
    Connection.objects.update(limits=[{"calls": 1_000_000, "per": "1d"}])
    world.main_job()
    for number in range(30):
        world.sandbox.subscribe(f"c{number}@example.com", name=f"Person {number}")
    return world


def test_a_plan_is_a_table_and_moves_nothing(people: World) -> None:
    text = said("plan", RULE)
    assert "30  would be created" in text
    assert "Every record was looked at" in text
    assert "getresponse-main      1     30" in text
    assert people.leads == []


def test_a_plan_is_json_for_programs(people: World) -> None:
    facts = json.loads(said("plan", RULE, "--format", "json"))
    assert facts["counts"]["created"] == {"n": 30, "margin": 0}


def test_a_pilot_does_twenty_and_says_where_to_look(people: World) -> None:
    text = said("run", RULE, "--pilot")
    assert len(people.leads) == 20
    assert "20 records: 20 created" in text
    assert f"/admin/mappings/run/{Run.objects.get().pk}/change/" in text


def test_a_run_tells_its_plan_its_progress_and_its_calls(people: World) -> None:
    text = said("run", RULE)
    assert len(people.leads) == 30
    assert "would be created" in text
    assert "] 100%  30 of 30" in text
    assert "calls to getresponse-main, 31 planned (100 %)" in text


def test_in_the_background_it_is_only_queued(people: World) -> None:
    assert "is queued" in said("run", RULE, "--background")
    assert people.leads == []
    people.work()
    assert len(people.leads) == 30


def test_one_that_was_stopped_is_taken_up_when_asked_for(people: World) -> None:
    said("run", RULE, "--background")
    run = Run.objects.get()
    stop_run(run, "dana")
    said("run", RULE, "--resume")
    run.refresh_from_db()
    assert (run.state, len(people.leads)) == (RunState.DONE, 30)
    with pytest.raises(CommandError, match="No backfill"):
        said("run", RULE, "--resume")


def test_at_the_brake_it_ends_with_what_to_do(people: World, settings: Any) -> None:
    settings.BRAKE_PER_HOUR = {"create": 10}
    assert "It stops at the brake after 10 records" in said("plan", RULE)
    with pytest.raises(CommandError, match=f"backfill run {RULE} --resume"):
        said("run", RULE)
    assert len(people.leads) == 10
    said("run", RULE, "--resume")
    assert len(people.leads) == 30


@pytest.mark.parametrize("arguments", [("plan", "none"), ("run", "stop"), ("plan", RULE, "--since", "spring")])
def test_what_cannot_be_done_is_said(people: World, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        said(*arguments)
