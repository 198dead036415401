"""Responder Live in the engine: its webhooks and its daily look in, people, lists, tags and stops out."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import ChangeState, OptOut
from integrations.clients import open_client
from integrations.models import Connection, EventState, Link
from integrations.sandbox.responder.seed import CITY, CUSTOMERS, NEWSLETTER
from integrations.tokens import callback_url, set_token
from integrations.vendors.responder.capabilities import SCAN_EVENTS
from integrations.watching import look_at_due, look_now
from mappings.models import Mapping, MappingVersion, Rule, VersionState
from tests.world import World

pytestmark = pytest.mark.django_db
TOKEN = "responder-token"
DANA = "dana@example.com"
TO_LEAD: dict[str, Any] = {
    "source": {"connection": "responder-main", "object": "subscriber", "read": "auto"},
    "target": {"connection": "salesforce-main", "object": "Lead"},
    "match": ["email"],
    "fields": [
        {"from": "name", "via": ["first_name"], "to": "FirstName"},
        {"from": "name", "via": ["last_name"], "to": "LastName", "fallback": "Unknown"},
        {"from": "email", "to": "Email"},
        {"from": ["customFields.עיר", "email"], "to": "Company"},
    ],
}
FROM_CONTACT: dict[str, Any] = {
    "source": {"connection": "getresponse-main", "object": "contact", "read": "auto"},
    "target": {"connection": "responder-main", "object": "subscriber"},
    "match": ["email"],
    "fields": [
        {"from": "email", "to": "email"},
        {"from": "name", "to": "name"},
        {"value": str(CUSTOMERS), "to": "list_ids"},
        {"from": "customFields.city", "to": "customFields.עיר"},
    ],
}
STOP = {"opt_out": {"connections": ["salesforce-main"], "channels": ["email"]}}


@pytest.fixture
def responder(world: World) -> Connection:
    keys = {
        "client_id": 238,
        "client_secret": "sandbox-responder-secret",
        "user_token": "sandbox-responder-user-token",
    }
    url = world.sandbox.responder_url
    connection = Connection(name="responder-main", vendor="responder", base_url=url, credentials=keys)
    set_token(connection, TOKEN)
    connection.save()
    return connection


def publish(name: str, spec: dict[str, Any]) -> None:
    mapping = Mapping.objects.create(name=name)
    MappingVersion.objects.create(mapping=mapping, number=1, state=VersionState.PUBLISHED, spec=spec)


def rule(connection: Connection, name: str, event: str, *actions: dict[str, Any], **facts: Any) -> None:
    Rule.objects.create(name=name, connection=connection, event=event, actions=list(actions), **facts)


def post(body: Any) -> int:
    data = json.dumps(body, ensure_ascii=False)
    status: int = Client().post(f"/webhooks/responder/{TOKEN}/", data=data, content_type="application/json").status_code
    return status


def hook(word: str, email: str = DANA) -> int:
    return post({f"{word}_101_email": email, f"{word}_101_name": "דנה"})


def act(world: World, name: str, /, **params: Any) -> dict[str, Any]:
    done: dict[str, Any] = world.sandbox.act("responder", name, **params)
    return done


def people(world: World) -> list[dict[str, Any]]:
    return world.sandbox.records("responder", "subscriber")


# --- in -------------------------------------------------------------------------------------------------------------


def test_somebody_who_joined_is_read_back_and_becomes_a_lead(world: World, responder: Connection) -> None:
    publish("to-lead", TO_LEAD)
    rule(responder, "joined", "contact.subscribed", {"upsert": {"mapping": "to-lead"}})
    made = act(world, "sign_up", email=DANA, name="דנה בן גוריון", personal_fields={str(CITY): "תל אביב"})
    assert hook("joined") == 200
    world.work()
    (lead,) = world.leads
    assert (lead["FirstName"], lead["LastName"], lead["Company"]) == ("דנה", "בן גוריון", "תל אביב")
    (event,) = world.events()
    assert (event.record_id, event.state) == (str(made["id"]), EventState.PLANNED)
    assert Link.objects.get(connection=responder).record_id == str(made["id"])
    assert hook("joined") == 200  # a repeat
    world.work()
    assert len(world.leads) == len(world.events()) == 1


def test_somebody_who_is_not_there_is_what_the_event_says(world: World, responder: Connection) -> None:
    publish("to-lead", TO_LEAD)
    rule(responder, "joined", "contact.subscribed", {"upsert": {"mapping": "to-lead"}})
    assert hook("joined", "nobody@example.com") == 200
    world.work()
    assert [lead["Email"] for lead in world.leads] == ["nobody@example.com"]
    assert world.events()[0].record_id == ""


def test_an_address_that_two_records_have_names_neither(world: World, responder: Connection) -> None:
    publish("to-lead", TO_LEAD)
    rule(responder, "joined", "contact.subscribed", {"upsert": {"mapping": "to-lead"}})
    made = act(world, "sign_up", email=DANA, name="דנה כהן")
    world.sandbox.store.shelf("responder").put("subscriber", "7", {**made, "id": 7})
    hook("joined")
    world.work()
    assert [event.record_id for event in world.events()] == [""]
    assert [lead["LastName"] for lead in world.leads] == ["דנה"]


def test_a_batch_of_events_is_named_and_read_in_portions(world: World, responder: Connection) -> None:
    publish("to-lead", TO_LEAD)
    rule(responder, "joined", "contact.subscribed", {"upsert": {"mapping": "to-lead"}})
    ids = {str(act(world, "sign_up", email=f"p{n}@example.com", name=f"אדם {n}")["id"]) for n in range(5)}
    assert post([{"joined_101_email": f"P{n}@example.com"} for n in range(5)]) == 200
    world.work()
    assert {event.record_id for event in world.events()} == ids
    assert len(world.leads) == 5


def test_an_event_waits_while_the_vendor_is_away(world: World, responder: Connection) -> None:
    publish("to-lead", TO_LEAD)
    rule(responder, "joined", "contact.subscribed", {"upsert": {"mapping": "to-lead"}})
    act(world, "sign_up", email=DANA, name="דנה כהן")
    world.sandbox.switch("responder", down="always")
    hook("joined")
    world.work()
    assert world.leads == [] and world.events()[0].state == EventState.NEW
    world.sandbox.switch("responder", down=0)
    world.let_time_pass()
    world.work()
    assert [lead["LastName"] for lead in world.leads] == ["כהן"]


def test_a_stop_is_heard_by_reading_the_person_back(world: World, responder: Connection) -> None:
    """A webhook says that something changed; whether it was the status, only the record says."""
    publish("to-lead", TO_LEAD)
    rule(responder, "joined", "contact.subscribed", {"upsert": {"mapping": "to-lead"}})
    stopped = {"field": "unsubscribed", "op": "equals", "value": True}
    rule(responder, "stopped", "contact.updated", STOP, condition=stopped)
    act(world, "sign_up", email=DANA, name="דנה כהן")
    hook("joined")
    world.work()
    hook("changed")
    world.work()
    assert world.leads[0]["HasOptedOutOfEmail"] is False
    act(world, "unsubscribe", email=DANA)
    post({"changed_101_email": DANA, "changed_101_name": "דנה כהן"})
    world.work()
    assert world.leads[0]["HasOptedOutOfEmail"] is True


def test_a_stop_that_no_webhook_told_is_found_at_night(world: World, responder: Connection) -> None:
    publish("to-lead", TO_LEAD)
    rule(responder, "joined", "contact.subscribed", {"upsert": {"mapping": "to-lead"}})
    rule(responder, "stopped", "opt_out.changed", STOP)
    act(world, "sign_up", email=DANA, name="דנה כהן")
    hook("joined")
    look(responder)
    world.work()
    act(world, "unsubscribe", email=DANA)
    look(responder)
    world.work()
    assert world.leads[0]["HasOptedOutOfEmail"] is True
    assert OptOut.objects.get().channel == "email"


def look(responder: Connection) -> None:
    look_now(responder)
    look_at_due({responder.pk: frozenset(SCAN_EVENTS)})


def test_nothing_that_comes_in_switches_a_webhook_off(world: World, responder: Connection) -> None:
    act(world, "sign_up", email=DANA)
    bodies: list[Any] = [{"test": "טסט"}, {}, [], "x", None, {"email": 7}, {"messageId": "1"}, [{"email": DANA}, 3]]
    assert [post(body) for body in bodies] == [200] * len(bodies)
    url = f"/webhooks/responder/{TOKEN}/"
    raw = [b"", b"\xff\xfe", b"{", b"email=dana%40example.com"]
    assert {Client().post(url, data=body, content_type="text/plain").status_code for body in raw} == {200}
    form = "application/x-www-form-urlencoded"
    assert Client().post(url, data="email=dana%40example.com", content_type=form).status_code == 200
    assert Client().get(url).status_code == 200


def test_a_message_is_taken_once_and_becomes_a_task(world: World, responder: Connection) -> None:
    publish("to-lead", TO_LEAD)
    task = {"create_task": {"connection": "salesforce-main", "title": "{message.text}", "body": "{message.link}"}}
    rule(responder, "message", "message.received", {"upsert": {"mapping": "to-lead"}}, task)
    act(world, "sign_up", email=DANA, name="דנה כהן")
    message = {
        "source": "responder",
        "messageId": "sms-1",
        "channel": "sms",
        "sentAt": "2026-07-15T10:00:00+03:00",
        "contact": {"email": DANA},
        "lastMessage": "אפשר לחזור אליי?",
        "link": "https://app.example.com/m/1",
    }
    assert [post(message), post({**message, "receivedAt": "later"})] == [200, 200]
    world.work()
    (made,) = world.sandbox.records("salesforce", "Task")
    assert (made["Subject"], made["WhoId"]) == ("אפשר לחזור אליי?", world.leads[0]["Id"])
    assert "https://app.example.com/m/1" in made["Description"]


def test_a_rule_can_tell_a_stop_word(world: World, responder: Connection) -> None:
    says_stop = {"field": "stop_word", "op": "is_not_empty"}
    notify = {"opt_out": {"connections": ["salesforce-main"], "channels": ["sms"]}}
    rule(responder, "stop-word", "message.received", notify, condition=says_stop)
    act(world, "sign_up", email=DANA)
    post({"messageId": "1", "contact": {"email": DANA, "phone": "0522345678"}, "lastMessage": "מה שעות הפתיחה?"})
    world.work()
    assert not OptOut.objects.exists()
    post({"messageId": "2", "contact": {"email": DANA, "phone": "0522345678"}, "lastMessage": "הסר"})
    world.work()
    assert OptOut.objects.get().channel == "sms"


@pytest.mark.parametrize(
    ("word", "days", "lifted"), [("signed_up", 1, True), ("signed_up", -1, False), ("joined", 1, False)]
)
def test_only_a_sign_up_after_the_stop_is_an_opt_in(
    world: World, responder: Connection, word: str, days: int, lifted: bool
) -> None:
    """However late its webhook comes: what counts is when the subscriber was made."""
    publish("to-lead", TO_LEAD)
    rule(responder, "joined", "contact.subscribed", {"upsert": {"mapping": "to-lead"}}, opt_in="lift")
    world.rule("stop", "contact.unsubscribed", STOP)
    world.hear(world.sandbox.subscribe(DANA, name="דנה"), "unsubscribe")
    world.work()
    made = (timezone.now() + timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")
    act(world, "sign_up", email=DANA, name="דנה", created=made)
    hook(word)
    world.work()
    assert OptOut.objects.get().state == ("lifted" if lifted else "open")


# --- out ------------------------------------------------------------------------------------------------------------


def from_getresponse(world: World, *actions: dict[str, Any]) -> None:
    publish("to-responder", FROM_CONTACT)
    world.rule("new", "contact.subscribed", {"upsert": {"mapping": "to-responder"}}, *actions)


def test_a_subscriber_of_another_system_is_made_tagged_and_put_on_a_list(world: World, responder: Connection) -> None:
    tags = {"add_tags": {"connection": "responder-main", "tags": ["ליד חם"]}}
    join = {"add_to_campaign": {"connection": "responder-main", "campaign": str(NEWSLETTER)}}
    from_getresponse(world, tags, join)
    world.subscribe(DANA, name="דנה בן גוריון", customFields={"city": "חיפה"})
    world.work()
    (person,) = people(world)
    assert (person["first"], person["last"]) == ("דנה", "בן גוריון")
    assert person["personal_fields"] == {str(CITY): "חיפה"}
    assert (set(person["lists"]), person["tags"]) == ({str(CUSTOMERS), str(NEWSLETTER)}, [501])
    assert {change.state for change in world.changes()} == {ChangeState.APPLIED}


def test_the_same_again_writes_nothing(world: World, responder: Connection) -> None:
    from_getresponse(world)
    contact = world.subscribe(DANA, name="דנה בן גוריון", customFields={"city": "חיפה"})
    world.work()
    world.hear(contact, "tag_applied")
    world.rule("again", "contact.tagged", {"upsert": {"mapping": "to-responder"}})
    world.hear(contact, "tag_applied", tags=[{"name": "vip"}])
    world.work()
    assert len(world.changes()) == 1


def test_a_lost_answer_makes_nobody_twice(world: World, responder: Connection) -> None:
    from_getresponse(world)
    world.sandbox.switch("responder", timeout_after_write=1, timeout_style="drop")
    world.subscribe(DANA, name="דנה כהן")
    world.work()
    world.let_time_pass()
    world.work()
    assert len(people(world)) == 1
    assert [change.state for change in world.changes()] == [ChangeState.APPLIED]


def test_a_stop_that_was_heard_elsewhere_stops_the_account(world: World, responder: Connection) -> None:
    from_getresponse(world)
    stop = {"opt_out": {"connections": ["responder-main"], "channels": ["email"]}}
    world.rule("stop", "contact.unsubscribed", stop)
    contact = world.subscribe(DANA, name="דנה כהן")
    world.work()
    world.hear(contact, "unsubscribe")
    world.work()
    assert [person["state"] for person in people(world)] == ["account"]
    world.hear(contact, "unsubscribe", createdOn="x")
    world.work()
    assert [person["state"] for person in people(world)] == ["account"]


def test_our_own_stop_comes_back_from_the_daily_look_and_goes_nowhere(world: World, responder: Connection) -> None:
    from_getresponse(world)
    stop = {"opt_out": {"connections": ["responder-main"], "channels": ["email"]}}
    world.rule("stop", "contact.unsubscribed", stop)
    back = {"opt_out": {"connections": ["getresponse-main"], "channels": ["email"]}}
    rule(responder, "stopped", "opt_out.changed", back)
    contact = world.subscribe(DANA, name="דנה כהן")
    world.work()
    look(responder)
    world.hear(contact, "unsubscribe")
    world.work()
    look(responder)
    world.work()
    (event,) = world.events(type="opt_out.changed")
    assert "wrote this stop there ourselves" in event.reason
    assert DANA not in world.sandbox.records("getresponse", "blocklist")[0]["masks"]


def test_nobody_who_said_stop_is_added(world: World, responder: Connection) -> None:
    stop = {"opt_out": {"connections": ["responder-main"], "channels": ["email"]}}
    world.rule("stop", "contact.unsubscribed", stop)
    contact = world.sandbox.subscribe(DANA, name="דנה כהן")
    world.hear(contact, "unsubscribe")
    world.work()
    from_getresponse(world)
    world.hear(contact)
    world.work()
    assert people(world) == []
    assert [change.state for change in world.changes(operation="upsert")] == [ChangeState.HELD]


def test_webhooks_go_to_the_connections_own_address(world: World, responder: Connection) -> None:
    made = open_client(responder).register_callback(callback_url(responder))
    assert made.url.endswith(f"/webhooks/responder/{TOKEN}/")
    assert {hook["url"] for hook in world.sandbox.records("responder", "webhook")} == {callback_url(responder)}
