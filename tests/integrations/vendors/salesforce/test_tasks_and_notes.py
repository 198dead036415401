"""Tasks and notes are made once, about the right record, and notes are linked to it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Outcome, Write
from integrations.vendors.errors import (
    Busy,
    Moved,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    ScopeMissing,
    Unsupported,
)
from integrations.vendors.salesforce.capabilities import CAPABILITIES
from integrations.vendors.salesforce.resources import Salesforce

from ..services import Bench, MemoryBudget
from .org import DATA, client, rows, sent, signed_in, soql

LEAD = "00Q000000000001AAA"
CONTACT = "003000000000001AAA"
NOTE = "069000000000001AAA"
CONVERTED = [{"errorCode": "CANNOT_UPDATE_CONVERTED_LEAD", "message": "cannot reference converted lead"}]
LINKS = f"{DATA}/sobjects/ContentDocumentLink"


def lead(sandbox: RunningSandbox, email: str = "dana@example.com") -> str:
    return sandbox.create("Lead", LastName="Cohen", Company="Acme", Email=email)


def task(parent: str = LEAD, id: str = "change-task", **more: Any) -> Write:
    values = {"Subject": "Call דנה", "Description": "urgent", "ActivityDate": "2026-12-01", "Status": "Not Started"}
    return Write(id, "Task", "create_task", values, params={"parent": ["Lead", parent]}, **more)


def note(parent: str = LEAD, id: str = "change-note", object: str = "ContentNote", **more: Any) -> Write:
    body = "Content" if object == "ContentNote" else "Body"
    values = {"Title": "From the form", body: "Rock &amp; roll\nsecond line"}
    return Write(id, object, "add_note", values, params={"parent": ["Lead", parent]}, **more)


def again(write: Write) -> Write:
    started = datetime.now(UTC) - timedelta(minutes=1)
    return Write(**{**vars(write), "retry": True, "first_attempt_at": started})


def living(sandbox: RunningSandbox, object: str) -> list[dict[str, Any]]:
    return [record for record in sandbox.records("salesforce", object) if not record["IsDeleted"]]


def links(sandbox: RunningSandbox, note_id: str) -> list[str]:
    """The records that a note is linked to, without its owner."""
    found = [link for link in living(sandbox, "ContentDocumentLink") if link["ContentDocumentId"] == note_id]
    return [link["LinkedEntityId"] for link in found if not link["LinkedEntityId"].startswith("005")]


def content(sandbox: RunningSandbox, note_id: str) -> str:
    record = sandbox.record("salesforce", "ContentNote", note_id)
    return base64.b64decode(record["Content"]).decode() if record else ""


# --- tasks ----------------------------------------------------------------------------------------------------------


def test_a_task_is_made_changed_completed_and_deleted(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    parent = lead(sandbox)
    (made,) = salesforce.write([task(parent)])
    (record,) = living(sandbox, "Task")
    assert (made.created, record["Id"], record["WhoId"], record["IsClosed"]) == (True, made.record_id, parent, False)
    assert (record["Subject"], record["ActivityDate"]) == ("Call דנה", "2026-12-01")
    salesforce.write([Write("u", "Task", "update_task", {"Priority": "High"}, made.record_id)])
    form = CAPABILITIES.task
    assert form is not None
    salesforce.write([Write("c", "Task", "complete_task", {form.status: form.done}, made.record_id)])
    (record,) = living(sandbox, "Task")
    assert (record["Priority"], record["IsClosed"], record["WhoId"]) == ("High", True, parent)
    assert salesforce.write([Write("d", "Task", "delete_task", {}, made.record_id)])[0].error is None
    assert living(sandbox, "Task") == []


def test_the_task_form_names_fields_that_can_be_written(salesforce: Salesforce) -> None:
    fields = {field.name: field for field in salesforce.describe("Task")}
    form = CAPABILITIES.task
    assert form is not None
    for name in (form.title, form.body, form.due, form.assignee, form.priority, form.status):
        assert fields[name].createable and fields[name].updateable
    assert {form.done, form.open} <= set(fields[form.status].choices)
    assert (fields[form.due].type == "date") == form.due_is_date


def test_many_tasks_are_one_question_and_one_call(
    sandbox: RunningSandbox, salesforce: Salesforce, bench: Bench
) -> None:
    parents = [lead(sandbox, f"p{n}@example.com") for n in range(120)]
    outcomes = salesforce.write([task(parent, f"t{n}") for n, parent in enumerate(parents)])
    assert all(outcome.created for outcome in outcomes)
    assert bench.budget.spent == 3  # the sign-in, which leads are converted, the tasks
    assert [record["WhoId"] for record in living(sandbox, "Task")] == parents


def test_a_task_that_is_about_an_account_is_related_to_it(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    account = sandbox.create("Account", Name="Acme")
    write = Write("t", "Task", "create_task", {"Subject": "Call"}, params={"parent": ["Account", account]})
    assert salesforce.write([write])[0].created
    (record,) = living(sandbox, "Task")
    assert (record.get("WhatId"), record.get("WhoId")) == (account, None)


@pytest.mark.parametrize("object", ["Task", "ContentNote", "Note"])
@pytest.mark.parametrize("params", [{}, {"parent": ["Lead", ""]}, {"parent": None}])
def test_what_is_about_nobody_is_refused_without_a_call(object: str, params: dict[str, Any]) -> None:
    operation = "create_task" if object == "Task" else "add_note"
    bench = signed_in()
    error = client(bench).write([Write("c", object, operation, {}, params=params)])[0].error
    assert isinstance(error, NotFound)
    assert bench.budget.spent == 0


# --- leads that were converted --------------------------------------------------------------------------------------


@pytest.mark.parametrize("may_edit", [False, True])
@pytest.mark.parametrize("make", [task, note, lambda parent: note(parent, object="Note")])
def test_a_converted_lead_passes_its_task_or_note_on_to_its_contact(
    sandbox: RunningSandbox, salesforce: Salesforce, make: Any, may_edit: bool
) -> None:
    sandbox.switch("salesforce", edit_converted_leads=may_edit)
    parent = lead(sandbox)
    contact = sandbox.convert("dana@example.com")["contact"]
    (outcome,) = salesforce.write([make(parent)])
    assert (outcome.error, outcome.created) == (None, True)
    assert outcome.response["parent"] == ["Contact", contact]
    held = {"00T": "WhoId", "002": "ParentId"}.get(outcome.record_id[:3])
    if held:
        (record,) = living(sandbox, "Task" if held == "WhoId" else "Note")
        assert record[held] == contact
    else:
        assert links(sandbox, outcome.record_id) == [contact]


@responses.activate
def test_a_lead_that_is_converted_just_now_is_noticed_by_the_refusal() -> None:
    responses.get(f"{DATA}/query", json=rows({"Id": LEAD, "IsConverted": False, "ConvertedContactId": None}))
    responses.post(f"{DATA}/sobjects/Task", status=400, json=CONVERTED)
    responses.get(f"{DATA}/query", json=rows({"Id": LEAD, "IsConverted": True, "ConvertedContactId": CONTACT}))
    responses.post(f"{DATA}/sobjects/Task", status=201, json={"id": "00T1", "success": True, "errors": []})
    (outcome,) = client().write([task()])
    assert (outcome.record_id, outcome.created, outcome.response["parent"]) == ("00T1", True, ["Contact", CONTACT])
    assert sent()["WhoId"] == CONTACT


@responses.activate
def test_a_converted_lead_without_a_contact_is_left_to_a_person() -> None:
    responses.get(f"{DATA}/query", json=rows({"Id": LEAD, "IsConverted": True, "ConvertedContactId": None}))
    responses.post(f"{DATA}/sobjects/Task", status=400, json=CONVERTED)
    error = client().write([task()])[0].error
    assert isinstance(error, Moved) and not error.record_id


@responses.activate
def test_a_note_whose_lead_is_converted_before_the_link_is_linked_to_the_contact() -> None:
    responses.get(f"{DATA}/query", json=rows({"Id": LEAD, "IsConverted": False, "ConvertedContactId": None}))
    responses.post(f"{DATA}/sobjects/ContentNote", status=201, json={"id": NOTE, "success": True, "errors": []})
    responses.post(LINKS, status=400, json=CONVERTED)
    responses.get(f"{DATA}/query", json=rows({"Id": LEAD, "IsConverted": True, "ConvertedContactId": CONTACT}))
    responses.post(LINKS, status=201, json={"id": "06A1", "success": True, "errors": []})
    (outcome,) = client().write([note()])
    assert (outcome.record_id, outcome.error) == (NOTE, None)
    assert sent() == {"ContentDocumentId": NOTE, "LinkedEntityId": CONTACT, "ShareType": "V"}


# --- notes ----------------------------------------------------------------------------------------------------------


def test_a_note_is_made_linked_changed_and_deleted(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    parent = lead(sandbox)
    (made,) = salesforce.write([note(parent)])
    assert made.created and made.record_id.startswith("069")
    assert links(sandbox, made.record_id) == [parent]
    assert content(sandbox, made.record_id) == "Rock &amp; roll<br>second line"
    change = {"Title": "Corrected", "Content": "Other &lt;text&gt;"}
    assert salesforce.write([Write("u", "ContentNote", "update_note", change, made.record_id)])[0].error is None
    assert content(sandbox, made.record_id) == "Other &lt;text&gt;"
    assert living(sandbox, "ContentNote")[0]["Title"] == "Corrected"
    assert salesforce.write([Write("d", "ContentNote", "delete_note", {}, made.record_id)])[0].error is None
    assert living(sandbox, "ContentNote") == []


def test_an_older_note_is_made_changed_and_deleted(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    parent = lead(sandbox)
    (made,) = salesforce.write([note(parent, object="Note")])
    (record,) = living(sandbox, "Note")
    assert (record["ParentId"], record["Title"]) == (parent, "From the form")
    assert record["Body"] == "Rock &amp; roll\nsecond line"  # as given: this kind is plain text
    salesforce.write([Write("u", "Note", "update_note", {"Body": "new"}, made.record_id)])
    assert living(sandbox, "Note")[0]["Body"] == "new"
    salesforce.write([Write("d", "Note", "delete_note", {}, made.record_id)])
    assert living(sandbox, "Note") == []


def test_many_notes_are_made_and_linked_in_three_calls(
    sandbox: RunningSandbox, salesforce: Salesforce, bench: Bench
) -> None:
    parents = [lead(sandbox, f"p{n}@example.com") for n in range(60)]
    outcomes = salesforce.write([note(parent, f"n{n}") for n, parent in enumerate(parents)])
    assert [links(sandbox, outcome.record_id) for outcome in outcomes] == [[parent] for parent in parents]
    assert bench.budget.spent == 4


@pytest.mark.parametrize(
    ("body", "title"),
    [("<p>First &amp; best</p><p>more</p>", "First & best"), ("\n\nword " + "x" * 100, "word " + "x" * 75)],
)
@pytest.mark.parametrize("object", ["ContentNote", "Note"])
def test_a_note_without_a_title_takes_its_first_line(
    sandbox: RunningSandbox, salesforce: Salesforce, object: str, body: str, title: str
) -> None:
    field = {"ContentNote": "Content", "Note": "Body"}[object]
    write = Write("n", object, "add_note", {field: body}, params={"parent": ["Lead", lead(sandbox)]})
    assert salesforce.write([write])[0].created
    assert living(sandbox, object)[0]["Title"] == title


def test_an_org_without_notes_says_what_to_do(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    sandbox.switch("salesforce", notes_enabled=False)
    error = salesforce.write([note(lead(sandbox))])[0].error
    assert isinstance(error, Unsupported)
    assert "Notes Settings" in error.help


# --- answers that were lost: nothing is doubled ----------------------------------------------------------------------


def lose_next_write(sandbox: RunningSandbox, number: int = 1) -> None:
    sandbox.switch("salesforce", timeout_after_write=number, timeout_style="drop")


def test_a_note_whose_answer_was_lost_is_found_and_linked(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    write = note(lead(sandbox))
    salesforce.describe("Lead")  # signed in
    lose_next_write(sandbox)
    with pytest.raises(OutcomeUnknown):
        salesforce.write([write])
    assert [links(sandbox, record["Id"]) for record in living(sandbox, "ContentNote")] == [[]]
    (outcome,) = salesforce.write([again(write)])
    assert [record["Id"] for record in living(sandbox, "ContentNote")] == [outcome.record_id]
    assert links(sandbox, outcome.record_id) == [write.params["parent"][1]]


@pytest.mark.parametrize(
    "switch", [{"lock_row": 1}, {"fail_path": "ContentDocumentLink"}, {"rate_limit": 0}], ids=["lock", "broken", "lost"]
)
def test_a_note_that_is_not_linked_yet_is_linked_and_not_made_again(
    sandbox: RunningSandbox, salesforce: Salesforce, bench: Bench, monkeypatch: pytest.MonkeyPatch, switch: Any
) -> None:
    write = note(lead(sandbox))
    salesforce.describe("Lead")
    original = salesforce.api.send

    def send(call: Any) -> Any:
        if "ContentDocumentLink" in call.path and call.writes:
            sandbox.switch("salesforce", **switch)
            if switch == {"rate_limit": 0}:
                lose_next_write(sandbox)
        return original(call)

    monkeypatch.setattr(salesforce.api, "send", send)
    (outcome,) = salesforce.write([write])
    assert isinstance(outcome.error, OutcomeUnknown)
    monkeypatch.undo()
    (outcome,) = salesforce.write([again(write)])
    assert outcome.error is None
    assert [record["Id"] for record in living(sandbox, "ContentNote")] == [outcome.record_id]
    assert links(sandbox, outcome.record_id) == [write.params["parent"][1]]


def test_the_same_words_for_two_people_are_two_notes(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    """Only what is linked to nobody else can be the note whose answer was lost."""
    first, second = lead(sandbox, "one@example.com"), lead(sandbox, "two@example.com")
    (made,) = salesforce.write([note(first)])
    (other,) = salesforce.write([again(note(second))])
    assert other.record_id != made.record_id
    assert (links(sandbox, made.record_id), links(sandbox, other.record_id)) == ([first], [second])


def test_a_note_of_another_text_is_not_taken_for_the_lost_one(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    parent = lead(sandbox)
    (made,) = salesforce.write([note(parent)])
    changed = Write(**{**vars(again(note(parent))), "values": {"Title": "From the form", "Content": "Another text"}})
    assert salesforce.write([changed])[0].record_id != made.record_id
    assert salesforce.write([again(note(parent))])[0].record_id == made.record_id


def test_a_lost_older_note_is_found_by_its_parent_title_and_text(
    sandbox: RunningSandbox, salesforce: Salesforce
) -> None:
    write = note(lead(sandbox), object="Note")
    (made,) = salesforce.write([write])
    (found,) = salesforce.write([again(write)])
    assert found.record_id == made.record_id
    assert len(living(sandbox, "Note")) == 1


def test_a_task_lost_before_its_lead_was_converted_is_found_at_the_contact(
    sandbox: RunningSandbox, salesforce: Salesforce
) -> None:
    write = task(lead(sandbox))
    (made,) = salesforce.write([write])
    sandbox.convert("dana@example.com")
    assert salesforce.write([again(write)])[0].record_id == made.record_id


def refused_link(status: int, code: str) -> Outcome:
    responses.get(f"{DATA}/query", json=rows())
    responses.post(f"{DATA}/sobjects/ContentNote", status=201, json={"id": NOTE, "success": True, "errors": []})
    responses.post(LINKS, status=status, json=[{"errorCode": code, "message": "m"}])
    return client().write([note()])[0]


@responses.activate
@pytest.mark.parametrize(
    ("code", "kind"),
    [("INVALID_CROSS_REFERENCE_KEY", Rejected), ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", ScopeMissing)],
)
def test_a_note_that_can_never_be_linked_is_taken_away(code: str, kind: type[Exception]) -> None:
    removal = responses.delete(f"{DATA}/sobjects/ContentNote/{NOTE}", status=204)
    outcome = refused_link(400, code)
    assert type(outcome.error) is kind
    assert removal.call_count == 1


@responses.activate
def test_a_note_that_could_not_be_taken_away_is_looked_at_again() -> None:
    responses.delete(f"{DATA}/sobjects/ContentNote/{NOTE}", status=503, body="<html>")
    assert isinstance(refused_link(400, "INVALID_CROSS_REFERENCE_KEY").error, OutcomeUnknown)


@responses.activate
def test_a_link_that_is_there_already_is_what_was_wanted() -> None:
    outcome = refused_link(400, "DUPLICATE_VALUE")
    assert (outcome.record_id, outcome.error) == (NOTE, None)


@responses.activate
def test_a_budget_that_ends_between_note_and_link_leaves_the_note_to_be_found() -> None:
    bench = signed_in()
    bench.budget = MemoryBudget(left=2)
    responses.get(f"{DATA}/query", json=rows())
    responses.post(f"{DATA}/sobjects/ContentNote", status=201, json={"id": NOTE, "success": True, "errors": []})
    error = client(bench).write([note()])[0].error
    assert isinstance(error, OutcomeUnknown) and not isinstance(error, (Busy, RateLimited))


@responses.activate
def test_a_lost_note_is_asked_for_by_title_and_time() -> None:
    responses.get(f"{DATA}/query", json=rows())
    responses.post(f"{DATA}/sobjects/ContentNote", status=201, json={"id": NOTE, "success": True, "errors": []})
    responses.post(LINKS, status=201, json={"id": "06A1", "success": True, "errors": []})
    started = datetime(2026, 4, 21, 9, 15, tzinfo=UTC)
    client().write([Write(**{**vars(note()), "retry": True, "first_attempt_at": started})])
    assert "Title = 'From the form' AND CreatedDate >= 2026-04-21T09:14:00.000Z" in soql(1)
