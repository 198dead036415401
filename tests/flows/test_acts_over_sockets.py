"""Tasks, notes, numbers and deletions at Salesforce, over real sockets."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import ChangeState, Kind
from integrations.models import Link
from integrations.refreshing import refresh_account
from tests.world import World

UPSERT = {"upsert": {"mapping": "subscriber-to-lead"}}
AT = {"connection": "salesforce-main"}
CALL = {"create_task": AT | {"title": "Call {name|first_name}", "body": "Wrote to {email}.", "due": "2026-12-31"}}


@pytest.fixture
def acting(world: World) -> World:
    world.mapping()
    return world


def tasks(world: World) -> list[dict[str, Any]]:
    return [task for task in world.sandbox.records("salesforce", "Task") if not task.get("IsDeleted")]


def later(world: World) -> None:
    world.let_time_pass()
    world.work()


def test_a_new_subscriber_is_to_be_called(acting: World) -> None:
    refresh_account(acting.salesforce)
    acting.rule("arrive", "contact.subscribed", UPSERT, CALL)
    acting.subscribe("dana@example.com", name="Dana Cohen")
    acting.work()
    [task] = tasks(acting)
    assert (task["Subject"], task["Description"], task["ActivityDate"], task["Status"]) == (
        "Call Dana",
        "Wrote to dana@example.com.",
        "2026-12-31",
        "Not Started",
    )
    assert task["WhoId"] == acting.leads[0]["Id"]
    assert Link.objects.get(object="Task").record_id == task["Id"]


def test_a_task_whose_answer_was_lost_is_found_and_not_made_again(acting: World) -> None:
    acting.rule("arrive", "contact.subscribed", UPSERT)
    acting.rule("open", "email.opened", CALL)
    contact = acting.subscribe("dana@example.com", name="Dana Cohen")
    acting.work()
    acting.sandbox.switch("salesforce", timeout_after_write=1, timeout_style="drop")
    acting.hear(contact, "open")
    acting.work()
    assert acting.changes(kind=Kind.TASK)[0].state == ChangeState.QUEUED
    later(acting)
    assert acting.changes(kind=Kind.TASK)[0].state == ChangeState.APPLIED
    assert len(tasks(acting)) == 1


def test_a_task_about_a_converted_lead_is_about_its_contact(acting: World) -> None:
    acting.rule("arrive", "contact.subscribed", UPSERT)
    acting.rule("open", "email.opened", CALL)
    contact = acting.subscribe("dana@example.com", name="Dana Cohen")
    acting.work()
    person = acting.sandbox.convert("dana@example.com")["contact"]
    acting.hear(contact, "open")
    acting.work()
    assert [task["WhoId"] for task in tasks(acting)] == [person]


@pytest.mark.parametrize("object", ["ContentNote", "Note"])
def test_a_note_stands_at_the_lead(acting: World, object: str) -> None:
    acting.salesforce.options = {"note_object": object}
    acting.salesforce.save()
    note = {"add_note": AT | {"title": "Signed up", "body": "From {campaign.name}"}}
    acting.rule("arrive", "contact.subscribed", UPSERT, note)
    acting.subscribe("dana@example.com", name="Dana Cohen")
    acting.work()
    [change] = acting.changes(kind=Kind.NOTE)
    assert (change.object, change.state) == (object, ChangeState.APPLIED)
    [made] = acting.sandbox.records("salesforce", object)
    assert made["Title"] == "Signed up"


def test_a_number_of_the_lead_goes_up_once_though_an_answer_was_lost(acting: World) -> None:
    acting.rule("arrive", "contact.subscribed", UPSERT)
    acting.rule("open", "email.opened", {"increment": AT | {"object": "Lead", "field": "NumberOfEmployees", "by": 5}})
    contact = acting.subscribe("dana@example.com", name="Dana Cohen")
    acting.work()
    acting.sandbox.switch("salesforce", timeout_after_write=1, timeout_style="drop")
    acting.hear(contact, "open")
    acting.work()
    later(acting)
    assert acting.leads[0]["NumberOfEmployees"] == 5
    acting.hear(contact, "open", again=True)
    acting.work()
    assert acting.leads[0]["NumberOfEmployees"] == 10
    assert {change.state for change in acting.changes(operation="increment")} == {ChangeState.APPLIED}


def test_a_lead_is_deleted_when_a_rule_says_so(acting: World) -> None:
    acting.rule("arrive", "contact.subscribed", UPSERT)
    acting.rule("go", "contact.unsubscribed", {"delete": {"mapping": "subscriber-to-lead"}})
    contact = acting.subscribe("dana@example.com", name="Dana Cohen")
    acting.work()
    acting.hear(contact, "unsubscribe")
    acting.work()
    assert [lead for lead in acting.leads if not lead.get("IsDeleted")] == []
    assert Link.objects.get(object="Lead").gone_at is not None
