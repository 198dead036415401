"""The simulated HighLevel has the quirks of the real one: strict bodies, statuses that mislead, an index that lags."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from integrations.sandbox.highlevel.options import LOCATION, TOKEN
from integrations.sandbox.testing import RunningSandbox

from .conftest import Api, Receiver

HERE = {"locationId": LOCATION}
DANA = {**HERE, "email": "Dana@Example.com", "phone": "+972501234567", "firstName": "Dana"}


@pytest.fixture
def highlevel(sandbox: RunningSandbox) -> Api:
    return Api(sandbox.highlevel_url, Authorization=f"Bearer {TOKEN}", Version="2021-07-28")


def made(highlevel: Api, **values: Any) -> dict[str, Any]:
    answer = highlevel.post("/contacts/", json={**DANA, **values})
    assert answer.status_code == 201
    contact: dict[str, Any] = answer.json()["contact"]
    return contact


def refused(answer: requests.Response, status: int) -> Any:
    assert answer.status_code == status
    return answer.json().get("message") or answer.json().get("error")


def test_token_version_location_and_scope_are_wanted(sandbox: RunningSandbox, highlevel: Api) -> None:
    nobody = Api(sandbox.highlevel_url, Version="2021-07-28")
    assert "Invalid token" in refused(nobody.get("/users/", params=HERE), 401)
    unversioned = Api(sandbox.highlevel_url, Authorization=f"Bearer {TOKEN}")
    assert refused(unversioned.get("/users/", params=HERE), 401) == "version header was not found."
    assert "Invalid API version" in refused(highlevel.get("/calendars/", params=HERE), 400)
    assert "access to this location" in refused(highlevel.get("/users/", params={"locationId": "other"}), 403)
    assert "access to this location" in refused(highlevel.post("/contacts/", json={"locationId": "other"}), 403)
    assert "E01" in refused(highlevel.get("/users/"), 401)
    sandbox.switch("highlevel", scopes=["contacts.readonly"])
    assert refused(highlevel.post("/contacts/", json=DANA), 401) == "The token is not authorized for this scope."


def test_an_unknown_path_is_404_and_empty_and_other_letters_are_401(highlevel: Api) -> None:
    answer = highlevel.get("/nothing")
    assert (answer.status_code, answer.text) == (404, "")
    assert highlevel.get("/Contacts/x").status_code == 401


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"lead_source": "x"}, "property lead_source should not exist"),
        ({"email": "nobody"}, "email must be an email"),
        ({"additionalEmails": []}, "property additionalEmails should not exist"),
        ({"customFields": [{"id": "cfCompany", "value": "x"}]}, "property value should not exist"),
        ({"dndSettings": {"Email": {"status": "on"}}}, "dndSettings.Email.status must be one of"),
    ],
)
def test_a_body_is_taken_by_the_letter(highlevel: Api, body: dict[str, Any], said: str) -> None:
    answer = refused(highlevel.post("/contacts/", json={**DANA, **body}), 422)
    assert any(said in each for each in answer)


def test_a_create_with_nothing_is_400_whose_body_says_422(highlevel: Api) -> None:
    answer = highlevel.post("/contacts/", json=HERE)
    assert (answer.status_code, answer.json()["statusCode"]) == (400, 422)


def test_what_an_update_does_not_take_a_create_does(highlevel: Api) -> None:
    contact = made(highlevel, companyName="Acme", gender="female")
    said = refused(highlevel.put(f"/contacts/{contact['id']}", json={"companyName": "Bolt"}), 422)
    assert said == ["property companyName should not exist"]


def test_a_duplicate_is_400_with_the_other_in_meta_on_create_and_update(highlevel: Api) -> None:
    contact, other = made(highlevel), made(highlevel, email="other@example.com", phone="+1555")
    answer = highlevel.post("/contacts/", json={**DANA, "email": "new@example.com"})
    assert (answer.status_code, answer.json()["meta"]["contactId"]) == (400, contact["id"])
    assert answer.json()["meta"]["matchingField"] == "phone"
    again = highlevel.put(f"/contacts/{other['id']}", json={"email": "dana@example.com"})
    assert (again.status_code, again.json()["meta"]["matchingField"]) == (400, "email")


def test_a_missing_contact_is_400(highlevel: Api) -> None:
    assert refused(highlevel.get("/contacts/gone"), 400) == "Contact with id gone not found"


def test_tags_are_in_lower_case_and_replaced_by_an_update(highlevel: Api) -> None:
    id = made(highlevel, tags=["VIP", "Hot"])["id"]
    assert highlevel.post(f"/contacts/{id}/tags", json={"tags": ["New"]}).json()["tags"] == ["vip", "hot", "new"]
    assert highlevel.delete(f"/contacts/{id}/tags", json={"tags": ["HOT"]}).json()["tags"] == ["vip", "new"]
    assert highlevel.put(f"/contacts/{id}", json={"tags": ["only"]}).json()["contact"]["tags"] == ["only"]


def test_tags_of_many_are_201_with_the_errors_in_the_rows(highlevel: Api) -> None:
    id = made(highlevel)["id"]
    body = {**HERE, "contacts": [id, "gone"], "tags": ["vip"]}
    answer = highlevel.post("/contacts/bulk/tags/update/add", json=body)
    assert (answer.status_code, answer.json()["errorCount"]) == (201, 1)
    assert [row["type"] for row in answer.json()["responses"]] == ["success", "error"]


def test_upsert_goes_by_email_and_ignores_whose_the_phone_is(highlevel: Api) -> None:
    contact = made(highlevel)
    made(highlevel, email="other@example.com", phone="+1555")
    answer = highlevel.post("/contacts/upsert", json={**DANA, "phone": "+1555", "gender": "male"}).json()
    assert (answer["new"], answer["contact"]["id"], answer["contact"].get("gender")) == (False, contact["id"], None)


def test_the_search_has_its_own_names_and_lags(sandbox: RunningSandbox, highlevel: Api) -> None:
    made(highlevel, address1="Herzl 1", dateOfBirth="1990-09-25")
    (row,) = highlevel.post("/contacts/search", json={**HERE, "pageLimit": 1}).json()["contacts"]
    assert (row["address"], "address1" in row) == ("Herzl 1", False)
    assert isinstance(row["dateOfBirth"], int) and row["searchAfter"]
    assert refused(highlevel.post("/contacts/search", json=HERE), 422) == ["pageLimit should not be empty"]
    sandbox.switch("highlevel", search_lag=1)
    assert highlevel.post("/contacts/search", json={**HERE, "pageLimit": 1}).json()["contacts"] == []
    assert highlevel.get("/contacts/search/duplicate", params={**HERE, "number": "+972501234567"}).json()["contact"]


def test_the_old_list_writes_first_names_in_lower_case(highlevel: Api) -> None:
    made(highlevel)
    (row,) = highlevel.get("/contacts/", params=HERE).json()["contacts"]
    assert (row["firstName"], row["firstNameRaw"]) == ("dana", "Dana")


def test_a_task_wants_a_date_and_whether_it_is_done(highlevel: Api) -> None:
    id = made(highlevel)["id"]
    said = refused(highlevel.post(f"/contacts/{id}/tasks", json={"title": "x", "completed": False}), 422)
    assert said == ["dueDate should not be empty"]
    said = refused(highlevel.post(f"/contacts/{id}/tasks", json={"title": "x", "dueDate": "2026-01-01"}), 422)
    assert said == ["completed must be a boolean value"]
    task = {"title": "x", "dueDate": "2026-01-01T10:00:00+02:00", "completed": False}
    answer = highlevel.post(f"/contacts/{id}/tasks", json=task)
    assert (answer.status_code, answer.json()["task"]["dueDate"]) == (201, "2026-01-01T08:00:00.000Z")
    (row,) = highlevel.post(f"/locations/{LOCATION}/tasks/search", json={"contactId": [id]}).json()["tasks"]
    assert (row["_id"], "id" in row) == (answer.json()["task"]["id"], False)


def test_a_create_that_says_422_happens(sandbox: RunningSandbox, highlevel: Api) -> None:
    sandbox.switch("highlevel", refuse_but_create=1)
    assert highlevel.post("/contacts/", json=DANA).status_code == 422
    assert len(sandbox.records("highlevel", "contact")) == 1


def test_do_not_disturb_of_a_channel_leaves_the_others(sandbox: RunningSandbox, highlevel: Api) -> None:
    id = made(highlevel)["id"]
    sandbox.act("highlevel", "stop", id=id, channel="sms", permanent=True)
    setting = {"dndSettings": {"Email": {"status": "active"}}}
    held = highlevel.put(f"/contacts/{id}", json=setting).json()["contact"]
    assert {name: each["status"] for name, each in held["dndSettings"].items()} == {
        "SMS": "permanent",
        "Email": "active",
    }
    assert held["dnd"] is False
    sandbox.act("highlevel", "stop", id=id)
    assert highlevel.get(f"/contacts/{id}").json()["contact"]["dnd"] is True
    sandbox.act("highlevel", "allow", id=id, channel="email")
    held = sandbox.record("highlevel", "contact", id) or {}
    assert held["dndSettings"]["Email"]["status"] == "inactive"


def test_limits_are_in_the_headers_and_a_429_says_no_time(sandbox: RunningSandbox, highlevel: Api) -> None:
    headers = highlevel.get("/users/", params=HERE).headers
    assert (headers["X-RateLimit-Max"], headers["X-RateLimit-Daily-Reset"]) == ("100", "86343000")
    sandbox.switch("highlevel", daily_remaining=0)
    answer = highlevel.get("/users/", params=HERE)
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, False)
    assert answer.json() == {"statusCode": 429, "message": "Too Many Requests"}


# --- events -----------------------------------------------------------------------------------------------------------


def events(sandbox: RunningSandbox, receiver: Receiver) -> list[dict[str, Any]]:
    sandbox.wait_until_delivered()
    return [json.loads(request["body"]) for request in receiver.requests]


def types(sandbox: RunningSandbox, receiver: Receiver) -> list[str]:
    return sorted(event["type"] for event in events(sandbox, receiver))


def test_what_people_do_is_told_in_flat_bodies(sandbox: RunningSandbox, receiver: Receiver) -> None:
    sandbox.act("highlevel", "add_webhook", url=receiver.url)
    id = sandbox.act("highlevel", "create", email="dana@example.com", firstName="דנה")["id"]
    (event,) = events(sandbox, receiver)
    assert (event["type"], event["id"], event["firstName"]) == ("ContactCreate", id, "דנה")
    assert event["locationId"] == LOCATION
    assert {"timestamp", "webhookId", "appId", "versionId"} <= set(event)
    sandbox.act("highlevel", "tag", id=id, tag="VIP")
    sandbox.act("highlevel", "unsubscribe", id=id)
    sandbox.act("highlevel", "edit", id=id, values={"city": "Haifa"})
    sandbox.act("highlevel", "delete", id=id)
    told = ["ContactCreate", "ContactDelete", "ContactDndUpdate", "ContactTagUpdate", "ContactUpdate"]
    assert types(sandbox, receiver) == told


def test_tasks_and_notes_are_told_thinly_and_changes_of_tasks_not_at_all(
    sandbox: RunningSandbox, receiver: Receiver
) -> None:
    id = sandbox.act("highlevel", "create", email="dana@example.com")["id"]
    sandbox.act("highlevel", "add_webhook", url=receiver.url)
    task = sandbox.act("highlevel", "add_task", id=id, title="Call", body="Now")
    sandbox.act("highlevel", "edit_task", id=task["id"], values={"title": "Call again"})
    note = sandbox.act("highlevel", "add_note", id=id, title="Demo", body="Well")
    sandbox.act("highlevel", "complete_task", id=task["id"])
    sandbox.act("highlevel", "delete_task", id=task["id"])
    sandbox.act("highlevel", "edit_note", id=note["id"], body="Better")
    sandbox.act("highlevel", "delete_note", id=note["id"])
    found = {event["type"]: event for event in events(sandbox, receiver)}
    assert set(found) == {"TaskCreate", "TaskComplete", "TaskDelete", "NoteCreate", "NoteUpdate", "NoteDelete"}
    assert {"contactId", "body"} & set(found["TaskCreate"]) == set()
    assert found["TaskComplete"]["contactId"] == id
    assert found["NoteUpdate"]["body"] == "Better"
    assert {"title", "userId"} & set(found["NoteCreate"]) == set()


def test_what_the_api_writes_is_told_too_unless_switched_off(
    sandbox: RunningSandbox, highlevel: Api, receiver: Receiver
) -> None:
    sandbox.act("highlevel", "add_webhook", url=receiver.url)
    id = made(highlevel)["id"]
    sandbox.switch("highlevel", announce_api_writes=False)
    highlevel.put(f"/contacts/{id}", json={"city": "Haifa"})
    assert types(sandbox, receiver) == ["ContactCreate"]


def test_what_is_not_taken_is_sent_again_with_the_same_id(sandbox: RunningSandbox, receiver: Receiver) -> None:
    receiver.answers = [(500, ""), (200, "")]
    sandbox.switch("highlevel", webhook_gaps=["0"])
    sandbox.act("highlevel", "add_webhook", url=receiver.url)
    sandbox.act("highlevel", "create", email="dana@example.com")
    first, second = events(sandbox, receiver)
    assert first == second


def test_any_body_can_be_sent(sandbox: RunningSandbox, receiver: Receiver) -> None:
    sandbox.act("highlevel", "add_webhook", url=receiver.url)
    bodies = [{"type": "Levitation", "webhookId": "w1"}, {"type": "ContactUpdate", "locationId": "other"}]
    assert sandbox.act("highlevel", "send", events=bodies) == 2
    found = {event["type"]: event for event in events(sandbox, receiver)}
    assert found["Levitation"]["webhookId"] == "w1"
    assert found["ContactUpdate"]["locationId"] == "other"


def test_messages_and_appointments_are_told(sandbox: RunningSandbox, receiver: Receiver) -> None:
    id = sandbox.act("highlevel", "create", email="dana@example.com")["id"]
    sandbox.act("highlevel", "add_webhook", url=receiver.url)
    sandbox.act("highlevel", "message", id=id, body="Hello")
    sandbox.act("highlevel", "message", id=id, body="Hi", direction="outbound")
    event = sandbox.act("highlevel", "book", id=id)
    sandbox.act("highlevel", "cancel", id=event["id"])
    told = ["AppointmentCreate", "AppointmentUpdate", "InboundMessage", "OutboundMessage"]
    assert types(sandbox, receiver) == told
