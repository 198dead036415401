"""Rules that make tasks and notes: what is written, about whom, by when, for whom, and once for each event."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from audit import decisions
from audit.models import Change, ChangeState, Kind
from integrations.ids import new_id
from integrations.inbox import replay_event
from integrations.models import Connection, Event, Link, Person
from integrations.vendors.errors import Rejected
from mappings.identity.people import merge_people, separate
from tests.acting_vendor import Office
from tests.clocks import Passing

pytestmark = pytest.mark.django_db
CALL = {"connection": "right", "title": "Call {name|first_name}"}


@pytest.fixture
def office() -> Iterator[Office]:
    with Office().registered() as office:
        office.copying()
        yield office


def task(**keys: Any) -> dict[str, Any]:
    return {"create_task": CALL | keys}


def note(**keys: Any) -> dict[str, Any]:
    return {"add_note": {"connection": "right"} | keys}


def test_a_task_is_made_about_the_persons_record_in_the_vendors_own_fields(office: Office) -> None:
    office.rule("contact.updated", task(body="Came from {city}.", priority="High", status="open", due="2026-12-31"))
    record_id = office.person(city="Haifa")
    office.happen("contact.updated", record_id)
    office.work()
    [made] = office.right.tasks
    assert made == {
        "subject": "Call Dana",
        "text": "Came from Haifa.",
        "urgency": "High",
        "state": "open",
        "due_on": "2026-12-31",
        "parent": ["contact", next(iter(office.right.records))],
    }
    [change] = office.changes(kind=Kind.TASK)
    assert (change.object, change.operation, change.state) == ("task", "create_task", ChangeState.APPLIED)
    assert change.diff["subject"] == {
        "before": None,
        "after": "Call Dana",
        "from": "name",
        "via": [],
        "synthetic": False,
    }
    assert change.diff["urgency"]["from"] == "rule: priority"


def test_a_task_waits_for_the_record_that_the_same_event_makes(office: Office) -> None:
    office.rule("contact.created", task())
    office.person()
    assert office.right.tasks[0]["parent"] == ["contact", next(iter(office.right.records))]
    contact, made = office.changes()
    assert made.depends_on == contact


def test_a_task_waits_for_a_record_that_was_refused(office: Office) -> None:
    office.rule("contact.created", task())
    office.right.refusals = [Rejected("Not this one.")]
    office.person()
    assert office.right.tasks == []
    decisions.retry([office.changes()[0].id], None)
    office.work()
    assert len(office.right.tasks) == 1


def test_nobody_there_is_said_and_makes_no_task(office: Office) -> None:
    office.rule("contact.updated", task())
    office.left.records["x"] = {"id": "x", "email": "x@example.com", "name": "X"}
    office.happen("contact.updated", "x")
    office.work()
    assert office.right.tasks == []
    assert office.last_event.reason == "Create task: the person has no record at right."


def test_a_task_without_a_title_is_not_made_and_the_event_says_so(office: Office) -> None:
    office.rule("contact.created", {"create_task": {"connection": "right", "title": "{city}"}})
    office.person()
    assert office.right.tasks == []
    assert "its title is empty" in office.last_event.reason


def test_a_title_that_is_too_long_is_cut_and_the_change_says_so(office: Office) -> None:
    office.rule("contact.created", task(title="A very long title about {name} and more"))
    office.person()
    assert len(office.right.tasks[0]["subject"]) <= 30
    assert any(said.startswith("subject: Cut from") for said in office.changes(kind=Kind.TASK)[0].notes)


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ("+2d", "2090-05-03"),
        ("+3h", "2090-05-01"),
        ("+4h", "2090-05-02"),  # past midnight in Jerusalem, not yet in UTC
        ("2026-12-31", "2026-12-31"),
        ("expires", "2026-06-02"),
        ("{expires}", "2026-06-02"),
    ],
)
def test_a_due_day_is_a_day_in_the_connections_time_zone(
    office: Office, passing: Passing, due: str, expected: str
) -> None:
    Connection.objects.filter(name="right").update(options={"timezone": "Asia/Jerusalem"})
    office.rule("contact.updated", task(due=due))
    record_id = office.person(expires="2026-06-01T22:00:00Z")
    with passing.later(datetime(2090, 5, 1, 17, 30, tzinfo=UTC) - timezone.now()):
        office.happen("contact.updated", record_id)
        office.work()
    assert office.right.tasks[0]["due_on"] == expected


def test_a_due_that_is_no_date_is_left_out_and_said(office: Office) -> None:
    office.rule("contact.created", task(due="city"))
    office.person(city="Haifa")
    assert "due_on" not in office.right.tasks[0]
    assert office.changes(kind=Kind.TASK)[0].notes == ["No due time: 'Haifa' is not a date."]
    assert "'Haifa' is not a date" in office.last_event.reason


@pytest.mark.parametrize("who", ["u1", "Noa Levi", "noa levi", "NOA@example.com", "{city}"])
def test_a_task_is_assigned_by_id_name_or_address(office: Office, who: str) -> None:
    office.rule("contact.created", task(assignee=who))
    office.person(city="noa@example.com")
    assert office.right.tasks[0]["owner"] == "u1"


@pytest.mark.parametrize(("who", "why"), [("Ron", "Ron is not among the users"), ("Dan Bar", "several of the users")])
def test_nobody_is_assigned_who_is_not_known_for_certain(office: Office, who: str, why: str) -> None:
    office.rule("contact.created", task(assignee=who))
    office.person()
    assert "owner" not in office.right.tasks[0]
    assert why in office.changes(kind=Kind.TASK)[0].notes[0]
    assert why in office.last_event.reason


# --- once -------------------------------------------------------------------------------------------------------


def test_the_same_event_makes_one_task_however_often_it_is_told(office: Office) -> None:
    office.rule("contact.updated", task(), note(body="Hello"))
    record_id = office.person()
    office.happen("contact.updated", record_id)
    office.deliver_events(repeat=True)
    office.work()
    assert (len(office.right.tasks), len(office.right.notes)) == (1, 1)


def test_a_task_whose_answer_was_lost_is_made_once(office: Office) -> None:
    office.rule("contact.updated", task())
    record_id = office.person()
    office.right.lost = 1
    office.happen("contact.updated", record_id)
    office.work()
    Connection.objects.update(paused_until=None)
    Change.objects.filter(state=ChangeState.QUEUED).update(next_attempt_at=timezone.now())
    office.work()
    assert len(office.right.tasks) == 1
    assert office.right.writes[-1].retry is True


@pytest.mark.parametrize("source", ["resync", "backfill"])
def test_a_run_over_many_makes_no_task(office: Office, source: str) -> None:
    office.rule("contact.updated", task())
    record_id = office.person()
    event = Event.objects.get(record_id=record_id)
    copied = ("connection", "object", "record_id", "record", "order_key")
    Event.objects.create(
        **{name: getattr(event, name) for name in copied},
        type="contact.updated",
        source=source,
        dedupe_key=new_id(),
        occurred_at=timezone.now(),
    )
    office.work()
    assert office.right.tasks == []
    assert office.last_event.reason == f"Create task: a {source} repeats nobody's act."


def test_a_replay_makes_the_task_only_where_none_was_made(office: Office) -> None:
    record_id = office.person()
    rule = office.rule("contact.updated", task())
    office.right.refusals = [Rejected("No."), Rejected("No.")]
    office.happen("contact.updated", record_id)
    office.work()
    event = office.last_event
    rule.actions = [task(title="Mended")]
    rule.save()
    replay_event(event, "me")
    office.work()  # refused again
    replay_event(event, "me")
    office.work()
    replay_event(office.last_event, "me")
    office.work()
    assert [each["subject"] for each in office.right.tasks] == ["Mended"]
    assert "it was done for this event before" in office.last_event.reason
    assert [c.state for c in office.changes(kind=Kind.TASK)] == ["cancelled", "cancelled", "applied"]


def test_no_more_tasks_a_day_than_the_rule_allows(office: Office, passing: Passing) -> None:
    Connection.objects.filter(name="right").update(options={"timezone": "Asia/Jerusalem"})
    office.rule("contact.updated", task(most_per_day=2))
    dana, noa = office.person(), office.person("Noa Levi")
    with passing.later(datetime(2090, 5, 1, 19, 30, tzinfo=UTC) - timezone.now()):  # 22:30 in Jerusalem
        for record_id in (dana, dana, dana, noa):
            office.happen("contact.updated", record_id)
            office.work()
    assert len(office.right.tasks) == 3
    assert "2 of this rule today" in Event.objects.filter(record_id=dana).order_by("-id")[0].reason
    with passing.later(datetime(2090, 5, 1, 21, 30, tzinfo=UTC) - timezone.now()):
        office.happen("contact.updated", dana)
        office.work()
    assert len(office.right.tasks) == 4


# --- tasks and notes are no people ----------------------------------------------------------------------------------


def test_a_task_is_the_persons_and_stands_for_nobody(office: Office) -> None:
    office.rule("contact.created", task(), note(body="Hello"))
    office.rule("contact.updated", task(), {"add_tags": {"connection": "right", "tags": ["vip"]}})
    record_id = office.person()
    person = Person.objects.get()
    made = Link.objects.get(object="task")
    assert (made.person, made.snapshot["subject"]) == (person, "Call Dana")
    assert Link.objects.filter(object="note", person=person).count() == 1
    office.happen("contact.updated", record_id)
    office.work()
    assert [each["parent"][0] for each in office.right.tasks] == ["contact", "contact"]
    here = person.links.get(connection__name="left")
    separate(person, [here], "me")
    assert Link.objects.get(pk=made.pk).person == person
    assert not Link.objects.filter(object="task", preferred=True).exists()


def test_people_who_are_merged_keep_all_their_tasks_and_prefer_none(office: Office) -> None:
    office.rule("contact.created", task())
    people = []
    for name in ("Dana Cohen", "Noa Levi"):
        office.person(name)
        people.append(Person.objects.get(name=name))
    merge_people(*people, "me")
    assert Link.objects.filter(object="task", person=people[0]).count() == 2
    assert not Link.objects.filter(object="task", preferred=True).exists()
    assert Link.objects.filter(object="contact", preferred=True).count() == 2


# --- notes ------------------------------------------------------------------------------------------------------


def test_a_note_is_made_with_its_text_escaped(office: Office) -> None:
    office.rule("contact.created", note(title="From {name}", body="{city}\nlikes <b> & more"))
    office.person(city="<script>")
    [made] = office.right.notes
    assert (made["heading"], made["html"]) == ("From Dana Cohen", "&lt;script&gt;<br>likes &lt;b&gt; &amp; more")
    assert made["parent"] == ["contact", next(iter(office.right.records))]


def test_a_connection_chooses_its_kind_of_note(office: Office) -> None:
    Connection.objects.filter(name="right").update(options={"note_object": "remark"})
    office.rule("contact.created", note(title="From {name}", body="a < b"))
    office.person()
    assert office.right.notes[0]["text"] == "From Dana Cohen\n\na < b"
    assert office.changes(kind=Kind.NOTE)[0].object == "remark"


def test_a_note_without_a_title_is_called_by_its_first_line(office: Office) -> None:
    office.rule("contact.created", note(body="First\nsecond"))
    office.person()
    assert office.right.notes[0]["heading"] == "First"


def test_an_empty_note_is_not_made(office: Office) -> None:
    office.rule("contact.created", note(body="{city}"))
    office.person()
    assert office.right.notes == []
    assert "it would be empty" in office.last_event.reason
