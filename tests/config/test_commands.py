"""The commands a person or cron types: their words, their effects and their exit codes."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from integrations.models import Connection
from integrations.vendors.registry import VENDORS
from mappings.models import Run, RunState
from tests.world import World


def said(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_work_once_does_all_that_is_due_and_prints_a_summary(world: World) -> None:
    world.main_job()
    world.subscribe("w@example.com", name="Dana Cohen")
    assert said("work", "--once") == "Events: 1 planned.\nChanges: 1 applied.\n"
    assert len(world.leads) == 1


def test_work_once_is_content_when_a_change_failed_at_its_vendor(world: World) -> None:
    world.main_job()
    world.sandbox.switch("salesforce", validation_rule="Lead.LastName=Refused")
    world.subscribe("w@example.com", name="Refused")
    assert "1 failed" in said("work", "--once")


def test_a_connection_test_says_what_works(world: World) -> None:
    assert "ok      Lead opt-out" in said("connection", "test", "salesforce-main")


def test_a_connection_test_says_what_is_missing_and_fails(world: World) -> None:
    world.sandbox.switch("salesforce", hidden_fields=["Contact.HasOptedOutOfEmail"])
    with pytest.raises(CommandError, match="MISSING"):
        said("connection", "test", "salesforce-main")
    assert Connection.objects.get(name="salesforce-main").health == "degraded"


def test_a_misspelt_connection_is_answered_with_the_nearest(world: World) -> None:
    with pytest.raises(CommandError, match="Did you mean salesforce-main"):
        said("connection", "test", "salesforce-mian")


def test_callbacks_are_registered_listed_and_removed(world: World) -> None:
    assert "No callback" in said("callbacks", "list", "getresponse-main")
    assert "ours" in said("callbacks", "register", "getresponse-main")
    assert "ours" in said("callbacks", "list", "getresponse-main")
    said("callbacks", "remove", "getresponse-main")
    assert "No callback" in said("callbacks", "list", "getresponse-main")


def test_a_foreign_callback_is_not_overwritten_unasked(world: World) -> None:
    said("callbacks", "register", "getresponse-main")
    from integrations.tokens import set_token

    set_token(world.getresponse, "another-token")  # now the registered one is no longer ours
    world.getresponse.save()
    with pytest.raises(CommandError, match="--force"):
        said("callbacks", "register", "getresponse-main")
    with pytest.raises(CommandError, match="nothing was removed"):
        said("callbacks", "remove", "getresponse-main")
    assert "ours" in said("callbacks", "register", "getresponse-main", "--force")


def test_a_resync_of_a_person_runs_the_rules_again_and_no_opt_out(world: World) -> None:
    world.main_job()
    world.subscribe("again@example.com", name="Dana Cohen")
    world.work()
    world.sandbox.act("getresponse", "rename", email="again@example.com", to="Dana Levi")
    said("resync", "--email", "Again@example.com")
    world.work()
    assert world.leads[0]["LastName"] == "Levi"
    assert world.leads[0]["HasOptedOutOfEmail"] is False
    assert Run.objects.get().state == RunState.DONE


def test_a_resync_of_a_person_never_heard_of_finds_them_at_the_source(world: World) -> None:
    world.main_job()
    world.sandbox.subscribe("silent@example.com", name="Noa Levi")
    said("resync", "--email", "silent@example.com")
    world.work()
    assert len(world.leads) == 1


def test_a_resync_of_a_rule_takes_every_contact_of_its_list(world: World) -> None:
    world.main_job()
    for number in range(25):
        world.sandbox.subscribe(f"p{number}@example.com", name=f"Person {number}")
    said("resync", "--rule", "new-subscriber")
    world.work(rounds=60)
    assert len(world.leads) == 25
    assert Run.objects.get().done == 25
    assert [call for call in world.sandbox.calls("salesforce") if call["method"] == "PATCH"][0]["path"].count(
        "composite"
    )


def test_a_resync_of_no_rule_is_refused(world: World) -> None:
    with pytest.raises(CommandError, match="There is no rule nothing"):
        said("resync", "--rule", "nothing")


def test_the_catalogue_is_printed_for_people_and_programs() -> None:
    assert "upsert" in said("operations", "--vendor", "salesforce").lower()
    rows = json.loads(said("operations", "--format", "json"))
    assert {row["vendor"] for row in rows} == set(VENDORS)
