"""Rules that tell people of the team: whom, what, once, and never the person themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.utils import timezone

from audit.models import Notification
from integrations.inbox import replay_event
from integrations.models import Connection, Event, EventSource, Person, WatchState
from integrations.refreshing import refresh_account
from integrations.vendors.errors import Unavailable
from mappings.models import Rule, RunKind
from mappings.planning.actions.notify import Users
from mappings.runs import start_run
from tests.acting_vendor import Office
from tests.world import World

pytestmark = pytest.mark.django_db
HOT: dict[str, Any] = {"to": ["noa@example.com"], "subject": "{name} is hot", "body": "From {city}."}


@pytest.fixture(autouse=True)
def _mail(settings: Any) -> None:
    settings.MAIL_IS_SET = True


@pytest.fixture
def office() -> Iterator[Office]:
    with Office().registered() as office:
        yield office


def telling(**keys: Any) -> dict[str, Any]:
    return {"notify": HOT | keys}


def told() -> list[tuple[str, str]]:
    return [(row.to, row.subject) for row in Notification.objects.order_by("pk")]


def happen_again(office: Office, record_id: str, **values: Any) -> Event:
    office.happen("contact.updated", record_id, **values)
    office.work()
    return office.last_event


def test_the_team_is_told_and_nothing_is_written(office: Office) -> None:
    office.rule("contact.created", telling())
    office.person(city="Haifa")
    [row] = Notification.objects.all()
    assert (row.to, row.subject, row.body) == ("noa@example.com", "Dana Cohen is hot", "From Haifa.")
    assert (row.person, row.event, row.rule) == (Person.objects.get(), office.last_event.id, "rule-0")
    assert (row.state, [sent.subject for sent in mail.outbox]) == ("sent", ["Dana Cohen is hot"])
    assert office.changes() == [] and office.last_event.state == "planned"


def test_each_recipient_is_told_once_however_they_are_named(office: Office) -> None:
    office.rule("contact.created", telling(to=["Noa@example.com, dan@example.com", "noa@example.com", "sales-team"]))
    office.person()
    assert sorted(to for to, _subject in told()) == ["dan@example.com", "noa@example.com", "sales-team"]


def test_an_event_that_is_delivered_twice_is_told_once(office: Office) -> None:
    office.rule("contact.created", telling())
    office.left.sign_up(email="dana@example.com", name="Dana Cohen")
    office.deliver_events(repeat=True)
    office.work()
    assert len(told()) == 1


def test_an_event_that_is_planned_again_is_told_once(office: Office) -> None:
    """A worker that died after planning, or an event that waited for a vendor."""
    office.copying()
    office.rule("contact.created", telling())
    office.right.failures = [Unavailable("Away.")]
    office.person()
    assert told() == [] and office.last_event.state == "new"
    Connection.objects.update(paused_until=None)
    Event.objects.update(next_attempt_at=timezone.now())
    office.work()
    assert len(told()) == 1
    Event.objects.update(state="new", next_attempt_at=timezone.now())
    office.work()
    assert len(told()) == 1


def test_what_is_not_committed_is_not_told(office: Office) -> None:
    office.rule("contact.created", telling())
    with mock.patch("mappings.planning.planner.settle_planned", side_effect=SystemExit), pytest.raises(SystemExit):
        office.person()
    assert told() == [] and mail.outbox == []


@pytest.mark.parametrize("source", [EventSource.RESYNC, EventSource.BACKFILL])
def test_runs_over_many_tell_nobody(office: Office, source: str) -> None:
    office.rule("contact.created", telling())
    office.left.sign_up(email="dana@example.com", name="Dana Cohen")
    office.deliver_events()
    Event.objects.update(source=source)
    office.work()
    assert told() == [] and "repeats nobody's act" in office.last_event.reason


def test_a_replay_tells_only_what_was_not_told(office: Office) -> None:
    office.rule("contact.created", telling(to=["noa@example.com", "nobody-there"]))
    office.person()
    first = office.last_event
    assert sorted(Notification.objects.values_list("to", "state")) == [
        ("noa@example.com", "sent"),
        ("nobody-there", "failed"),
    ]
    again = replay_event(first, "somebody")
    office.work()
    again.refresh_from_db()
    assert "noa@example.com was told of this event before" in again.reason
    assert sorted(Notification.objects.values_list("to", flat=True)) == ["noa@example.com", *["nobody-there"] * 2]


def test_quiet_tells_of_one_person_once_in_a_while(office: Office) -> None:
    office.rule("contact.updated", telling(quiet="1h"))
    dana, noa = office.person(), office.person("Noa Levi")
    happen_again(office, dana)
    second = happen_again(office, dana)
    assert "noa@example.com was told of this person by this rule within 1h" in second.reason
    happen_again(office, noa)
    assert [subject for _to, subject in told()] == ["Dana Cohen is hot", "Noa Levi is hot"]
    Notification.objects.update(created_at=timezone.now() - timedelta(hours=2))
    happen_again(office, dana)
    assert len(told()) == 3


def test_quiet_is_kept_for_each_action_of_a_rule_and_each_recipient(office: Office) -> None:
    boss = telling(to=["boss@example.com"], quiet="1h")
    office.rule("contact.updated", telling(quiet="1h"), boss, telling(subject="Other"))
    dana = office.person()
    happen_again(office, dana)
    happen_again(office, dana)
    assert [to for to, subject in told() if subject == "Other"] == ["noa@example.com"] * 2
    assert len(told()) == 4


def test_a_failure_does_not_keep_quiet(office: Office) -> None:
    office.rule("contact.updated", telling(to=["nobody-there"], quiet="1h"))
    dana = office.person()
    happen_again(office, dana)
    happen_again(office, dana)
    assert len(told()) == 2


def test_a_digest_waits_for_its_hour_and_lists_everybody(office: Office) -> None:
    office.rule("contact.created", telling(digest="hourly"))
    office.person()
    office.person("Noa Levi")
    assert mail.outbox == []
    Notification.objects.update(next_attempt_at=timezone.now())
    office.work()
    [sent] = mail.outbox
    assert sent.subject == "2 notifications: Dana Cohen is hot, …" and "Noa Levi is hot" in sent.body
    assert all(f"/person/{each.pk}/" in sent.body for each in Person.objects.all())


def test_the_assignee_is_told_at_the_address_that_the_vendor_gives(office: Office) -> None:
    refresh_account(Connection.objects.get(name="left"))
    office.rule("contact.created", telling(to=["{owner}"]))
    office.person(owner="u1")
    office.person("Gal Levi", owner="Noa@example.com")
    office.person("Dan Bar", owner="Dan Bar")
    assert sorted(Notification.objects.values_list("to", "state")) == [
        ("dan bar", "failed"),  # two users are called so
        ("noa@example.com", "sent"),
        ("noa@example.com", "sent"),
    ]


def test_nobody_to_tell_is_said(office: Office) -> None:
    office.rule("contact.created", telling(to=["{owner}"]))
    office.person()
    assert told() == [] and "nobody to tell, {owner} is empty" in office.last_event.reason


def test_a_rule_cannot_write_to_the_person_it_is_about(office: Office) -> None:
    office.rule("contact.created", telling(to=["{partner}"]))
    office.person(partner="DANA@example.com")
    assert mail.outbox == [] and Notification.objects.get().state == "failed"


def test_an_open_question_of_who_it_is_waits_with_the_notification(office: Office) -> None:
    office.copying()
    office.rule("contact.created", telling())
    for name in ("Dana", "Dina"):
        office.right.sign_up(email="dana@example.com", name=name)
    office.right.events.clear()
    office.person()
    first = told()
    Event.objects.update(state="new", next_attempt_at=timezone.now())
    office.work()
    assert told() == first


def test_at_salesforce_and_getresponse_it_goes_with_the_main_job(world: World) -> None:
    world.mapping()
    keys = {"to": ["sales@example.com"], "subject": "New: {name}"}
    world.rule("new", "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}}, {"notify": keys})
    world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    assert len(world.leads) == 1
    assert [(sent.to, sent.subject) for sent in mail.outbox] == [(["sales@example.com"], "New: Dana Cohen")]


def test_what_is_pushed_and_then_seen_is_told_once(world: World) -> None:
    world.rule("new", "contact.subscribed", telling(subject="New: {name}"))
    world.work()
    world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    WatchState.objects.update(due_at=timezone.now())
    world.let_time_pass()
    world.work()
    assert Event.objects.filter(type="contact.subscribed").count() == 2
    assert len(told()) == 1
    assert any("it is done once" in event.reason for event in Event.objects.all())


def test_a_backfill_and_a_resync_of_many_tell_nobody(world: World) -> None:
    world.main_job()
    world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    Rule.objects.filter(name="new-subscriber").update(
        actions=[{"upsert": {"mapping": "subscriber-to-lead"}}, telling()]
    )
    start_run(RunKind.RESYNC, {"rule": "new-subscriber"}, "somebody")
    for _time in range(3):
        world.let_time_pass()
        world.work()
    assert Event.objects.filter(source=EventSource.RESYNC, state="planned").exists()
    assert told() == []


def test_an_owner_in_salesforce_is_told_at_their_address_not_by_their_user_name(world: World) -> None:
    refresh_account(world.salesforce)
    dana = next(each for each in world.sandbox.records("salesforce", "User") if each["Name"] == "Dana Cohen")
    users = Users(world.salesforce)
    found = [users.address_of(each) for each in (dana["Id"], dana["Id"][:15], "Dana Cohen", "Nobody")]
    assert found == ["dana.cohen@sales.example.com"] * 3 + [""]
