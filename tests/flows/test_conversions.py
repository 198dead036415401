"""A salesperson converts a lead while something is on its way to it: it goes to the contact."""

from __future__ import annotations

from unittest import mock

from django.utils import timezone

from audit.models import ChangeState
from integrations.models import WatchState
from tests.world import World

CAMPAIGN = "7015e0000000001AAA"
UPSERT = {"upsert": {"mapping": "subscriber-to-lead"}}
JOINING = {"add_to_campaign": {"connection": "salesforce-main", "campaign": CAMPAIGN, "status": "Registered"}}


def test_a_campaign_that_a_lead_was_to_join_is_joined_by_the_contact_it_became(world: World) -> None:
    world.mapping()
    world.rule("arrive", "contact.subscribed", UPSERT)
    world.rule("join", "contact.tagged", JOINING)
    contact = world.subscribe("join@example.com", name="Dana Cohen")
    world.work()
    with mock.patch("config.tasks.deliver_due", return_value=0):
        world.hear(contact, "tag_applied")
        world.work()
    contact_id = world.sandbox.convert("join@example.com")["contact"]
    world.work()
    [member] = world.sandbox.records("salesforce", "CampaignMember")
    assert member["ContactId"] == contact_id
    first, second = world.changes(kind="campaign")
    assert (first.state, second.state) == (ChangeState.CANCELLED, ChangeState.APPLIED)
    assert second.replaces == first


def test_what_the_contact_has_no_field_for_ends_with_the_lead(world: World) -> None:
    """The tags of a lead, which no contact here has: nobody has to look at it."""
    world.mapping()
    world.rule("arrive", "contact.subscribed", UPSERT)
    world.rule("tag", "contact.tagged", UPSERT)
    contact = world.subscribe("tags@example.com", name="Dana Cohen")
    world.work()
    with mock.patch("config.tasks.deliver_due", return_value=0):
        world.sandbox.act("getresponse", "tag", contactId=contact["contactId"], tag="met_at_event")
        world.hear(contact, "tag_applied")
        world.work()
    world.sandbox.convert("tags@example.com")
    world.work()
    *_made, first, second = world.changes()
    assert (set(first.diff), first.object, second.object) == ({"GetResponse_Tags__c"}, "Lead", "Contact")
    assert (first.state, second.state) == (ChangeState.CANCELLED, ChangeState.CANCELLED)
    assert "no field" in second.held_reason


def test_a_stop_follows_a_lead_into_the_contact_it_was_converted_to(world: World) -> None:
    """Salesforce keeps what an existing contact holds: the lead's stop would end there."""
    world.main_job()
    contact = world.subscribe("stop@example.com", name="Dana Cohen")
    world.work()
    world.hear(contact, "unsubscribe")
    world.work()
    existing = world.sandbox.create("Contact", LastName="Cohen")
    world.sandbox.convert("stop@example.com", contactId=existing)
    record = world.sandbox.record("salesforce", "Contact", existing)
    assert record is not None and not record["HasOptedOutOfEmail"]
    WatchState.objects.update(due_at=timezone.now())
    world.work()
    record = world.sandbox.record("salesforce", "Contact", existing)
    assert record is not None and record["HasOptedOutOfEmail"]
