"""The account's one callback is never taken from another program unasked."""

from __future__ import annotations

import json

import pytest
import responses

from integrations.vendors.errors import Conflict
from integrations.vendors.getresponse.resources import GetResponse

from ..services import Bench, getresponse_account

URL = "https://api.getresponse.com/v3/accounts/callbacks"
OURS = "https://crosswalk.example.com/webhooks/getresponse/tok/"
OFF = {"httpStatus": 404, "code": 1013, "message": "Resource not found", "context": [], "uuid": "u"}
ACTIONS = {"open": True, "click": False, "subscribe": True, "unsubscribe": True, "survey": False}


def client() -> GetResponse:
    return GetResponse(getresponse_account(), Bench().services)


def posted() -> list[dict[str, object]]:
    return [json.loads(c.request.body or "") for c in responses.calls if c.request.method == "POST"]


@responses.activate
def test_callbacks_that_are_off_are_an_empty_list() -> None:
    responses.get(URL, json=OFF, status=404)
    assert client().callbacks(OURS) == []


@responses.activate
def test_our_own_callback_is_recognised_with_or_without_the_last_slash() -> None:
    responses.get(URL, json={"url": OURS.rstrip("/"), "actions": ACTIONS})
    (callback,) = client().callbacks(OURS)
    assert callback.ours
    assert callback.events == ("email.opened", "contact.subscribed", "contact.unsubscribed")


@responses.activate
def test_registering_asks_for_the_four_events() -> None:
    responses.get(URL, json=OFF, status=404)
    responses.post(URL, json={})
    assert client().register_callback(OURS).ours
    actions = {"subscribe": True, "unsubscribe": True, "open": True, "click": True, "survey": False}
    assert posted() == [{"url": OURS, "actions": actions}]


@responses.activate
def test_a_foreign_callback_is_not_overwritten_unasked() -> None:
    responses.get(URL, json={"url": "https://n8n.example.com/hook", "actions": ACTIONS})
    responses.post(URL, json={})
    with pytest.raises(Conflict, match="another address"):
        client().register_callback(OURS)
    assert posted() == []


@responses.activate
def test_a_foreign_callback_is_overwritten_when_a_person_says_so() -> None:
    responses.post(URL, json={})
    assert client().register_callback(OURS, force=True).ours
    assert len(posted()) == 1


@responses.activate
def test_our_own_callback_is_registered_again_without_harm() -> None:
    responses.get(URL, json={"url": OURS, "actions": ACTIONS})
    responses.post(URL, json={})
    client().register_callback(OURS)
    assert len(posted()) == 1


@responses.activate
@pytest.mark.parametrize("status", [204, 404])
def test_removing_twice_does_no_harm(status: int) -> None:
    responses.delete(URL, status=status, json=OFF if status == 404 else None)
    client().remove_callback("account")
    assert len(responses.calls) == 1


# --- a gateway in front of GetResponse ------------------------------------------------------------------------------

GATEWAY = "https://api.getresponse.com/v3/callbacks"


def at_gateway() -> GetResponse:
    return GetResponse(getresponse_account(options={"callback_path": "/callbacks"}), Bench().services)


@responses.activate
def test_a_gateway_is_told_of_every_list_and_reports_tags() -> None:
    responses.get("https://api.getresponse.com/v3/campaigns", json=[{"campaignId": "l1"}, {"campaignId": "l2"}])
    responses.post(GATEWAY, json={})
    registered = at_gateway().register_callback(OURS)
    (body,) = posted()
    assert body["campaigns"] == [{"campaignId": "l1"}, {"campaignId": "l2"}]
    assert registered.ours and "contact.tagged" in registered.events


@responses.activate
def test_a_gateways_callbacks_of_other_programs_stay() -> None:
    foreign = {"url": "https://n8n.example.com/hook", "actions": ACTIONS}
    responses.get(GATEWAY, json=[foreign, {"url": OURS, "actions": ACTIONS}])
    assert [callback.ours for callback in at_gateway().callbacks(OURS)] == [False, True]
