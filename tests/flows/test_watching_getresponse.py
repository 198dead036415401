"""What GetResponse does not report arrives as events, each once, through the engine that looks at due watches."""

from __future__ import annotations

import pytest

from integrations.models import Event, EventSource, WatchState
from integrations.watching import look_at_due, look_now
from tests.world import World

pytestmark = pytest.mark.django_db
LONG_AGO = "2020-01-01T00:00:00+0000"
LISTENED_TO = frozenset({"contact.tagged", "contact.unsubscribed", "webinar.registered"})


def look(world: World) -> list[tuple[str, str]]:
    """Everything is due now; what is new of it."""
    before = set(Event.objects.values_list("pk", flat=True))
    look_now(world.getresponse)
    look_at_due({world.getresponse.pk: LISTENED_TO})
    assert not WatchState.objects.exclude(problem="").exists()
    events = Event.objects.exclude(pk__in=before).filter(source=EventSource.POLL)
    return sorted((event.type, event.record["email"]) for event in events)


def test_tags_complaints_and_registrations_become_events_once(world: World) -> None:
    sandbox = world.sandbox
    for name in ("dana", "omar", "noa"):
        sandbox.subscribe(f"{name}@example.com", createdOn=LONG_AGO, tags=["vip"])
    webinar = sandbox.act("getresponse", "add_webinar", minutes=60)
    assert look(world) == []
    assert WatchState.objects.count() == 3

    sandbox.act("getresponse", "tag", email="dana@example.com", tag="demo_watched")
    sandbox.act("getresponse", "leave", email="omar@example.com", reason="complaint")
    sandbox.act("getresponse", "attend", email="noa@example.com", webinarId=webinar["webinarId"])
    found = [
        ("contact.tagged", "dana@example.com"),
        ("contact.unsubscribed", "omar@example.com"),
        ("webinar.registered", "noa@example.com"),
    ]
    assert look(world) == found
    tagged = Event.objects.get(type="contact.tagged")
    assert tagged.context["tag"]["name"] == "demo_watched"
    assert look(world) == []
