"""Writes go in as few calls as possible, and each row has its own outcome."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import responses

from integrations.vendors.base import Outcome, Write
from integrations.vendors.errors import (
    Ambiguous,
    Busy,
    Conflict,
    FieldHidden,
    Moved,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    ReadOnly,
    Rejected,
    Unsupported,
)

from ..services import Bench, MemoryBudget, request
from .org import DATA, client, header, rows, sent, signed_in, soql

LEAD = "00Q000000000001AAA"
CONTACT = "003000000000001AAA"
EXTERNAL = "GetResponse_Contact_ID__c"
SINGLE = f"{DATA}/sobjects/Lead"
MANY = f"{DATA}/composite/sobjects"


def upsert(key: str = "xyz", id: str = "", **values: Any) -> Write:
    return Write(id or f"change-{key}", "Lead", "upsert", {"LastName": "Doe", **values}, key=(EXTERNAL, key))


def update(record_id: str = LEAD, object: str = "Lead", operation: str = "update", **values: Any) -> Write:
    return Write(f"change-{record_id}", object, operation, values or {"HasOptedOutOfEmail": True}, record_id)


def create(id: str = "change-new", object: str = "Lead", **more: Any) -> Write:
    return Write(id, object, "create", {"LastName": "Doe", "Company": "Acme"}, **more)


def good(record_id: str = LEAD, **facts: Any) -> dict[str, Any]:
    return {"id": record_id, "success": True, "errors": [], **facts}


def bad(code: str, message: str = "m", **facts: Any) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, **facts}]}


def write(*writes: Write, bench: Bench | None = None, **changes: Any) -> list[Outcome]:
    return client(bench, **changes).write(writes)


# --- one record -----------------------------------------------------------------------------------------------------


@responses.activate
@pytest.mark.parametrize(("status", "created"), [(201, True), (200, False)])
def test_one_upsert_is_one_call_by_its_key(status: int, created: bool) -> None:
    responses.patch(f"{SINGLE}/{EXTERNAL}/xyz", status=status, json=good(created=created))
    (outcome,) = write(upsert(**{EXTERNAL: "xyz", "Id": LEAD}))
    assert (outcome.id, outcome.record_id, outcome.created, outcome.error) == ("change-xyz", LEAD, created, None)
    assert sent() == {"LastName": "Doe"}
    assert header("Sforce-Auto-Assign") == "TRUE"


@responses.activate
def test_a_key_is_percent_encoded_with_its_slashes() -> None:
    responses.patch(f"{SINGLE}/{EXTERNAL}/a%2Fb%20c%3F%D7%93", json=good(created=False))
    assert write(upsert("a/b c?ד"))[0].record_id == LEAD


@responses.activate
def test_a_key_of_dots_goes_through_the_collection_and_not_up_the_path() -> None:
    responses.patch(f"{MANY}/Lead/{EXTERNAL}", json=[good(created=True)])
    assert write(upsert(".."))[0].record_id == LEAD


@responses.activate
def test_an_old_version_answers_nothing_so_the_id_is_looked_up() -> None:
    responses.patch(f"{DATA.replace('66.0', '45.0')}/sobjects/Lead/{EXTERNAL}/xyz", status=204)
    responses.get(f"{DATA.replace('66.0', '45.0')}/query", json=rows({"Id": LEAD, EXTERNAL: "xyz"}))
    (outcome,) = write(upsert(), options={"api_version": "45.0"})
    assert (outcome.record_id, outcome.created) == (LEAD, None)


@responses.activate
@pytest.mark.parametrize("operation", ["update", "upsert", "opt_out", "set"])
def test_a_known_id_is_written_by_id_and_reassigns_nobody(operation: str) -> None:
    responses.patch(f"{SINGLE}/{LEAD}", status=204)
    (outcome,) = write(update(operation=operation), options={"auto_assign": "01Q000000000001"})
    assert (outcome.record_id, outcome.created) == (LEAD, False)
    assert sent() == {"HasOptedOutOfEmail": True}
    assert header("Sforce-Auto-Assign") == "FALSE"


@responses.activate
@pytest.mark.parametrize(
    ("option", "sent_as"),
    [(None, "TRUE"), ("", "TRUE"), ("false", "FALSE"), (False, "FALSE"), (True, "TRUE"), ("01Q0001", "01Q0001")],
)
def test_the_assignment_rule_of_new_records_is_an_option(option: Any, sent_as: str) -> None:
    responses.post(SINGLE, status=201, json=good())
    (outcome,) = write(create(), options={"auto_assign": option})
    assert (outcome.record_id, outcome.created) == (LEAD, True)
    assert header("Sforce-Auto-Assign") == sent_as


@responses.activate
@pytest.mark.parametrize(("option", "sent_as"), [("true", "allowSave=true"), (True, "allowSave=true"), ("", None)])
def test_duplicates_are_saved_only_when_the_connection_says_so(option: Any, sent_as: str | None) -> None:
    responses.post(SINGLE, status=201, json=good())
    write(create(), options={"allow_duplicates": option})
    assert header("Sforce-Duplicate-Rule-Header") == sent_as


@responses.activate
def test_a_record_is_deleted_by_id() -> None:
    responses.delete(f"{SINGLE}/{LEAD}", status=204)
    assert write(update(operation="delete"))[0].record_id == LEAD


@responses.activate
def test_several_matches_are_ambiguous_and_nothing_is_written() -> None:
    responses.patch(f"{SINGLE}/{EXTERNAL}/xyz", status=300, json=["/services/data/v66.0/sobjects/Lead/00Q1"])
    assert isinstance(write(upsert())[0].error, Ambiguous)


@responses.activate
def test_an_upsert_that_is_not_found_means_that_the_key_field_is_missing() -> None:
    body = [{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}]
    responses.patch(f"{SINGLE}/{EXTERNAL}/xyz", status=404, json=body)
    error = write(upsert())[0].error
    assert isinstance(error, FieldHidden)
    assert error.fields == (EXTERNAL,)
    assert "External ID" in error.help


@responses.activate
def test_an_update_that_is_not_found_means_that_the_record_is_gone() -> None:
    responses.patch(f"{SINGLE}/{LEAD}", status=404, json=[{"errorCode": "ENTITY_IS_DELETED", "message": "gone"}])
    assert isinstance(write(update())[0].error, NotFound)


# --- several records ------------------------------------------------------------------------------------------------


@responses.activate
def test_several_upserts_are_one_call_and_one_bad_row_spoils_no_other() -> None:
    missing = bad("REQUIRED_FIELD_MISSING", "Required fields are missing: [Company]", fields=["Company"])
    responses.patch(f"{MANY}/Lead/{EXTERNAL}", json=[good(created=True), missing, good("00Q3", created=False)])
    first, second, third = write(upsert("a"), upsert("b"), upsert("c"))
    assert (first.created, third.created, third.record_id) == (True, False, "00Q3")
    assert isinstance(second.error, Rejected)
    assert second.error.fields == ("Company",)
    assert sent() == {
        "allOrNone": False,
        "records": [{"attributes": {"type": "Lead"}, "LastName": "Doe", EXTERNAL: key} for key in ("a", "b", "c")],
    }


@responses.activate
def test_more_than_200_rows_are_several_calls() -> None:
    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        records = json.loads(request.body or "")["records"]
        return 200, {}, json.dumps([good(f"00Q{r[EXTERNAL]}", created=True) for r in records])

    responses.add_callback("PATCH", f"{MANY}/Lead/{EXTERNAL}", answer)
    outcomes = write(*(upsert(f"k{n}") for n in range(450)))
    assert [len(sent(n)["records"]) for n in range(3)] == [200, 200, 50]
    assert [o.record_id for o in outcomes] == [f"00Qk{n}" for n in range(450)]


@responses.activate
def test_the_same_key_twice_goes_into_successive_calls_in_order() -> None:
    responses.patch(f"{MANY}/Lead/{EXTERNAL}", json=[good(created=True), good("00Q2", created=True)])
    responses.patch(f"{SINGLE}/{EXTERNAL}/A", json=good(created=False))
    outcomes = write(upsert("a", "first"), upsert("b"), upsert("A", "second"))
    assert [o.id for o in outcomes] == ["first", "change-b", "second"]
    assert [o.created for o in outcomes] == [True, True, False]
    assert len(responses.calls) == 2


@responses.activate
def test_opt_outs_of_leads_and_contacts_go_in_one_call() -> None:
    responses.patch(MANY, json=[good(CONTACT), good(LEAD)])
    outcomes = write(update(LEAD, operation="opt_out"), update(CONTACT, "Contact", "opt_out"))
    assert [o.record_id for o in outcomes] == [LEAD, CONTACT]
    assert [(r["attributes"]["type"], r["Id"]) for r in sent()["records"]] == [("Contact", CONTACT), ("Lead", LEAD)]
    assert header("Sforce-Auto-Assign") == "FALSE"


@responses.activate
def test_several_creates_and_deletes_go_through_collections() -> None:
    responses.post(MANY, json=[good(), good("00Q2")])
    responses.delete(MANY, json=[good("00Q3"), good("00Q4")])
    outcomes = write(create("a"), create("b"), update("00Q3", operation="delete"), update("00Q4", operation="delete"))
    assert [o.record_id for o in outcomes] == [LEAD, "00Q2", "00Q3", "00Q4"]
    assert request(1).params == {"ids": "00Q3,00Q4", "allOrNone": "false"}


@responses.activate
def test_a_locked_row_is_busy_and_the_others_are_written() -> None:
    responses.patch(f"{MANY}/Lead/{EXTERNAL}", json=[bad("UNABLE_TO_LOCK_ROW"), good(created=True)])
    locked, written = write(upsert("a"), upsert("b"))
    assert isinstance(locked.error, Busy)
    assert written.record_id == LEAD


@responses.activate
def test_one_row_that_makes_salesforce_refuse_the_whole_call_is_found_by_halving() -> None:
    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        records = json.loads(request.body or "").get("records", [json.loads(request.body or "")])
        if any(r.get("Rating") == "poison" for r in records):
            return 400, {}, json.dumps([{"errorCode": "JSON_PARSER_ERROR", "message": "m"}])
        results = [good(created=True) for _ in records]
        return 200, {}, json.dumps(results if "composite" in str(request.url) else results[0])

    responses.add_callback("PATCH", f"{MANY}/Lead/{EXTERNAL}", answer)
    for n in range(8):
        responses.add_callback("PATCH", f"{SINGLE}/{EXTERNAL}/k{n}", answer)
    outcomes = write(*(upsert(f"k{n}", Rating="poison" if n == 5 else "Hot") for n in range(8)))
    assert [o.id for o in outcomes if o.error] == ["change-k5"]
    assert [bool(o.record_id) for o in outcomes] == [n != 5 for n in range(8)]


@responses.activate
def test_an_answer_that_misses_a_row_leaves_all_unknown() -> None:
    responses.patch(f"{MANY}/Lead/{EXTERNAL}", json=[good(created=True)])
    assert all(isinstance(o.error, OutcomeUnknown) for o in write(upsert("a"), upsert("b")))


@responses.activate
def test_a_strange_row_is_an_error_and_no_crash() -> None:
    responses.patch(f"{MANY}/Lead/{EXTERNAL}", json=[None, {"success": True}])
    assert all(o.error for o in write(upsert("a"), upsert("b")))


# --- what is refused before it is sent ------------------------------------------------------------------------------


@responses.activate
@pytest.mark.parametrize(
    ("refused", "kind"),
    [
        (update(record_id=""), NotFound),
        (update(record_id="../Contact/003"), NotFound),
        (upsert(" ", "c"), Rejected),
        (upsert(Amount=float("nan")), Rejected),
        (upsert(When=datetime(2026, 1, 1)), Rejected),
        (Write("c", "Campaign", "create", {}), Unsupported),
        (Write("c", "Opportunity", "add_to_campaign", {}), Unsupported),
        (Write("c", "Lead", "add_tags", {}), Unsupported),
    ],
)
def test_what_cannot_be_sent_is_refused_alone(refused: Write, kind: type[Exception]) -> None:
    responses.patch(f"{SINGLE}/{EXTERNAL}/good", json=good(created=True))
    first, second = write(refused, upsert("good"))
    assert isinstance(first.error, kind)
    assert second.record_id == LEAD
    assert len(responses.calls) == 1


# --- failures of whole calls ----------------------------------------------------------------------------------------


@responses.activate
def test_a_used_up_budget_before_the_first_call_is_raised() -> None:
    bench = signed_in()
    bench.budget = MemoryBudget(left=0)
    with pytest.raises(RateLimited):
        write(upsert(), bench=bench)


@responses.activate
def test_a_used_up_budget_on_the_way_concerns_only_what_was_not_sent() -> None:
    bench = signed_in()
    bench.budget = MemoryBudget(left=1)
    responses.patch(f"{SINGLE}/{EXTERNAL}/a", json=good(created=True))
    first, second = write(upsert("a", "one"), upsert("a", "two"), bench=bench)
    assert first.record_id == LEAD
    assert isinstance(second.error, RateLimited)


@responses.activate
def test_a_read_only_connection_writes_nothing() -> None:
    with pytest.raises(ReadOnly):
        write(upsert(), read_only=True)


@responses.activate
def test_a_lost_answer_is_unknown_and_repeating_the_upsert_is_safe() -> None:
    responses.patch(f"{SINGLE}/{EXTERNAL}/xyz", body=requests.ReadTimeout("slow"))
    with pytest.raises(OutcomeUnknown):
        write(upsert())
    responses.replace("PATCH", f"{SINGLE}/{EXTERNAL}/xyz", json=good(created=False))
    again = Write(**{**vars(upsert()), "retry": True})
    assert write(again)[0].record_id == LEAD
    assert {c.request.method for c in responses.calls} == {"PATCH"}


# --- a create whose answer was lost -----------------------------------------------------------------------------------

STARTED = datetime(2026, 4, 21, 9, 15, tzinfo=UTC)
TASK = {"WhoId": LEAD, "Subject": "Call דנה", "Description": "long text", "ActivityDate": "2026-04-23"}


def lost_task(**more: Any) -> Write:
    return Write("change-task", "Task", "create_task", dict(TASK), retry=True, first_attempt_at=STARTED, **more)


@responses.activate
def test_a_task_that_was_made_after_all_is_not_made_again() -> None:
    other = {**TASK, "Id": "00T000000000000AAA", "Description": "another text"}
    responses.get(f"{DATA}/query", json=rows(other, {**TASK, "Id": "00T000000000001AAA"}))
    (outcome,) = write(lost_task())
    assert (outcome.record_id, outcome.created) == ("00T000000000001AAA", True)
    assert f"WhoId = '{LEAD}' AND Subject = 'Call דנה' AND CreatedDate >= 2026-04-21T09:14:00.000Z" in soql()


@responses.activate
def test_a_task_that_was_not_made_is_made() -> None:
    responses.get(f"{DATA}/query", json=rows())
    responses.post(f"{DATA}/sobjects/Task", status=201, json=good("00T000000000001AAA"))
    assert write(lost_task())[0].record_id == "00T000000000001AAA"


@responses.activate
def test_a_marker_field_tells_a_lost_task_for_certain() -> None:
    responses.get(f"{DATA}/query", json=rows())
    responses.post(f"{DATA}/sobjects/Task", status=201, json=good("00T000000000001AAA"))
    write(lost_task(), options={"marker_field": "Change__c"})
    assert "Change__c = 'change-task'" in soql(1)
    assert "CreatedDate >=" not in soql(1)  # by whose clock?
    assert sent()["Change__c"] == "change-task"


@responses.activate
def test_a_lost_record_that_cannot_be_recognised_is_left_to_a_person() -> None:
    account = Write("c", "Account", "create", {"Name": "Acme"}, retry=True)
    assert isinstance(write(account)[0].error, Ambiguous)
    assert len(responses.calls) == 0


# --- converted leads --------------------------------------------------------------------------------------------------


@responses.activate
def test_converted_leads_say_which_contacts_they_became_with_one_look_up() -> None:
    converted = bad("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    responses.patch(f"{MANY}/Lead/{EXTERNAL}", json=[converted, good(created=True), converted])
    found = [{"Id": f"00Q{k}", EXTERNAL: k, "IsConverted": True, "ConvertedContactId": f"003{k}"} for k in ("a", "c")]
    responses.get(f"{DATA}/query", json=rows(*found))
    first, second, third = (o.error for o in write(upsert("a"), upsert("b"), upsert("c")))
    assert isinstance(first, Moved) and isinstance(third, Moved)
    assert (first.object, first.record_id, third.record_id, second) == ("Contact", "003a", "003c", None)
    assert len(responses.calls) == 2


@responses.activate
def test_a_converted_lead_says_which_contact_it_became() -> None:
    body = [{"errorCode": "CANNOT_UPDATE_CONVERTED_LEAD", "message": "cannot reference converted lead"}]
    responses.patch(f"{SINGLE}/{LEAD}", status=400, json=body)
    responses.get(f"{DATA}/query", json=rows({"Id": LEAD, "IsConverted": True, "ConvertedContactId": CONTACT}))
    error = write(update())[0].error
    assert isinstance(error, Moved)
    assert error.record_id == CONTACT


@responses.activate
def test_when_the_look_up_fails_the_outcome_stays_without_the_contact() -> None:
    body = [{"errorCode": "CANNOT_UPDATE_CONVERTED_LEAD", "message": "cannot reference converted lead"}]
    responses.patch(f"{SINGLE}/{LEAD}", status=400, json=body)
    responses.get(f"{DATA}/query", status=503, body="<html>")
    error = write(update())[0].error
    assert isinstance(error, Moved)
    assert error.record_id == ""


@responses.activate
def test_a_duplicate_names_the_existing_record() -> None:
    words = f"duplicate value found: {EXTERNAL} duplicates value on record with id: {LEAD[:15]}"
    responses.post(SINGLE, status=400, json=[{"errorCode": "DUPLICATE_VALUE", "message": words}])
    error = write(create())[0].error
    assert isinstance(error, Conflict)
    assert error.record_ids == (LEAD[:15],)
