"""A subscriber whom sales has as a contact already: the contact is updated, and no lead is made beside it."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import ChangeState
from tests.world import OPT_OUT, World

UPSERT = {"upsert": {"mapping": "subscriber-to-lead"}}


@pytest.fixture
def preferring(world: World) -> World:
    world.mapping(prefer="contact")
    world.rule("arrive", "contact.subscribed", UPSERT)
    return world


def contact(world: World, email: str = "Dana@example.com", **values: Any) -> str:
    return world.sandbox.create("Contact", **{"LastName": "Levi", "Email": email, **values})


def held(world: World, id: str) -> dict[str, Any]:
    return world.sandbox.record("salesforce", "Contact", id) or {}


def rename(world: World, made: dict[str, Any], name: str) -> None:
    world.sandbox.act("getresponse", "rename", contactId=made["contactId"], to=name)
    world.hear(made | {"name": name})
    world.work()


def test_the_contact_is_updated_with_the_fields_it_has_and_no_lead_is_made(preferring: World) -> None:
    id = contact(preferring)
    preferring.subscribe("dana@example.com", name="Dana Cohen", customFields={"job_title": "CEO"})
    preferring.work()
    assert preferring.leads == []
    record = held(preferring, id)
    assert (record["LastName"], record["Title"], record["Email"]) == ("Cohen", "CEO", "dana@example.com")
    assert record["GetResponse_Contact_ID__c"]  # known by our key from now on
    [change] = preferring.changes()
    assert (change.object, change.record_id, change.state, change.created) == (
        "Contact",
        id,
        ChangeState.APPLIED,
        False,
    )


def test_without_a_contact_a_lead_is_made(preferring: World) -> None:
    contact(preferring, "somebody.else@example.com")
    preferring.subscribe("dana@example.com", name="Dana Cohen")
    preferring.work()
    assert [lead["Email"] for lead in preferring.leads] == ["dana@example.com"]


def test_a_lead_that_is_not_ours_stands_back_behind_the_contact(preferring: World) -> None:
    id = contact(preferring)
    lead = preferring.sandbox.create("Lead", LastName="Old", Company="Acme", Email="dana@example.com")
    preferring.subscribe("dana@example.com", name="Dana Cohen")
    preferring.work()
    assert held(preferring, id)["LastName"] == "Cohen"
    assert [(each["Id"], each["LastName"]) for each in preferring.leads] == [(lead, "Old")]


def test_a_lead_that_is_linked_stays_the_one(preferring: World) -> None:
    made = preferring.subscribe("dana@example.com", name="Dana Cohen")
    preferring.work()
    id = contact(preferring)
    rename(preferring, made, "Dana Mizrahi")
    assert [lead["LastName"] for lead in preferring.leads] == ["Mizrahi"]
    assert held(preferring, id)["LastName"] == "Levi"


def test_a_lead_with_our_key_stays_the_one(preferring: World) -> None:
    made = preferring.sandbox.subscribe("dana@example.com", name="Dana Cohen")
    key = {"GetResponse_Contact_ID__c": made["contactId"]}
    preferring.sandbox.create("Lead", LastName="Old", Company="Acme", Email="dana@example.com", **key)
    id = contact(preferring)
    preferring.hear(made)
    preferring.work()
    assert [lead["LastName"] for lead in preferring.leads] == ["Cohen"]
    assert held(preferring, id)["LastName"] == "Levi"


def test_the_contact_stays_the_one_under_another_address(preferring: World) -> None:
    id = contact(preferring)
    made = preferring.subscribe("dana@example.com", name="Dana Cohen")
    preferring.work()
    preferring.sandbox.act("salesforce", "update", id=id, values={"Email": "dana@work.example.com"})
    rename(preferring, made, "Dana Mizrahi")
    assert preferring.leads == []
    assert held(preferring, id)["LastName"] == "Mizrahi"


def test_two_contacts_are_no_ground_to_choose_one(preferring: World) -> None:
    ids = [contact(preferring), contact(preferring)]
    preferring.subscribe("dana@example.com", name="Dana Cohen")
    preferring.work()
    assert len(preferring.leads) == 1
    assert [held(preferring, id)["LastName"] for id in ids] == ["Levi", "Levi"]


@pytest.mark.parametrize("converted", ["skip", "fail"])
def test_what_the_mapping_says_of_converted_leads_is_another_matter(world: World, converted: str) -> None:
    world.mapping(prefer="contact", converted=converted)
    world.rule("arrive", "contact.subscribed", UPSERT)
    id = contact(world)
    world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    assert held(world, id)["LastName"] == "Cohen"


def test_a_contact_that_is_opted_out_stays_so(preferring: World) -> None:
    preferring.rule("stop", "contact.unsubscribed", OPT_OUT)
    id = contact(preferring, HasOptedOutOfEmail=True)
    made = preferring.subscribe("dana@example.com", name="Dana Cohen")
    preferring.work()
    assert held(preferring, id)["HasOptedOutOfEmail"] is True
    preferring.hear(made, "unsubscribe")
    preferring.work()
    assert held(preferring, id)["HasOptedOutOfEmail"] is True


@pytest.mark.parametrize("prefer", [{}, {"prefer": "lead"}, {"prefer": "contact"}])
def test_a_mapping_to_contacts_never_turns_to_a_lead(world: World, prefer: dict[str, str]) -> None:
    target = {"connection": "salesforce-main", "object": "Contact"}
    fields = [{"from": "name", "to": "LastName"}, {"from": "email", "to": "Email"}]
    world.mapping(target=target, fields=fields, **prefer)
    world.rule("arrive", "contact.subscribed", UPSERT)
    world.sandbox.create("Lead", LastName="Old", Company="Acme", Email="dana@example.com")
    world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    assert [each["LastName"] for each in world.sandbox.records("salesforce", "Contact")] == ["Dana Cohen"]
    assert [each["LastName"] for each in world.leads] == ["Old"]


def test_by_default_a_lead_is_made_beside_the_contact(world: World) -> None:
    world.main_job()
    id = contact(world)
    world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    assert len(world.leads) == 1
    assert held(world, id)["LastName"] == "Levi"
