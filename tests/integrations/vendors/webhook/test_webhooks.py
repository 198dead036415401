"""What a call of any other tool says, as the connection's options say it is to be read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.vendors.base import Inbound, Notice
from integrations.vendors.errors import Unreadable
from integrations.vendors.webhook import VENDOR
from integrations.vendors.webhook.capabilities import EVENTS
from mappings.spec import EVENTS as OURS
from tests.payloads import payload

ARRIVED = datetime(2026, 5, 4, 12, tzinfo=UTC)


def call(
    body: Any, *, headers: dict[str, str] | None = None, kind: str = "application/json", **options: str
) -> Inbound:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Inbound("POST", headers or {}, [], content, kind, options, ARRIVED)


def parse(body: Any, **options: str) -> list[Notice]:
    return VENDOR.webhooks.parse(call(body, **options))


def only(body: Any, **options: str) -> Notice:
    (notice,) = parse(body, **options)
    return notice


def test_every_event_of_ours_can_be_told() -> None:
    assert tuple(EVENTS) == OURS


def test_a_flat_call_needs_no_options() -> None:
    (notice,) = VENDOR.webhooks.parse(payload("webhook", "zapier_post").inbound)
    assert (notice.type, notice.object, notice.record_id) == ("contact.updated", "record", "xyz789abc")
    assert notice.email == "jane@example.com"
    assert VENDOR.path(notice.record, "crosswalk.id") == (True, "xyz789abc")
    assert VENDOR.identify("record", notice.record) == ("jane@example.com", "")


def test_a_form_is_read_by_its_names_and_one_that_comes_twice_is_a_list() -> None:
    (notice,) = VENDOR.webhooks.parse(payload("webhook", "form").inbound)
    assert notice.record["name"] == "דנה"
    assert notice.record["interest"] == ["a", "b"]
    assert (notice.record_id, notice.email) == ("dana@example.com", "dana@example.com")


def test_a_person_is_found_in_what_usually_holds_them() -> None:
    notice = only({"type": "x", "data": {"Record-ID": 7, "E-Mail": " jane@example.com ", "Mobile Phone": "+972 50"}})
    assert (notice.record_id, notice.email, notice.phone) == ("7", "jane@example.com", "+972 50")


def test_the_options_say_where_things_are() -> None:
    body = {"id": "evt-1", "who": {"nr": 12, "mails": ["a@example.com"], "call": "+15550100"}, "at": 1767225600000}
    notice = only(
        body,
        id_field="who.nr",
        email_field="who.mails.0",
        phone_field="who.call",
        event_id_field="id",
        time_field="at",
    )
    assert (notice.record_id, notice.email, notice.phone) == ("12", "a@example.com", "+15550100")
    assert (notice.vendor_event_id, notice.occurred_at) == ("evt-1", datetime(2026, 1, 1, tzinfo=UTC))


def test_an_id_that_is_not_where_it_was_said_to_be_is_not_guessed() -> None:
    assert only({"id": "evt-1", "email": "a@example.com"}, id_field="who.nr").record_id == ""


# --- which event it is ------------------------------------------------------------------------------------------


def test_a_connection_says_what_every_call_means() -> None:
    assert only({"id": 1}, event="form.submitted").type == "form.submitted"


@pytest.mark.parametrize(
    ("word", "type_"),
    [("new", "contact.created"), ("STOP", "contact.unsubscribed"), ("other", ""), ("contact.updated", "")],
)
def test_a_field_says_what_happened_in_the_tools_own_words(word: str, type_: str) -> None:
    events = "new = contact.created, Stop=contact.unsubscribed"
    notice = only({"id": 1, "do": {"what": word}}, event_field="do.what", events=events)
    assert (notice.type, notice.vendor_type) == (type_, word)
    assert not notice.unreadable


def test_without_words_the_field_holds_our_events_own_name() -> None:
    assert only({"id": 1, "type": "contact.tagged"}, event_field="type").type == "contact.tagged"
    assert only({"id": 1, "type": "tagged"}, event_field="type").type == ""


def test_a_call_that_does_not_say_what_happened_is_no_guess() -> None:
    assert "type is missing" in only({"id": 1}, event_field="type").unreadable
    assert only({"id": 1}, event_field="type", event="contact.updated").type == "contact.updated"


def test_a_word_that_means_no_event_of_ours_means_nothing() -> None:
    assert only({"id": 1, "type": "new"}, event_field="type", events="new = contact.made").type == ""


# --- several, twice, unreadable -----------------------------------------------------------------------------------


def test_elements_that_share_an_event_id_are_told_apart_by_their_place() -> None:
    body = [{"id": 1, "e": "x"}, {"id": 2, "e": "x"}, {"id": 3, "e": "y"}]
    assert [n.vendor_event_id for n in parse(body, event_id_field="e")] == ["x:0", "x:1", "y"]
    headers = {"webhook-id": "msg"}
    assert [n.vendor_event_id for n in VENDOR.webhooks.parse(call(body, headers=headers))] == [
        "msg:0",
        "msg:1",
        "msg:2",
    ]
    assert [n.vendor_event_id for n in VENDOR.webhooks.parse(call(body[0], headers=headers))] == ["msg"]


def test_who_it_is_about_must_be_said() -> None:
    (nobody, fine) = parse([{"name": "Jane"}, {"email": "a@example.com"}])
    assert "does not say who" in nobody.unreadable
    assert not fine.unreadable


@pytest.mark.parametrize("value", [True, None, [], {"x": 1}, "  "])
def test_only_text_and_numbers_are_ids(value: Any) -> None:
    assert only({"id": value}).unreadable


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"--b\r\n\r\n", "multipart/form-data; boundary=b", "multipart"),
        (b"<x/>", "text/xml", "not JSON"),
        (b"", "application/json", "empty"),
        (b"a=%ff", "application/x-www-form-urlencoded", "UTF-8"),
    ],
)
def test_what_is_neither_json_nor_a_form_says_so(body: bytes, kind: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        VENDOR.webhooks.parse(call(body, kind=kind))


def test_json_that_is_called_a_form_is_json_all_the_same() -> None:
    (notice,) = VENDOR.webhooks.parse(call(b' {"id": 1}', kind="application/x-www-form-urlencoded"))
    assert notice.record_id == "1"


def test_a_call_without_a_body_says_it_in_its_address() -> None:
    inbound = Inbound("GET", {}, [("email", "a@example.com")], b"")
    assert VENDOR.webhooks.parse(inbound)[0].email == "a@example.com"


def test_nobody_can_pretend_to_be_us() -> None:
    notice = only({"id": 1, "crosswalk": {"consented_at": "2026-01-01T00:00:00+00:00", "email": "x@example.com"}})
    assert notice.record["crosswalk"] == {"id": "1"}
    assert VENDOR.opted_in_at(notice.record, {}) is None


# --- consent --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [True, "yes", "On", 1])
def test_a_plain_yes_is_consent_at_the_time_of_the_event(value: Any) -> None:
    body = {"id": 1, "ok": value, "at": "2026-05-01T10:00:00Z"}
    asked = {"consent_field": "ok", "time_field": "at"}
    assert VENDOR.opted_in_at(only(body, **asked).record, {}) == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert VENDOR.opted_in_at(only(body, consent_field="ok").record, {}) == ARRIVED
    assert VENDOR.opted_in_at(only(body).record, {}) is None


def test_a_time_is_consent_at_that_time_but_not_one_to_come() -> None:
    for said, counts in (("2026-05-01T10:00:00Z", datetime(2026, 5, 1, 10, tzinfo=UTC)), ("2030-01-01", ARRIVED)):
        assert VENDOR.opted_in_at(only({"id": 1, "ok": said}, consent_field="ok").record, {}) == counts


@pytest.mark.parametrize("value", [False, None, "", "no", "maybe", 0, 2, [True], {"yes": True}])
def test_anything_else_is_no_consent(value: Any) -> None:
    assert VENDOR.opted_in_at(only({"id": 1, "ok": value}, consent_field="ok").record, {}) is None


# --- paths ------------------------------------------------------------------------------------------------------------


def test_a_path_goes_by_dots_and_indexes_and_a_name_with_dots_is_a_name() -> None:
    record = {"a": {"b": [{"c": 1}]}, "fields[email].value": "x"}
    assert VENDOR.path(record, "a.b.0.c") == (True, 1)
    assert VENDOR.path(record, "fields[email].value") == (True, "x")
    assert VENDOR.path(record, "a.b.1.c") == (False, None)
