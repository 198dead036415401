"""Subscribers of GetResponse in HighLevel: contacts, tags, tasks, notes and workflows; and a stop for one channel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from audit import optouts
from audit.addressing import address
from audit.models import Change, ChangeState, Kind
from audit.optouts import flags_of
from audit.undo import undo
from integrations.models import Connection, Link
from integrations.sandbox.highlevel.options import LOCATION, TOKEN
from integrations.sandbox.highlevel.seed import DANA, WORKFLOW
from integrations.vendors.registry import vendor
from tests.world import World

pytestmark = pytest.mark.django_db
HERE = "highlevel-main"
SUBSCRIBER_TO_CONTACT: dict[str, Any] = {
    "source": {"connection": "getresponse-main", "object": "contact", "read": "auto"},
    "target": {"connection": HERE, "object": "contact"},
    "match": ["email"],
    "fields": [
        {"from": "name", "via": ["first_name"], "to": "firstName"},
        {"from": "name", "via": ["last_name"], "to": "lastName"},
        {"from": "email", "to": "email"},
        {"from": "customFields.company", "to": "customFields.company"},
        {"from": "tags", "via": ["names"], "to": "tags"},
    ],
}
STOP = {"opt_out": {"connections": [HERE], "channels": ["email"]}}
TASK = {"connection": HERE, "title": "Call {name|first_name}", "assignee": "dana.cohen@example.com"}


@pytest.fixture
def here(world: World) -> Connection:
    connection = Connection(name=HERE, vendor="highlevel", base_url=world.sandbox.highlevel_url)
    connection.credentials, connection.options = {"token": TOKEN}, {"location_id": LOCATION}
    connection.save()
    world.mapping("subscriber-to-contact", **SUBSCRIBER_TO_CONTACT)
    return connection


def upsert(world: World, *more: dict[str, Any]) -> None:
    world.rule("new", "contact.subscribed", {"upsert": {"mapping": "subscriber-to-contact"}}, *more)


def contacts(world: World) -> list[dict[str, Any]]:
    return world.sandbox.records("highlevel", "contact")


def test_a_subscriber_becomes_a_contact_with_tags_task_note_and_workflow(world: World, here: Connection) -> None:
    upsert(
        world,
        {"add_tags": {"connection": HERE, "tags": ["Newsletter"]}},
        {"create_task": TASK},
        {"add_note": {"connection": HERE, "title": "New", "body": "Came from GetResponse."}},
        {"add_to_campaign": {"connection": HERE, "campaign": WORKFLOW}},
    )
    world.subscribe("dana@example.com", name="Dana Cohen", customFields={"company": "Acme"}, tags=["vip"])
    world.work()
    [contact] = contacts(world)
    assert (contact["firstName"], contact["lastName"], contact["email"]) == ("Dana", "Cohen", "dana@example.com")
    assert contact["tags"] == ["vip", "newsletter"]
    [task] = world.sandbox.records("highlevel", "task")
    assert (task["title"], task["assignedTo"], task["contactId"]) == ("Call Dana", DANA, contact["id"])
    assert task["dueDate"]
    [note] = world.sandbox.records("highlevel", "note")
    assert (note["title"], note["body"]) == ("New", "Came from GetResponse.")
    [enrolment] = world.sandbox.records("highlevel", "enrolment")
    assert (enrolment["kind"], enrolment["contactId"]) == ("workflow", contact["id"])
    assert {change.state for change in world.changes()} == {ChangeState.APPLIED}


def test_the_same_subscriber_again_changes_nothing(world: World, here: Connection) -> None:
    upsert(world)
    contact = world.subscribe("dana@example.com", name="Dana Cohen", tags=["vip"])
    world.work()
    world.hear(contact, clickedAt="later")
    world.work()
    assert len(world.changes()) == 1


def test_a_score_is_added_to_and_an_update_undone(world: World, here: Connection) -> None:
    id = world.sandbox.act("highlevel", "create", email="dana@example.com", customFields={"score": 5})["id"]
    upsert(world, {"increment": {"connection": HERE, "object": "contact", "field": "customFields.score", "by": 3}})
    world.subscribe("dana@example.com", name="Dana Cohen", customFields={"company": "Acme"})
    world.work()
    assert custom(world, id) == {"cfScore": 8, "cfCompany": "Acme"}
    [change] = world.changes(operation="upsert")
    undo(change, None)
    world.work()
    assert custom(world, id) == {"cfScore": 8, "cfCompany": ""}
    assert contacts(world)[0]["firstName"] is None


def custom(world: World, id: str) -> dict[str, Any]:
    record = world.sandbox.record("highlevel", "contact", id) or {}
    return {entry["id"]: entry["value"] for entry in record["customFields"]}


def test_a_contact_is_deleted_because_a_rule_says_so(world: World, here: Connection) -> None:
    upsert(world)
    world.rule("leave", "contact.unsubscribed", {"delete": {"mapping": "subscriber-to-contact"}})
    world.subscribe("dana@example.com")
    world.work()
    world.hear(world.sandbox.unsubscribe("dana@example.com"), "unsubscribe")
    world.work()
    assert contacts(world) == []


def test_a_burst_is_looked_up_in_few_calls_and_nobody_is_made_twice(world: World, here: Connection) -> None:
    upsert(world)
    for n in range(30):
        world.subscribe(f"p{n}@example.com", name=f"Person {n}")
    world.work()
    assert len({contact["email"] for contact in contacts(world)}) == len(contacts(world)) == 30
    paths = [call["path"] for call in world.sandbox.calls("highlevel")]
    assert len([path for path in paths if path.endswith("/contacts/search")]) <= 5
    assert len([path for path in paths if path.endswith("/contacts/")]) == 30


def test_a_stop_is_written_for_email_alone_and_a_second_one_finds_it_there(world: World, here: Connection) -> None:
    upsert(world)
    world.rule("stop", "contact.unsubscribed", STOP)
    world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    world.hear(world.sandbox.unsubscribe("dana@example.com"), "unsubscribe")
    world.work()
    [contact] = contacts(world)
    assert {channel: held["status"] for channel, held in contact["dndSettings"].items()} == {"Email": "active"}
    assert contact["dnd"] is False
    [change] = world.changes(kind=Kind.OPT_OUT)
    assert (change.state, list(change.diff)) == (ChangeState.APPLIED, ["dnd.email"])


@pytest.mark.parametrize("facts", [{"dnd": True}, {"dndSettings": {"Email": {"status": "permanent"}}}])
def test_a_contact_that_holds_the_stop_already_is_not_written_to(
    world: World, here: Connection, facts: dict[str, Any]
) -> None:
    world.sandbox.act("highlevel", "create", email="dana@example.com", **facts)
    world.rule("stop", "contact.unsubscribed", STOP)
    world.subscribe("dana@example.com")
    world.hear(world.sandbox.unsubscribe("dana@example.com"), "unsubscribe")
    world.work()
    assert world.changes(kind=Kind.OPT_OUT) == []
    assert any("opted out already" in event.reason for event in world.events(type="contact.unsubscribed"))


def test_all_channels_are_all_of_them(world: World, here: Connection) -> None:
    world.sandbox.act("highlevel", "create", email="dana@example.com")
    world.rule("stop", "contact.unsubscribed", {"opt_out": {"connections": [HERE], "channels": ["all"]}})
    world.subscribe("dana@example.com")
    world.hear(world.sandbox.unsubscribe("dana@example.com"), "unsubscribe")
    world.work()
    [contact] = contacts(world)
    assert contact["dnd"] is True
    assert set(contact["dndSettings"]) == {"Email", "SMS", "Call", "WhatsApp"}


def test_nobody_who_said_stop_is_put_into_a_workflow(world: World, here: Connection) -> None:
    upsert(world, {"add_to_campaign": {"connection": HERE, "campaign": WORKFLOW}})
    world.rule("stop", "contact.unsubscribed", STOP)
    subscriber = world.subscribe("dana@example.com")
    world.hear(world.sandbox.unsubscribe("dana@example.com"), "unsubscribe")
    world.work()
    [contact] = contacts(world)
    assert contact["dndSettings"]["Email"]["status"] == "active"
    assert world.sandbox.records("highlevel", "enrolment") == []
    assert [change.state for change in world.changes(kind=Kind.CAMPAIGN)] == [ChangeState.HELD]
    assert subscriber["email"] == contact["email"]


def test_no_mapping_writes_do_not_disturb(world: World, here: Connection) -> None:
    fields = [*SUBSCRIBER_TO_CONTACT["fields"], {"value": False, "to": "dnd.email"}]
    world.mapping("lifting", **{**SUBSCRIBER_TO_CONTACT, "fields": fields})
    world.sandbox.act("highlevel", "create", email="dana@example.com", dndSettings={"Email": {"status": "active"}})
    world.rule("new", "contact.subscribed", {"upsert": {"mapping": "lifting"}})
    world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    [contact] = contacts(world)
    assert (contact["firstName"], contact["dndSettings"]["Email"]["status"]) == ("Dana", "active")


def test_a_change_of_a_note_goes_by_the_persons_contact(world: World, here: Connection) -> None:
    """A note cannot be reached in any other way; where the change does not say whose it is, their link does."""
    upsert(world)
    world.subscribe("dana@example.com")
    world.work()
    link = Link.objects.get(connection=here)
    change = Change(connection=here, object="note", operation="update_note", kind=Kind.NOTE, record_id="n1")
    change.person_id = link.person_id
    address([change])
    assert change.params == {"parent": ["contact", link.record_id]}
    twin = Link(person=link.person, connection=here, object="contact", record_id="second")
    twin.save()
    unsure = Change(connection=here, object="note", operation="update_note", kind=Kind.NOTE, record_id="n1")
    unsure.person_id = link.person_id
    address([unsure])
    assert unsure.params == {}


def test_a_channel_has_its_own_field_and_one_for_everything_is_for_the_rest(
    here: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [flag.field for flag in flags_of(here, "contact", "email")] == ["dnd.email"]
    assert len(flags_of(here, "contact", "all")) == 5
    kind = vendor("highlevel")
    everything = [flag for flag in kind.capabilities.opt_outs if flag.channel == "all"]
    short = replace(kind, capabilities=replace(kind.capabilities, opt_outs=tuple(everything)))
    monkeypatch.setattr(optouts, "vendor", lambda slug: short)
    assert [flag.field for flag in flags_of(here, "contact", "email")] == ["dnd.all"]
