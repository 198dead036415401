"""What was deleted stays deleted: no late event brings it back, a newer opt-in of the person's own does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.ids import new_id
from integrations.models import Event, EventState, Link
from integrations.receive import order_key
from tests.world import World

LATER = {"createdOn": (timezone.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S+0000")}


def subscriber(world: World) -> dict[str, Any]:
    world.main_job()
    contact = world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    return contact


def deleted(world: World, contact: dict[str, Any]) -> Event:
    """GetResponse does not tell of deletions; other vendors do, in this form."""
    record = {"contactId": contact["contactId"], "email": contact["email"]}
    event = Event.objects.create(
        connection=world.getresponse,
        type="contact.deleted",
        object="contact",
        record_id=contact["contactId"],
        record=record,
        dedupe_key=new_id(),
        order_key=order_key(world.getresponse, "contact", contact["contactId"], contact["email"]),
        occurred_at=timezone.now(),
    )
    world.work()
    event.refresh_from_db()
    return event


def living(world: World) -> list[dict[str, Any]]:
    return [lead for lead in world.leads if not lead["IsDeleted"]]


def test_a_deletion_at_the_source_is_remembered_also_without_a_rule(world: World) -> None:
    contact = subscriber(world)
    event = deleted(world, contact)
    assert event.state == EventState.PLANNED
    assert "known as deleted" in event.reason
    assert Link.objects.get(object="contact").gone_at == event.occurred_at
    assert len(living(world)) == 1


def test_a_late_event_of_somebody_deleted_makes_nothing(world: World) -> None:
    world.main_job()
    contact = world.sandbox.subscribe("dana@example.com", name="Dana Cohen")
    deleted(world, contact)
    world.hear(contact)
    world.work()
    assert living(world) == []
    assert "was deleted" in world.events()[-1].reason


def test_a_late_stop_of_somebody_deleted_still_counts(world: World) -> None:
    contact = subscriber(world)
    deleted(world, contact)
    world.hear(contact, "unsubscribe")
    world.work()
    assert living(world)[0]["HasOptedOutOfEmail"] is True


@pytest.mark.parametrize(("origin", "comes_back"), [("www", True), ("import", False), ("api", False)])
def test_only_an_opt_in_of_their_own_after_the_deletion_brings_somebody_back(
    world: World, origin: str, comes_back: bool
) -> None:
    world.main_job()
    contact = world.sandbox.subscribe("dana@example.com", name="Dana Cohen", origin=origin, **LATER)
    deleted(world, contact)
    world.hear(contact)
    world.work()
    assert bool(living(world)) is comes_back
    assert (Link.objects.get(object="contact").gone_at is None) is comes_back


def test_a_record_that_the_vendor_lists_is_there_again(world: World) -> None:
    contact = subscriber(world)
    deleted(world, contact)
    world.sandbox.act("getresponse", "rename", contactId=contact["contactId"], to="Dana Peretz")
    event = world.events()[0]
    Event.objects.create(
        **{name: getattr(event, name) for name in ("connection", "type", "object", "record_id", "order_key")},
        source="resync",
        dedupe_key=new_id(),
        occurred_at=timezone.now(),
    )
    world.work()
    assert living(world)[0]["LastName"] == "Peretz"


@pytest.mark.parametrize(("facts", "made"), [(LATER, 1), ({}, 0)])
def test_a_lead_deleted_at_the_target_is_made_again_by_a_newer_opt_in_only(
    world: World, facts: dict[str, str], made: int
) -> None:
    subscriber(world)
    world.sandbox.act("salesforce", "delete", object="Lead", id=world.leads[0]["Id"])
    Link.objects.filter(object="Lead").update(seen_at=timezone.now() + timedelta(minutes=5))
    again = world.subscribe("dana@example.com", name="Dana Cohen", campaignId="newsl1", **facts)
    world.work()
    assert len(living(world)) == made
    if made:
        assert Link.objects.filter(object="Lead", gone_at=None).count() == 1
        world.sandbox.act("getresponse", "rename", contactId=again["contactId"], to="Dana Peretz")
        world.hear(again, extra="later")
        world.work()
        assert living(world)[0]["LastName"] == "Peretz"
