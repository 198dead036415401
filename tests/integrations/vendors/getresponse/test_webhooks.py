"""What a GetResponse webhook or callback says, in each form it can come in."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.vendors.base import Inbound, Notice
from integrations.vendors.errors import Unreadable
from integrations.vendors.getresponse.webhooks import EVENT_TYPES, IGNORED_TYPES, GetResponseWebhooks
from tests.payloads import payload

SAID_AT = datetime(2026, 4, 21, 9, 15, tzinfo=UTC)
WEBHOOK_ID = "9b287712-80b9-4aba-ad5e-df31929dad75"


def parse(body: Any, headers: dict[str, str] | None = None, raw: bytes | None = None) -> list[Notice]:
    content = raw if raw is not None else json.dumps(body, ensure_ascii=False).encode()
    return GetResponseWebhooks().parse(Inbound("POST", headers or {}, [], content, "application/json"))


def parsed(name: str) -> list[Notice]:
    return GetResponseWebhooks().parse(payload("getresponse", name).inbound)


def test_a_webhook_is_read_into_the_apis_own_field_names() -> None:
    (notice,) = parsed("contact_added")
    assert (notice.type, notice.vendor_type, notice.object) == ("contact.subscribed", "contact_added", "contact")
    assert (notice.record_id, notice.email, notice.occurred_at) == ("pVa1", "dana@example.com", SAID_AT)
    assert notice.record["campaign"]["campaignId"] == "lst1"
    assert notice.record["name"] == "דנה כהן"
    assert notice.record["origin"] == "www"
    assert notice.context["account"] == {"accountId": "acc1"}
    assert notice.context["ip"] == "192.0.2.4"
    assert "ip" not in notice.record


def test_a_single_object_has_the_webhooks_id_and_array_elements_the_id_with_their_index() -> None:
    assert [n.vendor_event_id for n in parsed("contact_added")] == [WEBHOOK_ID]
    assert [n.vendor_event_id for n in parsed("array_of_events")] == [f"{WEBHOOK_ID}:0", f"{WEBHOOK_ID}:1"]


def test_without_the_header_there_is_no_event_id() -> None:
    assert [n.vendor_event_id for n in parsed("brief_array")] == ["", ""]


def test_an_event_about_several_contacts_is_one_for_each_with_its_own_content() -> None:
    first, second = parsed("list_of_contacts")
    assert (first.record_id, second.record_id) == ("pVa1", "pVa2")
    assert first.vendor_event_id != second.vendor_event_id
    assert first.content != second.content


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("contact_clicked_message_link", "clickTrack"),
        ("contact_clicked_message_link", "message"),
        ("contact_clicked_sms_link", "sms"),
        ("contact_moved", "sourceCampaign"),
        ("brief_tag_applied", "tag"),
        ("callback_open", "message"),
        ("callback_open", "account"),
    ],
)
def test_what_only_the_event_knows_is_context_and_not_record(name: str, key: str) -> None:
    (notice,) = parsed(name)
    assert notice.context[key]
    assert key not in notice.record


def test_the_briefs_custom_fields_and_tags_become_the_apis() -> None:
    (notice,) = parsed("brief_subscribe")
    assert notice.record["customFieldValues"] == [
        {"name": "company", "value": ["Acme"]},
        {"name": "job_title", "value": ["VP Sales"]},
        {"name": "interests", "value": ["crm", "mail"]},
    ]
    assert "customFields" not in notice.record
    assert notice.record["tags"] == [{"tagId": "t1", "name": "pricing_page_visited"}]


def test_custom_fields_as_an_object_and_tags_as_texts_are_taken_too() -> None:
    contact = {"email": "a@example.com", "customFields": {"company": "Acme", "empty": None}, "tags": ["vip"]}
    (notice,) = parse({"contact": contact, "action": "subscribe"})
    assert notice.record["customFieldValues"] == [
        {"name": "company", "value": ["Acme"]},
        {"name": "empty", "value": []},
    ]
    assert notice.record["tags"] == [{"name": "vip"}]


def test_a_flat_body_is_a_subscription_with_its_list() -> None:
    (notice,) = parsed("flat_contact_subscribed")
    assert notice.record["campaign"]["campaignId"] == "lst1"
    assert notice.occurred_at == SAID_AT
    assert notice.context == {}


def test_a_flat_body_with_a_type_in_the_header_is_that_type() -> None:
    (notice,) = parse({"contactId": "p", "email": "a@example.com"}, {"x-webhook-type": "contact_removed_link"})
    assert notice.type == "contact.unsubscribed"


def test_a_subscription_without_a_time_happened_when_the_contact_was_made() -> None:
    assert parsed("brief_subscribe")[0].occurred_at == SAID_AT


def test_another_event_without_a_time_has_none() -> None:
    assert parsed("brief_unsubscribe")[0].occurred_at is None


def test_a_callback_is_read_whatever_the_case_of_its_names() -> None:
    upper, lower = parsed("callback_open")[0], parsed("callback_click_lower_case")[0]
    assert upper.record == {
        "contactId": "pVa1",
        "email": "dana+news@example.com",
        "name": "דנה",
        "campaign": {"campaignId": "lst1", "name": "newsletter"},
    }
    assert lower.record["campaign"] == {"campaignId": "lst1", "name": "newsletter"}
    assert lower.context["message"]["resourceId"] == "msg1"


def test_the_same_callback_is_the_same_by_get_and_by_post() -> None:
    assert parsed("callback_unsubscribe") == parsed("callback_posted")


def test_a_callback_in_the_query_of_an_empty_post_is_read() -> None:
    query = [("action", "unsubscribe"), ("CONTACT_ID", "p1"), ("token", "url-secret")]
    (notice,) = GetResponseWebhooks().parse(Inbound("POST", {}, query, b"", ""))
    assert (notice.type, notice.record_id) == ("contact.unsubscribed", "p1")
    assert "url-secret" not in repr(notice)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ([], "no action"),
        ([("CONTACT_ID", "p1")], "no action"),
        ([("action", "open")], "CONTACT_ID"),
        ([("action", "open"), ("contact_email", " ")], "CONTACT_ID"),
    ],
)
def test_a_get_without_the_names_it_needs_is_unreadable(query: list[tuple[str, str]], reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        GetResponseWebhooks().parse(Inbound("GET", {}, query, b"", ""))


@pytest.mark.parametrize("body", [b"action=%ff%fe", b"\xff\xfe", b"&".join([b"a=1"] * 201)])
def test_a_form_nobody_can_read_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        GetResponseWebhooks().parse(Inbound("POST", {}, [], body, "application/x-www-form-urlencoded"))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("text", "neither an object nor an array"),
        (7, "neither an object nor an array"),
        (None, "neither an object nor an array"),
        ([], "empty array"),
    ],
)
def test_a_body_of_another_shape_is_unreadable(body: Any, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        parse(body)


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        ("text", "not an object"),
        (None, "not an object"),
        ([[]], "not an object"),
        ({}, "neither a type nor an action"),
        ({"action": 7, "contact": {"email": "a@example.com"}}, "neither a type nor an action"),
        ({"type": "contact_added"}, "contact is missing"),
        ({"type": "contact_added", "contact": None}, "contact is missing"),
        ({"type": "contact_added", "contacts": []}, "contact is missing"),
        ({"type": "contact_added", "contact": "dana"}, "not an object"),
        ({"type": "contact_added", "contact": {}}, "neither an id nor"),
        ({"type": "contact_added", "contact": {"contactId": "", "email": " "}}, "neither an id nor"),
        ({"type": "contact_added", "contact": {"email": ["a@example.com"]}}, "contact.email is not text"),
        ({"type": "contact_added", "contact": {"contactId": True}}, "contact.contactId is not text"),
        ({"type": "contact_added", "contact": {"contactId": "p", "name": {}}}, "contact.name is not text"),
        ({"type": "contact_added", "contact": {"contactId": "p", "tags": "vip"}}, "contact.tags is not a list"),
        (
            {"type": "contact_added", "contact": {"contactId": "p", "campaign": "l"}},
            "contact.campaign is not an object",
        ),
        ({"type": "contact_added", "contact": {"contactId": "p", "customFields": "x"}}, "customFields is not a list"),
    ],
)
def test_an_element_nobody_can_read_spoils_no_other(element: Any, reason: str) -> None:
    good = {"type": "contact_added", "contact": {"contactId": "p"}}
    bad, other = parse([element, good])
    assert reason in bad.unreadable
    assert bad.content == element
    assert (other.unreadable, other.record_id) == ("", "p")


def test_an_unknown_type_is_kept_without_a_type_of_ours() -> None:
    (notice,) = parse({"type": "contact_teleported", "contact": {"contactId": "p"}})
    assert (notice.type, notice.vendor_type, notice.unreadable) == ("", "contact_teleported", "")


def test_a_number_as_contact_id_is_read_as_text() -> None:
    assert parse({"type": "contact_added", "contact": {"contactId": 42}})[0].record_id == "42"


def test_no_type_is_both_known_and_ignored() -> None:
    assert not set(EVENT_TYPES) & set(IGNORED_TYPES)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 1_000_000,
        b"[" + b"1," * 499_000 + b"1]",
        b"[" + b"{}," * 330_000 + b"{}]",
        b'{"contact": {"tags": [' + b"null," * 190_000 + b"null]}}",
        b'{"type":"contact_added","contact":{"contactId":"p","name":"' + b"\\ud800" * 160_000 + b'"}}',
        b'{"type":"contact_added","contact":{"contactId":' + b"9" * 900_000 + b"}}",
        b'{"type":"contact_added","contact":{"contactId":"p","scoring":1e999,"x":"\\u0000"}}',
        b'"' + b"\\" * 1_000_000,
    ],
)
def test_a_megabyte_of_hostile_json_is_read_or_refused_quickly(raw: bytes) -> None:
    started = time.process_time()
    try:
        notices = parse(None, raw=raw)
    except Unreadable:
        notices = []
    for notice in notices:
        json.dumps([notice.content, notice.record]).encode()
    assert time.process_time() - started < 3


def test_a_long_array_of_real_events_is_taken_whole() -> None:
    events = [{"contact": {"email": f"a{n}@example.com"}, "action": "open"} for n in range(5_000)]
    assert len(parse(events)) == 5_000
