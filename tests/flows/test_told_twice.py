"""The same happening, pushed by the vendor and seen by a look: what carries a state is done again, an act once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import Event, WatchState
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
