"""What HighLevel's webhooks say, of an app and of a workflow, whatever their body is like."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.storable import storable
from integrations.vendors.base import Inbound, Notice
from integrations.vendors.errors import Unreadable
from integrations.vendors.highlevel.webhooks import APP_EVENTS, IGNORED_TYPES, WORKFLOW_EVENTS, HighLevelWebhooks
from tests.payloads import payload

from .signing import LOCATION

SPECS = Path("/work/shared/vendors/specs/highlevel/webhooks")
CONTACT_ID = "n9LiContact0000000001"
SENT_AT = datetime(2026, 3, 3, 20, 20, 10, tzinfo=UTC)


def parse(body: Any, raw: bytes | None = None, **options: Any) -> list[Notice]:
    content = raw if raw is not None else json.dumps(body, ensure_ascii=False).encode()
    return HighLevelWebhooks().parse(Inbound("POST", {}, [], content, "application/json", options))


def parsed(name: str, **options: Any) -> list[Notice]:
    inbound = payload("highlevel", name).inbound
    return HighLevelWebhooks().parse(
        Inbound(inbound.method, inbound.headers, inbound.query, inbound.body, inbound.content_type, options)
    )


def event(word: str = "ContactUpdate", **facts: Any) -> dict[str, Any]:
    return {"type": word, "locationId": LOCATION, "appId": "app", "webhookId": "w1", "id": "c1", **facts}


# --- an app's -----------------------------------------------------------------------------------------------------


def test_a_contact_is_read_into_the_apis_own_field_names() -> None:
    (notice,) = parsed("contact_create")
    assert (notice.object, notice.record_id, notice.email) == ("contact", CONTACT_ID, "dana@example.com")
    assert (notice.phone, notice.account) == ("+972501234567", LOCATION)
    assert notice.record["firstName"] == "דנה"
    assert notice.record["customFields"] == [{"id": "BcdmField000000000001", "value": "XYZ"}]
    assert not notice.record.keys() & {"type", "timestamp", "webhookId", "appId", "versionId"}


def test_what_is_new_happened_when_it_was_made_and_a_change_when_it_was_sent() -> None:
    assert parsed("contact_create")[0].occurred_at == datetime(2026, 3, 3, 20, 19, tzinfo=UTC)
    assert parsed("note_create")[0].occurred_at == datetime(2026, 3, 3, 20, 19, 40, tzinfo=UTC)
    assert parsed("appointment_create")[0].occurred_at == datetime(2026, 3, 3, 20, 19, 50, tzinfo=UTC)
    assert parsed("note_update")[0].occurred_at == SENT_AT
    assert parsed("task_complete")[0].occurred_at == SENT_AT
    assert parsed("without_envelope")[0].occurred_at is not None
    assert parse({k: v for k, v in event().items() if k != "timestamp"})[0].occurred_at is None


def test_the_id_of_the_webhook_is_that_of_the_event_on_every_delivery() -> None:
    first, again = parse(event()), parse(event(timestamp="2026-03-09T00:00:00.000Z"))
    assert first[0].vendor_event_id == again[0].vendor_event_id == "w1"
    assert parsed("without_envelope")[0].vendor_event_id == ""


@pytest.mark.parametrize("name", ["task_create", "note_update", "appointment_create", "inbound_message_sms"])
def test_what_is_about_a_contact_names_it_as_its_parent(name: str) -> None:
    (notice,) = parsed(name)
    assert notice.context["parent"] == {"object": "contact", "record_id": CONTACT_ID}
    assert notice.email == ""


def test_a_task_without_its_contact_is_taken_and_says_so_little() -> None:
    (notice,) = parsed("task_create_thin")
    assert (notice.type, notice.record_id, notice.context) == ("task.created", "UlRWTask0000000000001", {})


def test_a_completed_task_is_completed() -> None:
    assert parsed("task_complete")[0].record["completed"] is True
    assert "completed" not in parsed("task_create")[0].record


def test_an_appointment_is_the_record_and_not_what_is_around_it() -> None:
    (notice,) = parsed("appointment_update")
    assert notice.record["appointmentStatus"] == "confirmed"
    assert "appointment" not in notice.record


@pytest.mark.parametrize(
    ("name", "stopped"),
    [
        ("contact_dnd_email", ["email"]),
        ("contact_dnd_sms_permanent", ["sms"]),
        ("contact_dnd_global", ["all", "email", "sms", "call", "whatsapp"]),
    ],
)
def test_a_stop_says_of_which_channels(name: str, stopped: list[str]) -> None:
    (notice,) = parsed(name)
    assert (notice.type, notice.context) == ("opt_out.changed", {"stopped": stopped})


@pytest.mark.parametrize("status", ["active", "permanent", "ACTIVE", "paused", 1])
@pytest.mark.parametrize("key", ["Email", "email", "EMAIL"])
def test_any_status_but_inactive_is_a_stop(key: str, status: Any) -> None:
    (notice,) = parse(event("ContactDndUpdate", dnd=False, dndSettings={key: {"status": status}}))
    assert (notice.type, notice.context["stopped"]) == ("opt_out.changed", ["email"])


def test_a_stop_that_was_lifted_is_no_opt_out_and_no_opt_in() -> None:
    assert [n.type for n in parsed("contact_dnd_lifted")] == ["contact.updated"]


def test_a_contact_made_with_a_stop_is_heard_as_a_stop_first_also_when_it_is_read_again() -> None:
    stop, made = parsed("contact_create_stopped")
    assert (stop.type, made.type) == ("opt_out.changed", "contact.created")
    assert stop.vendor_event_id != made.vendor_event_id
    (again,) = parse(stop.content)
    assert (again.type, again.context) == ("opt_out.changed", stop.context)
    assert [n.type for n in parse(made.content)] == ["opt_out.changed", "contact.created"]


def test_an_unknown_type_is_kept_without_a_type_of_ours() -> None:
    (notice,) = parse(event("ContactTeleport"))
    assert (notice.type, notice.vendor_type, notice.unreadable) == ("", "ContactTeleport", "")


def test_the_types_of_the_documentation_are_known_or_ignored_on_purpose() -> None:
    assert not set(APP_EVENTS) & set(IGNORED_TYPES)


@pytest.mark.skipif(not SPECS.exists(), reason="the saved specifications are not here")
@pytest.mark.parametrize("file", sorted(SPECS.glob("*.json")), ids=lambda file: file.stem)
def test_every_documented_example_is_read(file: Path) -> None:
    bodies = json.loads(file.read_text(encoding="utf-8"))["examples"]
    for body in (body for body in bodies if body.get("type") not in (None, "string")):  # two pages show only a shape
        for notice in parse(body):
            assert notice.unreadable == ""
            assert bool(notice.type) == (body["type"] in APP_EVENTS)
            assert body["type"] in {*APP_EVENTS, *IGNORED_TYPES}


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        ("text", "not an object"),
        (None, "not an object"),
        ({"appId": "a"}, "no type"),
        (event(id=None), "which contact"),
        (event(id=""), "which contact"),
        (event(id={}), "id is not text"),
        (event(id=True), "id is not text"),
        (event(email=["a@example.com"]), "email is not text"),
        (event(tags="vip"), "tags is not a list"),
        (event(customFields="x"), "customFields is not a list"),
        (event("ContactDndUpdate", dndSettings=["Email"]), "dndSettings is not an object"),
        (event("TaskCreate", id=None, contactId="c1"), "which task"),
        (event("TaskCreate", contactId={}), "contactId is not text"),
        (event("AppointmentCreate", id=None, appointment={"title": "x"}), "which appointment"),
        (event("InboundMessage", id=None), "which message"),
        ({}, "which contact"),
        ({"contact_id": "", "email": " "}, "which contact"),
        ({"contact_id": ["c1"]}, "which contact"),
    ],
)
def test_an_element_nobody_can_read_spoils_no_other(element: Any, reason: str) -> None:
    bad, other = parse([element, event()])
    assert reason in bad.unreadable
    assert bad.content == element
    assert (other.unreadable, other.record_id) == ("", "c1")


# --- a workflow's -------------------------------------------------------------------------------------------------


def test_a_workflow_speaks_in_the_words_of_the_api() -> None:
    (notice,) = parsed("workflow_form")
    assert (notice.type, notice.record_id, notice.vendor_event_id) == ("form.submitted", CONTACT_ID, "")
    assert (notice.record["firstName"], notice.record["tags"]) == ("דנה", ["vip", "demo watched"])
    assert notice.context["customData"] == {"event": "form.submitted", "form": "Get a quote"}
    assert notice.context["Favourite plan"] == "gold"


def test_what_a_workflow_leaves_blank_is_not_taken_for_empty() -> None:
    assert "companyName" not in parsed("workflow_plain")[0].record


def test_which_tag_it_was_stands_where_that_of_others_does() -> None:
    assert parsed("workflow_tagged")[0].context["tag"] == {"name": "vip"}


@pytest.mark.parametrize("word", WORKFLOW_EVENTS)
def test_a_workflow_says_what_it_means(word: str) -> None:
    assert [n.type for n in parse({"contact_id": "c1", "customData": {"event": word}})] == [word]


def test_a_word_that_is_no_event_is_kept_and_ignored() -> None:
    (notice,) = parse({"contact_id": "c1", "customData": {"event": "levitated"}})
    assert (notice.type, notice.unreadable) == ("", "")
    assert "levitated" in notice.vendor_type


def test_the_workflow_of_another_location_is_not_taken_for_ours() -> None:
    assert parsed("workflow_plain", location_id=LOCATION)[0].unreadable == ""
    (notice,) = parsed("workflow_plain", location_id="another")
    assert "another location" in notice.unreadable


def test_a_workflow_never_speaks_for_another_account() -> None:
    assert parsed("workflow_plain")[0].account == ""


def test_a_call_with_everything_in_its_address_is_read() -> None:
    (notice,) = HighLevelWebhooks().parse(Inbound("GET", {}, [("contact_id", "c1"), ("event", "contact.tagged")], b""))
    assert (notice.type, notice.record_id) == ("contact.tagged", "c1")


# --- anything -----------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    ["type", "locationId", "appId", "webhookId", "timestamp", "id", "contactId", "contact_id", "email", "tags", "data"]
    + ["dnd", "dndSettings", "Email", "status", "appointment", "customData", "customFields", "location", "event"]
)
WORDS = st.sampled_from([*APP_EVENTS, *WORKFLOW_EVENTS, "active", "inactive", "", "c1"]) | st.text(max_size=20)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS
BODIES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=8),
    max_leaves=20,
)


@settings(max_examples=400, deadline=None)
@given(BODIES)
def test_whatever_a_body_holds_it_is_read_or_refused_with_a_reason(body: Any) -> None:
    try:
        notices = parse(None, raw=json.dumps(body).encode())
    except Unreadable as problem:
        assert problem.message.endswith(".")
        return
    for notice in notices:
        json.dumps(storable([notice.content, notice.record, notice.context]))
        assert isinstance(notice.record_id, str) and isinstance(notice.email, str)
        assert notice.occurred_at is None or notice.occurred_at.tzinfo
        if notice.type and not notice.unreadable:
            assert notice.record_id or notice.email or notice.phone or notice.context.get("parent")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_whatever_bytes_come_nothing_breaks(raw: bytes) -> None:
    try:
        parse(None, raw=raw)
    except Unreadable as problem:
        assert problem.message.endswith(".")


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 1_000_000,
        b"[" + b"{}," * 330_000 + b"{}]",
        b'{"type":"ContactCreate","locationId":"l","id":"c","name":"' + b"\\ud800" * 160_000 + b'"}',
        b'{"type":"ContactCreate","locationId":"l","id":' + b"9" * 900_000 + b"}",
        b'{"contact_id":"c","tags":"' + b"a," * 450_000 + b'"}',
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
