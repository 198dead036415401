"""Thousands of rows go as bulk jobs, and each has its own outcome, however Salesforce orders its results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import responses

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Outcome, Write
from integrations.vendors.errors import (
    Ambiguous,
    Conflict,
    CrosswalkError,
    FieldHidden,
    Moved,
    NotFound,
    OutcomeUnknown,
    ReadOnly,
    Rejected,
    Unavailable,
    Unsupported,
)
from integrations.vendors.salesforce.resources import Salesforce, bulk
from integrations.vendors.salesforce.resources.tables import error_of

from ..services import Bench, salesforce_account
from .conftest import SANDBOX_CREDENTIALS
from .org import DATA, client, rows, sent

KEY = "GetResponse_Contact_ID__c"
JOBS = f"{DATA}/jobs/ingest"


def loaded(salesforce: Salesforce, writes: Sequence[Write]) -> dict[str, Outcome]:
    """The outcome of each write once the load is done."""
    job = salesforce.open_load(writes)
    salesforce.fill_load(job, writes)
    return finished(salesforce, job, writes)


def finished(salesforce: Salesforce, job: str, writes: Sequence[Write]) -> dict[str, Outcome]:
    outcomes = salesforce.look_at_load(job, writes)
    assert outcomes is not None and [outcome.id for outcome in outcomes] == [write.id for write in writes]
    return {outcome.id: outcome for outcome in outcomes}


def upsert(key: str, id: str = "", field: str = KEY, **values: Any) -> Write:
    facts = {"LastName": "Cohen", "Company": "Acme", **values}
    return Write(id or f"change-{key}", "Lead", "upsert", facts, key=(field, key))


def test_thousands_of_rows_are_one_job_and_each_has_its_outcome(
    sandbox: RunningSandbox, salesforce: Salesforce, bench: Bench
) -> None:
    writes = [upsert(f"k{n}", LastName=f"L{n}") for n in range(300)]
    writes[7] = upsert("k7", Company=None)
    outcomes = loaded(salesforce, writes)
    leads = {lead[KEY]: lead for lead in sandbox.records("salesforce", "Lead")}
    assert len(outcomes) == 300 and len(leads) == 299
    for key, lead in leads.items():
        assert (outcomes[f"change-{key}"].record_id, outcomes[f"change-{key}"].created) == (lead["Id"], True)
        assert lead["LastName"] == f"L{key[1:]}"
    error = outcomes["change-k7"].error
    assert isinstance(error, Rejected)
    assert (error.vendor_code, error.fields) == ("REQUIRED_FIELD_MISSING", ("Company",))
    assert bench.budget.spent < 10
    again = loaded(salesforce, [upsert("K1"), upsert("k2")])  # keys are compared without case
    assert [outcome.created for outcome in again.values()] == [False, False]


@pytest.mark.parametrize(
    "value", ["two\nlines", 'a "quoted", word', "דנה", " padded ", "x;y", "=1+1", "tab\tbed", "comma,"]
)
def test_a_value_comes_through_the_table_as_it_is(sandbox: RunningSandbox, salesforce: Salesforce, value: str) -> None:
    [outcome] = loaded(salesforce, [upsert("k1", Description=value)]).values()
    record = sandbox.record("salesforce", "Lead", outcome.record_id)
    assert record is not None and record["Description"] == value.strip()  # Salesforce trims


def test_what_a_row_does_not_name_stays_and_what_it_clears_is_gone(
    sandbox: RunningSandbox, salesforce: Salesforce
) -> None:
    first = upsert("k1", Title="CEO", City="Haifa", HasOptedOutOfEmail=True)
    [made] = loaded(salesforce, [first]).values()
    loaded(salesforce, [upsert("k1", Title=None), upsert("k2", City="Jaffa", Rating="")])
    record = sandbox.record("salesforce", "Lead", made.record_id) or {}
    assert (record.get("Title"), record["City"], record["HasOptedOutOfEmail"]) == (None, "Haifa", True)


def test_updates_go_by_id(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    old = sandbox.create("Lead", LastName="Old", Company="Acme")
    writes = [
        Write("a", "Lead", "update", {"Title": "CEO"}, old[:15]),
        Write("b", "Lead", "set", {"Title": "x"}, "00Q000000000009AAA"),
    ]
    outcomes = loaded(salesforce, writes)
    assert (outcomes["a"].record_id, outcomes["a"].created) == (old, False)
    assert isinstance(outcomes["b"].error, NotFound)
    record = sandbox.record("salesforce", "Lead", old)
    assert record is not None and record["Title"] == "CEO"


# --- what is refused --------------------------------------------------------------------------------------------------


def convert(sandbox: RunningSandbox) -> Write:
    sandbox.create("Lead", LastName="Cohen", Company="Acme", Email="dana@example.com", **{KEY: "conv"})
    sandbox.convert("dana@example.com")
    return upsert("conv")


def same_key(sandbox: RunningSandbox) -> Write:
    for _twice in range(2):
        sandbox.create("Lead", LastName="Cohen", Company="Acme", Legacy_Key__c="old")
    return upsert("old", field="Legacy_Key__c")


def taken(sandbox: RunningSandbox) -> Write:
    sandbox.create("Lead", LastName="Cohen", Company="Acme", **{KEY: "taken"})
    other = sandbox.create("Lead", LastName="Levi", Company="Acme")
    return Write("c", "Lead", "update", {KEY: "taken"}, other)


@pytest.mark.parametrize(
    ("make", "kind"), [(convert, Moved), (same_key, Ambiguous), (taken, Conflict)], ids=["converted", "300", "taken"]
)
def test_a_refused_row_means_what_it_means_in_a_single_call(
    sandbox: RunningSandbox, salesforce: Salesforce, make: Callable[..., Write], kind: type[Exception]
) -> None:
    [outcome] = loaded(salesforce, [make(sandbox)]).values()
    assert isinstance(outcome.error, kind)
    if isinstance(outcome.error, Moved):
        (contact,) = sandbox.records("salesforce", "Contact")
        assert (outcome.error.object, outcome.error.record_id) == ("Contact", contact["Id"])


def test_a_column_that_is_hidden_fails_the_job_and_is_named(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    sandbox.switch("salesforce", hidden_fields=["Lead.Title"])
    outcomes = loaded(salesforce, [upsert("a", Title="x"), upsert("b")])
    errors = [outcome.error for outcome in outcomes.values()]
    assert all(isinstance(error, FieldHidden) and error.fields == ("Title",) for error in errors)
    assert sandbox.records("salesforce", "Lead") == []


def test_rows_that_a_job_did_not_come_to_are_tried_later(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    sandbox.switch("salesforce", bulk_stops_after=3)
    outcomes = list(loaded(salesforce, [upsert(f"k{n}") for n in range(5)]).values())
    assert [outcome.created for outcome in outcomes[:3]] == [True] * 3
    assert all(isinstance(outcome.error, Unavailable) for outcome in outcomes[3:])


@pytest.mark.parametrize(
    ("write", "kind"),
    [
        (Write("c", "ContentNote", "add_note", {"Title": "x"}, params={"parent": ["Lead", "00Q1"]}), Unsupported),
        (Write("c", "CampaignMember", "add_to_campaign", {"LeadId": "00Q1"}), Unsupported),
        (Write("c", "Lead", "create", {"LastName": "Cohen"}), Unsupported),
        (Write("c", "Lead", "delete", {}, "00Q1"), Unsupported),
        (Write("c", "Lead", "update", {"Title": "x"}), NotFound),
        (upsert(" ", "c"), Rejected),
    ],
)
def test_what_a_load_cannot_carry_is_refused_and_the_rest_goes(
    sandbox: RunningSandbox, salesforce: Salesforce, write: Write, kind: type[Exception]
) -> None:
    outcomes = loaded(salesforce, [write, upsert("k1")])
    assert (type(outcomes["c"].error), outcomes["change-k1"].created) == (kind, True)


def test_a_load_of_nothing_is_not_opened() -> None:
    with pytest.raises(Unsupported):
        client().open_load([Write("c", "Lead", "create", {"LastName": "Cohen"})])


@responses.activate
def test_rows_that_are_too_large_are_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "LARGEST_TABLE", 100)
    with pytest.raises(Unsupported, match="too large"):
        client().open_load([upsert("a", Description="x" * 100)])


@pytest.mark.parametrize(
    ("cell", "code", "fields"),
    [
        ("REQUIRED_FIELD_MISSING:Missing: [Company]:Company --", "REQUIRED_FIELD_MISSING", ["Company"]),
        ("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record:--", "UNABLE_TO_LOCK_ROW", []),
        ("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access", "UNABLE_TO_LOCK_ROW", []),
        ("STRING_TOO_LONG:City: too large: a:b (max length=40):City,State --", "STRING_TOO_LONG", ["City", "State"]),
        ("something new", None, None),
        ("", None, None),
    ],
)
def test_an_error_cell_is_read_as_an_error(cell: str, code: str | None, fields: list[str] | None) -> None:
    found = error_of(cell)
    assert (found.get("errorCode"), found.get("fields")) == (code, fields)


# --- a job that takes its time ----------------------------------------------------------------------------------------


def test_a_job_is_asked_for_until_it_is_over(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    sandbox.switch("salesforce", bulk_looks=2)
    job = salesforce.open_load([upsert("a")])
    salesforce.fill_load(job, [upsert("a")])
    assert [salesforce.look_at_load(job, [upsert("a")]) for _look in range(2)] == [None, None]
    assert sandbox.records("salesforce", "Lead") == []
    assert finished(salesforce, job, [upsert("a")])["change-a"].created


def test_a_job_that_never_began_is_aborted_and_will_not(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    job = salesforce.open_load([upsert("a")])
    assert isinstance(finished(salesforce, job, [upsert("a")])["change-a"].error, Unavailable)
    with pytest.raises(CrosswalkError):
        salesforce.fill_load(job, [upsert("a")])
    assert sandbox.records("salesforce", "Lead") == []


@pytest.mark.parametrize(
    ("method", "error", "made"),
    [("POST", Unavailable, 0), ("PUT", OutcomeUnknown, 0), ("PATCH", OutcomeUnknown, 1)],
    ids=["the job", "the rows", "the completion"],
)
def test_after_a_lost_answer_a_look_says_what_became_of_it(
    sandbox: RunningSandbox,
    salesforce: Salesforce,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    error: type[Exception],
    made: int,
) -> None:
    salesforce.describe("Lead")
    original = salesforce.api.send

    def send(call: Any) -> Any:
        if call.method == method:
            sandbox.switch("salesforce", timeout_after_write=1, timeout_style="drop")
        return original(call)

    monkeypatch.setattr(salesforce.api, "send", send)
    with pytest.raises(error):
        loaded(salesforce, [upsert("a")])
    monkeypatch.setattr(salesforce.api, "send", original)
    [job] = sandbox.records("salesforce", "job")
    outcome = finished(salesforce, job["shown"]["id"], [upsert("a")])["change-a"]
    assert len(sandbox.records("salesforce", "Lead")) == made
    assert bool(outcome.record_id) == bool(made)
    assert made or isinstance(outcome.error, Unavailable)


def test_a_job_that_is_gone_is_said_to_be(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    with pytest.raises(NotFound):
        salesforce.look_at_load("7505e0000000009AAA", [upsert("a")])


@responses.activate
def test_a_row_that_the_results_do_not_hold_is_unknown() -> None:
    responses.get(f"{JOBS}/750x", json={"id": "750x", "state": "JobComplete"})
    for name in ("successfulResults", "failedResults", "unprocessedrecords"):
        responses.get(f"{JOBS}/750x/{name}", body="")
    assert isinstance(finished(client(), "750x", [upsert("a")])["change-a"].error, OutcomeUnknown)


@pytest.mark.parametrize(
    ("option", "expected"), [("", "active"), ("true", "active"), ("01Q000000000001", "01Q000000000001"), ("false", "")]
)
@responses.activate
def test_new_leads_run_the_rule_that_a_single_call_would_run(option: str, expected: str) -> None:
    question = responses.get(f"{DATA}/query", json=rows({"Id": "01Q000000000009"}))
    responses.post(JOBS, json={"id": "750x"})
    client(options={"auto_assign": option}).open_load([upsert("a")])
    assert sent().get("assignmentRuleId", "") == ("01Q000000000009" if expected == "active" else expected)
    assert question.call_count == (expected == "active")


@responses.activate
def test_who_may_not_see_the_rules_makes_no_loads() -> None:
    responses.get(f"{DATA}/query", status=400, json=[{"errorCode": "INVALID_TYPE", "message": "m"}])
    with pytest.raises(Unsupported):
        client().open_load([upsert("a")])


@responses.activate
def test_updates_and_other_objects_run_no_rule() -> None:
    responses.post(JOBS, json={"id": "750x"})
    client().open_load([Write("c", "Lead", "update", {"Title": "x"}, "00Q1")])
    client().open_load([Write("c", "Contact", "upsert", {"LastName": "x"}, key=(KEY, "a"))])
    assert len(responses.calls) == 2


def test_the_active_rule_is_found(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    shelf = sandbox.store.shelf("salesforce")
    for id, object, active in (("01Q1", "Lead", False), ("01Q2", "Case", True), ("01Q3", "Lead", True)):
        shelf.put(
            "AssignmentRule", id, {"Id": id, "SobjectType": object, "Active": active, "IsDeleted": False, "Name": id}
        )
    loaded(salesforce, [upsert("a")])
    [job] = sandbox.records("salesforce", "job")
    assert job["shown"]["assignmentRuleId"] == "01Q3"


def test_a_read_only_connection_loads_nothing(sandbox: RunningSandbox, bench: Bench) -> None:
    account = salesforce_account(base_url=sandbox.salesforce_url, credentials=SANDBOX_CREDENTIALS, read_only=True)
    with pytest.raises(ReadOnly):
        Salesforce(account, bench.services).open_load([upsert("a")])


def test_a_read_only_connection_can_still_be_told_what_became_of_a_load(
    sandbox: RunningSandbox, salesforce: Salesforce, bench: Bench
) -> None:
    job, writes = salesforce.open_load([upsert("a")]), [upsert("a")]
    account = salesforce_account(base_url=sandbox.salesforce_url, credentials=SANDBOX_CREDENTIALS, read_only=True)
    assert isinstance(finished(Salesforce(account, bench.services), job, writes)["change-a"].error, Unavailable)
