"""Tasks and notes hang on a contact: made once, changed, completed and deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integrations.vendors.base import Write
from integrations.vendors.errors import NotFound, OutcomeUnknown, Rejected
from integrations.vendors.highlevel.resources import tasks

from .location import SimulatedLocation, about

DUE = "2026-08-01T15:00:00Z"


def task_of(location: SimulatedLocation, id: str) -> dict[str, object]:
    return location.sandbox.record("highlevel", "task", id) or {}


def test_a_task_is_made_changed_completed_and_deleted(location: SimulatedLocation) -> None:
    contact = location.make()
    made = location.write_one(about(contact, "task", "create_task", title="Call Dana", dueDate=DUE, body="Demo"))
    assert (made.error, made.created) == (None, True)
    task = task_of(location, made.record_id)
    assert (task["title"], task["dueDate"], task["completed"]) == ("Call Dana", "2026-08-01T15:00:00.000Z", False)
    location.write_one(about(contact, "task", "update_task", made.record_id, title="Call again"))
    assert task_of(location, made.record_id)["title"] == "Call again"
    location.write_one(about(contact, "task", "complete_task", made.record_id, completed=True))
    assert task_of(location, made.record_id)["completed"] is True
    assert f"PUT /contacts/{contact}/tasks/{made.record_id}/completed" in location.calls()
    assert location.write_one(about(contact, "task", "delete_task", made.record_id)).error is None
    again = location.write_one(about(contact, "task", "delete_task", made.record_id))
    assert (again.error, again.response) == (None, {"already": True})


def test_completing_with_a_new_text_is_one_call(location: SimulatedLocation) -> None:
    contact = location.make()
    id = location.sandbox.act("highlevel", "add_task", id=contact, title="Call")["id"]
    location.write_one(about(contact, "task", "complete_task", id, completed=True, body="She said yes"))
    assert (task_of(location, id)["completed"], task_of(location, id)["body"]) == (True, "She said yes")


def test_a_task_of_which_nobody_says_whose_it_is_is_found(
    location: SimulatedLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "PER_SEARCH", 2)
    contact = location.make()
    ids = [location.sandbox.act("highlevel", "add_task", id=contact, title=f"Call {n}")["id"] for n in range(5)]
    outcome = location.write_one(Write("t1", "task", "complete_task", {"completed": True}, ids[3]))
    assert outcome.error is None
    assert task_of(location, ids[3])["completed"] is True
    assert isinstance(location.write_one(Write("t2", "task", "delete_task", {}, "gone")).error, NotFound)


def test_a_task_whose_answer_was_lost_is_not_made_twice(location: SimulatedLocation) -> None:
    contact = location.make()
    write = about(contact, "task", "create_task", title="Call", dueDate=DUE)
    location.sandbox.switch("highlevel", timeout_after_write=1, timeout_style="drop")
    with pytest.raises(OutcomeUnknown):
        location.write_one(write)
    again = location.write_one(replace(write, retry=True, first_attempt_at=datetime.now(UTC)))
    assert (again.error, again.created) == (None, True)
    assert [task["id"] for task in location.sandbox.records("highlevel", "task")] == [again.record_id]


def test_another_task_like_it_is_not_taken_for_it(location: SimulatedLocation) -> None:
    contact = location.make()
    location.sandbox.act("highlevel", "add_task", id=contact, title="Call", dueDate="2026-08-02T15:00:00.000Z")
    write = replace(about(contact, "task", "create_task", title="Call", dueDate=DUE), retry=True)
    assert location.write_one(write).error is None
    assert len(location.sandbox.records("highlevel", "task")) == 2


def test_a_task_of_nobody_and_one_that_highlevel_refuses(location: SimulatedLocation) -> None:
    orphan = location.write_one(Write("t1", "task", "create_task", {"title": "Call", "dueDate": DUE}))
    assert isinstance(orphan.error, NotFound)
    refused = location.write_one(about(location.make(), "task", "create_task", title="Call", dueDate="soon"))
    assert isinstance(refused.error, Rejected)
    assert refused.error.fields == ("dueDate",)


def test_a_note_is_written_changed_and_deleted(location: SimulatedLocation) -> None:
    contact = location.make()
    made = location.write_one(about(contact, "note", "add_note", title="Demo", body="<b>היה טוב</b>"))
    assert (made.error, made.created) == (None, True)
    (note,) = location.sandbox.records("highlevel", "note")
    assert (note["id"], note["title"], note["body"]) == (made.record_id, "Demo", "<b>היה טוב</b>")
    location.write_one(about(contact, "note", "update_note", made.record_id, body="Better"))
    (note,) = location.sandbox.records("highlevel", "note")
    assert (note["title"], note["body"]) == ("Demo", "Better")
    assert location.write_one(about(contact, "note", "delete_note", made.record_id)).error is None
    assert location.sandbox.records("highlevel", "note") == []


def test_a_note_with_a_title_alone_has_it_as_its_text(location: SimulatedLocation) -> None:
    assert location.write_one(about(location.make(), "note", "add_note", title="Demo")).error is None
    (note,) = location.sandbox.records("highlevel", "note")
    assert (note["title"], note["body"]) == ("Demo", "Demo")


def test_changing_only_a_notes_title_leaves_its_text(location: SimulatedLocation) -> None:
    contact = location.make()
    made = location.write_one(about(contact, "note", "add_note", title="Demo", body="It went well"))
    location.write_one(about(contact, "note", "update_note", made.record_id, title="Second demo"))
    (note,) = location.sandbox.records("highlevel", "note")
    assert (note["title"], note["body"]) == ("Second demo", "It went well")


def test_a_note_whose_answer_was_lost_is_not_written_twice_and_an_older_one_is_another(
    location: SimulatedLocation,
) -> None:
    contact = location.make()
    write = about(contact, "note", "add_note", title="Demo", body="It went  well")
    made = location.write_one(write)
    since = datetime.now(UTC)
    again = location.write_one(replace(write, retry=True, first_attempt_at=since))
    assert again.record_id == made.record_id
    later = location.write_one(replace(write, retry=True, first_attempt_at=since + timedelta(hours=1)))
    assert later.record_id != made.record_id


def test_a_note_of_which_nobody_knows_whose_it_is_cannot_be_changed(location: SimulatedLocation) -> None:
    outcome = location.write_one(Write("n1", "note", "update_note", {"body": "x"}, "someNote"))
    assert isinstance(outcome.error, NotFound)
    assert location.calls() == []


def test_several_at_once_have_their_own_outcomes(location: SimulatedLocation) -> None:
    contact = location.make()
    writes = [
        about(contact, "task", "create_task", id="a", title="One", dueDate=DUE),
        about("gone00000000000000", "task", "create_task", id="b", title="Two", dueDate=DUE),
        about(contact, "task", "create_task", id="c", title="Three", dueDate=DUE),
    ]
    assert [type(outcome.error) for outcome in location.write(*writes)] == [type(None), NotFound, type(None)]
