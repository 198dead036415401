"""The simulated GetResponse: sign-in, rate headers, callbacks, blocklist, tags, custom fields, lists, webinars."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from integrations.sandbox.testing import RunningSandbox

from .conftest import Api


@pytest.mark.parametrize("token", ["", "sandbox-getresponse-key", "Bearer sandbox-getresponse-key", "api-key wrong"])
@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_refused(sandbox: RunningSandbox, token: str, status: int) -> None:
    sandbox.switch("getresponse", bad_key_status=str(status))
    answer = requests.get(f"{sandbox.getresponse_url}/accounts", headers={"X-Auth-Token": token}, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (status, 1014)


def test_a_wrong_domain_is_a_404_of_its_own(sandbox: RunningSandbox, getresponse: Api) -> None:
    sandbox.switch("getresponse", x_domain="example.com")
    wrong = getresponse.get("/contacts", headers={"X-Domain": "www.example.com"})
    right = getresponse.get("/contacts", headers={"X-Domain": "example.com"})
    assert (wrong.status_code, wrong.json()["code"], right.status_code) == (404, 1024, 200)


@pytest.mark.parametrize(("variant", "reset"), [("frame", "432 seconds"), ("second", "1 seconds"), ("none", None)])
def test_rate_headers_come_in_every_variant(
    sandbox: RunningSandbox, getresponse: Api, variant: str, reset: str | None
) -> None:
    sandbox.switch("getresponse", rate_headers=variant)
    assert getresponse.get("/accounts").headers.get("X-RateLimit-Reset") == reset


@pytest.mark.parametrize(("retry_after", "header"), [(True, "1"), (False, None)])
def test_too_many_calls_are_refused_with_and_without_retry_after(
    sandbox: RunningSandbox, getresponse: Api, retry_after: bool, header: str | None
) -> None:
    sandbox.switch("getresponse", rate_limit=1, retry_after=retry_after)
    refused, allowed = getresponse.get("/accounts"), getresponse.get("/accounts")
    assert (refused.status_code, refused.json()["code"], allowed.status_code) == (429, 1015, 200)
    assert refused.headers.get("Retry-After") == header
    assert refused.json()["context"]["timeToReset"] == "100 seconds"


def test_the_callback_is_one_for_the_account(getresponse: Api) -> None:
    assert getresponse.get("/accounts/callbacks").status_code == 404
    first = {"url": "http://one.example.com/", "actions": {"subscribe": True}}
    getresponse.post("/accounts/callbacks", json=first)
    getresponse.post("/accounts/callbacks", json={"url": "http://two.example.com/", "actions": {"open": True}})
    config = getresponse.get("/accounts/callbacks").json()
    assert config["url"] == "http://two.example.com/"
    assert (config["actions"]["open"], config["actions"]["subscribe"]) == (True, False)
    assert getresponse.delete("/accounts/callbacks").status_code == 204
    assert getresponse.get("/accounts/callbacks").status_code == 404


def test_a_callback_needs_a_url(getresponse: Api) -> None:
    assert getresponse.post("/accounts/callbacks", json={"actions": {"open": True}}).json()["code"] == 1005


def test_a_mask_is_found_by_a_part_of_it_in_any_case(getresponse: Api) -> None:
    found = getresponse.get("/accounts/blocklists", params={"query[mask]": "BLOCKED@"}).json()["masks"]
    assert found == ["blocked@example.com"]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("add", {"blocked@example.com", "@blocked.example.com", "new@example.com"}),
        ("", {"new@example.com"}),
    ],
)
def test_the_blocklist_is_wiped_by_a_call_without_a_flag(getresponse: Api, flags: str, expected: set[str]) -> None:
    getresponse.post("/accounts/blocklists", params={"additionalFlags": flags}, json={"masks": ["new@example.com"]})
    assert set(getresponse.get("/accounts/blocklists").json()["masks"]) == expected


def test_masks_are_deleted_by_flag(getresponse: Api) -> None:
    masks = {"masks": ["blocked@example.com"]}
    answer = getresponse.post("/accounts/blocklists", params={"additionalFlags": "delete,noResponse"}, json=masks)
    assert answer.json() == {}
    assert getresponse.get("/accounts/blocklists").json()["masks"] == ["@blocked.example.com"]


@pytest.mark.parametrize("name", ["two words", "with-dash", "תגית", "x", "y" * 65])
def test_bad_tag_names_are_refused(getresponse: Api, name: str) -> None:
    assert getresponse.post("/tags", json={"name": name}).status_code == 400


def test_a_tag_is_made_once(getresponse: Api) -> None:
    made = getresponse.post("/tags", json={"name": "new_tag"})
    again = getresponse.post("/tags", json={"name": "new_tag"})
    assert (made.status_code, again.status_code, again.json()["code"]) == (201, 409, 1008)
    assert [tag["name"] for tag in getresponse.get("/tags", params={"query[name]": "new"}).json()] == ["new_tag"]


GOOD_FIELD = {"name": "region", "type": "string", "format": "single_select", "hidden": "false", "values": ["a", "b"]}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 201),
        ({"name": "Region"}, 400),
        ({"name": "email"}, 400),
        ({"name": "company"}, 409),
        ({"hidden": False}, 400),
        ({"values": ["a"]}, 400),
        ({"type": "text"}, 400),
    ],
)
def test_custom_fields_follow_their_rules(getresponse: Api, changes: dict[str, Any], status: int) -> None:
    assert getresponse.post("/custom-fields", json=GOOD_FIELD | changes).status_code == status


def test_a_custom_field_needs_all_five(getresponse: Api) -> None:
    answer = getresponse.post("/custom-fields", json={"name": "region", "type": "string"})
    assert answer.json()["context"]["properties"] == ["format", "hidden", "values"]


@pytest.mark.parametrize(
    ("path", "name"), [("/campaigns", "Q2 Nurture List"), ("/webinars", "From list to pipeline"), ("/tags", "vip")]
)
def test_the_sample_account_has_its_things(getresponse: Api, path: str, name: str) -> None:
    things = getresponse.get(path).json()
    assert name in {thing["name"] for thing in things}
    assert all(getresponse.get(thing["href"]).status_code == 200 for thing in things)


def test_a_list_shows_its_own_contacts(sandbox: RunningSandbox, getresponse: Api) -> None:
    sandbox.subscribe("dana@example.com", campaignId="newsl1")
    counts = [len(getresponse.get(f"/campaigns/{id}/contacts").json()) for id in ("newsl1", "abc123def")]
    assert counts == [1, 0]


def test_an_event_is_triggered_for_a_contact_that_is_there(sandbox: RunningSandbox, getresponse: Api) -> None:
    id = sandbox.subscribe("dana@example.com")["contactId"]
    answers = [
        getresponse.post("/custom-events/trigger", json={"name": "task_completed", "contactId": contact_id})
        for contact_id in (id, "nobody")
    ]
    assert [answer.status_code for answer in answers] == [201, 404]


@pytest.mark.parametrize("path", ["/nothing", "/contacts/x/y/z"])
def test_an_unknown_path_is_not_found(getresponse: Api, path: str) -> None:
    assert getresponse.get(path).json()["code"] == 1013


def test_a_body_that_is_not_json_is_refused(getresponse: Api) -> None:
    assert getresponse.post("/contacts", data=b"{").status_code == 400
