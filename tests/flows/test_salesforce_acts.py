"""Tasks and notes that rules make in Salesforce: on the lead just made, on the contact it became, and once."""

from __future__ import annotations

import base64
from typing import Any
from unittest import mock

import pytest

from audit.models import ChangeState
from integrations.models import Connection
from integrations.vendors.salesforce.client import Api
from tests.world import World

UPSERT = {"upsert": {"mapping": "subscriber-to-lead"}}
PLACE = {"connection": "salesforce-main"}
TASK = {"create_task": {**PLACE, "title": "Call {name}", "body": "Signed up", "due": "2026-12-31", "priority": "High"}}
NOTE = {"add_note": {**PLACE, "title": "Signed up", "body": "By <form> & mail\nof {email}"}}


@pytest.fixture
def acting(world: World) -> World:
    world.mapping()
    world.rule("arrive", "contact.subscribed", UPSERT, TASK, NOTE)
    return world


def notes(world: World) -> list[tuple[str, str, list[str]]]:
    """(title, HTML, what it is linked to) of each."""
    links = world.sandbox.records("salesforce", "ContentDocumentLink")
    linked = [(link["ContentDocumentId"], link["LinkedEntityId"]) for link in links]
    return [
        (
            note["Title"],
            base64.b64decode(note["Content"]).decode(),
            [entity for id, entity in linked if id == note["Id"] and not entity.startswith("005")],
        )
        for note in world.sandbox.records("salesforce", "ContentNote")
    ]


def test_a_task_and_a_note_hang_on_the_lead_that_the_same_event_made(acting: World) -> None:
    acting.subscribe("dana@example.com", name="Dana Cohen")
    acting.work()
    (lead,) = acting.leads
    (task,) = acting.sandbox.records("salesforce", "Task")
    assert (task["WhoId"], task["Subject"], task["ActivityDate"], task["Priority"], task["Status"]) == (
        lead["Id"],
        "Call Dana Cohen",
        "2026-12-31",
        "High",
        "Not Started",
    )
    assert notes(acting) == [("Signed up", "By &lt;form&gt; &amp; mail<br>of dana@example.com", [lead["Id"]])]
    assert {change.state for change in acting.changes()} == {ChangeState.APPLIED}


def test_what_was_meant_for_a_lead_goes_to_the_contact_it_became(acting: World) -> None:
    acting.rule("tag", "contact.tagged", TASK, NOTE)
    made = acting.subscribe("dana@example.com", name="Dana Cohen")
    acting.work()
    with mock.patch("config.tasks.deliver_due", return_value=0):
        acting.hear(made, "tag_applied")
        acting.work()
    contact = acting.sandbox.convert("dana@example.com")["contact"]
    acting.work()
    tasks = [task["WhoId"] for task in acting.sandbox.records("salesforce", "Task")]
    assert tasks == [contact, contact]  # the first was taken along, the second went there
    assert notes(acting)[-1][2] == [contact]
    assert {change.state for change in acting.changes()} == {ChangeState.APPLIED}


@pytest.mark.parametrize("marker", ["", "Marker__c"])
@pytest.mark.parametrize("lost", ["Task", "ContentNote", "ContentDocumentLink"])
def test_a_lost_answer_makes_nothing_twice(acting: World, lost: str, marker: str) -> None:
    Connection.objects.filter(name="salesforce-main").update(options={"marker_field": marker} if marker else {})
    original, losing = Api.send, [lost]

    def send(api: Api, call: Any) -> Any:
        if losing and call.writes and call.path.endswith(f"sobjects/{lost}"):
            losing.pop()
            acting.sandbox.switch("salesforce", timeout_after_write=1, timeout_style="drop")
        return original(api, call)

    with mock.patch.object(Api, "send", send):
        acting.subscribe("dana@example.com", name="Dana Cohen")
        acting.work()
    assert not losing
    acting.let_time_pass()
    acting.work()
    assert len(acting.sandbox.records("salesforce", "Task")) == 1
    assert [linked for _title, _html, linked in notes(acting)] == [[acting.leads[0]["Id"]]]
    assert {change.state for change in acting.changes()} == {ChangeState.APPLIED}


def test_a_connection_chooses_the_older_kind_of_note(acting: World) -> None:
    Connection.objects.filter(name="salesforce-main").update(options={"note_object": "Note"})
    acting.subscribe("dana@example.com", name="Dana Cohen")
    acting.work()
    (note,) = acting.sandbox.records("salesforce", "Note")
    assert (note["ParentId"], note["Body"]) == (acting.leads[0]["Id"], "By <form> & mail\nof dana@example.com")
