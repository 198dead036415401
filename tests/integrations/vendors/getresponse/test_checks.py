"""The connection test reads only, and says what to do."""

from __future__ import annotations

from typing import Any

import responses

from integrations.vendors.base import Check
from integrations.vendors.getresponse.resources import GetResponse

from ..services import Bench, getresponse_account

BASE = "https://api.getresponse.com/v3"
OURS = "https://crosswalk.example.com/webhooks/getresponse/tok/"
OFF = {"httpStatus": 404, "code": 1013, "message": "Resource not found", "context": [], "uuid": "u"}
LIMITS = {"X-RateLimit-Limit": "30000", "X-RateLimit-Remaining": "29990", "X-RateLimit-Reset": "432 seconds"}


def answer(callback: Any = None) -> None:
    responses.get(f"{BASE}/accounts", json={"accountId": "a1", "companyName": "Example Ltd"}, headers=LIMITS)
    responses.get(f"{BASE}/campaigns", json=[{"campaignId": "l1", "name": "newsletter"}])
    responses.get(f"{BASE}/contacts", json=[], headers={"TotalCount": "12"})
    responses.get(f"{BASE}/custom-fields", json=[{"name": "company", "type": "string"}])
    responses.get(f"{BASE}/accounts/callbacks", json=callback or OFF, status=200 if callback else 404)


def checks() -> dict[str, Check]:
    found = GetResponse(getresponse_account(), Bench().services).check(OURS)
    return {check.name: check for check in found}


@responses.activate
def test_a_healthy_account_says_what_works_and_what_is_left() -> None:
    answer({"url": OURS, "actions": {"subscribe": True}})
    found = checks()
    assert all(check.ok for check in found.values())
    assert "Example Ltd" in found["Account"].detail
    assert "newsletter (l1)" in found["Lists"].detail
    assert "29990 of 30000" in found["Limits"].detail
    assert "invisible: note.updated" in found["Events"].detail
    assert {call.request.method for call in responses.calls} == {"GET"}


@responses.activate
def test_a_missing_callback_is_said_with_what_to_do_and_is_not_required() -> None:
    answer()
    callback = checks()["Callback"]
    assert (callback.ok, callback.required) == (False, False)
    assert "Register" in callback.help


@responses.activate
def test_a_foreign_callback_is_shown_without_its_address() -> None:
    answer({"url": "https://n8n.example.com/secret-path", "actions": {}})
    callback = checks()["Callback"]
    assert not callback.ok
    assert "secret-path" not in callback.detail + callback.help


@responses.activate
def test_a_wrong_key_is_the_only_thing_said() -> None:
    responses.get(f"{BASE}/accounts", status=401, json={**OFF, "code": 1014})
    (account,) = checks().values()
    assert not account.ok
    assert "API key" in account.help


@responses.activate
def test_one_failing_look_spoils_no_other() -> None:
    answer()
    responses.replace("GET", f"{BASE}/campaigns", status=500, body="<html>")
    found = checks()
    assert not found["Lists"].ok
    assert found["Custom fields"].ok
