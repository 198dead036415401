"""What is chosen by name, and operations that a rule calls."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox.highlevel.options import LOCATION
from integrations.sandbox.highlevel.seed import CAMPAIGN, DANA, WORKFLOW
from integrations.vendors.errors import Conflict, NotFound, ReadOnly, Rejected, Unsupported
from integrations.vendors.highlevel.operations import OPERATIONS

from .location import DANA as ADDRESS
from .location import SimulatedLocation


def entries(location: SimulatedLocation, key: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {entry.id: (entry.name, entry.facts) for entry in location.client().look_up(key)}


def test_workflows_and_campaigns_are_chosen_from_one_list(location: SimulatedLocation) -> None:
    assert entries(location, "workflows") == {
        WORKFLOW: ("Welcome", ("workflow", "published")),
        CAMPAIGN: ("Nurture", ("campaign", "published")),
    }


def test_two_spellings_of_one_tag_are_one(location: SimulatedLocation) -> None:
    assert [name for name, _facts in entries(location, "tags").values()] == ["vip", "demo watched", "לקוח"]


def test_users_are_known_by_name_and_address(location: SimulatedLocation) -> None:
    assert entries(location, "users")[DANA] == ("Dana Cohen", ("dana.cohen@example.com",))


# --- calls ------------------------------------------------------------------------------------------------------------


def test_contacts_are_called_for_from_the_catalogue(location: SimulatedLocation) -> None:
    client = location.client()
    made = client.call("create_contact", {"email": ADDRESS, "firstName": "Dana", "tags": "VIP;New"}, None)["contact"]
    assert (made["tags"], made["locationId"]) == (["vip", "new"], LOCATION)
    client.call("update_contact", {"contactId": made["id"]}, {"city": "Haifa"})
    assert client.call("get_contact", {"contactId": made["id"]}, None)["contact"]["city"] == "Haifa"
    found = client.call("upsert_contact", {"email": ADDRESS, "lastName": "Cohen"}, None)
    assert (found["new"], found["contact"]["id"]) == (False, made["id"])
    assert client.call("find_duplicate", {"email": ADDRESS}, None)["contact"]["id"] == made["id"]
    assert client.call("search_contacts", {"pageLimit": 5}, {"query": "dana"})["total"] == 1
    client.call("set_business_of_many", {"ids": made["id"], "businessId": "bzAcme"}, None)
    assert client.call("list_contacts_of_business", {"businessId": "bzAcme"}, None)["count"] == 1
    client.call("remove_tags", {"contactId": made["id"], "tags": ["VIP"]}, None)
    client.call("change_tags_of_many", {"type": "add", "contacts": made["id"], "tags": "Hot"}, None)
    assert location.contact(made["id"])["tags"] == ["new", "hot"]
    client.call("delete_contact", {"contactId": made["id"]}, None)
    assert location.contacts() == []


def test_tasks_and_notes_are_called_for_from_the_catalogue(location: SimulatedLocation) -> None:
    client, contact = location.client(), {"contactId": location.make()}
    task = client.call("create_task", {**contact, "title": "Call", "dueDate": "2026-08-01T15:00:00Z"}, None)["task"]
    client.call("update_task", {**contact, "taskId": task["id"], "title": "Call now"}, None)
    client.call("complete_task", {**contact, "taskId": task["id"]}, None)
    (held,) = client.call("list_tasks", contact, None)["tasks"]
    assert (held["title"], held["completed"]) == ("Call now", True)
    assert client.call("search_tasks", contact, None)["tasks"][0]["_id"] == task["id"]
    client.call("complete_task", {**contact, "taskId": task["id"], "completed": "no"}, None)
    assert client.call("get_task", {**contact, "taskId": task["id"]}, None)["task"]["completed"] is False
    client.call("delete_task", {**contact, "taskId": task["id"]}, None)
    note = client.call("create_note", {**contact, "body": "Demo"}, None)["note"]
    client.call("update_note", {**contact, "id": note["id"], "body": "Second"}, None)
    assert client.call("get_note", {**contact, "id": note["id"]}, None)["note"]["body"] == "Second"
    assert len(client.call("list_notes", contact, None)["notes"]) == 1
    client.call("delete_note", {**contact, "id": note["id"]}, None)
    assert location.sandbox.records("highlevel", "note") == location.sandbox.records("highlevel", "task") == []


def test_workflows_and_campaigns_are_joined_and_left(location: SimulatedLocation) -> None:
    client, contact = location.client(), {"contactId": location.make()}
    start = {"eventStartTime": "2026-08-01T15:00:00+03:00"}
    client.call("add_to_workflow", {**contact, "workflowId": WORKFLOW}, start)
    client.call("add_to_campaign", {**contact, "campaignId": CAMPAIGN}, None)
    assert len(location.sandbox.records("highlevel", "enrolment")) == 2
    client.call("remove_from_workflow", {**contact, "workflowId": WORKFLOW}, None)
    client.call("remove_from_all_campaigns", contact, None)
    assert location.sandbox.records("highlevel", "enrolment") == []


def test_conversations_and_their_messages_are_read(location: SimulatedLocation) -> None:
    id = location.make()
    location.sandbox.act("highlevel", "message", id=id, body="Hello")
    client = location.client()
    (talk,) = client.call("search_conversations", {"contactId": id}, None)["conversations"]
    (message,) = client.call("list_messages", {"conversationId": talk["id"]}, None)["messages"]
    assert message["body"] == "Hello"
    with pytest.raises(Conflict) as caught:
        client.call("create_conversation", {"contactId": id}, None)
    assert caught.value.record_ids == (talk["id"],)
    assert caught.value.vendor_code == "CONVERSATIONS_CONVERSATION_ALREADY_EXISTS"


def test_businesses_custom_fields_and_tags_are_made_and_changed(location: SimulatedLocation) -> None:
    client = location.client()
    business = client.call("create_business", {"name": "Bolt"}, None)["buiseness"]
    client.call("update_business", {"businessId": business["id"], "city": "Haifa"}, None)
    assert client.call("get_business", {"businessId": business["id"]}, None)["business"]["city"] == "Haifa"
    assert len(client.call("list_businesses", {"limit": 10}, None)["businesses"]) == 2
    client.call("delete_business", {"businessId": business["id"]}, None)
    field = client.call("create_custom_field", {"name": "Pin Code", "dataType": "TEXT", "model": "contact"}, None)
    assert field["customField"]["fieldKey"] == "contact.pin_code"
    tag = client.call("create_tag", {"name": "Gold"}, None)["tag"]
    client.call("update_tag", {"tagId": tag["id"], "name": "Golden"}, None)
    assert "Golden" in [each["name"] for each in client.call("list_tags", {}, None)["tags"]]


def test_appointments_of_a_contact_are_read(location: SimulatedLocation) -> None:
    id = location.make()
    location.sandbox.act("highlevel", "book", id=id, title="Demo")
    (event,) = location.client().call("list_appointments_of_contact", {"contactId": id}, None)["events"]
    assert event["title"] == "Demo"
    assert " " in event["startTime"]  # without a zone


@pytest.mark.parametrize(
    ("key", "params"),
    [
        ("get_contact", {}),
        ("get_contact", {"contactId": ".."}),
        ("get_contact", {"contactId": "x", "locationId": "elsewhere"}),
        ("create_tag", {"name": float("nan")}),
        ("update_contact", {"contactId": "x", "tags": ["all others go"]}),
        ("update_contact", {"contactId": "x", "companyName": "Acme"}),
        ("change_tags_of_many", {"type": "replace", "contacts": ["x"], "tags": ["y"]}),
    ],
)
def test_a_call_that_may_not_be_made_is_refused_before_it_is(
    location: SimulatedLocation, key: str, params: dict[str, Any]
) -> None:
    with pytest.raises(Rejected):
        location.client().call(key, params, None)
    assert location.calls() == []


@pytest.mark.parametrize("key", ["contact_created", "levitate"])
def test_what_is_no_call_is_not_called(location: SimulatedLocation, key: str) -> None:
    with pytest.raises(Unsupported):
        location.client().call(key, {}, None)


def test_a_call_about_nobody_says_so(location: SimulatedLocation) -> None:
    with pytest.raises(NotFound):
        location.client().call("get_contact", {"contactId": "gone00000000000000"}, None)


def test_a_connection_that_may_only_read_searches_and_does_nothing_else(location: SimulatedLocation) -> None:
    client = location.client(read_only=True)
    assert client.call("search_contacts", {"pageLimit": 5}, None)["contacts"] == []
    with pytest.raises(ReadOnly):
        client.call("create_tag", {"name": "Gold"}, None)


def test_what_reaches_a_person_is_held_while_they_are_opted_out() -> None:
    reaching = {operation.key for operation in OPERATIONS if operation.subscribing}
    assert reaching >= {"send_message", "add_to_workflow", "add_to_campaign", "create_contact", "upsert_contact"}
    assert not reaching & {"remove_from_workflow", "update_contact", "create_task"}
