"""The same happening, pushed by the vendor and seen by a look: what carries a state is done again, an act once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Change
from integrations.ids import new_id
from integrations.models import Event, EventSource, EventState, Person, WatchState
from integrations.vendors.getresponse.resources.changes import SWEEP
from tests.world import World

AT = {"connection": "salesforce-main"}
CALL = {"create_task": AT | {"title": "Call {name}"}}
UPSERT = {"upsert": {"mapping": "subscriber-to-lead"}}


@pytest.fixture
def calling(world: World) -> World:
    """Each new subscriber is to be called; the watch has begun."""
    world.mapping()
    world.rule("arrive", "contact.subscribed", UPSERT, CALL)
    world.work()
    return world


def look_again(world: World) -> None:
    WatchState.objects.update(due_at=timezone.now())
    world.let_time_pass()
    world.work()


def tasks(world: World) -> list[dict[str, Any]]:
    return world.sandbox.records("salesforce", "Task")


def test_pushed_and_then_seen_makes_one_task(calling: World) -> None:
    calling.subscribe("dana@example.com", name="Dana Cohen")
    calling.work()
    look_again(calling)
    assert Event.objects.filter(type="contact.subscribed").count() == 2
    assert len(tasks(calling)) == 1
    assert any("it is done once" in event.reason for event in Event.objects.all())


def test_seen_and_then_pushed_makes_one_task(calling: World) -> None:
    contact = calling.sandbox.subscribe("dana@example.com", name="Dana Cohen")
    look_again(calling)
    calling.hear(contact)
    calling.work()
    assert len(tasks(calling)) == 1 and len(calling.leads) == 1


def test_both_in_one_batch_make_one_task(calling: World) -> None:
    contact = calling.sandbox.subscribe("dana@example.com", name="Dana Cohen")
    calling.hear(contact)
    look_again(calling)
    assert len(tasks(calling)) == 1


def test_the_same_person_on_another_list_is_another_happening(calling: World) -> None:
    calling.subscribe("dana@example.com", name="Dana Cohen")
    look_again(calling)
    lists = [each["campaignId"] for each in calling.sandbox.records("getresponse", "campaign")]
    other = next(each for each in lists if each != "abc123def")
    calling.subscribe("dana@example.com", name="Dana Cohen", campaignId=other)
    calling.work()
    look_again(calling)
    assert len(tasks(calling)) == 2


def test_what_happened_long_before_is_another_happening(calling: World) -> None:
    contact = calling.subscribe("dana@example.com", name="Dana Cohen")
    calling.work()
    Event.objects.update(occurred_at=timezone.now() - timedelta(hours=3))
    look_again(calling)
    assert len(tasks(calling)) == 2, contact


def test_the_next_happening_is_not_taken_for_the_last_one_that_came_both_ways(calling: World) -> None:
    calling.rule("again", "contact.tagged", {"create_task": AT | {"title": "Tagged"}})
    contact = calling.subscribe("dana@example.com", name="Dana Cohen")
    calling.work()
    for _time in range(3):  # each is pushed at once, and seen a little later
        for source in (EventSource.WEBHOOK, EventSource.POLL):
            hear_of_tag(calling, contact, source)
            calling.work()
    assert [task["Subject"] for task in tasks(calling)].count("Tagged") == 3


def hear_of_tag(world: World, contact: dict[str, Any], source: str) -> None:
    now = timezone.now()
    Event.objects.create(
        connection=world.getresponse, type="contact.tagged", object="contact", record_id=contact["contactId"],
        record=contact, context={"tag": {"tagId": "tgVip", "name": "vip"}}, source=source,
        occurred_at=now, received_at=now,
        state=EventState.NEW, dedupe_key=new_id(), order_key=contact["contactId"],
    )  # fmt: skip


def test_a_tag_that_the_comparison_of_all_tags_finds_six_hours_later_was_told_before(calling: World) -> None:
    calling.rule("again", "contact.tagged", {"create_task": AT | {"title": "Tagged"}})
    contact = calling.subscribe("dana@example.com", name="Dana Cohen")
    calling.work()
    hear_of_tag(calling, contact, EventSource.WEBHOOK)
    calling.work()
    Event.objects.update(occurred_at=timezone.now() - SWEEP - timedelta(minutes=10))
    hear_of_tag(calling, contact, EventSource.POLL)
    calling.work()
    assert [task["Subject"] for task in tasks(calling)].count("Tagged") == 1


def test_a_tag_of_ours_that_the_comparison_of_all_tags_finds_six_hours_later_is_no_news(calling: World) -> None:
    calling.rule("again", "contact.tagged", {"create_task": AT | {"title": "Tagged"}})
    contact = calling.subscribe("dana@example.com", name="Dana Cohen")
    calling.work()
    ours = {"object": "contact", "operation": "add_tags", "kind": "tag", "order_key": "o", "state": "applied"}
    Change.objects.create(
        connection=calling.getresponse, person=Person.objects.get(), diff={"tags": {"after": ["vip"]}},
        applied_at=timezone.now() - SWEEP - timedelta(minutes=10), **ours,
    )  # fmt: skip
    hear_of_tag(calling, contact, EventSource.POLL)
    calling.work()
    assert [task["Subject"] for task in tasks(calling)] == ["Call Dana Cohen"]
