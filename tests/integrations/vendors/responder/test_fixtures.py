"""The shapes that public clients saw, where their file is at hand: each is read as the package means it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import responses

from integrations.vendors.base import Inbound
from integrations.vendors.errors import AuthenticationFailed, Conflict, NotFound, Rejected
from integrations.vendors.http import Call
from integrations.vendors.responder.client import Api
from integrations.vendors.responder.resources import Responder
from integrations.vendors.responder.resources.callbacks import hook_body
from integrations.vendors.responder.webhooks import ResponderWebhooks

from ..services import Bench
from .account import responder_account

FILE = Path("/work/shared/vendors/specs/responder/fixtures.json")
URL = "https://graph.responder.live/v2"

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the fact sheet's samples are not on this machine")


@pytest.fixture
def samples() -> dict[str, Any]:
    held: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return held


def answer(method: str, path: str, sample: dict[str, Any]) -> None:
    responses.add(method, f"{URL}/{path}", json=sample["json"], status=sample.get("status", 200))


def client(samples: dict[str, Any], token: str = "v2_token_response") -> Responder:
    answer("POST", "oauth/token", samples[token])
    return Responder(responder_account(""), Bench().services)


@responses.activate
def test_the_token_is_asked_for_as_the_article_says(samples: dict[str, Any]) -> None:
    client(samples).api.token()
    sent = json.loads(responses.calls[0].request.body)
    assert sent.keys() == samples["v2_token_request"]["json"].keys()
    assert type(sent["client_id"]) is type(samples["v2_token_request"]["json"]["client_id"])


@responses.activate
def test_both_answers_hold_a_token_and_the_refusal_holds_none(samples: dict[str, Any]) -> None:
    token = client(samples).api.token()
    assert (token.value, token.expires_at) == ("aaa.bbb.ccc", datetime.fromtimestamp(1_800_000_000, UTC))
    responses.reset()
    assert client(samples, "v2_token_response_alt").api.token().value == "aaa.bbb.ccc"
    responses.reset()
    with pytest.raises(AuthenticationFailed):
        client(samples, "v2_token_failure").api.token()


@responses.activate
def test_lists_say_which_are_computed_and_which_is_everybodys(samples: dict[str, Any]) -> None:
    one = client(samples)
    answer("GET", "lists", samples["v2_lists"])
    assert {entry.id: entry.facts for entry in one.look_up("lists")} == {
        "100": ("everybody",),
        "101": (),
        "102": ("dynamic",),
    }


@responses.activate
def test_a_subscriber_is_read(samples: dict[str, Any]) -> None:
    one = client(samples)
    answer("GET", "subscribers/555001", samples["v2_subscriber_one"])
    answer("GET", "subscribers/555002", samples["v2_subscriber_no_personal_fields"])
    answer("GET", "subscribers/555003", samples["v2_subscriber_missing"])
    responses.add("GET", f"{URL}/personal-fields", json={"data": [{"id": 108488, "name": "תאריך לידה"}]})
    found = one.read("subscriber", ["555001", "555002", "555003"])
    assert sorted(found) == ["555001", "555002"]
    assert found["555001"]["customFields"] == {"תאריך לידה": "1980-03-04", "1251": "facebook"}
    assert found["555001"]["list_ids"] == ["100", "101"]


@responses.activate
def test_members_are_the_people(samples: dict[str, Any]) -> None:
    one = client(samples)
    answer("GET", "lists/101/subscribers", samples["v2_list_members_page"])
    page = one.page("subscriber", filters={"list_ids": "101"})
    assert ([r["id"] for r in page.records], page.total, page.cursor) == (["555001"], 1, "")


@responses.activate
@pytest.mark.parametrize(
    ("sample", "kind"),
    [("v2_subscriber_duplicate", Conflict), ("v2_subscriber_blocked", Rejected), ("v2_subscriber_missing", NotFound)],
)
def test_refusals_are_what_they_mean(samples: dict[str, Any], sample: str, kind: type[Exception]) -> None:
    api: Api = client(samples).api
    answer("POST", "subscribers", samples[sample])
    with pytest.raises(kind):
        api.send(Call("POST", "subscribers", body={}))


@pytest.mark.parametrize("sample", ["v2_webhook_delivery_json", "v1_webhook_delivery"])
def test_a_delivery_says_who_it_is_about(samples: dict[str, Any], sample: str) -> None:
    body = json.dumps(samples[sample]["json"]).encode()
    (notice,) = ResponderWebhooks().parse(Inbound("POST", {}, [], body, "application/json"))
    assert notice.email == "dana@example.com" and notice.record["first"] == "דנה"


def test_a_form_says_it_as_well(samples: dict[str, Any]) -> None:
    body = samples["v2_webhook_delivery_form"]["body"].encode()
    (notice,) = ResponderWebhooks().parse(Inbound("POST", {}, [], body, "application/x-www-form-urlencoded"))
    assert (notice.email, notice.record["name"]) == ("dana@example.com", "דנה")


def test_our_webhook_has_the_shape_that_is_known_to_work(samples: dict[str, Any]) -> None:
    known = samples["v2_webhook_create_body"]["json"]
    ours = hook_body("joined", "101", known["url"])
    assert ours.keys() == known.keys()
    assert (ours["merges"].keys(), ours["list_id"]) == (known["merges"].keys(), known["list_id"])
    assert set(ours["events"]) <= set(known["events"])
