"""The simulated GetResponse: contacts, as the fact sheet's list of behaviours has them."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from integrations.sandbox.getresponse.seed import DOUBLE_LIST, MAIN_LIST, NEWSLETTER_LIST
from integrations.sandbox.testing import RunningSandbox

from .conftest import Api

EXACT = {"additionalFlags": "exactMatch"}


def new(email: str = "dana@example.com", list_id: str = MAIN_LIST, **more: Any) -> dict[str, Any]:
    return {"email": email, "campaign": {"campaignId": list_id}, **more}


def ids(getresponse: Api, email: str) -> list[str]:
    found = getresponse.get("/contacts", params={"query[email]": email, **EXACT}).json()
    return [contact["contactId"] for contact in found]


def test_a_created_contact_is_accepted_without_a_body_or_an_id(getresponse: Api) -> None:
    answer = getresponse.post("/contacts", json=new(name="דנה כהן"))
    assert (answer.status_code, answer.content) == (202, b"")
    assert len(ids(getresponse, "dana@example.com")) == 1


def test_a_created_contact_appears_after_some_calls(sandbox: RunningSandbox, getresponse: Api) -> None:
    sandbox.switch("getresponse", create_delay=2)
    getresponse.post("/contacts", json=new())
    assert [len(ids(getresponse, "dana@example.com")) for _ in range(3)] == [0, 1, 1]


@pytest.mark.parametrize("mode", ["double_optin", "late_reject"])
def test_a_created_contact_may_never_appear(sandbox: RunningSandbox, getresponse: Api, mode: str) -> None:
    sandbox.switch("getresponse", create_mode=mode)
    assert getresponse.post("/contacts", json=new()).status_code == 202
    assert ids(getresponse, "dana@example.com") == []
    assert len(sandbox.records("getresponse", "unconfirmed")) == (mode == "double_optin")


def test_a_double_opt_in_contact_appears_when_it_is_confirmed(sandbox: RunningSandbox, getresponse: Api) -> None:
    getresponse.post("/contacts", json=new(list_id=DOUBLE_LIST))
    sandbox.act("getresponse", "confirm", email="dana@example.com")
    assert len(ids(getresponse, "dana@example.com")) == 1


def test_an_address_is_one_contact_for_each_list(getresponse: Api) -> None:
    statuses = [getresponse.post("/contacts", json=new(list_id=id)).status_code for id in (MAIN_LIST, NEWSLETTER_LIST)]
    again = getresponse.post("/contacts", json=new())
    assert statuses == [202, 202]
    assert (again.status_code, again.json()["code"]) == (409, 1008)
    assert len(set(ids(getresponse, "dana@example.com"))) == 2


@pytest.mark.parametrize("email", ["blocked@example.com", "anybody@blocked.example.com", "gone@example.com"])
def test_blocked_and_earlier_removed_addresses_are_refused(
    sandbox: RunningSandbox, getresponse: Api, email: str
) -> None:
    sandbox.subscribe("gone@example.com")
    sandbox.unsubscribe("gone@example.com")
    answer = getresponse.post("/contacts", json=new(email))
    assert (answer.status_code, answer.json()["code"]) == (400, 1002)


def test_a_removed_person_who_signs_up_again_gets_a_new_id(sandbox: RunningSandbox) -> None:
    first = sandbox.subscribe("dana@example.com")
    sandbox.unsubscribe("dana@example.com")
    assert sandbox.subscribe("dana@example.com")["contactId"] != first["contactId"]


def test_an_update_replaces_tags_and_custom_fields(sandbox: RunningSandbox, getresponse: Api) -> None:
    id = sandbox.subscribe("dana@example.com", tags=["vip"], customFields={"company": "A", "city": "B"})["contactId"]
    values = [{"customFieldId": "cfCity", "value": ["C"]}]
    body = getresponse.post(f"/contacts/{id}", json={"tags": [], "customFieldValues": values}).json()
    assert body["tags"] == []
    assert [(v["name"], v["value"], v["values"]) for v in body["customFieldValues"]] == [("city", ["C"], ["C"])]


def test_what_an_update_does_not_name_stays(sandbox: RunningSandbox, getresponse: Api) -> None:
    id = sandbox.subscribe("dana@example.com", name="Dana", tags=["vip"])["contactId"]
    body = getresponse.post(f"/contacts/{id}", json={"note": "n"}).json()
    assert (body["name"], [tag["name"] for tag in body["tags"]], body["note"]) == ("Dana", ["vip"], "n")


def test_the_sub_endpoints_merge(sandbox: RunningSandbox, getresponse: Api) -> None:
    id = sandbox.subscribe("dana@example.com", tags=["vip"], customFields={"company": "A"})["contactId"]
    getresponse.post(f"/contacts/{id}/tags", json={"tags": [{"tagId": "tgDemo"}]})
    getresponse.post(
        f"/contacts/{id}/custom-fields", json={"customFieldValues": [{"customFieldId": "cfCity", "value": ["C"]}]}
    )
    body = getresponse.get(f"/contacts/{id}").json()
    assert {tag["name"] for tag in body["tags"]} == {"vip", "demo_watched"}
    assert {v["name"] for v in body["customFieldValues"]} == {"company", "city"}


@pytest.mark.parametrize(
    ("payload", "status", "code"),
    [
        (new(note="not on create"), 400, 1000),
        (new("no address"), 400, 1000),
        ({"campaign": {"campaignId": MAIN_LIST}}, 400, 1005),
        (new(list_id="nowhere"), 400, 1001),
        (new(name=""), 400, 1007),
        (new(name="x" * 129), 400, 1007),
        (new(customFieldValues=[{"customFieldId": "cfCity", "value": "plain"}]), 400, 1006),
        (new(customFieldValues=[{"customFieldId": "nope", "value": ["x"]}]), 400, 1001),
        (new(tags=[{"tagId": "nope"}]), 400, 1001),
        ([], 400, 1006),
    ],
)
def test_bad_contacts_are_refused(getresponse: Api, payload: Any, status: int, code: int) -> None:
    answer = getresponse.post("/contacts", json=payload)
    body = answer.json()
    assert (answer.status_code, body["code"], body["httpStatus"]) == (status, code, status)
    assert len(body["uuid"]) == 36


def test_a_long_note_is_refused(sandbox: RunningSandbox, getresponse: Api) -> None:
    id = sandbox.subscribe("dana@example.com")["contactId"]
    statuses = [getresponse.post(f"/contacts/{id}", json={"note": "x" * n}).status_code for n in (255, 256)]
    assert statuses == [200, 400]


def test_a_change_of_list_moves_the_contact_under_the_same_id(sandbox: RunningSandbox, getresponse: Api) -> None:
    id = sandbox.subscribe("dana@example.com")["contactId"]
    getresponse.post(f"/contacts/{id}", json={"campaign": {"campaignId": NEWSLETTER_LIST}})
    assert getresponse.get(f"/contacts/{id}").json()["campaign"]["campaignId"] == NEWSLETTER_LIST


def test_a_move_onto_a_list_that_has_the_address_is_a_conflict(sandbox: RunningSandbox, getresponse: Api) -> None:
    id = sandbox.subscribe("dana@example.com")["contactId"]
    sandbox.subscribe("dana@example.com", campaignId=NEWSLETTER_LIST)
    answer = getresponse.post(f"/contacts/{id}", json={"campaign": {"campaignId": NEWSLETTER_LIST}})
    assert (answer.status_code, answer.json()["code"]) == (409, 1008)


def test_an_email_filter_matches_parts_unless_told_to_be_exact(sandbox: RunningSandbox, getresponse: Api) -> None:
    for email in ("ana@example.com", "dana@example.com"):
        sandbox.subscribe(email)
    loose = getresponse.get("/contacts", params={"query[email]": "ana@example.com"}).json()
    exact = getresponse.get("/contacts", params={"query[email]": "ana@example.com", **EXACT}).json()
    assert (len(loose), len(exact)) == (2, 1)


def test_an_empty_filter_finds_nobody(sandbox: RunningSandbox, getresponse: Api) -> None:
    sandbox.subscribe("dana@example.com")
    assert getresponse.get("/contacts", params={"query[email]": ""}).json() == []


@pytest.mark.parametrize(
    "query", ["query%5Btag%5D=x", "query[email]=dana", "query%5BcreatedOn%5D%5Bfrom%5D=yesterday", "sort%5Bnote%5D=ASC"]
)
def test_bad_queries_are_refused(sandbox: RunningSandbox, getresponse: Api, query: str) -> None:
    sandbox.subscribe("dana@example.com")
    status, body = raw_get(f"{getresponse.base_url}/contacts?{query}")
    assert (status, body["code"]) == (400, 1000)


def raw_get(url: str) -> tuple[int, Any]:
    """Without the client library's own percent-encoding."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=5)
    headers = {"X-Auth-Token": "api-key sandbox-getresponse-key"}
    connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, body


def test_the_list_has_no_tags_and_no_custom_fields_but_the_detail_has(
    sandbox: RunningSandbox, getresponse: Api
) -> None:
    id = sandbox.subscribe("dana@example.com", tags=["vip"])["contactId"]
    [listed] = getresponse.get("/contacts").json()
    detail = getresponse.get(f"/contacts/{id}").json()
    assert {"tags", "customFieldValues"}.isdisjoint(listed)
    assert {"tags", "customFieldValues"} <= set(detail)
    assert listed["createdOn"].endswith("+0000")


def test_fields_chooses_and_always_gives_the_id(sandbox: RunningSandbox, getresponse: Api) -> None:
    sandbox.subscribe("dana@example.com")
    assert set(getresponse.get("/contacts", params={"fields": "email,name"}).json()[0]) == {
        "contactId",
        "email",
        "name",
    }


def test_pages_have_headers_and_end_empty(sandbox: RunningSandbox, getresponse: Api) -> None:
    for number in range(5):
        sandbox.subscribe(f"p{number}@example.com")
    parameters: dict[str, str | int] = {"perPage": 2, "sort[email]": "ASC"}
    pages = [getresponse.get("/contacts", params={**parameters, "page": page}) for page in (1, 3, 4)]
    assert [[c["email"][:2] for c in page.json()] for page in pages] == [["p0", "p1"], ["p4"], []]
    names = ("TotalCount", "TotalPages", "CurrentPage")
    assert [pages[0].headers[name] for name in names] == ["5", "3", "1"]


def test_nonsense_page_sizes_are_accepted(sandbox: RunningSandbox, getresponse: Api) -> None:
    sandbox.subscribe("dana@example.com")
    assert len(getresponse.get("/contacts", params={"perPage": "0"}).json()) == 1


def test_contacts_are_filtered_by_time(sandbox: RunningSandbox, getresponse: Api) -> None:
    sandbox.subscribe("old@example.com", createdOn="2020-01-01T00:00:00+0000")
    sandbox.subscribe("new@example.com")
    found = getresponse.get("/contacts", params={"query[createdOn][from]": "2021-01-01"}).json()
    assert [contact["email"] for contact in found] == ["new@example.com"]


SEARCH: dict[str, Any] = {
    "subscribersType": ["removed"],
    "sectionLogicOperator": "or",
    "section": [
        {
            "campaignIdsList": [MAIN_LIST],
            "logicOperator": "and",
            "subscriberCycle": ["receiving_autoresponder", "not_receiving_autoresponder"],
            "subscriptionDate": "all_time",
            "conditions": [],
        }
    ],
}


def test_a_removed_contact_is_only_found_by_a_search(sandbox: RunningSandbox, getresponse: Api) -> None:
    id = sandbox.subscribe("dana@example.com")["contactId"]
    sandbox.unsubscribe("dana@example.com")
    gone = getresponse.get(f"/contacts/{id}")
    [found] = getresponse.post("/search-contacts/contacts", json=SEARCH).json()
    assert (gone.status_code, gone.json()["code"]) == (404, 1013)
    assert (found["contactId"], found["reason"]) == (id, "unsubscribe")
    assert found["deletedOn"].endswith("+0000")


@pytest.mark.parametrize(("query", "reason"), [("", "api"), ("?messageId=nl1&ipAddress=1.2.3.4", "unsubscribe")])
def test_a_deleted_contact_says_why_it_is_gone(
    sandbox: RunningSandbox, getresponse: Api, query: str, reason: str
) -> None:
    id = sandbox.subscribe("dana@example.com")["contactId"]
    assert getresponse.delete(f"/contacts/{id}{query}").status_code == 204
    assert [gone["reason"] for gone in sandbox.records("getresponse", "removed")] == [reason]


@pytest.mark.parametrize(
    "changes",
    [{"subscribersType": ["removed", "subscribed"]}, {"subscribersType": []}, {"section": []}, {"section": [{}]}],
)
def test_bad_searches_are_refused(sandbox: RunningSandbox, getresponse: Api, changes: dict[str, Any]) -> None:
    sandbox.subscribe("dana@example.com")
    sandbox.unsubscribe("dana@example.com")
    assert getresponse.post("/search-contacts/contacts", json=SEARCH | changes).status_code == 400


def test_people_are_searched_by_tag_field_and_webinar(sandbox: RunningSandbox, getresponse: Api) -> None:
    sandbox.subscribe("dana@example.com", tags=["vip"], customFields={"city": "Haifa"})
    sandbox.subscribe("omar@example.com")
    sandbox.act("getresponse", "attend", email="dana@example.com", webinarId="wbnr1", participated=True)
    conditions = [
        {"conditionType": "tag", "operatorType": "exists", "operator": "exists", "value": "tgVip"},
        {"conditionType": "custom", "scope": "cfCity", "operator": "is", "value": "haifa"},
        {"conditionType": "webinar", "scope": "wbnr1", "contactType": "registrant", "webinarCondition": "participated"},
    ]
    section = SEARCH["section"][0] | {"conditions": conditions}
    body = SEARCH | {"subscribersType": ["subscribed"], "section": [section]}
    found = getresponse.post("/search-contacts/contacts", json=body).json()
    assert [contact["email"] for contact in found] == ["dana@example.com"]


def test_activities_are_those_of_the_last_two_weeks(sandbox: RunningSandbox, getresponse: Api) -> None:
    id = sandbox.subscribe("dana@example.com")["contactId"]
    sandbox.act("getresponse", "open", email="dana@example.com")
    clicked = sandbox.act("getresponse", "click", email="dana@example.com", url="https://www.example.com/demo")
    old = clicked | {"activityId": "old", "createdOn": "2020-01-01T00:00:00+0000"}
    sandbox.store.shelf("getresponse").put("activity", "old", old)
    found = getresponse.get(f"/contacts/{id}/activities").json()
    assert sorted(activity["activity"] for activity in found) == ["click", "open"]
    assert {a["clickTrack"]["url"] for a in found if a["clickTrack"]} == {"https://www.example.com/demo"}


def test_many_contacts_at_once_have_another_shape_of_tags(sandbox: RunningSandbox, getresponse: Api) -> None:
    contacts = [{"email": "a@example.com", "tags": {"ids": ["tgVip"]}}, {"email": "b@example.com"}]
    answer = getresponse.post("/contacts/batch", json={"campaignId": MAIN_LIST, "contacts": contacts})
    assert answer.status_code == 202
    assert [contact["tags"] for contact in sandbox.records("getresponse", "contact")] == [["tgVip"], []]
