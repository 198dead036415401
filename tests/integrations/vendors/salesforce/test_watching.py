"""What people do in Salesforce is seen once, nothing of it is lost, and what it says is remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.sandbox.salesforce.moments import as_salesforce
from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Glance, Look, Notice, Record, Write
from integrations.vendors.errors import Unsupported
from integrations.vendors.salesforce.capabilities import CAPABILITIES
from integrations.vendors.salesforce.resources import Salesforce
from integrations.vendors.salesforce.resources import watching as watching_module

from ..services import Bench

ADMINISTRATOR = "0055e0000000002AAA"
OUT = {"HasOptedOutOfEmail": True}


@dataclass
class Watcher:
    """What the engine does with a watch: keeps its cursor and what it remembers, and takes each notice once."""

    salesforce: Salesforce
    key: str = "leads"
    cursor: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    states: dict[tuple[str, str], Record] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def look(self) -> Glance:
        return self.salesforce.watch(Look(self.key, self.cursor, self.now, frozenset(), self._recall))

    def keep(self, glance: Glance) -> list[Notice]:
        self.cursor = glance.cursor
        self.states.update(glance.states)
        fresh = [n for n in glance.notices if n.vendor_event_id not in self.seen]
        self.seen.update(n.vendor_event_id for n in fresh)
        return fresh

    def news(self) -> list[Notice]:
        """All there is, page after page."""
        found: list[Notice] = []
        for _page in range(50):
            glance = self.look()
            found += self.keep(glance)
            if not glance.more:
                return found
        raise AssertionError("The pages do not come to an end.")

    def types(self) -> list[str]:
        return [notice.type for notice in self.news()]

    def _recall(self, object: str, ids: Sequence[str]) -> dict[str, Record]:
        return {id_: self.states[object, id_] for id_ in ids if (object, id_) in self.states}


@pytest.fixture
def leads(salesforce: Salesforce) -> Watcher:
    return Watcher(salesforce)


@pytest.fixture
def tasks(salesforce: Salesforce) -> Watcher:
    return Watcher(salesforce, "tasks")


def make(sandbox: RunningSandbox, email: str = "dana@example.com", **values: Any) -> str:
    return sandbox.create("Lead", **{"LastName": "Cohen", "Company": "Acme", "Email": email, **values})


def edit(sandbox: RunningSandbox, id: str, **values: Any) -> None:
    sandbox.act("salesforce", "update", id=id, values=values)


def stamp(sandbox: RunningSandbox, ids: Sequence[str], at: datetime) -> None:
    """As if they had been written at that time."""
    shelf, text = sandbox.store.shelf("salesforce"), as_salesforce(at)
    for id in ids:
        shelf.put("Lead", id, (shelf.get("Lead", id) or {}) | {"SystemModstamp": text, "CreatedDate": text})


# --- where it begins --------------------------------------------------------------------------------------------------


def test_what_was_there_before_the_first_look_is_no_news(sandbox: RunningSandbox, leads: Watcher) -> None:
    make(sandbox, "old@example.com", **OUT)
    make(sandbox, "older@example.com")
    first = leads.look()
    assert (first.notices, first.more, bool(first.cursor)) == ((), False, True)
    leads.keep(first)
    assert leads.types() == []
    assert leads.types() == []


def test_in_an_empty_org_everything_is_news(sandbox: RunningSandbox, leads: Watcher) -> None:
    leads.news()
    id = make(sandbox)
    (notice,) = leads.news()
    assert (notice.type, notice.object, notice.record_id, notice.email) == (
        "contact.created",
        "Lead",
        id,
        "dana@example.com",
    )
    record = sandbox.record("salesforce", "Lead", id) or {}
    assert notice.vendor_event_id == f"{id}:{record['SystemModstamp']}"
    assert notice.occurred_at == datetime.fromisoformat(record["SystemModstamp"])
    assert notice.context == {"LastModifiedById": ADMINISTRATOR}
    assert notice.record["LastName"] == "Cohen"


def test_each_watch_of_the_capabilities_can_be_looked_at(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    events = {e.type: e for e in CAPABILITIES.events}
    for watch in CAPABILITIES.watches:
        assert Watcher(salesforce, watch.key).look().cursor
        assert all(events[event].seen == "polled" for event in watch.events)
    with pytest.raises(Unsupported):
        Watcher(salesforce, "levitations").look()


# --- people -----------------------------------------------------------------------------------------------------------


def test_a_record_is_created_once_and_then_updated(sandbox: RunningSandbox, leads: Watcher) -> None:
    old = make(sandbox, "old@example.com")
    leads.news()
    edit(sandbox, old, Title="CEO")
    new = make(sandbox, "new@example.com")
    assert [(n.type, n.record_id) for n in leads.news()] == [("contact.updated", old), ("contact.created", new)]
    edit(sandbox, new, Title="CTO")
    assert [(n.type, n.record_id) for n in leads.news()] == [("contact.updated", new)]
    assert leads.types() == []


def test_contacts_have_a_watch_of_their_own(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    contacts = Watcher(salesforce, "contacts")
    contacts.news()
    make(sandbox)
    id = sandbox.create("Contact", LastName="Cohen", Email="dana@example.com", MobilePhone="+972501234567", **OUT)
    created, stopped = contacts.news()
    assert (created.type, created.object, created.record_id) == ("contact.created", "Contact", id)
    assert (stopped.type, stopped.phone) == ("opt_out.changed", "+972501234567")


def test_a_box_that_is_ticked_is_an_opt_out_once(sandbox: RunningSandbox, leads: Watcher) -> None:
    id = make(sandbox)
    leads.news()
    edit(sandbox, id, **OUT)
    updated, stopped = leads.news()
    assert (updated.type, stopped.type, stopped.record["HasOptedOutOfEmail"]) == (
        "contact.updated",
        "opt_out.changed",
        True,
    )
    assert updated.vendor_event_id != stopped.vendor_event_id
    edit(sandbox, id, Title="CEO")
    assert leads.types() == ["contact.updated"]
    edit(sandbox, id, HasOptedOutOfEmail=False)
    assert leads.types() == ["contact.updated"]  # unticked: no act of the person, and no event
    edit(sandbox, id, **OUT)
    assert leads.types() == ["contact.updated", "opt_out.changed"]


def test_a_box_that_is_ticked_in_the_second_in_which_the_record_was_seen_is_heard(
    sandbox: RunningSandbox, leads: Watcher
) -> None:
    leads.news()
    lead, second = make(sandbox), leads.now + timedelta(seconds=5)
    stamp(sandbox, [lead], second)
    assert leads.types() == ["contact.created"]
    edit(sandbox, lead, **OUT)
    stamp(sandbox, [lead], second)
    assert leads.types() == ["opt_out.changed"]
    assert leads.types() == []


def test_a_stop_that_was_there_before_is_heard_with_the_next_change(sandbox: RunningSandbox, leads: Watcher) -> None:
    id = make(sandbox, **OUT)
    leads.news()
    leads.states.clear()  # never seen: older than the first look
    edit(sandbox, id, Title="CEO")
    assert leads.types() == ["contact.updated", "opt_out.changed"]


def test_a_new_address_is_told_apart_from_a_new_title(sandbox: RunningSandbox, leads: Watcher) -> None:
    id = make(sandbox)
    leads.news()
    edit(sandbox, id, Title="CEO")
    leads.news()
    edit(sandbox, id, Email="Dana@Example.com")
    assert leads.types() == ["contact.updated"]
    edit(sandbox, id, Email="cohen@example.com")
    updated, changed = leads.news()
    assert (updated.type, changed.type, changed.email) == (
        "contact.updated",
        "contact.email_changed",
        "cohen@example.com",
    )


@pytest.mark.parametrize("into_existing", [False, True])
def test_a_conversion_names_the_contact_and_repeats_the_stop(
    sandbox: RunningSandbox, leads: Watcher, into_existing: bool
) -> None:
    id = make(sandbox, **OUT)
    leads.news()
    edit(sandbox, id, Title="CEO")
    leads.news()
    existing = sandbox.create("Contact", LastName="Cohen") if into_existing else ""
    contact = sandbox.convert("dana@example.com", **({"contactId": existing} if existing else {}))["contact"]
    updated, stopped = leads.news()
    assert (updated.type, stopped.type) == ("contact.updated", "opt_out.changed")
    for notice in (updated, stopped):
        assert notice.context["converted"] == ["Contact", contact]
    assert leads.types() == []


def test_a_conversion_of_somebody_who_may_be_mailed_is_no_stop(sandbox: RunningSandbox, leads: Watcher) -> None:
    make(sandbox)
    leads.news()
    sandbox.convert("dana@example.com")
    (updated,) = leads.news()
    assert updated.type == "contact.updated" and "converted" in updated.context


def test_a_deleted_record_is_told_and_an_undeleted_one_is_updated(sandbox: RunningSandbox, leads: Watcher) -> None:
    id = make(sandbox, **OUT)
    leads.news()
    sandbox.act("salesforce", "delete", id=id)
    (notice,) = leads.news()
    assert (notice.type, notice.record_id, notice.context) == (
        "contact.deleted",
        id,
        {"LastModifiedById": ADMINISTRATOR},
    )
    assert leads.types() == []
    sandbox.act("salesforce", "undelete", id=id)
    assert leads.types() == ["contact.updated", "opt_out.changed"]


def test_a_merged_record_says_where_it_lives_on_however_often_that_was_merged(
    sandbox: RunningSandbox, leads: Watcher
) -> None:
    first, second, third = make(sandbox, **OUT), make(sandbox), make(sandbox)
    leads.news()
    sandbox.act("salesforce", "merge", id=first, into=second)
    sandbox.act("salesforce", "merge", id=second, into=third)
    news = {(n.type, n.record_id): n.context.get("merged_into") for n in leads.news()}
    last = ["Lead", third]
    assert news == {
        ("contact.deleted", first): last,
        ("opt_out.changed", first): last,  # the record it became may not have taken the stop over
        ("contact.deleted", second): last,
        ("contact.updated", third): None,
    }


# --- tasks ------------------------------------------------------------------------------------------------------------


def test_a_task_is_created_updated_completed_and_deleted(sandbox: RunningSandbox, tasks: Watcher) -> None:
    tasks.news()
    lead = make(sandbox)
    id = sandbox.create("Task", Subject="Call", WhoId=lead)
    (created,) = tasks.news()
    assert (created.type, created.record_id, created.context["parent"]) == (
        "task.created",
        id,
        ["Lead", lead],
    )
    edit(sandbox, id, Priority="High")
    assert tasks.types() == ["task.updated"]
    edit(sandbox, id, Status="Completed")
    assert tasks.types() == ["task.updated", "task.completed"]
    edit(sandbox, id, Priority="Low")
    assert tasks.types() == ["task.updated"]
    edit(sandbox, id, Status="In Progress")
    edit(sandbox, id, Status="Completed")  # reopened and completed between two looks: it was completed when seen last
    assert tasks.types() == ["task.updated"]
    sandbox.act("salesforce", "delete", id=id)
    assert tasks.types() == ["task.deleted"]


def test_a_task_older_than_the_watch_is_seen_when_it_is_completed(sandbox: RunningSandbox, tasks: Watcher) -> None:
    opened, closed = sandbox.create("Task", Subject="A"), sandbox.create("Task", Subject="B", Status="Completed")
    tasks.news()
    edit(sandbox, opened, Status="Completed")
    edit(sandbox, closed, Priority="Low")
    assert [(n.type, n.record_id) for n in tasks.news()] == [
        ("task.updated", opened),
        ("task.completed", opened),
        ("task.updated", closed),  # it was closed before: Salesforce knows since when
    ]


# --- nothing is lost, nothing comes twice -----------------------------------------------------------------------------


def test_pages_of_equal_stamps_lose_nothing(
    sandbox: RunningSandbox, leads: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching_module, "ROWS", 3)
    leads.news()
    ids = [make(sandbox, f"p{n}@example.com") for n in range(10)]
    stamp(sandbox, ids, datetime.now(UTC))  # loaded in one go
    assert [n.record_id for n in leads.news()] == ids
    assert leads.news() == []


def test_a_row_that_becomes_visible_late_is_seen(sandbox: RunningSandbox, leads: Watcher) -> None:
    make(sandbox, "first@example.com")
    leads.news()
    id = make(sandbox, "second@example.com")
    leads.news()
    late = make(sandbox, "late@example.com")
    newest = sandbox.record("salesforce", "Lead", id) or {}
    stamp(sandbox, [late], datetime.fromisoformat(newest["SystemModstamp"]) - timedelta(milliseconds=1))
    assert [n.record_id for n in leads.news()] == [late]


def test_a_quiet_org_is_asked_for_nothing_old(sandbox: RunningSandbox, leads: Watcher, bench: Bench) -> None:
    """Once nothing older can appear, a look is one call that finds nothing, however much was loaded in one go."""
    for n in range(5):
        make(sandbox, f"p{n}@example.com")
    leads.news()
    assert len(leads.look().states) == 5  # goes back ten minutes
    leads.now += timedelta(minutes=11)
    leads.news()
    leads.now += timedelta(minutes=2)
    spent = bench.budget.spent
    glance = leads.look()
    assert (glance.states, bench.budget.spent) == ({}, spent + 1)
    leads.keep(glance)
    late = make(sandbox, "late@example.com")
    assert [n.record_id for n in leads.news()] == [late]


def test_a_long_pass_settles_nothing_that_appeared_behind_it(
    sandbox: RunningSandbox, leads: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching_module, "ROWS", 3)
    leads.news()
    for n in range(4):
        make(sandbox, f"p{n}@example.com")
    leads.news()
    leads.keep(leads.look())  # the pass begins …
    leads.now += timedelta(minutes=11)
    leads.keep(leads.look())  # … and ends much later
    assert '"settled"' not in leads.cursor


def test_a_look_that_was_not_kept_finds_the_same_again(sandbox: RunningSandbox, leads: Watcher) -> None:
    leads.news()
    make(sandbox, **OUT)
    first, second = leads.look(), leads.look()
    assert [n.vendor_event_id for n in first.notices] == [n.vendor_event_id for n in second.notices]
    assert len({n.vendor_event_id for n in first.notices}) == 2


def test_short_pages_of_salesforce_are_followed(sandbox: RunningSandbox, leads: Watcher) -> None:
    leads.news()
    sandbox.switch("salesforce", query_page_size=2)
    for n in range(5):
        make(sandbox, f"p{n}@example.com")
    assert len(leads.news()) == 5


# --- what it costs, and what is hidden --------------------------------------------------------------------------------


def test_a_look_is_one_call_and_the_fields_are_asked_for_once_a_day(
    sandbox: RunningSandbox, salesforce: Salesforce, bench: Bench, leads: Watcher
) -> None:
    leads.news()
    spent = bench.budget.spent
    make(sandbox)
    leads.news()
    assert bench.budget.spent == spent + 1
    leads.now += timedelta(days=1, minutes=1)
    leads.news()
    assert bench.budget.spent == spent + 3


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_hidden_field_is_left_out(sandbox: RunningSandbox, leads: Watcher, when: str) -> None:
    def hide() -> Any:
        return sandbox.switch("salesforce", hidden_fields=["Lead.HasOptedOutOfEmail", "Lead.Phone"])

    steps: list[Callable[[], Any]] = [hide, leads.news] if when == "before" else [leads.news, hide]
    for step in steps:
        step()
    make(sandbox, **OUT)
    (notice,) = leads.news()
    assert notice.type == "contact.created" and "HasOptedOutOfEmail" not in notice.record


def test_what_we_wrote_ourselves_says_so(sandbox: RunningSandbox, salesforce: Salesforce, leads: Watcher) -> None:
    leads.news()
    salesforce.write([Write("c", "Lead", "create", {"LastName": "Cohen", "Company": "Acme"})])
    (notice,) = leads.news()
    assert notice.context == {"LastModifiedById": "0055e0000000001AAA"}
