"""Thousands of rows go as bulk jobs, and each has its own outcome, however Salesforce orders its results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Outcome, Write
from integrations.vendors.errors import (
    Accepted,
    Ambiguous,
    Conflict,
    FieldHidden,
    Moved,
    NotFound,
    OutcomeUnknown,
    Rejected,
    Unavailable,
    Unsupported,
)
from integrations.vendors.salesforce.resources import Salesforce, bulk
from integrations.vendors.salesforce.resources.tables import error_of

from ..services import Bench, salesforce_account
from .conftest import SANDBOX_CREDENTIALS
from .org import DATA, client, sent

KEY = "GetResponse_Contact_ID__c"
JOBS = f"{DATA}/jobs/ingest"


class Waiting:
    """Somebody who has the time to wait, and does not."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
def wait() -> Waiting:
    return Waiting()


def upsert(key: str, id: str = "", field: str = KEY, **values: Any) -> Write:
    facts = {"LastName": "Cohen", "Company": "Acme", **values}
    return Write(id or f"change-{key}", "Lead", "upsert", facts, key=(field, key))


def by_id(outcomes: Any) -> dict[str, Outcome]:
    return {outcome.id: outcome for outcome in outcomes}


def test_thousands_of_rows_are_one_job_and_each_has_its_outcome(
    sandbox: RunningSandbox, salesforce: Salesforce, bench: Bench, wait: Waiting
) -> None:
    writes = [upsert(f"k{n}", LastName=f"L{n}") for n in range(300)]
    writes[7] = upsert("k7", Company=None)
    outcomes = by_id(salesforce.load(writes, wait))
    leads = {lead[KEY]: lead for lead in sandbox.records("salesforce", "Lead")}
    assert len(outcomes) == 300 and len(leads) == 299
    for key, lead in leads.items():
        assert (outcomes[f"change-{key}"].record_id, outcomes[f"change-{key}"].created) == (lead["Id"], True)
        assert lead["LastName"] == f"L{key[1:]}"
    error = outcomes["change-k7"].error
    assert isinstance(error, Rejected)
    assert (error.vendor_code, error.fields) == ("REQUIRED_FIELD_MISSING", ("Company",))
    assert bench.budget.spent < 10
    again = by_id(salesforce.load([upsert("K1"), upsert("k2")], wait))  # keys are compared without case
    assert [outcome.created for outcome in again.values()] == [False, False]


@pytest.mark.parametrize(
    "value", ["two\nlines", 'a "quoted", word', "דנה", " padded ", "x;y", "=1+1", "tab\tbed", "comma,"]
)
def test_a_value_comes_through_the_table_as_it_is(
    sandbox: RunningSandbox, salesforce: Salesforce, wait: Waiting, value: str
) -> None:
    (outcome,) = salesforce.load([upsert("k1", Description=value)], wait)
    record = sandbox.record("salesforce", "Lead", outcome.record_id)
    assert record is not None and record["Description"] == value.strip()  # Salesforce trims


def test_what_a_row_does_not_name_stays_and_what_it_clears_is_gone(
    sandbox: RunningSandbox, salesforce: Salesforce, wait: Waiting
) -> None:
    first = upsert("k1", Title="CEO", City="Haifa", HasOptedOutOfEmail=True)
    (made,) = salesforce.load([first], wait)
    list(salesforce.load([upsert("k1", Title=None), upsert("k2", City="Jaffa", Rating="")], wait))
    record = sandbox.record("salesforce", "Lead", made.record_id) or {}
    assert (record.get("Title"), record["City"], record["HasOptedOutOfEmail"]) == (None, "Haifa", True)


def test_creates_updates_and_deletes_are_jobs_of_their_own(
    sandbox: RunningSandbox, salesforce: Salesforce, wait: Waiting
) -> None:
    old = sandbox.create("Lead", LastName="Old", Company="Acme")
    gone = sandbox.create("Contact", LastName="Gone")
    twin = {"LastName": "Twin", "Company": "Acme"}
    writes = [
        Write("a", "Lead", "create", dict(twin)),
        Write("b", "Lead", "create", dict(twin)),
        Write("c", "Lead", "update", {"Title": "CEO"}, old[:15]),
        Write("d", "Contact", "delete", {}, gone),
        Write("e", "Contact", "update", {"Title": "x"}, "003000000000009AAA"),
    ]
    outcomes = by_id(salesforce.load(writes, wait))
    made = {outcomes["a"].record_id, outcomes["b"].record_id}
    assert len(made) == 2 and outcomes["a"].created  # equal rows, each its own record
    assert (outcomes["c"].record_id, outcomes["c"].created) == (old, False)
    assert outcomes["d"].error is None
    assert isinstance(outcomes["e"].error, NotFound)
    record = sandbox.record("salesforce", "Lead", old)
    assert record is not None and record["Title"] == "CEO"


def test_the_same_record_twice_goes_into_successive_jobs_in_order(
    sandbox: RunningSandbox, salesforce: Salesforce, wait: Waiting
) -> None:
    outcomes = by_id(salesforce.load([upsert("a", "one", Title="first"), upsert("A", "two", Title="second")], wait))
    assert (outcomes["one"].created, outcomes["two"].created) == (True, False)
    (lead,) = sandbox.records("salesforce", "Lead")
    assert lead["Title"] == "second"


def test_a_load_is_cut_into_jobs(
    sandbox: RunningSandbox, salesforce: Salesforce, wait: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "ROWS_PER_JOB", 4)
    assert all(outcome.created for outcome in salesforce.load([upsert(f"k{n}") for n in range(10)], wait))
    assert len([call for call in sandbox.calls("salesforce") if call["method"] == "PUT"]) == 3


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
    return Write("c", "Lead", "create", {"LastName": "Levi", "Company": "Acme", KEY: "taken"})


@pytest.mark.parametrize(
    ("make", "kind"), [(convert, Moved), (same_key, Ambiguous), (taken, Conflict)], ids=["converted", "300", "taken"]
)
def test_a_refused_row_means_what_it_means_in_a_single_call(
    sandbox: RunningSandbox, salesforce: Salesforce, wait: Waiting, make: Callable[..., Write], kind: type[Exception]
) -> None:
    (outcome,) = salesforce.load([make(sandbox)], wait)
    assert isinstance(outcome.error, kind)
    if isinstance(outcome.error, Moved):
        (contact,) = sandbox.records("salesforce", "Contact")
        assert (outcome.error.object, outcome.error.record_id) == ("Contact", contact["Id"])


def test_a_column_that_is_hidden_fails_the_job_and_is_named(
    sandbox: RunningSandbox, salesforce: Salesforce, wait: Waiting
) -> None:
    sandbox.switch("salesforce", hidden_fields=["Lead.Title"])
    outcomes = list(salesforce.load([upsert("a", Title="x"), upsert("b")], wait))
    errors = [outcome.error for outcome in outcomes]
    assert all(isinstance(error, FieldHidden) and error.fields == ("Title",) for error in errors)
    assert sandbox.records("salesforce", "Lead") == []


def test_rows_that_a_job_did_not_come_to_are_tried_later(
    sandbox: RunningSandbox, salesforce: Salesforce, wait: Waiting
) -> None:
    sandbox.switch("salesforce", bulk_stops_after=3)
    outcomes = list(salesforce.load([upsert(f"k{n}") for n in range(5)], wait))
    assert [outcome.created for outcome in outcomes[:3]] == [True] * 3
    assert all(isinstance(outcome.error, Unavailable) for outcome in outcomes[3:])


@pytest.mark.parametrize(
    ("write", "kind"),
    [
        (Write("c", "ContentNote", "add_note", {"Title": "x"}, params={"parent": ["Lead", "00Q1"]}), Unsupported),
        (Write("c", "CampaignMember", "add_to_campaign", {"LeadId": "00Q1"}), Unsupported),
        (Write("c", "Lead", "update", {"Title": "x"}), NotFound),
        (upsert(" ", "c"), Rejected),
        (Write("c", "Lead", "create", {"LastName": "Cohen"}, retry=True), OutcomeUnknown),
        (Write("c", "Lead", "create", {}), Rejected),
    ],
)
def test_what_a_table_cannot_carry_is_refused_without_a_call(write: Write, kind: type[Exception]) -> None:
    (outcome,) = client().load([write], lambda seconds: None)
    assert type(outcome.error) is kind


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


def test_a_job_is_looked_at_less_and_less_often(sandbox: RunningSandbox, salesforce: Salesforce, wait: Waiting) -> None:
    sandbox.switch("salesforce", bulk_looks=6)
    assert next(iter(salesforce.load([upsert("a")], wait))).created
    assert wait.pauses == [2, 4, 8, 16, 30, 30, 30]


def test_a_job_that_takes_longer_is_accepted_and_can_be_asked_for(
    sandbox: RunningSandbox, salesforce: Salesforce, wait: Waiting
) -> None:
    sandbox.switch("salesforce", bulk_looks=100)
    (outcome,) = salesforce.load([upsert("a")], wait)
    assert isinstance(outcome.error, Accepted)
    assert sum(wait.pauses) < 700
    (stored,) = sandbox.records("salesforce", "job")
    assert outcome.response == {"job": stored["shown"]["id"]}
    sandbox.store.shelf("salesforce").put("job", stored["shown"]["id"], stored | {"looks": 0})
    loads = bulk.Bulk(salesforce.api, bulk.Lookups(salesforce.api, salesforce.queries))
    finished = loads.results(bulk.Job(outcome.response["job"], (upsert("a"),)))
    assert finished is not None and finished[0].created


def test_a_look_that_is_not_answered_is_repeated(
    sandbox: RunningSandbox, salesforce: Salesforce, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_once(seconds: float) -> None:
        if not pauses:
            sandbox.switch("salesforce", fail_path="jobs/ingest")
        pauses.append(seconds)

    pauses: list[float] = []
    (outcome,) = salesforce.load([upsert("a")], break_once)
    assert outcome.created and len(pauses) == 2


@pytest.mark.parametrize("lost", ["the job", "the rows", "the completion"])
def test_an_answer_that_is_lost_on_the_way_doubles_nothing(
    sandbox: RunningSandbox, salesforce: Salesforce, wait: Waiting, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    salesforce.describe("Lead")
    method = {"the job": "POST", "the rows": "PUT", "the completion": "PATCH"}[lost]
    original = salesforce.api.send

    def send(call: Any) -> Any:
        if call.method == method:
            sandbox.switch("salesforce", timeout_after_write=1, timeout_style="drop")
        return original(call)

    monkeypatch.setattr(salesforce.api, "send", send)
    (outcome,) = salesforce.load([upsert("a")], wait)
    if lost == "the completion":
        assert outcome.created
    else:
        assert isinstance(outcome.error, (Unavailable, OutcomeUnknown))
        assert sandbox.records("salesforce", "Lead") == []


@responses.activate
def test_a_job_that_never_heard_that_it_is_complete_is_told_again() -> None:
    responses.post(JOBS, json={"id": "750x"})
    responses.put(f"{JOBS}/750x/batches", status=201)
    responses.patch(f"{JOBS}/750x", body=requests.ReadTimeout("slow"))
    responses.get(f"{JOBS}/750x", json={"id": "750x", "state": "Open"})
    told = responses.patch(f"{JOBS}/750x", json={"id": "750x", "state": "UploadComplete"})
    responses.get(f"{JOBS}/750x", json={"id": "750x", "state": "JobComplete"})
    results = f"sf__Id,sf__Created,LastName,Company,{KEY}\n00Q1,true,Cohen,Acme,a\n"
    responses.get(f"{JOBS}/750x/successfulResults", body=results)
    for name in ("failedResults", "unprocessedrecords"):
        responses.get(f"{JOBS}/750x/{name}", body="")
    (outcome,) = client().load([upsert("a")], lambda seconds: None)
    assert (outcome.record_id, told.call_count) == ("00Q1", 1)


@responses.activate
def test_a_row_that_the_results_do_not_hold_is_unknown() -> None:
    responses.get(f"{JOBS}/750x", json={"id": "750x", "state": "JobComplete"})
    for name in ("successfulResults", "failedResults", "unprocessedrecords"):
        responses.get(f"{JOBS}/750x/{name}", body="")
    salesforce = client()
    loads = bulk.Bulk(salesforce.api, bulk.Lookups(salesforce.api, salesforce.queries))
    outcomes = loads.results(bulk.Job("750x", (upsert("a"),)))
    assert outcomes is not None and isinstance(outcomes[0].error, OutcomeUnknown)


@responses.activate
def test_a_job_has_no_assignment_rule_but_the_one_that_is_named() -> None:
    responses.post(JOBS, status=400, json=[{"errorCode": "INVALIDJOB", "message": "m"}])
    for option, expected in (("01Q000000000001", "01Q000000000001"), ("true", None)):
        list(client(options={"auto_assign": option}).load([upsert("a")], lambda seconds: None))
        assert sent() == {
            "object": "Lead",
            "operation": "upsert",
            "contentType": "CSV",
            "lineEnding": "LF",
            "externalIdFieldName": KEY,
            **({"assignmentRuleId": expected} if expected else {}),
        }


def test_a_read_only_connection_loads_nothing(sandbox: RunningSandbox, bench: Bench, wait: Waiting) -> None:
    account = salesforce_account(base_url=sandbox.salesforce_url, credentials=SANDBOX_CREDENTIALS, read_only=True)
    (outcome,) = Salesforce(account, bench.services).load([upsert("a")], wait)
    assert outcome.error is not None and outcome.error.code == "read_only"
