"""Four systems at once: one stop is told to all of them, a message becomes note and task, tasks stand in both CRMs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Change, ChangeState, OptOut
from integrations.models import Connection, WatchState
from integrations.sandbox.highlevel.options import LOCATION, TOKEN
from integrations.sandbox.responder.options import CLIENT_ID, CLIENT_SECRET, USER_TOKEN
from integrations.tokens import set_token
from mappings.gallery.adding import add, draft
from mappings.gallery.reading import templates
from mappings.models import Rule
from tests.world import World

KEYS = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "user_token": USER_TOKEN}
NAMES = {name: f"{name}-main" for name in ("getresponse", "highlevel", "responder", "salesforce")}
DANA = "dana@example.com"


@pytest.fixture
def four(world: World) -> World:
    _connect("highlevel", world.sandbox.highlevel_url, {"token": TOKEN}, {"location_id": LOCATION})
    _connect("responder", world.sandbox.responder_url, KEYS, {})
    return world


def _connect(slug: str, url: str, credentials: dict[str, Any], options: dict[str, Any]) -> None:
    place = Connection(name=NAMES[slug], vendor=slug, base_url=url, credentials=credentials, options=options)
    set_token(place, f"{slug}-token")
    place.save()


def use(key: str, **answers: Any) -> None:
    template = templates()[key]
    roles = {role.name: NAMES[role.vendor] for role in template.roles}
    wanted = draft(template, key, {**roles, **answers})
    add(wanted)
    Rule.objects.filter(name__in=wanted.rules).update(enabled=True)


def look_again(world: World) -> None:
    WatchState.objects.update(due_at=timezone.now())
    world.let_time_pass()
    world.work()


def in_highlevel(world: World) -> list[dict[str, Any]]:
    return [each for each in world.sandbox.records("highlevel", "contact") if not each.get("deleted")]


def is_told(world: World) -> dict[str, bool]:
    masks = [mask for held in world.sandbox.records("getresponse", "blocklist") for mask in held["masks"]]
    [contact], [lead] = in_highlevel(world), world.leads
    return {
        "getresponse": DANA in masks,
        "highlevel": (contact.get("dndSettings") or {}).get("Email", {}).get("status") in ("active", "permanent"),
        "salesforce": lead["HasOptedOutOfEmail"] is True,
    }


def everywhere(world: World) -> None:
    """Dana is in all four."""
    world.sandbox.act("highlevel", "create", email=DANA, firstName="Dana", lastName="Cohen")
    world.sandbox.act("responder", "sign_up", email=DANA, first="Dana", last="Cohen")
    use("leads")
    use("stops-of-four")
    world.work()
    world.subscribe(DANA, name="Dana Cohen")
    world.work()


def test_a_stop_in_salesforce_is_told_to_the_other_three(four: World) -> None:
    everywhere(four)
    four.sandbox.act("salesforce", "update", id=four.leads[0]["Id"], values={"HasOptedOutOfEmail": True})
    look_again(four)
    assert is_told(four) == {"getresponse": True, "highlevel": True, "salesforce": True}
    [stop] = OptOut.objects.all()
    assert set(stop.targets) == {NAMES["getresponse"], NAMES["highlevel"], NAMES["responder"]}
    assert {change.state for change in Change.objects.filter(operation="opt_out")} == {ChangeState.APPLIED}


def test_a_stop_in_getresponse_is_told_to_the_other_three_and_goes_round_no_more(four: World) -> None:
    everywhere(four)
    contact = four.sandbox.records("getresponse", "contact")[0]
    four.sandbox.act("getresponse", "leave", contactId=contact["contactId"], reason="complaint")
    look_again(four)
    told = is_told(four)
    assert told["highlevel"] and told["salesforce"]
    count = Change.objects.count()
    for _round in range(5):
        look_again(four)
    assert Change.objects.count() == count


def test_who_signs_up_by_a_form_is_in_highlevel_and_an_import_is_not(four: World) -> None:
    use("forms-to-highlevel", tags=["newsletter"])
    four.work()
    four.subscribe(DANA, name="Dana Cohen", origin="landing_page")
    four.subscribe("import@example.com", name="Import Ed", origin="import")
    four.work()
    [contact] = in_highlevel(four)
    assert (contact["email"], contact["firstName"], contact["source"]) == (DANA, "Dana", "GetResponse")
    assert "newsletter" in contact["tags"]


def test_a_highlevel_contact_joins_the_list_once(four: World) -> None:
    use("highlevel-to-getresponse", list="abc123def")
    four.work()
    four.sandbox.act("highlevel", "create", email=DANA, firstName="Dana", lastName="Cohen", tags=["vip"])
    look_again(four)
    for _round in range(4):
        look_again(four)
    contacts = [each for each in four.sandbox.records("getresponse", "contact") if each["email"] == DANA]
    assert len(contacts) == 1 and contacts[0]["campaignId"] == "abc123def"


def test_a_task_of_highlevel_stands_in_salesforce_and_nothing_goes_in_circles(four: World) -> None:
    use("highlevel-salesforce")
    use("tasks")
    four.work()
    contact = four.sandbox.act("highlevel", "create", email=DANA, firstName="Dana", lastName="Cohen")
    look_again(four)
    assert len(four.leads) == 1
    four.sandbox.act("highlevel", "add_task", id=contact["id"], title="Call Dana", dueDate="2026-12-31T10:00:00Z")
    for _round in range(10):
        look_again(four)
    tasks = four.sandbox.records("salesforce", "Task")
    assert [task["Subject"] for task in tasks] == ["Call Dana"]
    assert len(four.sandbox.records("highlevel", "task")) == 1


def test_a_message_becomes_a_contact_a_note_and_a_task(four: World) -> None:
    use("messages", words=["מחיר", "price"])
    four.work()
    four.sandbox.act("responder", "sign_up", email=DANA, first="דנה", last="כהן", phone="052-2345678")
    body = {"email": DANA, "first": "דנה", "messageId": "m1", "lastMessage": "מה המחיר?", "channel": "sms"}
    for _again in range(2):
        answer = Client().post("/webhooks/responder/responder-token/", body, content_type="application/json")
        assert answer.status_code == 200
    four.work()
    look_again(four)
    [contact] = in_highlevel(four)
    [note] = four.sandbox.records("highlevel", "note")
    [task] = four.sandbox.records("highlevel", "task")
    assert contact["email"] == DANA and "מה המחיר?" in note["body"] and task["contactId"] == contact["id"]
