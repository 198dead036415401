"""Contacts are read one by one, found exactly, and paged from the oldest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from responses.matchers import query_param_matcher

from integrations.vendors.errors import ConfigurationError, RateLimited, Unsupported
from integrations.vendors.getresponse import VENDOR
from integrations.vendors.getresponse.resources import GetResponse

from ..services import Bench, MemoryBudget, getresponse_account, request

BASE = "https://api.getresponse.com/v3"
GONE = {"httpStatus": 404, "code": 1013, "message": "Resource not found", "context": [], "uuid": "u"}
WRONG_DOMAIN = {**GONE, "code": 1024}


def client(bench: Bench | None = None) -> GetResponse:
    return GetResponse(getresponse_account(), (bench or Bench()).services)


def queries() -> list[dict[str, str]]:
    return [request(number).params for number in range(len(responses.calls))]


@responses.activate
def test_contacts_are_read_once_each_and_the_gone_are_absent() -> None:
    responses.get(f"{BASE}/contacts/p1", json={"contactId": "p1", "email": "a@example.com"})
    responses.get(f"{BASE}/contacts/p2", json=GONE, status=404)
    records = client().read("contact", ["p1", "p2", "p1", "", "../accounts"])
    assert records == {"p1": {"contactId": "p1", "email": "a@example.com"}}
    assert len(responses.calls) == 2


@responses.activate
def test_a_wrong_domain_is_no_removed_contact() -> None:
    responses.get(f"{BASE}/contacts/p1", json=WRONG_DOMAIN, status=404)
    with pytest.raises(ConfigurationError):
        client().read("contact", ["p1"])


@responses.activate
def test_reading_asks_for_the_fields_that_hold_the_paths() -> None:
    responses.get(f"{BASE}/contacts/p1", json={"contactId": "p1"})
    client().read("contact", ["p1"], ["email", "customFields.company", "customFields.job", "campaign.name", "tags"])
    assert queries() == [{"fields": "email,customFieldValues,campaign,tags"}]


@responses.activate
def test_many_contacts_are_read_and_none_is_mixed_up() -> None:
    ids = [f"p{n}" for n in range(40)]
    for id_ in ids:
        responses.get(f"{BASE}/contacts/{id_}", json={"contactId": id_})
    records = client().read("contact", ids)
    assert records == {id_: {"contactId": id_} for id_ in ids}


@responses.activate
def test_a_budget_that_cannot_pay_for_all_reads_makes_no_call() -> None:
    for n in range(20):
        responses.get(f"{BASE}/contacts/p{n}", json={"contactId": f"p{n}"})
    with pytest.raises(RateLimited):
        client(Bench(budget=MemoryBudget(left=3))).read("contact", [f"p{n}" for n in range(20)])
    assert len(responses.calls) == 0


@responses.activate
def test_finding_compares_again_because_the_search_is_a_like() -> None:
    hits = [{"contactId": "p1", "email": "Ann@example.com"}, {"contactId": "p2", "email": "joann@example.com"}]
    responses.get(f"{BASE}/contacts", json=hits)
    found = client().find("contact", "email", ["ann@example.com", "", "ann@example.com "])
    assert [f.record_id for f in found] == ["p1"]
    assert len(responses.calls) == 1
    assert queries()[0]["query[email]"] == "ann@example.com"
    assert queries()[0]["additionalFlags"] == "exactMatch"


@responses.activate
def test_a_plus_in_an_address_is_sent_encoded() -> None:
    responses.get(f"{BASE}/contacts", json=[])
    client().find("contact", "email", ["a+b@example.com"])
    assert "query%5Bemail%5D=a%2Bb%40example.com" in request(0).url


@responses.activate
def test_the_same_address_on_three_lists_is_three_contacts() -> None:
    responses.get(f"{BASE}/contacts", json=[{"contactId": f"p{n}", "email": "a@example.com"} for n in range(3)])
    assert len(client().find_any("contact", {"email": ["a@example.com"]})) == 3


@responses.activate
def test_what_a_listing_does_not_hold_is_read_from_the_contact() -> None:
    responses.get(f"{BASE}/contacts", json=[{"contactId": "p1", "email": "a@example.com"}])
    responses.get(f"{BASE}/contacts/p1", json={"contactId": "p1", "tags": [{"name": "vip"}]})
    (found,) = client().find("contact", "email", ["a@example.com"], ["tags"])
    assert found.record["tags"] == ["vip"]


@responses.activate
def test_a_page_goes_from_the_oldest_and_names_the_next() -> None:
    headers = {"TotalPages": "3", "TotalCount": "2500", "CurrentPage": "2"}
    responses.get(f"{BASE}/contacts", json=[{"contactId": "p1"}], headers=headers)
    since = datetime(2026, 4, 21, 9, 15, tzinfo=UTC)
    page = client().page("contact", "2", since, {"campaignId": "l1"})
    assert (page.cursor, page.total) == ("3", 2500)
    assert queries()[0] == {
        "query[campaignId]": "l1",
        "query[changedOn][from]": "2026-04-21T09:15:00+0000",
        "sort[createdOn]": "ASC",
        "page": "2",
        "perPage": "1000",
    }


@responses.activate
@pytest.mark.parametrize(
    ("elements", "headers"),
    [([{"contactId": "p"}], {"TotalPages": "1"}), ([], {"TotalPages": "9"}), ([{"contactId": "p"}], {})],
)
def test_the_last_page_has_no_cursor(elements: list[dict[str, Any]], headers: dict[str, str]) -> None:
    responses.get(f"{BASE}/contacts", json=elements, headers=headers)
    assert client().page("contact").cursor == ""


@responses.activate
def test_all_pages_are_walked() -> None:
    for number in ("1", "2"):
        matcher = query_param_matcher({"page": number}, strict_match=False)
        responses.get(f"{BASE}/tags", json=[{"tagId": number}], headers={"TotalPages": "2"}, match=[matcher])
    assert [tag["tagId"] for tag in client().iterate("tag")] == ["1", "2"]


@responses.activate
def test_describing_adds_the_custom_fields_by_name() -> None:
    responses.get(f"{BASE}/custom-fields", json=[{"customFieldId": "f", "name": "company", "type": "string"}, None])
    fields = {field.name: field for field in client().describe("contact")}
    assert fields["customFields.company"].custom
    assert fields["note"].length == 255
    assert fields["email"].required


@pytest.mark.parametrize(
    "ask",
    [
        lambda c: c.read("deal", ["1"]),
        lambda c: c.describe("deal"),
        lambda c: c.find("contact", "phone", ["1"]),
        lambda c: c.page("contact", filters={"score": "1"}),
        lambda c: c.page("deal"),
    ],
)
def test_what_getresponse_cannot_do_is_unsupported(ask: Any) -> None:
    with pytest.raises(Unsupported):
        ask(client())


def test_the_vendor_connects_this_client() -> None:
    assert isinstance(VENDOR.connect(getresponse_account(), Bench().services), GetResponse)


MADE = "2026-04-21T09:15:00+0000"


@responses.activate
@pytest.mark.parametrize(
    ("cursor", "asked", "following"),
    [
        ("", {"page": "1"}, f"{MADE}|1"),  # from the last one's time on
        (f"{MADE}|1", {"page": "1", "query[createdOn][from]": MADE}, f"{MADE}|2"),  # all of it in one second
        (
            "2026-04-20T00:00:00+0000|4",
            {"page": "4", "query[createdOn][from]": "2026-04-20T00:00:00+0000"},
            f"{MADE}|1",
        ),
    ],
)
def test_a_page_begins_where_the_last_one_ended(cursor: str, asked: dict[str, str], following: str) -> None:
    elements = [{"contactId": "p1", "createdOn": MADE}]
    responses.get(f"{BASE}/contacts", json=elements, headers={"TotalPages": "9", "TotalCount": "9"})
    assert client().page("contact", cursor).cursor == following
    assert {name: value for name, value in queries()[0].items() if name in asked} == asked
    assert ("query[createdOn][from]" in queries()[0]) == ("|" in cursor)
