"""Tasks kept in step both ways: each has one counterpart, edits travel once, nothing goes round in a circle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Change, Kind
from config.tasks import work_off
from integrations.models import Connection, Link, Person
from tests.acting_vendor import Office

pytestmark = pytest.mark.django_db
TEXTS = {"title": "{subject}", "body": "{text}", "due": "due_on"}


@pytest.fixture
def office() -> Iterator[Office]:
    """Tasks and notes of either side are made, changed, completed and deleted on the other."""
    with Office().registered() as office:
        office.copying()
        for here, there in (("left", "right"), ("right", "left")):
            at = {"connection": there}
            office.rule("task.created", {"create_task": at | TEXTS}, connection=here)
            office.rule("task.updated", {"update_task": at | TEXTS}, connection=here)
            office.rule("task.completed", {"complete_task": at}, connection=here)
            office.rule("task.deleted", {"delete_task": at}, connection=here)
            office.rule("note.created", {"add_note": at | {"title": "{heading}", "body": "{html}"}}, connection=here)
            office.rule("note.updated", {"update_note": at | {"title": "{heading}", "body": "{html}"}}, connection=here)
            office.rule("note.deleted", {"delete_note": at}, connection=here)
        yield office


@pytest.fixture
def parent(office: Office) -> list[str]:
    return ["contact", office.person()]


def task_at_the_left(office: Office, parent: list[str], **values: Any) -> str:
    office.left.put_thing("task", "t1", {"subject": "Call", "parent": parent} | values, "created")
    office.work_both()
    return "t1"


def one(things: list[dict[str, Any]]) -> dict[str, Any]:
    [thing] = things
    return thing


def writes() -> list[str]:
    return [c.operation for c in Change.objects.filter(kind__in=(Kind.TASK, Kind.NOTE)).order_by("id")]


def test_a_task_gets_one_counterpart_about_the_same_person(office: Office, parent: list[str]) -> None:
    task_at_the_left(office, parent, text="Now", due_on="2026-12-31")
    made = one(office.right.tasks)
    assert (made["subject"], made["text"], made["due_on"]) == ("Call", "Now", "2026-12-31")
    assert made["parent"] == ["contact", next(iter(office.right.records))]
    assert len(office.left.tasks) == 1
    assert writes() == ["create_task"]
    assert Person.objects.count() == 1


@pytest.mark.parametrize(("edited", "other"), [("left", "right"), ("right", "left")])
def test_an_edit_on_either_side_reaches_the_other_once(
    office: Office, parent: list[str], edited: str, other: str
) -> None:
    task_at_the_left(office, parent)
    desk, there = office.systems[edited], office.systems[other]
    [task_id] = desk.things["task"]  # type: ignore[attr-defined]
    desk.put_thing("task", task_id, {"subject": "Call today", "due_on": "2026-05-05"}, "updated")  # type: ignore[attr-defined]
    office.work_both()
    changed = one(there.tasks)  # type: ignore[attr-defined]
    assert (changed["subject"], changed["due_on"]) == ("Call today", "2026-05-05")
    assert writes() == ["create_task", "update_task"]
    [_made, update] = Change.objects.filter(kind=Kind.TASK).order_by("id")
    assert update.diff["subject"]["before"] == "Call"
    assert "text" not in update.diff


def test_a_completed_task_is_completed_on_the_other_side(office: Office, parent: list[str]) -> None:
    task_at_the_left(office, parent)
    [task_id] = office.right.things["task"]
    office.right.put_thing("task", task_id, {"state": "closed"}, "completed")
    office.work_both()
    assert one(office.left.tasks)["state"] == "closed"
    assert writes() == ["create_task", "complete_task"]


def test_a_deleted_task_is_deleted_on_the_other_side_and_known_as_gone(office: Office, parent: list[str]) -> None:
    task_at_the_left(office, parent)
    office.left.drop_thing("task", "t1")
    office.work_both()
    assert office.right.tasks == []
    assert writes() == ["create_task", "delete_task"]
    assert Change.objects.get(operation="delete_task").braked == "delete"
    assert Link.objects.get(object="task", connection__name="right").gone_at is not None


def test_a_change_waits_for_the_counterpart_that_is_not_made_yet(office: Office, parent: list[str]) -> None:
    Connection.objects.filter(name="right").update(blocked=True)
    task_at_the_left(office, parent)
    office.left.put_thing("task", "t1", {"subject": "Call today"}, "updated")
    office.work_both()
    assert office.right.tasks == []
    Connection.objects.update(blocked=False)
    office.work_both()
    assert one(office.right.tasks)["subject"] == "Call today"
    made, update = Change.objects.filter(kind=Kind.TASK).order_by("id")
    assert (update.depends_on, update.record_id) == (made, made.record_id)


def test_what_holds_all_of_it_is_not_written(office: Office, parent: list[str]) -> None:
    task_at_the_left(office, parent)
    office.left.put_thing("task", "t1", {"urgency": "High"}, "updated")
    office.work_both()
    assert writes() == ["create_task"]
    assert "holds all of it already" in office.last_event.reason


def test_our_own_write_coming_back_runs_no_rule(office: Office, parent: list[str]) -> None:
    task_at_the_left(office, parent, text="Now")
    assert office.last_event.connection.name == "right"
    assert "is as Crosswalk wrote it: no news" in office.last_event.reason


def test_a_task_that_comes_back_before_our_answer_makes_no_other(office: Office, parent: list[str]) -> None:
    """The vendor made it and tells of it; only we do not know yet which one it is."""
    office.right.lost = 1
    office.left.put_thing("task", "t1", {"subject": "Call", "parent": parent}, "created")
    for _told in ("what happened", "our own write"):
        office.deliver_events()
        for _round in range(3):
            work_off("events")
    assert "is on its way" in office.last_event.reason
    Connection.objects.update(paused_until=None)
    Change.objects.filter(state="queued").update(next_attempt_at=timezone.now())
    office.work_both()
    assert (len(office.left.tasks), len(office.right.tasks)) == (1, 1)
    assert writes() == ["create_task"]


def test_a_task_of_nobody_we_know_is_nobodys(office: Office) -> None:
    office.left.put_thing("task", "t9", {"subject": "Call", "parent": ["contact", "unknown"]}, "created")
    office.work_both()
    assert (office.right.tasks, Person.objects.count()) == ([], 0)
    assert office.last_event.reason == "Nobody is known whom this is about."


def test_a_task_that_was_never_made_there_is_not_changed_there(office: Office, parent: list[str]) -> None:
    office.left.things["task"] = {"t1": {"subject": "Call", "parent": parent}}
    office.left.put_thing("task", "t1", {"subject": "Call today"}, "updated")
    office.work_both()
    assert writes() == []
    assert "nothing at right was made for what this is about" in office.last_event.reason


def test_a_task_that_a_rule_makes_makes_no_other_at_the_same_place(office: Office, parent: list[str]) -> None:
    office.rule("task.created", {"create_task": {"connection": "right", "title": "Next"}}, connection="right")
    task_at_the_left(office, parent)
    assert len(office.right.tasks) == 1
    assert writes() == ["create_task"]


def test_notes_are_kept_in_step_too(office: Office, parent: list[str]) -> None:
    office.left.put_thing("note", "n1", {"heading": "Hi", "html": "one", "parent": parent}, "created")
    office.work_both()
    assert one(office.right.notes)["html"] == "one"
    office.left.put_thing("note", "n1", {"html": "two"}, "updated")
    office.work_both()
    assert one(office.right.notes)["html"] == "two"
    office.left.drop_thing("note", "n1")
    office.work_both()
    assert office.right.notes == []
    assert writes() == ["add_note", "update_note", "delete_note"]
