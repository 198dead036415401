"""The simulated Responder Live: the quirks of the fact sheet, and what its webhooks do with an answer."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests

from integrations.sandbox.responder.options import CLIENT_ID, CLIENT_SECRET, USER_TOKEN
from integrations.sandbox.responder.seed import BIRTHDAY, BLOCKED, CITY, CUSTOMERS, DYNAMIC, EVERYBODY, NEWSLETTER
from integrations.sandbox.testing import RunningSandbox

from .conftest import Api, Receiver

DANA = {"email": "dana@example.com", "first": "דנה", "last": "בן גוריון", "list_ids": [CUSTOMERS]}


def fetch_token(sandbox: RunningSandbox, **changes: Any) -> requests.Response:
    keys = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "user_token": USER_TOKEN}
    body = {"grant_type": "client_credentials", "scope": "*", **keys, **changes}
    return requests.post(f"{sandbox.responder_url}/oauth/token", json=body, timeout=5)


@pytest.fixture
def responder(sandbox: RunningSandbox) -> Api:
    return Api(sandbox.responder_url, Authorization=f"Bearer {fetch_token(sandbox).json()['token']}")


def add(responder: Api, **changes: Any) -> Any:
    return responder.post("/subscribers", json={**DANA, **changes}).json()


def one(responder: Api, id: int) -> Any:
    return responder.get(f"/subscribers/{id}").json()["data"]


# --- signing in -----------------------------------------------------------------------------------------------------


def test_a_token_says_when_it_ends(sandbox: RunningSandbox) -> None:
    body = fetch_token(sandbox).json()
    assert body["status"] is True and body["expire"] > 1_700_000_000 and body["account_id"]


@pytest.mark.parametrize("wrong", [{"client_id": str(CLIENT_ID)}, {"user_token": "x"}, {"grant_type": "user_token"}])
def test_wrong_keys_are_a_200_that_says_no(sandbox: RunningSandbox, wrong: dict[str, Any]) -> None:
    refused = fetch_token(sandbox, **wrong)
    assert (refused.status_code, refused.json()["status"], "token" in refused.json()) == (200, False, False)
    sandbox.switch("responder", failure_style="4xx")
    assert fetch_token(sandbox, **wrong).status_code == 401


def test_a_call_that_does_not_say_who_calls_is_blocked(sandbox: RunningSandbox, responder: Api) -> None:
    assert responder.get("/lists", headers={"User-Agent": ""}).status_code == 403
    assert responder.get("/lists").status_code == 200


def test_a_token_that_is_over_or_unknown_is_a_401(sandbox: RunningSandbox, responder: Api) -> None:
    assert requests.get(f"{sandbox.responder_url}/lists", timeout=5).status_code == 401
    sandbox.switch("responder", token_seconds=0)
    over = fetch_token(sandbox).json()["token"]
    assert responder.get("/lists", headers={"Authorization": f"Bearer {over}"}).status_code == 401


# --- subscribers ----------------------------------------------------------------------------------------------------


def test_somebody_is_added_read_and_found(responder: Api) -> None:
    id = add(responder, phone="0522345678", tags_names=["תג חדש"])["createdId"]
    person = one(responder, id)
    assert (person["first"], person["personal_fields"], person["unsubscribed"]) == ("דנה", [], 0)
    assert [row["id"] for row in person["lists"]] == [EVERYBODY, CUSTOMERS]
    assert responder.get("/subscribers", params={"email": "DANA@example.com"}).json()["data"][0]["id"] == id
    assert [tag["name"] for tag in responder.get("/tag").json()["data"]][-1] == "תג חדש"


def test_a_row_of_a_list_is_not_the_person(responder: Api) -> None:
    id = add(responder)["createdId"]
    (row,) = responder.get(f"/lists/{CUSTOMERS}/subscribers").json()["data"]
    assert row["subscriber_id"] == id != row["id"]
    assert "personal_fields" not in row


def test_who_is_missing_is_a_200_without_data(responder: Api) -> None:
    answer = responder.get("/subscribers/999")
    assert (answer.status_code, answer.json()) == (200, {"status": False, "data": []})


def test_an_existing_address_is_overwritten_only_when_that_is_said(responder: Api) -> None:
    id = add(responder)["createdId"]
    assert add(responder, first="אחרת")["createdId"] == id
    assert one(responder, id)["first"] == "דנה"
    add(responder, first="אחרת", override=True)
    assert one(responder, id)["first"] == "אחרת"


def test_only_rejoin_makes_somebody_active_again(sandbox: RunningSandbox, responder: Api) -> None:
    id = add(responder)["createdId"]
    responder.put(f"/subscribers/{id}", json={"unsubscribed": 1})
    add(responder, rejoin=False)
    assert one(responder, id)["unsubscribed"] == 1
    add(responder, rejoin=True)
    assert one(responder, id)["unsubscribed"] == 0
    responder.put(f"/subscribers/{id}", json={"unsubscribed": 1})
    sandbox.act("responder", "import", email=DANA["email"])
    assert one(responder, id)["unsubscribed"] == 1
    sandbox.act("responder", "sign_up", email=DANA["email"])
    assert one(responder, id)["unsubscribed"] == 0


def test_personal_fields_alone_are_silently_ignored(responder: Api) -> None:
    id = add(responder)["createdId"]
    path, fields = f"/subscribers/{id}", {str(CITY): "יפו", str(BIRTHDAY): "1980-03-04"}
    assert responder.put(path, json={"personal_fields": fields}).json() == {"status": True}
    assert one(responder, id)["personal_fields"] == []
    responder.put(path, json={"personal_fields": fields, "email": DANA["email"]})
    assert one(responder, id)["personal_fields"] == {
        str(CITY): "יפו",
        str(BIRTHDAY): {"year": 1980, "month": 3, "day": 4},
    }


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"list_ids": []}, "list does not exist"),
        ({"list_ids": [DYNAMIC]}, "list is dynamic"),
        ({"phone": "+972522345678"}, "phone is invalid"),
        ({"phone": "0562345678"}, "phone is invalid"),
        ({"email": "", "phone": ""}, "required"),
        ({"email": "dana"}, "email is invalid"),
        ({"personal_fields": {"1": "x"}}, "personal field"),
        ({"personal_fields": {str(BIRTHDAY): "4.3.1980"}}, "date"),
    ],
)
def test_what_is_wrong_is_said_in_the_style_that_is_switched_on(
    sandbox: RunningSandbox, responder: Api, wrong: dict[str, Any], words: str
) -> None:
    for style, status in (("200", 200), ("4xx", 400)):
        sandbox.switch("responder", failure_style=style)
        answer = responder.post("/subscribers", json={**DANA, **wrong})
        assert (answer.status_code, answer.json()["status"]) == (status, False)
        assert words in answer.json()["message"]
    assert sandbox.records("responder", "subscriber") == []


def test_a_blocked_address_is_always_a_400(responder: Api) -> None:
    answer = responder.post("/subscribers", json={**DANA, "email": BLOCKED})
    assert (answer.status_code, answer.json()["message"]) == (400, "email is blocked")


def test_a_phone_only_person_becomes_the_one_with_the_address(responder: Api) -> None:
    id = add(responder, email="", phone="0522345678")["createdId"]
    assert add(responder, phone="0522345678")["createdId"] == id
    assert one(responder, id)["email"] == DANA["email"]


def test_a_list_is_searched_by_a_query_on_a_post(responder: Api) -> None:
    add(responder, phone="052-2345678")
    query = {"listId": EVERYBODY, "searchKey": "0522345678", "offset": 0, "size": 500}
    assert len(responder.post("/subscribers/search", params=query, json={}).json()["data"]) == 1
    assert responder.post("/subscribers/search", params={**query, "searchKey": "ב"}, json={}).json()["data"]
    assert not responder.post("/subscribers/search", params={**query, "searchKey": "zzz"}, json={}).json()["data"]


@pytest.mark.parametrize(
    ("field", "shown"), [("unsubscribed", 1), ("account_status", "0"), ("status", "unsubscribed"), ("none", None)]
)
def test_which_field_shows_an_opt_out_can_be_switched(
    sandbox: RunningSandbox, responder: Api, field: str, shown: Any
) -> None:
    id = add(responder)["createdId"]
    sandbox.switch("responder", optout_field=field)
    sandbox.act("responder", "unsubscribe", id=id)
    assert one(responder, id).get(field) == shown


# --- webhooks -------------------------------------------------------------------------------------------------------


def register(responder: Api, receiver: Receiver, **changes: Any) -> int:
    body = {
        "list_id": CUSTOMERS,
        "url": receiver.url,
        "name": "x",
        "webhooks_send_type_id": 2,
        "events": [1, 2, 5],
        "merges": {"email": "דואל", "name": "שם"},
    }
    made: int = responder.post("/webhooks", json={**body, **changes}).json()["createdId"]
    return made


def bodies(sandbox: RunningSandbox, receiver: Receiver) -> list[Any]:
    sandbox.wait_until_delivered()
    return [json.loads(request["body"]) for request in receiver.requests]


def test_a_webhook_says_nothing_but_the_chosen_keys(
    sandbox: RunningSandbox, responder: Api, receiver: Receiver
) -> None:
    register(responder, receiver)
    add(responder)
    assert bodies(sandbox, receiver) == [{"דואל": "dana@example.com", "שם": "דנה בן גוריון"}]


def test_joining_again_with_changes_is_told_twice(sandbox: RunningSandbox, responder: Api, receiver: Receiver) -> None:
    add(responder)
    register(responder, receiver)
    add(responder, first="אחרת", override=True)
    assert len(bodies(sandbox, receiver)) == 2


def test_only_the_lists_and_events_that_were_asked_for_are_told(
    sandbox: RunningSandbox, responder: Api, receiver: Receiver
) -> None:
    register(responder, receiver, events=[2])
    id = add(responder)["createdId"]
    add(responder, email="noa@example.com", list_ids=[NEWSLETTER])
    assert bodies(sandbox, receiver) == []
    responder.put(f"/subscribers/{id}", json={"unsubscribed": 1})
    assert len(bodies(sandbox, receiver)) == 1


def test_the_other_send_type_is_a_form(sandbox: RunningSandbox, responder: Api, receiver: Receiver) -> None:
    register(responder, receiver, webhooks_send_type_id=1)
    add(responder)
    sandbox.wait_until_delivered()
    assert parse_qs(receiver.requests[0]["body"])["שם"] == ["דנה בן גוריון"]


@pytest.mark.parametrize(("status", "text"), [(429, ""), (400, "the queue is full"), (503, ""), (500, "")])
def test_being_busy_or_down_means_again(
    sandbox: RunningSandbox, responder: Api, receiver: Receiver, status: int, text: str
) -> None:
    sandbox.switch("responder", webhook_gaps=["0.01"])
    receiver.answers = [(status, text), (200, "")]
    register(responder, receiver)
    add(responder)
    assert [d["state"] for d in sandbox.wait_until_delivered()] == ["delivered"]
    assert len(receiver.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
def test_any_other_4xx_ends_it_and_switches_the_webhook_off(
    sandbox: RunningSandbox, responder: Api, receiver: Receiver, status: int
) -> None:
    receiver.answers = [(status, "no"), (200, "")]
    id = register(responder, receiver)
    add(responder)
    assert [d["state"] for d in sandbox.wait_until_delivered()] == ["failed"]
    add(responder, email="noa@example.com")
    sandbox.wait_until_delivered()
    assert len(receiver.requests) == 1
    (hook,) = responder.get("/webhooks", params={"list_id": CUSTOMERS}).json()["data"]
    assert (hook["id"], hook["active"]) == (id, False)


def test_the_test_button_sends_what_was_typed(sandbox: RunningSandbox, responder: Api, receiver: Receiver) -> None:
    sandbox.act("responder", "try_webhook", id=register(responder, receiver))
    assert bodies(sandbox, receiver) == [{"test": "טסט"}]
    assert responder.delete("/webhooks/1").json()["status"] is False


def test_another_tool_passes_a_message_on(sandbox: RunningSandbox, receiver: Receiver) -> None:
    sandbox.act("responder", "message", url=receiver.url, body={"messageId": "1", "lastMessage": "שלום"})
    assert bodies(sandbox, receiver) == [{"messageId": "1", "lastMessage": "שלום"}]
