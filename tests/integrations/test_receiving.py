"""Events in: every form a GetResponse account can send, stored once, answered fast, and never a traceback."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from integrations.inbox import replay_event
from integrations.models import Event, EventState
from integrations.receive import store
from integrations.vendors.errors import Unreadable
from tests.world import TOKEN, World

URL = f"/webhooks/getresponse/{TOKEN}/"
CONTACT = {
    "contactId": "xyz789abc",
    "email": "jane@example.com",
    "name": "Jane Doe",
    "campaign": {"campaignId": "abc123def", "name": "Q2 2026 Nurture List"},
    "createdOn": "2026-04-21T09:15:00+0000",
    "tags": [{"tagId": "tag001", "name": "webinar_registrant"}],
    "customFields": [{"customFieldId": "cf001", "name": "company", "value": ["Acme Corporation"]}],
}


def vendor_event(kind: str = "contact_added", **contact: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "contact": {"contactId": "abc123", "email": "jane@example.com", "name": "Jane", **contact},
        "account": {"accountId": "def456"},
        "event": {"occurredAt": "2026-04-27T12:56:00+00:00"},
    }


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("subscribe", "contact.subscribed"),
        ("unsubscribe", "contact.unsubscribed"),
        ("open", "email.opened"),
        ("click", "email.clicked"),
        ("tag_applied", "contact.tagged"),
    ],
)
def test_the_briefs_json_is_understood(world: World, action: str, expected: str) -> None:
    response = world.post({"contact": CONTACT, "action": action})
    assert (response.status_code, response.json()) == (200, {"status": "OK"})
    [event] = world.events()
    assert (event.type, event.record_id, event.state) == (expected, "xyz789abc", EventState.NEW)


def test_an_array_is_one_event_per_element(world: World) -> None:
    world.post([vendor_event(contactId=f"c{n}", email=f"p{n}@example.com") for n in range(100)])
    assert Event.objects.count() == 100


def test_the_classic_callback_comes_by_get_or_post_in_any_case(world: World) -> None:
    query = "action=subscribe&ACCOUNT_ID=A1&CAMPAIGN_ID=C1&CONTACT_ID=k1&contact_name=%D7%93%D7%A0%D7%94"
    query += "&contact_email=dana%40example.com"
    assert Client().get(f"{URL}?{query}").json() == {"status": "OK"}
    lower = query.lower().replace("k1", "k2").replace("dana%40", "noa%40")
    Client().post(URL, data=lower, content_type="application/x-www-form-urlencoded")
    first, second = world.events()
    assert (first.record_id, first.record["email"], first.record["name"]) == ("k1", "dana@example.com", "דנה")
    assert second.record_id == "k2"


def test_a_redelivery_with_the_vendors_id_is_one_event_for_ever(world: World) -> None:
    world.post(vendor_event(), **{"X-Webhook-ID": "9b287712"})
    Event.objects.update(received_at=timezone.now() - timedelta(days=7))
    world.post(vendor_event(), **{"X-Webhook-ID": "9b287712"})
    [event] = world.events()
    assert event.repeats == 1


def test_equal_content_within_ten_minutes_is_one_event(world: World) -> None:
    for _time in range(3):
        world.post({"contact": CONTACT, "action": "subscribe"})
    assert [event.repeats for event in world.events()] == [2]


def test_equal_content_after_ten_minutes_is_a_new_event(world: World) -> None:
    world.post({"contact": CONTACT, "action": "subscribe"})
    Event.objects.update(received_at=timezone.now() - timedelta(minutes=11))
    world.post({"contact": CONTACT, "action": "subscribe"})
    world.post({"contact": CONTACT, "action": "subscribe"})
    assert [event.repeats for event in world.events()] == [0, 1]


def test_an_array_with_known_and_new_elements_stores_the_new_ones(world: World) -> None:
    one, two = vendor_event(contactId="c1"), vendor_event(contactId="c2")
    world.post([one])
    world.post([one, two, two])
    assert [event.repeats for event in world.events()] == [1, 0]


@pytest.mark.parametrize("token", ["wrong", "x", "test-token-", "%00"])
def test_an_unknown_token_is_404_and_nothing_is_stored(world: World, token: str) -> None:
    assert world.post({"contact": CONTACT, "action": "subscribe"}, token=token).status_code == 404
    assert Event.objects.count() == 0


def test_an_empty_token_is_404(world: World) -> None:
    assert Client().post("/webhooks/getresponse//", data="{}", content_type="application/json").status_code == 404


def test_a_token_of_another_vendor_is_404(world: World) -> None:
    assert Client().post(f"/webhooks/salesforce/{TOKEN}/", data="{}", content_type="text/xml").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b'"text"',
        b"[]",
        b"{}",
        b'{"contact": null, "action": "subscribe"}',
        b'{"contact": [1, 2], "action": "subscribe"}',
        b'{"contact": {"email": 5}, "action": "subscribe"}',
        b'{"contact": {}, "action": "subscribe"}',
        b'{"type": "contact_added"}',
        b"\xff\xfe\x00bad charset",
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"contact": {"contactId": "a\\u0000b", "email": "\\ud800"}, "action": 7}',
        gzip.compress(b"{}"),
    ],
    ids=range(16),
)
def test_what_nobody_can_read_is_kept_in_quarantine(world: World, body: bytes) -> None:
    response = Client().post(URL, data=body, content_type="application/json")
    assert (response.status_code, response.json()) == (200, {"status": "OK"})
    [event] = world.events()
    assert event.state == EventState.QUARANTINED
    assert event.reason
    assert bytes(event.body) == body


def test_a_get_without_the_names_it_needs_is_answered_ok(world: World) -> None:
    assert Client().get(URL).json() == {"status": "OK"}


def test_more_than_one_megabyte_is_413_and_not_stored(world: World) -> None:
    body = json.dumps([vendor_event(name="x" * 1_100_000)])
    assert Client().post(URL, data=body, content_type="application/json").status_code == 413
    assert Event.objects.count() == 0


def test_an_unknown_type_is_stored_and_ignored_and_said(world: World) -> None:
    world.post(vendor_event("contact_teleported"))
    [event] = world.events()
    assert event.state == EventState.IGNORED
    assert "contact_teleported" in event.reason


def test_a_store_that_is_down_is_503_and_nothing_is_claimed(world: World) -> None:
    with mock.patch("integrations.views.receive", side_effect=OperationalError("down")):
        assert world.post({"contact": CONTACT, "action": "subscribe"}).status_code == 503


def test_an_event_nobody_listens_to_is_ignored_with_the_reason(world: World) -> None:
    world.post({"contact": CONTACT, "action": "open"})
    world.work()
    [event] = world.events()
    assert (event.state, event.reason) == (
        EventState.IGNORED,
        "No rule that is on listens to email.opened at getresponse-main.",
    )


def test_a_quarantined_event_that_is_still_unreadable_is_not_replayed(world: World) -> None:
    Client().post(URL, data=b"{", content_type="application/json")
    with pytest.raises(Unreadable):
        replay_event(world.events()[0], "operator")
    assert Event.objects.count() == 1


def test_a_replay_is_a_new_event_that_points_at_the_old_one(world: World) -> None:
    world.main_job()
    contact = world.subscribe("replay@example.com", name="Dana Cohen")
    world.work()
    world.sandbox.act("getresponse", "rename", email=contact["email"], to="Dana Levi")
    replayed = replay_event(world.events()[0], "operator")
    world.work()
    assert replayed.replay_of == world.events()[0]
    assert world.leads[0]["LastName"] == "Levi"


def test_storing_the_same_event_from_two_sides_keeps_one(world: World) -> None:
    world.post({"contact": CONTACT, "action": "subscribe"})
    [event] = world.events()
    copy = Event(connection=event.connection, dedupe_key=event.dedupe_key, order_key="x", occurred_at=timezone.now())
    assert store([copy]) == []
    assert Event.objects.count() == 1
