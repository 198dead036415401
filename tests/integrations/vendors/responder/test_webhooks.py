"""What a call says: webhooks whose keys people choose, and messages in our own form."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from integrations.vendors.base import Inbound, Notice
from integrations.vendors.errors import Unreadable
from integrations.vendors.responder.webhooks import ResponderWebhooks, stop_word
from tests.payloads import payload


def parse(body: Any, form: bool = False, **options: Any) -> list[Notice]:
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    content = urlencode(body) if form else json.dumps(body, ensure_ascii=False)
    return ResponderWebhooks().parse(Inbound("POST", {}, [], content.encode(), kind, options))


def one(body: Any, form: bool = False, **options: Any) -> Notice:
    (notice,) = parse(body, form, **options)
    return notice


# --- webhooks of Responder ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [False, True])
def test_the_keys_say_what_happened_and_on_which_list(form: bool) -> None:
    said = {"email": "dana@example.com", "phone": "052-2345678", "name": "דנה בן גוריון"}
    body = {f"joined_101_{field}": value for field, value in said.items()}
    notice = one(body, form)
    assert (notice.type, notice.vendor_type, notice.object) == ("contact.subscribed", "joined", "subscriber")
    assert notice.record == {**said, "first": "דנה", "last": "בן גוריון"}
    assert notice.context == {"list": {"id": "101"}}
    assert (notice.email, notice.phone, notice.record_id) == ("dana@example.com", "052-2345678", "")


@pytest.mark.parametrize(
    ("word", "type"),
    [
        ("joined", "contact.subscribed"),
        ("rejoined", "contact.subscribed"),
        ("signed_up", "contact.subscribed"),
        ("changed", "contact.updated"),
        ("left", "contact.unsubscribed"),
        ("form", "form.submitted"),
        ("opened", "email.opened"),
        ("clicked", "email.clicked"),
    ],
)
def test_each_word_before_a_key_is_an_event(word: str, type: str) -> None:
    assert one({f"{word}_email": "dana@example.com"}).type == type
    assert one({f"{word}_103_phone": "0522345678"}).context["list"] == {"id": "103"}


def test_a_key_says_what_happened_only_where_it_says_who() -> None:
    notice = one({"email": "dana@example.com", "left_hand": "yes", "form_1": "x"})
    assert notice.type == "contact.updated"
    assert notice.record["customFields"] == {"left_hand": "yes", "form_1": "x"}


def test_other_keys_are_personal_fields_by_their_names() -> None:
    notice = one({"joined_אימייל": "dana@example.com", "joined_עיר": "תל אביב", "גודל": 3})
    assert notice.record == {"email": "dana@example.com", "customFields": {"עיר": "תל אביב", "גודל": 3}}


@pytest.mark.parametrize("table", [{"כתובת": "joined_email", "x1": "phone"}, "כתובת = joined_email; x1 = phone"])
def test_keys_of_ones_own_are_what_the_connection_says(table: Any) -> None:
    notice = one({"כתובת": "dana@example.com", "x1": "0522345678"}, hook_fields=table)
    assert (notice.type, notice.email, notice.phone) == ("contact.subscribed", "dana@example.com", "0522345678")


def test_a_field_that_is_not_sent_is_not_an_empty_one() -> None:
    assert one({"email": "dana@example.com"}).record == {"email": "dana@example.com"}
    assert one({"email": "dana@example.com", "phone": ""}).record == {"email": "dana@example.com", "phone": ""}


def test_an_id_among_the_keys_names_the_record() -> None:
    assert one({"subscriber_id": 555001, "email": "dana@example.com"}).record_id == "555001"


def test_a_stop_that_comes_along_is_told_first() -> None:
    stop, changed = parse({"changed_email": "dana@example.com", "changed_status": "unsubscribed"})
    assert (stop.type, changed.type) == ("opt_out.changed", "contact.updated")
    assert (stop.context["level"], stop.context["channel"]) == ("account", "email")
    assert stop.content != changed.content
    assert stop.record["unsubscribed"] is True


@pytest.mark.parametrize(
    ("status", "told"), [("blocked", "blocked"), ("bounced", None), ("active", None), ("1", None), ("??", None)]
)
def test_only_what_is_certain_is_a_stop(status: str, told: str | None) -> None:
    notices = parse({"email": "dana@example.com", "status": status})
    assert [n.context.get("level") for n in notices if n.type == "opt_out.changed"] == ([told] if told else [])


def test_a_stop_of_sms_is_of_sms_only() -> None:
    stop, _changed = parse({"email": "dana@example.com", "sms_unsubscribed": 1})
    assert (stop.context["level"], stop.context["channel"]) == ("sms", "sms")
    assert "unsubscribed" not in stop.record


def test_sign_ups_are_told_from_other_ways_of_joining() -> None:
    assert "signed_up" not in one({"joined_email": "dana@example.com"}).context
    context = one({"signed_up_email": "dana@example.com", "signed_up_at": "2026-07-15 10:00:00"}).context
    assert context == {"signed_up": True, "signed_up_at": "2026-07-15T07:00:00+00:00"}


def test_the_old_systems_call_is_read_as_well() -> None:
    (notice,) = ResponderWebhooks().parse(payload("responder", "old_system").inbound)
    assert notice.record["list_ids"] == ["123", "456"]
    assert notice.record["personal_fields"] == {"3": "תל אביב"}


def test_several_people_are_several_notices() -> None:
    notices = parse([{"email": "a@example.com"}, {"email": "b@example.com"}, "junk"])
    assert [n.email for n in notices[:2]] == ["a@example.com", "b@example.com"]
    assert notices[2].unreadable


@pytest.mark.parametrize("body", [{"test": "טסט"}, {"email": "", "name": "דנה"}, {"email": None}, {"email": {"a": 1}}])
def test_what_the_test_button_sends_is_kept_aside(body: dict[str, Any]) -> None:
    assert "does not say who" in one(body).unreadable


def test_a_body_that_claims_to_be_json_and_is_a_form_is_not_read() -> None:
    with pytest.raises(Unreadable):
        ResponderWebhooks().parse(Inbound("POST", {}, [], b"email=a%40example.com", "text/plain"))


def test_json_is_read_whatever_it_is_called() -> None:
    inbound = Inbound("POST", {}, [], b'{"email": "a@example.com"}', "application/x-www-form-urlencoded")
    assert ResponderWebhooks().parse(inbound)[0].email == "a@example.com"


def test_a_call_without_a_body_is_read_from_its_address() -> None:
    inbound = Inbound("GET", {}, [("joined_email", "a@example.com")], b"")
    assert ResponderWebhooks().parse(inbound)[0].type == "contact.subscribed"


# --- messages -------------------------------------------------------------------------------------------------------


def test_a_message_says_who_when_and_what() -> None:
    (notice,) = ResponderWebhooks().parse(payload("responder", "message").inbound)
    assert (notice.type, notice.record_id) == ("message.received", "555001")
    assert notice.vendor_event_id == "message:responder:sms-8841"
    assert notice.occurred_at == datetime(2026, 7, 15, 7, tzinfo=UTC)
    assert notice.context == {
        "message": {
            "id": "sms-8841",
            "channel": "sms",
            "text": "אפשר לחזור אליי?",
            "link": "https://app.example.com/messages/8841",
        },
        "assignee": {"email": "rep@example.com"},
        "list": {"id": "101"},
    }
    assert (notice.email, notice.phone) == ("dana@example.com", "+972522345678")


def test_the_same_message_again_is_the_same_event() -> None:
    message = {"messageId": "m1", "source": "gateway", "contact": {"phone": "0522345678"}, "lastMessage": "כן"}
    assert one(message).vendor_event_id == one({**message, "receivedAt": "2026-07-15"}).vendor_event_id
    assert one(message).vendor_event_id != one({**message, "messageId": "m2"}).vendor_event_id


def test_a_message_without_an_id_is_told_by_who_when_and_what() -> None:
    message = {"contact": {"phone": "0522345678"}, "lastMessage": "כן", "sentAt": "2026-07-15T10:00:00+03:00"}
    id = one(message).vendor_event_id
    assert id.startswith("message:") and one({**message, "raw": {"retry": 2}}).vendor_event_id == id
    for other in ({"lastMessage": "לא"}, {"sentAt": "2026-07-15T10:00:01+03:00"}, {"contact": {"phone": "0522345679"}}):
        assert one({**message, **other}).vendor_event_id != id


def test_a_message_that_does_not_say_when_has_no_id_of_its_own() -> None:
    assert one({"contact": {"phone": "0522345678"}, "lastMessage": "כן"}).vendor_event_id == ""


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("הסר", "הסר"),
        (" \u200fהסר\u200e. ", "הסר"),
        ("להסיר", "להסיר"),
        ("STOP", "stop"),
        ("Unsubscribe!", "unsubscribe"),
        ('"הסר"', "הסר"),
        ("הסר  אותי", "הסר אותי"),
        ("אל תסיר אותי", ""),
        ("stop by tomorrow", ""),
        ("הסרט היה טוב", ""),
        ("", ""),
    ],
)
def test_a_word_that_asks_to_be_left_alone_is_known(text: str, word: str) -> None:
    assert stop_word(text) == word


@pytest.mark.parametrize(("channel", "of"), [("sms", "sms"), ("email", "email"), ("form", "sms"), ("pigeon", "sms")])
def test_a_stop_word_proposes_an_opt_out(channel: str, of: str) -> None:
    message = {"messageId": "1", "channel": channel, "contact": {"phone": "0522345678"}, "lastMessage": "הסר"}
    context = one(message).context
    assert (context["stop_word"], context["channel"]) == ("הסר", of)


def test_what_we_send_ourselves_proposes_nothing() -> None:
    message = {"messageId": "1", "direction": "outbound", "contact": {"phone": "0522345678"}, "lastMessage": "הסר"}
    notice = one(message)
    assert notice.type == "message.sent" and "stop_word" not in notice.context


def test_an_unknown_channel_is_another() -> None:
    message = {"messageId": "1", "channel": "WhatsApp", "contact": {"email": "a@example.com"}, "lastMessage": "x"}
    assert one(message).context["message"]["channel"] == "other"


@pytest.mark.parametrize(
    "message",
    [
        {"messageId": "1", "lastMessage": "x"},
        {"messageId": "1", "contact": {"name": "דנה"}},
        {"lastMessage": " ", "contact": {"phone": "0522345678"}},
    ],
)
def test_a_message_of_nobody_or_of_nothing_is_kept_aside(message: dict[str, Any]) -> None:
    assert one(message).unreadable
