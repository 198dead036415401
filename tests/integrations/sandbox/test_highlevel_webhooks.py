"""What the simulated HighLevel tells the outside: signed, repeated until it is heard, and what it never tells."""

from __future__ import annotations

import json
from typing import Any

import pytest

from integrations.sandbox.highlevel.options import GAPS
from integrations.sandbox.highlevel.signing import PUBLIC_KEY
from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Account, Inbound
from integrations.vendors.errors import Forged
from integrations.vendors.highlevel.webhooks import HighLevelWebhooks

from .conftest import Receiver

OURS = Account("highlevel-main", "", {"token": "pit-1"}, {"webhook_public_key": PUBLIC_KEY})


@pytest.fixture
def hooked(sandbox: RunningSandbox, receiver: Receiver) -> RunningSandbox:
    sandbox.act("highlevel", "add_webhook", url=receiver.url)
    sandbox.switch("highlevel", webhook_gaps="0.01,0.02,0.03")
    return sandbox


def inbound(request: dict[str, Any]) -> Inbound:
    headers = {name.lower(): value for name, value in request["headers"].items()}
    return Inbound("POST", headers, [], request["body"].encode(), headers.get("content-type", ""))


def types(receiver: Receiver) -> list[str]:
    return sorted(json.loads(request["body"])["type"] for request in receiver.requests)


def test_what_is_told_is_signed_over_its_very_bytes(hooked: RunningSandbox, receiver: Receiver) -> None:
    hooked.act("highlevel", "create", email="dana@example.com", name="דנה כהן")
    [delivery] = hooked.wait_until_delivered()
    call = inbound(receiver.requests[0])
    HighLevelWebhooks().verify(call, OURS)
    (notice,) = HighLevelWebhooks().parse(call)
    assert (notice.type, notice.record["name"], delivery["state"]) == ("contact.created", "דנה כהן", "delivered")


@pytest.mark.parametrize("how", ["wrong", "unsigned"])
def test_a_signature_can_be_wrong_or_missing(hooked: RunningSandbox, receiver: Receiver, how: str) -> None:
    hooked.switch("highlevel", webhook_signature=how)
    hooked.act("highlevel", "create", email="dana@example.com")
    hooked.wait_until_delivered()
    with pytest.raises(Forged):
        HighLevelWebhooks().verify(inbound(receiver.requests[0]), OURS)


@pytest.mark.parametrize("refusal", [401, 404, 413, 429, 500, 503])
def test_whatever_is_no_2xx_is_told_again_with_the_same_id_and_signature(
    hooked: RunningSandbox, receiver: Receiver, refusal: int
) -> None:
    receiver.answers = [(refusal, ""), (refusal, ""), (200, "")]
    hooked.act("highlevel", "create", email="dana@example.com")
    hooked.wait_until_delivered()
    assert len(receiver.requests) == 3
    assert len({request["body"] for request in receiver.requests}) == 1
    assert len({request["headers"]["X-Ghl-Signature"] for request in map(titled, receiver.requests)}) == 1


def titled(request: dict[str, Any]) -> dict[str, Any]:
    return {**request, "headers": {name.title(): value for name, value in request["headers"].items()}}


def test_it_is_told_thirteen_times_at_most() -> None:
    assert len(GAPS) == 12 and [float(gap) for gap in GAPS] == sorted(map(float, GAPS))


@pytest.mark.parametrize(
    ("act", "params", "told"),
    [
        ("tag", {"tag": "vip"}, ["ContactTagUpdate"]),
        ("unsubscribe", {}, ["ContactDndUpdate"]),
        ("stop", {"channel": "sms", "permanent": True}, ["ContactDndUpdate"]),
        ("allow", {"channel": "email"}, ["ContactDndUpdate"]),
        ("edit", {"values": {"city": "Haifa"}}, ["ContactUpdate"]),
        ("block_inbound", {}, []),
        ("delete", {}, ["ContactDelete"]),
        ("add_task", {"title": "Call"}, ["TaskCreate"]),
        ("add_note", {"body": "Hello"}, ["NoteCreate"]),
        ("book", {}, ["AppointmentCreate"]),
        ("message", {"body": "Hi"}, ["InboundMessage"]),
        ("message", {"body": "Hi", "direction": "outbound"}, ["OutboundMessage"]),
    ],
)
def test_acts_are_told(
    sandbox: RunningSandbox, receiver: Receiver, act: str, params: dict[str, Any], told: list[str]
) -> None:
    sandbox.act("highlevel", "create", email="dana@example.com")
    sandbox.act("highlevel", "add_webhook", url=receiver.url)
    sandbox.act("highlevel", act, email="dana@example.com", **params)
    sandbox.wait_until_delivered()
    assert types(receiver) == told


def test_what_happens_to_tasks_is_told_but_for_an_edit(sandbox: RunningSandbox, receiver: Receiver) -> None:
    sandbox.act("highlevel", "create", email="dana@example.com")
    task = sandbox.act("highlevel", "add_task", email="dana@example.com", title="Call")
    sandbox.act("highlevel", "add_webhook", url=receiver.url)
    sandbox.act("highlevel", "edit_task", id=task["id"], values={"title": "Later"})
    sandbox.act("highlevel", "complete_task", id=task["id"])
    sandbox.act("highlevel", "delete_task", id=task["id"])
    sandbox.wait_until_delivered()
    assert types(receiver) == ["TaskComplete", "TaskDelete"]


def test_a_workflow_calls_unsigned_in_words_of_its_own_and_once(sandbox: RunningSandbox, receiver: Receiver) -> None:
    made = sandbox.act("highlevel", "create", email="dana@example.com", tags=["vip", "b"])
    receiver.answers = [(500, "")]
    custom = {"event": "contact.tagged", "tag": "vip"}
    sandbox.act("highlevel", "run_workflow", email="dana@example.com", url=receiver.url, customData=custom)
    [delivery] = sandbox.wait_until_delivered()
    assert (delivery["state"], len(receiver.requests)) == ("failed", 1)
    call = inbound(receiver.requests[0])
    assert "x-ghl-signature" not in call.headers
    HighLevelWebhooks().verify(call, OURS)
    (notice,) = HighLevelWebhooks().parse(call)
    assert (notice.type, notice.record_id, notice.record["tags"]) == ("contact.tagged", made["id"], ["vip", "b"])
