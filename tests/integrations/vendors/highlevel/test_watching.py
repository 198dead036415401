"""What HighLevel does not tell is noticed by looking, each thing once, and at a known price in calls."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.errors import AuthenticationFailed, RateLimited, Unavailable, Unsupported
from integrations.vendors.highlevel.capabilities import CAPABILITIES
from integrations.vendors.highlevel.fields import iso
from integrations.vendors.highlevel.resources import HighLevel, contacts, edits, tasks

from ..getresponse.watcher import Watcher, told
from .connected import client_at

LONG_AGO = "2020-01-01T00:00:00.000Z"
PLAIN = ("contact.created", "contact.updated", "contact.email_changed")
TAGS = ("contact.tagged", "contact.untagged")
TASKS = ("task.created", "task.updated", "task.completed", "task.deleted")


@pytest.fixture
def client(sandbox: RunningSandbox) -> HighLevel:
    return client_at(sandbox)


def watching(client: HighLevel, key: str, *wanted: str) -> Watcher:
    """One that began a minute ago, and knows what there is."""
    watcher = Watcher(client, key, frozenset(wanted), datetime.now(UTC) - timedelta(minutes=1))
    assert watcher.round() == []
    return watcher


def person(sandbox: RunningSandbox, email: str = "dana@example.com", old: bool = True, **values: Any) -> dict[str, Any]:
    contact: dict[str, Any] = sandbox.act("highlevel", "create", email=email, **values)
    if old:
        rewrite(sandbox, contact, dateAdded=LONG_AGO, dateUpdated=LONG_AGO)
    return contact


def rewrite(sandbox: RunningSandbox, record: dict[str, Any], object: str = "contact", **changes: Any) -> None:
    shelf = sandbox.store.shelf("highlevel")
    shelf.put(object, record["id"], {**(shelf.get(object, record["id"]) or {}), **changes})


def calls(sandbox: RunningSandbox, part: str) -> int:
    return len([call for call in sandbox.calls("highlevel") if part in call["path"]])


# --- contacts -----------------------------------------------------------------------------------------------------


def test_the_first_look_asks_nothing_where_nobody_listens_to_tags(sandbox: RunningSandbox, client: HighLevel) -> None:
    person(sandbox)
    watching(client, "contacts", *PLAIN)
    assert sandbox.calls("highlevel") == []


def test_a_new_contact_is_told_once(sandbox: RunningSandbox, client: HighLevel) -> None:
    watcher = watching(client, "contacts", *PLAIN)
    made = person(sandbox, old=False, phone="+972501234567")
    (notice,) = watcher.round(minutes=5)
    assert (notice.type, notice.record_id, notice.email) == ("contact.created", made["id"], "dana@example.com")
    assert notice.occurred_at is not None and iso(notice.occurred_at) == made["dateAdded"]
    assert "searchAfter" not in notice.record
    assert [watcher.round(minutes=5), watcher.round(minutes=5)] == [[], []]


def test_a_change_is_told_once_for_each_state_and_a_new_address_with_the_old(
    sandbox: RunningSandbox, client: HighLevel
) -> None:
    person(sandbox, old=False)
    watcher = watching(client, "contacts", *PLAIN)
    watcher.round(minutes=5)
    sandbox.act("highlevel", "edit", email="dana@example.com", values={"email": "dana.c@example.com"})
    changed, renamed = watcher.round(minutes=5)
    assert (changed.type, renamed.type) == ("contact.updated", "contact.email_changed")
    assert renamed.context["previousEmail"] == "dana@example.com"
    assert watcher.round(minutes=5) == []


def test_what_was_changed_before_watching_began_is_no_news(sandbox: RunningSandbox, client: HighLevel) -> None:
    for number in range(3):
        person(sandbox, f"{number}@example.com")
    watcher = watching(client, "contacts", *PLAIN)
    assert watcher.round(minutes=5) == []


def test_a_round_costs_two_calls_and_looks_back_ten_minutes(sandbox: RunningSandbox, client: HighLevel) -> None:
    watcher = watching(client, "contacts", *PLAIN)
    watcher.round(minutes=5)
    assert calls(sandbox, "/contacts/search") == 2
    made = person(sandbox, old=False)
    late = iso(watcher.now - timedelta(minutes=9))
    rewrite(sandbox, made, dateAdded=LONG_AGO, dateUpdated=late)
    assert told(watcher.round(minutes=5)) in ([("contact.updated", "dana@example.com")], [])


@pytest.mark.parametrize("page", [1, 2, 3])
def test_no_contact_is_lost_between_pages(
    sandbox: RunningSandbox, client: HighLevel, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """Also when several were made in the same moment, and when one leaves after the first page."""
    monkeypatch.setattr(contacts, "PER_PAGE", page)
    watcher = watching(client, "contacts", "contact.created")
    made = [person(sandbox, f"{number}@example.com", old=False) for number in range(7)]
    moment = iso(datetime.now(UTC))
    for contact in made:
        rewrite(sandbox, contact, dateAdded=moment, dateUpdated=moment)
    watcher.now += timedelta(minutes=5)
    first = watcher.look()
    watcher.cursor, watcher.states = first.cursor, dict(first.states)
    sandbox.act("highlevel", "delete", id=str(first.notices[0].record_id))
    seen = {*told(first.notices), *told(watcher.round())}
    assert {email for _, email in seen} == {f"{n}@example.com" for n in range(7)}


def test_a_contact_made_with_a_stop_is_heard_as_a_stop_first(sandbox: RunningSandbox, client: HighLevel) -> None:
    watcher = watching(client, "contacts", "contact.created", "opt_out.changed")
    person(sandbox, old=False, dndSettings={"Email": {"status": "active"}})
    stop, made = watcher.round(minutes=5)
    assert (stop.type, stop.context, made.type) == ("opt_out.changed", {"stopped": ["email"]}, "contact.created")
    assert stop.occurred_at == made.occurred_at
    assert watcher.round(minutes=5) == []


# --- tags ---------------------------------------------------------------------------------------------------------


def test_which_tag_came_or_went_is_told(sandbox: RunningSandbox, client: HighLevel) -> None:
    person(sandbox, tags=["vip"])
    watcher = watching(client, "contacts", *TAGS)
    sandbox.act("highlevel", "tag", email="dana@example.com", tag="Demo Watched")
    (notice,) = watcher.round(minutes=5)
    assert (notice.type, notice.context["tag"]) == ("contact.tagged", {"name": "demo watched"})
    sandbox.act("highlevel", "untag", email="dana@example.com", tag="vip")
    (notice,) = watcher.round(minutes=5)
    assert (notice.type, notice.context["tag"]) == ("contact.untagged", {"name": "vip"})
    assert watcher.round(minutes=5) == []


def test_other_letters_are_no_other_tag(sandbox: RunningSandbox, client: HighLevel) -> None:
    contact = person(sandbox, tags=["vip"])
    watcher = watching(client, "contacts", *TAGS)
    rewrite(sandbox, contact, tags=["VIP "], dateUpdated=iso(datetime.now(UTC)))
    assert watcher.round(minutes=5) == []


def test_a_new_contact_is_news_with_each_of_its_tags(sandbox: RunningSandbox, client: HighLevel) -> None:
    watcher = watching(client, "contacts", *TAGS, "contact.created")
    person(sandbox, old=False, tags=["vip", "b"])
    assert Counter(notice.type for notice in watcher.round(minutes=5)) == {"contact.created": 1, "contact.tagged": 2}
    assert watcher.round(minutes=5) == []


def test_a_tag_that_moves_no_time_is_found_when_all_are_compared(sandbox: RunningSandbox, client: HighLevel) -> None:
    """Nowhere is it said that a tag moves dateUpdated (highlevel.md §9)."""
    person(sandbox)
    watcher = watching(client, "contacts", *TAGS)
    sandbox.switch("highlevel", quiet_changes=True)
    sandbox.act("highlevel", "tag", email="dana@example.com", tag="vip")
    assert watcher.round(hours=1) == []
    assert told(watcher.round(hours=12)) == [("contact.tagged", "dana@example.com")]
    sandbox.act("highlevel", "untag", email="dana@example.com", tag="vip")
    assert told(watcher.round(hours=13)) == [("contact.untagged", "dana@example.com")]
    sandbox.act("highlevel", "tag", email="dana@example.com", tag="vip")
    assert told(watcher.round(hours=13)) == [("contact.tagged", "dana@example.com")]
    assert watcher.round(hours=13) == []


def test_who_starts_to_listen_to_tags_later_gets_no_flood(sandbox: RunningSandbox, client: HighLevel) -> None:
    made = [person(sandbox, f"{number}@example.com", old=False, tags=["vip"]) for number in range(3)]
    watcher = watching(client, "contacts", *PLAIN)
    watcher.round(minutes=5)
    rewrite(sandbox, made[0], tags=["vip", "before"], dateUpdated=iso(datetime.now(UTC)))
    watcher.wanted = frozenset(TAGS)
    assert watcher.round(minutes=5) == []
    sandbox.act("highlevel", "tag", email="1@example.com", tag="demo")
    assert told(watcher.round(minutes=5)) == [("contact.tagged", "1@example.com")]


# --- stops --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "stopped"),
    [
        ("email", ["email"]),
        ("sms", ["sms"]),
        ("call", ["call"]),
        ("all", ["all", "email", "sms", "call", "whatsapp"]),
    ],
)
@pytest.mark.parametrize("permanent", [True, False])
def test_a_stop_is_told_by_its_channel(
    sandbox: RunningSandbox, client: HighLevel, channel: str, stopped: list[str], permanent: bool
) -> None:
    person(sandbox)
    watcher = watching(client, "opt_outs", "opt_out.changed")
    sandbox.switch("highlevel", quiet_changes=True)
    sandbox.act("highlevel", "stop", email="dana@example.com", channel=channel, permanent=permanent)
    (notice,) = watcher.round(minutes=10)
    assert (notice.type, notice.email, notice.context) == ("opt_out.changed", "dana@example.com", {"stopped": stopped})
    assert [watcher.round(minutes=10), watcher.round(minutes=10)] == [[], []]


def test_a_stop_that_was_there_before_is_no_news(sandbox: RunningSandbox, client: HighLevel) -> None:
    person(sandbox)
    sandbox.act("highlevel", "unsubscribe", email="dana@example.com")
    watcher = watching(client, "opt_outs", "opt_out.changed")
    assert watcher.round(minutes=10) == []


def test_a_second_stop_after_it_was_lifted_is_heard_again(sandbox: RunningSandbox, client: HighLevel) -> None:
    person(sandbox)
    watcher = watching(client, "opt_outs", "opt_out.changed")
    heard = []
    for act in ("unsubscribe", "allow", "unsubscribe"):
        sandbox.act("highlevel", act, email="dana@example.com", channel="email")
        heard.append(len(watcher.round(minutes=10)))
    assert heard == [1, 0, 1]


def test_another_channel_is_another_stop(sandbox: RunningSandbox, client: HighLevel) -> None:
    person(sandbox)
    sandbox.act("highlevel", "stop", email="dana@example.com", channel="sms")
    watcher = watching(client, "opt_outs", "opt_out.changed")
    sandbox.act("highlevel", "unsubscribe", email="dana@example.com")
    assert [notice.context for notice in watcher.round(minutes=10)] == [{"stopped": ["email"]}]


def test_somebody_made_with_a_stop_is_heard(sandbox: RunningSandbox, client: HighLevel) -> None:
    watcher = watching(client, "opt_outs", "opt_out.changed")
    person(sandbox, old=False, dnd=True)
    assert told(watcher.round(minutes=10)) == [("opt_out.changed", "dana@example.com")]


def test_what_is_not_let_in_any_more_is_an_edit_and_no_stop(sandbox: RunningSandbox, client: HighLevel) -> None:
    """HighLevel tells of it by no event, and shows it by no time (highlevel.md §2.6)."""
    person(sandbox)
    watcher = watching(client, "opt_outs", "opt_out.changed", "contact.updated")
    sandbox.act("highlevel", "block_inbound", email="dana@example.com")
    (notice,) = watcher.round(minutes=10)
    assert (notice.type, notice.context) == ("contact.updated", {"inboundDnd": True})
    assert watcher.round(minutes=10) == []


def test_only_what_somebody_listens_to_is_asked_for_and_a_new_listener_gets_no_flood(
    sandbox: RunningSandbox, client: HighLevel
) -> None:
    person(sandbox, dnd=True)
    watcher = watching(client, "opt_outs", "contact.updated")
    assert calls(sandbox, "/contacts/search") == 1
    watcher.wanted = frozenset({"contact.updated", "opt_out.changed"})
    assert watcher.round(minutes=10) == []
    assert calls(sandbox, "/contacts/search") == 6
    person(sandbox, "omar@example.com", dnd=True)
    assert told(watcher.round(minutes=10)) == [("opt_out.changed", "omar@example.com")]


# --- tasks --------------------------------------------------------------------------------------------------------


def task(sandbox: RunningSandbox, old: bool = True) -> dict[str, Any]:
    made: dict[str, Any] = sandbox.act("highlevel", "add_task", email="dana@example.com", title="Call")
    if old:
        rewrite(sandbox, made, "task", dateAdded=LONG_AGO, dateUpdated=LONG_AGO)
    return made


def test_an_edited_task_is_told_with_the_contact_it_is_about(sandbox: RunningSandbox, client: HighLevel) -> None:
    contact = person(sandbox)
    made = task(sandbox)
    watcher = watching(client, "tasks", *TASKS)
    sandbox.act("highlevel", "edit_task", id=made["id"], values={"title": "Call back"})
    (notice,) = watcher.round(minutes=15)
    assert (notice.type, notice.object, notice.record_id) == ("task.updated", "task", made["id"])
    assert (notice.record["title"], notice.record["completed"]) == ("Call back", False)
    assert notice.context["parent"] == {"object": "contact", "record_id": contact["id"]}
    assert watcher.round(minutes=15) == []


def test_an_edit_that_moves_no_time_is_told_and_so_is_its_undoing(sandbox: RunningSandbox, client: HighLevel) -> None:
    person(sandbox)
    made = task(sandbox)
    watcher = watching(client, "tasks", *TASKS)
    for title in ("Call back", "Call", "Call back"):
        rewrite(sandbox, made, "task", title=title)
        assert [notice.type for notice in watcher.round(minutes=15)] == ["task.updated"]


def test_completing_and_reopening_are_told(sandbox: RunningSandbox, client: HighLevel) -> None:
    person(sandbox)
    made = task(sandbox)
    watcher = watching(client, "tasks", *TASKS)
    sandbox.act("highlevel", "complete_task", id=made["id"])
    assert [n.type for n in watcher.round(minutes=15)] == ["task.updated", "task.completed"]
    sandbox.act("highlevel", "edit_task", id=made["id"], values={"completed": False})
    (reopened,) = watcher.round(minutes=15)
    assert (reopened.type, reopened.record["completed"]) == ("task.updated", False)


def test_a_new_task_is_told_and_old_ones_are_only_learnt(sandbox: RunningSandbox, client: HighLevel) -> None:
    person(sandbox)
    task(sandbox)
    watcher = watching(client, "tasks", *TASKS)
    task(sandbox, old=False)
    assert [n.type for n in watcher.round(minutes=15)] == ["task.created"]
    assert watcher.round(minutes=15) == []


def test_all_tasks_are_gone_through_page_by_page(
    sandbox: RunningSandbox, client: HighLevel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (tasks, edits):
        monkeypatch.setattr(module, "PER_SEARCH", 2)
    person(sandbox)
    made = [task(sandbox) for _ in range(5)]
    watcher = watching(client, "tasks", *TASKS)
    for each in made:
        sandbox.act("highlevel", "edit_task", id=each["id"], values={"body": "Now"})
    before = calls(sandbox, "/tasks/search")
    assert len(watcher.round(minutes=15)) == 5
    assert calls(sandbox, "/tasks/search") - before == 3


# --- the watches themselves ---------------------------------------------------------------------------------------


def test_a_look_that_failed_is_repeated_and_tells_the_same(sandbox: RunningSandbox, client: HighLevel) -> None:
    person(sandbox, dnd=False, tags=[])
    made = task(sandbox)
    watchers = [
        watching(client, "contacts", *TAGS),
        watching(client, "opt_outs", "opt_out.changed"),
        watching(client, "tasks", *TASKS),
    ]
    sandbox.act("highlevel", "tag", email="dana@example.com", tag="vip")
    sandbox.act("highlevel", "stop", email="dana@example.com")
    sandbox.act("highlevel", "edit_task", id=made["id"], values={"body": "Now"})
    for watcher in watchers:
        watcher.now += timedelta(minutes=15)
        while not (lost := watcher.look()).notices:
            watcher.cursor, watcher.states = lost.cursor, {**watcher.states, **lost.states}
        assert [n.vendor_event_id for n in watcher.look().notices] == [n.vendor_event_id for n in lost.notices]


def test_a_watch_that_does_not_exist_is_refused(client: HighLevel) -> None:
    with pytest.raises(Unsupported):
        Watcher(client, "levitations", frozenset(), datetime.now(UTC)).look()


def test_every_watch_tells_of_events_that_the_capabilities_know() -> None:
    seen = {event.type: event.seen for event in CAPABILITIES.events}
    assert all(seen[type] != "invisible" for watch in CAPABILITIES.watches for type in watch.events)
    polled = {type for type, how in seen.items() if how == "polled"}
    assert polled <= {type for watch in CAPABILITIES.watches for type in watch.events}


@pytest.mark.parametrize(
    ("switch", "kind"),
    [({"rate_limit": 1}, RateLimited), ({"unauthorized": 1}, AuthenticationFailed), ({"down": 1}, Unavailable)],
)
@pytest.mark.parametrize("key", [watch.key for watch in CAPABILITIES.watches])
def test_a_look_at_a_vendor_in_trouble_is_told_as_any_call_is(
    sandbox: RunningSandbox, client: HighLevel, key: str, switch: dict[str, Any], kind: type[Exception]
) -> None:
    watcher = Watcher(client, key, frozenset({"contact.updated", "opt_out.changed", "task.updated"}), datetime.now(UTC))
    watcher.round()
    sandbox.switch("highlevel", **switch)
    with pytest.raises(kind):
        watcher.look()
    assert watcher.round(minutes=15) == []
