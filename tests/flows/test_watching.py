"""What a vendor does not report is looked at again and again, and seen once, whatever breaks meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Change, ChangeState, OptOut
from config.tasks import work_off
from integrations.models import Connection, Event, EventSource, RecordState, WatchState
from integrations.vendors.base import Look
from integrations.vendors.errors import AuthenticationFailed, RateLimited, Unavailable
from mappings.configuration.connections import read_connection
from mappings.models import Mapping, MappingVersion, Rule, VersionState
from mappings.spec.problems import Problem
from mappings.watching import wanted_events
from tests.memory_vendor import WATCH, MemoryClient, Pair

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> Iterator[Pair]:
    with Pair(watches=(WATCH,)).registered() as pair:
        yield pair


def copy_to_right(event: str = "contact.updated") -> None:
    spec: dict[str, Any] = {
        "source": {"connection": "left", "object": "contact", "read": "always"},
        "target": {"connection": "right", "object": "contact"},
        "key": {"field": "key", "from": "id"},
        "match": ["email"],
        "fields": [{"from": "email", "to": "email"}, {"from": "name", "to": "name"}],
    }
    mapping = Mapping.objects.create(name="left-to-right")
    MappingVersion.objects.create(mapping=mapping, number=1, state=VersionState.PUBLISHED, spec=spec)
    rule("copy", "left", event, {"upsert": {"mapping": "left-to-right"}})


def rule(name: str, connection: str, event: str, *actions: dict[str, Any], **facts: Any) -> Rule:
    place = Connection.objects.get(name=connection)
    return Rule.objects.create(name=name, connection=place, event=event, actions=list(actions), **facts)


def stop_rule(name: str, source: str, event: str, *targets: str) -> Rule:
    return rule(name, source, event, {"opt_out": {"connections": list(targets), "channels": ["email"]}})


def work(rounds: int = 20) -> None:
    for _round in range(rounds):
        if not sum(work_off(lane) for lane in settings.LANES):
            return
    raise AssertionError("The work does not come to an end.")


def look_again() -> None:
    WatchState.objects.update(due_at=timezone.now())
    Connection.objects.update(paused_until=None)
    Event.objects.filter(state="new").update(next_attempt_at=timezone.now())
    work()


def edit_unreported(pair: Pair, record_id: str, **values: Any) -> None:
    pair.left.edit(record_id, **values)
    pair.left.events.clear()


def sign_up_unreported(pair: Pair, **values: Any) -> str:
    record_id = pair.left.sign_up(**values)
    pair.left.events.clear()
    return record_id


def test_what_nobody_reported_is_seen_and_carried_over(pair: Pair) -> None:
    copy_to_right()
    work()
    anna = sign_up_unreported(pair, email="anna@example.com", name="Anna")
    look_again()
    (copied,) = pair.right.records.values()
    assert (copied["name"], copied["key"]) == ("Anna", anna)
    assert Event.objects.get().source == EventSource.POLL


def test_what_was_there_before_the_first_look_is_no_news(pair: Pair) -> None:
    sign_up_unreported(pair, email="old@example.com", name="Old")
    copy_to_right()
    work()
    look_again()
    assert not pair.right.records and not Event.objects.exists()


def test_the_same_state_is_one_event_however_often_it_is_looked_at(pair: Pair) -> None:
    copy_to_right()
    work()
    sign_up_unreported(pair, email="anna@example.com", name="Anna")
    look_again()
    WatchState.objects.filter(connection__name="left").update(cursor="2")  # a crash before the cursor was kept
    look_again()
    event = Event.objects.get()
    assert event.repeats == 0  # nobody delivered it twice


def test_pages_are_looked_at_one_after_the_other(pair: Pair) -> None:
    pair.left.page_size = 3
    copy_to_right()
    work()
    for number in range(10):
        sign_up_unreported(pair, email=f"p{number}@example.com", name=f"P{number}")
    look_again()
    assert len(pair.right.records) == 10


def test_nobody_is_watched_without_a_rule_that_listens(pair: Pair) -> None:
    copy_to_right("contact.subscribed")  # this vendor's watch cannot see that
    work()
    assert not pair.left.looks and not pair.right.looks


def test_a_rule_that_is_off_listens_to_nothing(pair: Pair) -> None:
    copy_to_right()
    Rule.objects.update(enabled=False)
    work()
    assert not pair.left.looks


def test_a_watch_waits_between_two_looks_as_long_as_the_vendor_or_the_user_says(pair: Pair) -> None:
    copy_to_right()
    work()
    work()
    assert len(pair.left.looks) == 1
    state = WatchState.objects.get()
    assert state.due_at - state.looked_at == timedelta(minutes=5)
    Connection.objects.filter(name="left").update(options={"watch": {"changes": 60}})
    look_again()
    state.refresh_from_db()
    assert state.due_at - state.looked_at == timedelta(hours=1)
    Connection.objects.filter(name="left").update(options={"watch": {"changes": 0}})
    look_again()
    assert len(pair.left.looks) == 2


def test_a_failed_look_says_why_and_goes_on_from_where_it_was(pair: Pair) -> None:
    copy_to_right()
    work()
    sign_up_unreported(pair, email="anna@example.com", name="Anna")
    pair.left.failures.append(Unavailable("Memory is down."))
    look_again()
    state = WatchState.objects.get()
    assert "Memory is down." in state.problem and state.due_at > timezone.now() + timedelta(seconds=50)
    assert not Event.objects.exists()
    look_again()
    state.refresh_from_db()
    assert state.problem == "" and len(pair.right.records) == 1


def test_a_limit_is_waited_for_as_long_as_the_vendor_says(pair: Pair) -> None:
    copy_to_right()
    pair.left.failures.append(RateLimited("Slow down.", retry_after=timedelta(minutes=7)))
    work()
    assert WatchState.objects.get().due_at > timezone.now() + timedelta(minutes=6)


def test_a_stopped_connection_is_not_looked_at(pair: Pair) -> None:
    copy_to_right()
    pair.left.failures.append(AuthenticationFailed("The key is wrong."))
    work()
    looks = len(pair.left.looks)
    look_again()
    assert len(pair.left.looks) == looks and Connection.objects.get(name="left").blocked


def test_a_fault_of_ours_does_not_stop_the_lane(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_to_right()

    def broken(self: MemoryClient, look: Look) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(MemoryClient, "watch", broken)
    work()
    assert "fault of Crosswalk" in WatchState.objects.get().problem


def test_a_look_that_was_taken_over_keeps_nothing(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    copy_to_right()
    work()
    sign_up_unreported(pair, email="anna@example.com", name="Anna")
    real = MemoryClient.watch

    def slow(self: MemoryClient, look: Look) -> Any:
        WatchState.objects.update(lease="another worker's")
        return real(self, look)

    monkeypatch.setattr(MemoryClient, "watch", slow)
    WatchState.objects.update(due_at=timezone.now())
    work_off("bulk")
    assert not Event.objects.exists() and not RecordState.objects.exists()
    assert WatchState.objects.get().lease == "another worker's"


def test_a_worker_that_died_at_a_look_leaves_a_lease_that_runs_out(pair: Pair) -> None:
    copy_to_right()
    work()
    sign_up_unreported(pair, email="anna@example.com", name="Anna")
    WatchState.objects.update(lease="dead", lease_until=timezone.now() + timedelta(seconds=30))
    look_again()
    assert not pair.right.records
    WatchState.objects.update(lease_until=timezone.now() - timedelta(minutes=1))
    look_again()
    assert len(pair.right.records) == 1


def test_our_own_write_seen_by_a_look_changes_nothing(pair: Pair) -> None:
    copy_to_right()
    spec = MappingVersion.objects.get().spec | {
        "source": {"connection": "right", "object": "contact", "read": "always"},
        "target": {"connection": "left", "object": "contact"},
    }
    back = Mapping.objects.create(name="right-to-left")
    MappingVersion.objects.create(mapping=back, number=1, state=VersionState.PUBLISHED, spec=spec)
    rule("back", "right", "contact.updated", {"upsert": {"mapping": "right-to-left"}})
    work()
    sign_up_unreported(pair, email="anna@example.com", name="Anna")
    for _round in range(10):
        look_again()
    assert len(pair.right.records) == len(pair.left.records) == 1
    assert Change.objects.count() <= 2


def test_what_happened_while_nobody_listened_is_no_news_afterwards(pair: Pair) -> None:
    copy_to_right()
    work()
    Rule.objects.update(enabled=False)
    work()
    assert not WatchState.objects.exists()
    sign_up_unreported(pair, email="meanwhile@example.com", name="Meanwhile")
    Rule.objects.update(enabled=True)
    work()
    look_again()
    assert not pair.right.records


# --- opt-outs that are a state, not an act ---------------------------------------------------------------------


def test_an_opt_out_ticked_at_one_side_reaches_the_other(pair: Pair) -> None:
    copy_to_right()
    stop_rule("stop", "left", "opt_out.changed", "right")
    work()
    anna = sign_up_unreported(pair, email="anna@example.com", name="Anna", stopped=False)
    look_again()
    edit_unreported(pair, anna, stopped=True)
    look_again()
    (copied,) = pair.right.records.values()
    assert copied["stopped"] is True
    assert OptOut.objects.get().targets == ["right"]


def test_an_opt_out_we_told_a_system_does_not_come_back_as_its_own(pair: Pair) -> None:
    """Left heard it, right was told; that right holds it now is no news for left."""
    copy_to_right()
    stop_rule("stop", "left", "opt_out.changed", "right")
    stop_rule("back", "right", "opt_out.changed", "left")
    work()
    anna = sign_up_unreported(pair, email="anna@example.com", name="Anna", stopped=False)
    look_again()
    edit_unreported(pair, anna, stopped=True)
    for _round in range(4):
        look_again()
    assert OptOut.objects.get().targets == ["right"]
    told = Change.objects.filter(operation="opt_out")
    assert [(change.connection.name, change.state) for change in told] == [("right", ChangeState.APPLIED)]


def test_who_else_is_to_know_still_hears_of_what_we_told(pair: Pair) -> None:
    """The rule at right names more systems than the one at left did: nobody stays untold."""
    copy_to_right()
    stop_rule("stop", "left", "opt_out.changed", "right")
    stop_rule("on", "right", "opt_out.changed", "left", "right")
    work()
    anna = sign_up_unreported(pair, email="anna@example.com", name="Anna", stopped=False)
    look_again()
    edit_unreported(pair, anna, stopped=True)
    look_again()
    look_again()
    assert set(OptOut.objects.get().targets) == {"right"}


def test_what_is_wanted_names_the_events_of_rules_and_who_is_told_opt_outs(pair: Pair) -> None:
    stop_rule("stop", "left", "opt_out.changed", "right")
    wanted = {Connection.objects.get(pk=pk).name: events for pk, events in wanted_events().items()}
    assert "opt_out.changed" in wanted["left"] and "opt_out.changed" not in wanted["right"]
    assert "contact.deleted" in wanted["right"]


def test_seeing_what_we_wrote_says_nothing_of_when_it_was_heard(pair: Pair) -> None:
    """The record may have been changed last long before, or long after: neither is when the person said stop."""
    copy_to_right()
    stop_rule("stop", "left", "opt_out.changed", "right")
    stop_rule("on", "right", "opt_out.changed", "left", "right")
    work()
    anna = sign_up_unreported(pair, email="anna@example.com", name="Anna", stopped=False)
    look_again()
    edit_unreported(pair, anna, stopped=True)
    look_again()
    before = OptOut.objects.values_list("heard_at", "heard_last_at").get()
    (copied,) = pair.right.records
    pair.right.records[copied]["modified"] = "2026-06-01T00:00:00+00:00"
    look_again()
    assert Event.objects.filter(type="opt_out.changed", connection__name="right").exists()
    assert OptOut.objects.values_list("heard_at", "heard_last_at").get() == before


def test_a_stop_that_was_there_before_we_came_is_copied_when_the_record_is_first_found(pair: Pair) -> None:
    pair.right.sign_up(email="anna@example.com", name="Anna", stopped=True)
    copy_to_right()
    stop_rule("back", "right", "opt_out.changed", "left")
    work()
    sign_up_unreported(pair, email="anna@example.com", name="Anna B", stopped=False)
    look_again()
    (record,) = pair.left.records.values()
    assert record["stopped"] is True
    stop = OptOut.objects.get()
    assert (stop.connection.name, stop.targets) == ("right", ["left"])
    look_again()
    assert OptOut.objects.count() == 1


def test_nothing_is_copied_where_nobody_listens(pair: Pair) -> None:
    pair.right.sign_up(email="anna@example.com", name="Anna", stopped=True)
    copy_to_right()
    work()
    sign_up_unreported(pair, email="anna@example.com", name="Anna B")
    look_again()
    assert not Event.objects.filter(type="opt_out.changed").exists() and not OptOut.objects.exists()


def test_what_a_record_was_converted_to_is_told_what_the_record_knew(pair: Pair) -> None:
    """The vendor made another record of it, and that one may be mailed: the stop in force is told again."""
    copy_to_right()
    stop_rule("stop", "left", "opt_out.changed", "right")
    work()
    anna = sign_up_unreported(pair, email="anna@example.com", name="Anna", stopped=False)
    look_again()
    edit_unreported(pair, anna, stopped=True)
    look_again()
    became = pair.right.sign_up(email="anna@example.com", name="Anna", stopped=False)
    (first, *_rest) = pair.right.records
    convert = Event(
        connection=Connection.objects.get(name="right"),
        type="contact.updated",
        object="contact",
        record_id=first,
        record=pair.right.records[first],
        context={"converted": ["contact", became]},
        source=EventSource.POLL,
        dedupe_key="converted",
        order_key="converted",
        occurred_at=timezone.now(),
    )
    convert.save()
    work()
    assert pair.right.records[became]["stopped"] is True
    assert OptOut.objects.count() == 1


# --- what the user sees and sets -------------------------------------------------------------------------------


def test_the_connection_page_says_what_is_looked_at_and_looks_at_once(pair: Pair, admin_client: Client) -> None:
    copy_to_right()
    work()
    left = Connection.objects.get(name="left")
    page = reverse("admin:integrations_connection_change", args=[left.pk])
    assert "Changed contacts" in admin_client.get(page).content.decode()
    sign_up_unreported(pair, email="anna@example.com", name="Anna")
    admin_client.post(reverse("admin:integrations_connection_press", args=[left.pk, "look"]))
    work()
    assert len(pair.right.records) == 1
    pair.left.failures.append(Unavailable("Memory is down."))
    look_again()
    assert "Memory is down." in admin_client.get(page).content.decode()


def test_a_connection_without_rules_says_that_it_is_not_looked_at(pair: Pair, admin_client: Client) -> None:
    right = Connection.objects.get(name="right")
    page = admin_client.get(reverse("admin:integrations_connection_change", args=[right.pk]))
    assert "no rule that is on listens to this" in page.content.decode()


def test_how_often_is_set_on_the_page(pair: Pair, admin_client: Client) -> None:
    left = Connection.objects.get(name="left")
    page = reverse("admin:integrations_connection_change", args=[left.pk])
    form = {"name": "left", "environment": "production", "mode": "read_write"}
    admin_client.post(page, {**form, "watch_changes": "30"})
    left.refresh_from_db()
    assert left.options == {"watch": {"changes": 30}}
    assert 'value="30"' in admin_client.get(page).content.decode()
    refused = admin_client.post(page, {**form, "watch_changes": "9999"})
    assert "1440" in refused.content.decode()
    admin_client.post(page, {**form, "watch_changes": ""})
    left.refresh_from_db()
    assert left.options == {}


@pytest.mark.parametrize(
    ("watch", "said"),
    [({"changes": 30}, ""), ({"changes": 0}, ""), ({"changes": -1}, "changes is looked at"), ({"x": 1}, "x")],
)
def test_how_often_is_set_in_the_file(pair: Pair, watch: dict[str, int], said: str) -> None:
    problems: list[Problem] = []
    spec = read_connection(
        "left", {"vendor": "memory", "base_url": "http://127.0.0.1:1", "options": {"watch": watch}}, problems
    )
    if said:
        assert any(said in str(problem) for problem in problems)
    else:
        assert not problems and spec is not None and spec.options == {"watch": watch}


def test_the_dashboard_says_what_was_not_looked_at_for_too_long(pair: Pair, admin_client: Client) -> None:
    copy_to_right()
    work()
    assert "were not looked at" not in admin_client.get("/admin/").content.decode()
    WatchState.objects.update(looked_at=timezone.now() - timedelta(hours=1))
    page = admin_client.get("/admin/").content.decode()
    assert "left: changed contacts were not looked at since" in page and "Not everything is in step" in page
    Connection.objects.update(blocked=True)  # then that is what is said
    assert "were not looked at" not in admin_client.get("/admin/").content.decode()
