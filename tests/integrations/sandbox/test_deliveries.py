"""What the simulated GetResponse tells the outside: JSON webhooks with retries, and the classic callback."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from integrations.sandbox.getresponse.seed import MAIN_LIST, NEWSLETTER_LIST
from integrations.sandbox.testing import RunningSandbox, running_sandbox

from .conftest import Api, Receiver


@pytest.fixture
def hooked(sandbox: RunningSandbox, receiver: Receiver) -> RunningSandbox:
    sandbox.act("getresponse", "add_webhook", url=receiver.url)
    sandbox.switch("getresponse", webhook_gaps="0.01,0.02,0.03")
    return sandbox


def bodies(receiver: Receiver) -> list[Any]:
    return [json.loads(request["body"]) for request in receiver.requests]


def test_a_sign_up_is_told(hooked: RunningSandbox, receiver: Receiver) -> None:
    hooked.subscribe("dana@example.com", name="דנה כהן", tags=["vip"])
    [delivery] = hooked.wait_until_delivered()
    [body], [request] = bodies(receiver), receiver.requests
    assert (body["type"], request["headers"]["X-Webhook-Type"]) == ("contact_added", "contact_added")
    assert body["contact"]["name"] == "דנה כהן"
    assert body["contact"]["campaign"]["campaignId"] == MAIN_LIST
    assert {"tags", "customFieldValues"}.isdisjoint(body["contact"])
    assert body["event"]["occurredAt"].endswith("+00:00")
    assert delivery["state"] == "delivered"


def test_a_name_may_be_missing(hooked: RunningSandbox, receiver: Receiver) -> None:
    hooked.subscribe("dana@example.com")
    hooked.wait_until_delivered()
    assert bodies(receiver)[0]["contact"]["name"] is None


@pytest.mark.parametrize(
    ("act", "params", "type"),
    [
        ("unsubscribe", {}, "contact_removed_link"),
        ("leave", {"reason": "bounce"}, "contact_removed_bounce"),
        ("open", {}, "contact_opened_message"),
        ("click", {}, "contact_clicked_message_link"),
        ("move", {"to": NEWSLETTER_LIST}, "contact_moved"),
        ("change_email", {"to": "new@example.com"}, "contact_email_changed"),
        ("set_field", {"field": "city", "value": "Haifa"}, "contact_custom_field_changed"),
    ],
)
def test_acts_are_told(
    sandbox: RunningSandbox, receiver: Receiver, act: str, params: dict[str, str], type: str
) -> None:
    sandbox.subscribe("dana@example.com")
    sandbox.act("getresponse", "add_webhook", url=receiver.url)
    sandbox.act("getresponse", act, email="dana@example.com", **params)
    sandbox.wait_until_delivered()
    assert [body["type"] for body in bodies(receiver)] == [type]


@pytest.mark.parametrize(
    ("act", "params"),
    [("tag", {"tag": "vip"}), ("rename", {"to": "Dana"}), ("leave", {"reason": "user"}), ("leave", {"reason": "api"})],
)
def test_tags_names_and_silent_removals_are_not_told(
    sandbox: RunningSandbox, receiver: Receiver, act: str, params: dict[str, str]
) -> None:
    sandbox.subscribe("dana@example.com")
    sandbox.act("getresponse", "add_webhook", url=receiver.url)
    sandbox.act("getresponse", act, email="dana@example.com", **params)
    assert sandbox.wait_until_delivered() == []


def test_a_moved_contact_names_the_list_it_came_from(hooked: RunningSandbox, receiver: Receiver) -> None:
    hooked.subscribe("dana@example.com")
    hooked.wait_until_delivered()
    hooked.act("getresponse", "move", email="dana@example.com", to=NEWSLETTER_LIST)
    hooked.wait_until_delivered()
    contact = bodies(receiver)[-1]["contact"]
    assert contact["campaign"]["campaignId"] == NEWSLETTER_LIST
    assert contact["sourceCampaign"]["campaignId"] == MAIN_LIST


@pytest.mark.parametrize("bad", [(200, ""), (200, "OK"), (200, '{"status": "ok"}'), (500, ""), (429, "")])
def test_a_webhook_is_tried_again_under_the_same_id(
    hooked: RunningSandbox, receiver: Receiver, bad: tuple[int, str]
) -> None:
    receiver.answers.insert(0, bad)
    hooked.subscribe("dana@example.com")
    [delivery] = hooked.wait_until_delivered()
    headers = [request["headers"] for request in receiver.requests]
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 2)
    assert len({header["X-Webhook-ID"] for header in headers}) == 1
    assert len({header["X-Request-ID"] for header in headers}) == 2


def test_a_webhook_is_given_up_after_three_retries(hooked: RunningSandbox, receiver: Receiver) -> None:
    receiver.answers = [(503, "")]
    hooked.subscribe("dana@example.com")
    [delivery] = hooked.wait_until_delivered()
    assert (delivery["state"], len(receiver.requests)) == ("failed", 4)
    assert [answer["status"] for answer in delivery["answers"]] == [503] * 4


@pytest.mark.parametrize("status", [302, 400, 404, 410])
def test_other_answers_are_not_tried_again(hooked: RunningSandbox, receiver: Receiver, status: int) -> None:
    receiver.answers = [(status, "")]
    hooked.subscribe("dana@example.com")
    [delivery] = hooked.wait_until_delivered()
    assert (delivery["state"], len(receiver.requests)) == ("failed", 1)


def test_nobody_at_the_address_is_tried_again(sandbox: RunningSandbox) -> None:
    sandbox.switch("getresponse", webhook_gaps=["0.01"])
    sandbox.act("getresponse", "add_webhook", url="http://127.0.0.1:9/")
    sandbox.subscribe("dana@example.com")
    [delivery] = sandbox.wait_until_delivered()
    assert [answer["status"] for answer in delivery["answers"]] == [None, None]


def test_events_come_in_arrays_of_at_most_a_hundred(hooked: RunningSandbox, receiver: Receiver) -> None:
    hooked.switch("getresponse", webhook_batch=1000)
    hooked.act("getresponse", "subscribe", contacts=[{"email": f"p{n}@example.com"} for n in range(130)])
    hooked.wait_until_delivered()
    assert sorted(len(body) for body in bodies(receiver)) == [30, 100]


def test_a_webhook_asks_for_some_types_only(sandbox: RunningSandbox, receiver: Receiver) -> None:
    sandbox.act("getresponse", "add_webhook", url=receiver.url, events=["contact_removed_link"])
    sandbox.subscribe("dana@example.com")
    sandbox.unsubscribe("dana@example.com")
    sandbox.wait_until_delivered()
    assert [body["type"] for body in bodies(receiver)] == ["contact_removed_link"]


def test_any_body_can_be_sent(hooked: RunningSandbox, receiver: Receiver) -> None:
    hooked.act("getresponse", "send", events=[{"type": "brand_new"}, {"no": "type"}])
    hooked.wait_until_delivered()
    assert sorted(request["headers"]["X-Webhook-Type"] for request in receiver.requests) == ["", "brand_new"]


def test_the_classic_callback_has_upper_and_lower_case_names(
    sandbox: RunningSandbox, getresponse: Api, receiver: Receiver
) -> None:
    actions = {"subscribe": True, "open": True, "unsubscribe": True}
    getresponse.post("/accounts/callbacks", json={"url": f"{receiver.url}?k=1", "actions": actions})
    contact = sandbox.subscribe("dana@example.com", name="דנה כהן")
    sandbox.wait_until_delivered()
    sandbox.act("getresponse", "open", email="dana@example.com")
    sandbox.act("getresponse", "click", email="dana@example.com")
    sandbox.wait_until_delivered()
    first, second = (dict(parse_qsl(urlsplit(request["path"]).query)) for request in receiver.requests)
    assert {request["method"] for request in receiver.requests} == {"GET"}
    assert (first["k"], first["action"], first["contact_name"]) == ("1", "subscribe", "דנה כהן")
    assert (first["CONTACT_ID"], first["CAMPAIGN_ID"]) == (contact["contactId"], MAIN_LIST)
    assert (second["action"], second["MESSAGE_ID"]) == ("open", "nl1")


def test_the_classic_callback_is_sent_once(sandbox: RunningSandbox, getresponse: Api, receiver: Receiver) -> None:
    receiver.answers = [(500, "")]
    getresponse.post("/accounts/callbacks", json={"url": receiver.url, "actions": {"subscribe": True}})
    sandbox.subscribe("dana@example.com")
    [delivery] = sandbox.wait_until_delivered()
    assert (delivery["kind"], delivery["state"], len(receiver.requests)) == ("callback", "failed", 1)


def test_what_waited_when_the_sandbox_ended_is_delivered_by_the_next(receiver: Receiver, tmp_path: Any) -> None:
    path = str(tmp_path / "state.sqlite")
    with running_sandbox(path) as first:
        first.switch("getresponse", webhook_gaps=["0.3"])
        receiver.answers.insert(0, (503, ""))
        first.act("getresponse", "add_webhook", url=receiver.url)
        first.subscribe("dana@example.com")
    with running_sandbox(path) as second:
        [delivery] = second.wait_until_delivered()
        assert delivery["state"] == "delivered"
        assert len(second.records("getresponse", "contact")) == 1
