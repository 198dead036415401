"""HighLevel's webhooks on the whole way in: proven, stored once, for the right location, and acted on."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.test import Client

from audit.models import Change, Kind, OptOut
from integrations.inbox import replay_event
from integrations.models import Connection, Event, EventState, Link
from integrations.sandbox.highlevel.events import APP
from integrations.sandbox.highlevel.options import LOCATION, TOKEN
from integrations.sandbox.highlevel.signing import KEY, PUBLIC_KEY
from integrations.tokens import set_token
from integrations.vendors.errors import Unreadable
from tests.world import World

pytestmark = pytest.mark.django_db
NAME, SECRET = "highlevel-main", "hl-secret"
OTHER = "locOther000000000001"
EVENT = {"type": "ContactUpdate", "locationId": LOCATION, "appId": APP, "webhookId": "w-1", "id": "c-1"}
TO_SALESFORCE = {
    "source": {"connection": NAME, "object": "contact", "read": "auto"},
    "target": {"connection": "salesforce-main", "object": "Lead"},
    "match": ["email"],
    "fields": [
        {"from": "lastName", "to": "LastName", "fallback": "Unknown"},
        {"from": "email", "to": "Email"},
        {"value": "Unknown", "to": "Company"},
    ],
}


def connect(world: World, name: str = NAME, token: str = SECRET, **options: Any) -> Connection:
    row = Connection(name=name, vendor="highlevel", base_url=world.sandbox.highlevel_url, credentials={"token": TOKEN})
    row.options = {"location_id": LOCATION, "webhook_public_key": PUBLIC_KEY, **options}
    set_token(row, token)
    row.save()
    return row


@pytest.fixture
def here(world: World) -> Connection:
    """The app's one address is told to the sandbox; what it sends there, `deliver` brings."""
    row = connect(world)
    world.sandbox.act("highlevel", "add_webhook", url="http://127.0.0.1:9/")
    world.sandbox.switch("highlevel", webhook_gaps="")
    return row


def post(body: Any, token: str = SECRET, signed: bool = True, **headers: str) -> int:
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    if signed:
        headers["X-GHL-Signature"] = base64.b64encode(KEY.sign(raw)).decode()
    answer = Client().post(f"/webhooks/highlevel/{token}/", raw, "application/json", headers=headers)
    return answer.status_code


def deliver(world: World, token: str = SECRET, times: int = 1) -> None:
    """What the sandbox sent, as often as it is said, the last first."""
    for _time in range(times):
        for each in reversed(world.sandbox.wait_until_delivered()):
            headers = {name: value for name, value in each["headers"].items() if name != "Content-Type"}
            assert post(each["body"].encode(), token, signed=False, **headers) == 200


def rule(world: World, connection: Connection, event: str, *actions: dict[str, Any]) -> None:
    row = world.rule("on-" + event.replace(".", "-").replace("_", "-"), event, *actions)
    row.connection = connection
    row.save()


def person(world: World, email: str = "dana@example.com", **values: Any) -> dict[str, Any]:
    contact: dict[str, Any] = world.sandbox.act("highlevel", "create", email=email, lastName="Cohen", **values)
    return contact


# --- in -----------------------------------------------------------------------------------------------------------


def test_a_signed_event_is_stored_and_a_forged_one_is_not(here: Connection) -> None:
    assert post(EVENT, signed=False) == 401
    assert post(EVENT, signed=False, **{"X-GHL-Signature": "N/A"}) == 401
    assert post(EVENT, signed=False, **{"X-GHL-Signature": base64.b64encode(b"x" * 64).decode()}) == 401
    assert not Event.objects.exists()
    assert post(EVENT) == 200
    [event] = Event.objects.all()
    assert (event.type, event.record_id, event.vendor_event_id) == ("contact.updated", "c-1", "w-1")


def test_a_delivery_counts_once_however_late_it_is_told_again(here: Connection) -> None:
    old = {**EVENT, "timestamp": "2025-01-01T00:00:00.000Z"}
    assert [post(old), post(old), post({**old, "timestamp": "2026-01-01T00:00:00.000Z"})] == [200, 200, 200]
    [event] = Event.objects.all()
    assert (event.repeats, event.occurred_at.year) == (2, 2025)


def test_the_event_of_another_app_is_refused(world: World) -> None:
    connect(world, app_id="another")
    assert post(EVENT) == 401
    assert not Event.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"null", b"[]", b"[1, {}]", b'{"type": "ContactCreate"}'])
def test_a_body_nobody_can_read_is_quarantined_when_it_is_signed(here: Connection, body: bytes) -> None:
    assert post(body) == 200
    assert {event.state for event in Event.objects.all()} == {EventState.QUARANTINED}


def test_types_that_mean_nothing_to_us_are_kept_and_ignored(here: Connection) -> None:
    assert post({"type": "INSTALL", "appId": APP, "locationId": LOCATION, "webhookId": "w"}) == 200
    assert Event.objects.get().state == EventState.IGNORED


def test_an_unsigned_workflow_is_taken_by_the_urls_secret_and_its_content_counts_once(
    world: World, here: Connection
) -> None:
    person(world)
    custom = {"event": "form.submitted"}
    url = "http://127.0.0.1:9/"
    world.sandbox.act("highlevel", "run_workflow", email="dana@example.com", url=url, customData=custom)
    workflow = next(each for each in world.sandbox.wait_until_delivered() if each["kind"] == "workflow")
    raw = workflow["body"].encode()
    assert [post(raw, signed=False), post(raw, signed=False)] == [200, 200]
    assert post(raw, token="wrong", signed=False) == 404
    [event] = Event.objects.all()
    assert (event.type, event.repeats) == ("form.submitted", 1)


# --- several locations of one app ---------------------------------------------------------------------------------


def test_one_url_serves_every_connected_location_of_the_app(world: World, here: Connection) -> None:
    there = connect(world, "highlevel-other", "other-secret", location_id=OTHER)
    assert post({**EVENT, "locationId": OTHER}) == 200
    assert post(EVENT) == 200
    assert {event.connection for event in Event.objects.all()} == {here, there}
    assert Event.objects.get(connection=there).vendor_event_id == "w-1"
    assert post({**EVENT, "locationId": OTHER}) == 200
    assert Event.objects.count() == 2


def test_each_location_may_have_a_url_of_its_own(world: World, here: Connection) -> None:
    there = connect(world, "highlevel-other", "other-secret", location_id=OTHER)
    assert post({**EVENT, "locationId": OTHER}, "other-secret") == 200
    assert Event.objects.get().connection == there


def test_the_event_of_a_location_that_nobody_connected_is_ignored_and_says_why(here: Connection) -> None:
    assert post({**EVENT, "locationId": OTHER}) == 200
    event = Event.objects.get()
    assert (event.connection, event.state) == (here, EventState.IGNORED)
    assert OTHER in event.reason
    with pytest.raises(Unreadable, match="not the account"):
        replay_event(event, "test")


def test_what_another_connection_would_not_believe_does_not_reach_it(world: World, here: Connection) -> None:
    connect(world, "highlevel-other", "other-secret", location_id=OTHER, app_id="another")
    assert post({**EVENT, "locationId": OTHER}) == 200
    assert Event.objects.get().state == EventState.IGNORED


def test_an_unsigned_call_reaches_no_other_connection(world: World, here: Connection) -> None:
    connect(world, "highlevel-other", "other-secret", location_id=OTHER)
    assert post({"contact_id": "c-1", "location": {"id": OTHER}}, signed=False) == 200
    event = Event.objects.get()
    assert (event.connection, event.state) == (here, EventState.QUARANTINED)


def test_while_a_connection_does_not_say_its_location_all_is_its_own(world: World) -> None:
    row = connect(world, location_id="")
    assert post({**EVENT, "locationId": OTHER}) == 200
    assert (Event.objects.get().connection, Event.objects.get().state) == (row, EventState.NEW)


# --- and acted on -------------------------------------------------------------------------------------------------


def test_a_contact_of_highlevel_becomes_a_lead_once_whatever_is_repeated(world: World, here: Connection) -> None:
    world.mapping("hl-to-lead", **TO_SALESFORCE)
    rule(world, here, "contact.created", {"upsert": {"mapping": "hl-to-lead"}})
    person(world)
    deliver(world, times=2)
    world.work()
    [lead] = world.leads
    assert (lead["Email"], lead["LastName"]) == ("dana@example.com", "Cohen")


def stop_rule(world: World, here: Connection, *channels: str) -> None:
    world.mapping("hl-to-lead", **TO_SALESFORCE)
    rule(world, here, "contact.created", {"upsert": {"mapping": "hl-to-lead"}})
    action = {"opt_out": {"connections": ["salesforce-main"], "channels": list(channels)}}
    rule(world, here, "opt_out.changed", action)


def test_an_unsubscribe_in_highlevel_stops_the_mail_elsewhere(world: World, here: Connection) -> None:
    stop_rule(world, here, "email")
    person(world)
    world.sandbox.act("highlevel", "unsubscribe", email="dana@example.com")
    deliver(world)
    world.work()
    [lead] = world.leads
    assert lead["HasOptedOutOfEmail"] is True


def test_who_wants_no_sms_still_gets_mail(world: World, here: Connection) -> None:
    stop_rule(world, here, "email")
    person(world)
    world.sandbox.act("highlevel", "stop", email="dana@example.com", channel="sms")
    deliver(world)
    world.work()
    assert not OptOut.objects.exists()
    assert world.leads[0]["HasOptedOutOfEmail"] in (False, None)
    assert "sms" in Event.objects.get(type="opt_out.changed").reason


def test_a_rule_for_all_channels_tells_of_those_that_were_stopped(world: World, here: Connection) -> None:
    stop_rule(world, here, "all")
    person(world)
    world.sandbox.act("highlevel", "unsubscribe", email="dana@example.com")
    deliver(world)
    world.work()
    assert [stop.channel for stop in OptOut.objects.all()] == ["email"]


def test_somebody_made_with_a_stop_is_never_mailed_anywhere(world: World, here: Connection) -> None:
    """The stop is heard first, so that the lead is made with the flag and never without it."""
    stop_rule(world, here, "email")
    person(world, dnd=True)
    deliver(world)
    world.work()
    assert world.leads[0]["HasOptedOutOfEmail"] is True
    [made] = Change.objects.filter(kind=Kind.CONTACT)
    assert made.diff["HasOptedOutOfEmail"]["after"] is True
    stop, created = Event.objects.order_by("id")
    assert (stop.type, created.type) == ("opt_out.changed", "contact.created")
    assert [replay_event(each, "test").type for each in (stop, created)] == [stop.type, created.type]


def test_who_was_stopped_in_highlevel_is_put_on_no_list_though_nobody_ever_heard_of_it(
    world: World, here: Connection
) -> None:
    person(world, dndSettings={"Email": {"status": "active"}})
    fields = [{"from": "email", "to": "email"}, {"value": "abc123def", "to": "campaign.campaignId"}]
    source, target = ({"connection": name, "object": "contact"} for name in (NAME, "getresponse-main"))
    world.mapping("hl-to-list", source=source, target=target, key=None, fields=fields)
    rule(world, here, "contact.updated", {"upsert": {"mapping": "hl-to-list"}})
    world.sandbox.act("highlevel", "edit", email="dana@example.com", values={"city": "Haifa"})
    deliver(world)
    world.work()
    [held] = Change.objects.all()
    assert (held.state, world.sandbox.records("getresponse", "contact")) == ("held", [])
    assert "says stop" in held.held_reason


def test_a_task_that_comes_without_its_contact_is_read_to_find_whose_it_is(world: World, here: Connection) -> None:
    world.mapping("hl-to-lead", **TO_SALESFORCE)
    rule(world, here, "contact.created", {"upsert": {"mapping": "hl-to-lead"}})
    rule(world, here, "task.created", {"create_task": {"connection": "salesforce-main", "title": "{title}"}})
    contact = person(world)
    deliver(world)
    world.work()
    world.sandbox.act("highlevel", "add_task", email="dana@example.com", title="Call her")
    thin = json.loads(world.sandbox.wait_until_delivered()[-1]["body"])
    assert "contactId" not in thin
    assert post(thin) == 200
    world.work()
    [task] = world.sandbox.records("salesforce", "Task")
    assert task["Subject"] == "Call her"
    link = Link.objects.get(connection=here, object="contact")
    assert link.record_id == contact["id"]
    assert Event.objects.get(type="task.created").person == link.person
