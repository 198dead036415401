"""Both clients against the simulated vendors over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.sandbox.testing import RunningSandbox, running_sandbox
from integrations.vendors.base import Write
from integrations.vendors.errors import (
    AuthenticationFailed,
    Busy,
    Conflict,
    FieldHidden,
    Moved,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unavailable,
)
from integrations.vendors.getresponse.resources import GetResponse
from integrations.vendors.registry import vendor
from integrations.vendors.salesforce.resources import Salesforce

from .services import Bench, getresponse_account, salesforce_account

EXTERNAL = "GetResponse_Contact_ID__c"
CAMPAIGN = "7015e0000000001AAA"
OPTED_OUT = {"HasOptedOutOfEmail": True}
SF_CREDENTIALS = {"client_id": "sandbox-client-id", "client_secret": "sandbox-client-secret"}
OURS = "https://crosswalk.example.com/webhooks/getresponse/tok/"


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def sandbox(one_sandbox: RunningSandbox) -> RunningSandbox:
    one_sandbox.reset()
    return one_sandbox


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def getresponse(sandbox: RunningSandbox, bench: Bench) -> GetResponse:
    credentials = {"api_key": "sandbox-getresponse-key"}
    account = getresponse_account(base_url=sandbox.getresponse_url, credentials=credentials)
    return GetResponse(account, bench.services)


@pytest.fixture
def salesforce(sandbox: RunningSandbox, bench: Bench) -> Salesforce:
    account = salesforce_account(base_url=sandbox.salesforce_url, credentials=SF_CREDENTIALS)
    return Salesforce(account, bench.services)


def lead(key: str, id: str = "", **values: Any) -> Write:
    facts = {"LastName": "כהן", "Company": "Acme", "Email": f"{key}@example.com", **values}
    return Write(id or f"change-{key}", "Lead", "upsert", facts, key=(EXTERNAL, key))


def opt_out(object: str, record_id: str) -> Write:
    return Write(f"stop-{record_id}", object, "opt_out", dict(OPTED_OUT), record_id)


# --- GetResponse ----------------------------------------------------------------------------------------------------


def test_a_subscriber_is_read_with_tags_and_custom_fields(sandbox: RunningSandbox, getresponse: GetResponse) -> None:
    made = sandbox.subscribe("dana@example.com", name="דנה כהן", tags=["vip"], customFields={"company": "Acme"})
    fields = ["email", "name", "tags", "customFields.company", "campaign.campaignId", "createdOn", "origin"]
    (record,) = getresponse.read("contact", [made["contactId"], "gone1"], fields).values()
    path = vendor("getresponse").path
    assert path(record, "customFields.company") == (True, "Acme")
    assert path(record, "tags.0.name") == (True, "vip")
    assert path(record, "campaign.campaignId") == (True, "abc123def")
    assert vendor("getresponse").opted_in_at(record, {}) is not None


def test_contacts_are_found_exactly_and_paged(sandbox: RunningSandbox, getresponse: GetResponse) -> None:
    for address in ("ann+news@example.com", "joann@example.com", "ann@example.com"):
        sandbox.subscribe(address)
    found = getresponse.find_any("contact", {"email": ["Ann@example.com", "ann+news@example.com"]}, ["email", "tags"])
    assert sorted(f.record["email"] for f in found) == ["ann+news@example.com", "ann@example.com"]
    assert {r["email"] for r in getresponse.iterate("contact", filters={"campaignId": "abc123def"})} >= {
        "joann@example.com"
    }


def test_a_removed_contact_is_absent(sandbox: RunningSandbox, getresponse: GetResponse) -> None:
    made = sandbox.subscribe("dana@example.com")
    sandbox.unsubscribe("dana@example.com")
    assert getresponse.read("contact", [made["contactId"]]) == {}


def test_the_callback_is_registered_once_and_never_stolen(getresponse: GetResponse) -> None:
    assert getresponse.callbacks(OURS) == []
    assert getresponse.register_callback(OURS).ours
    with pytest.raises(Conflict):
        getresponse.register_callback("https://other.example.com/hook/")
    getresponse.remove_callback("account")
    assert getresponse.callbacks(OURS) == []


def test_a_getresponse_connection_is_tested(getresponse: GetResponse, bench: Bench) -> None:
    checks = {c.name: c for c in getresponse.check(OURS)}
    assert [name for name, check in checks.items() if not check.ok] == ["Callback"]
    assert "abc123def" in checks["Lists"].detail
    assert bench.budget.learnt


@pytest.mark.parametrize(
    ("switch", "kind"),
    [
        ({"unauthorized": "always"}, AuthenticationFailed),
        ({"rate_limit": 1}, RateLimited),
        ({"rate_limit": 1, "retry_after": False, "rate_headers": "none"}, RateLimited),
        ({"down": 1}, Unavailable),
        ({"down": 1, "down_style": "drop"}, Unavailable),
    ],
)
def test_a_failing_getresponse_is_told_in_our_words(
    sandbox: RunningSandbox, getresponse: GetResponse, switch: dict[str, Any], kind: type[Exception]
) -> None:
    sandbox.switch("getresponse", **switch)
    with pytest.raises(kind):
        getresponse.read("contact", ["p1"])


# --- Salesforce -----------------------------------------------------------------------------------------------------


def test_one_lead_is_created_then_updated_then_written_by_id(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    (made,) = salesforce.write([lead("a/b c?ד", Email="dana@example.com")])
    (again,) = salesforce.write([lead("a/b c?ד", Email="dana@example.com", Title="מנהלת")])
    (by_id,) = salesforce.write([Write("c", "Lead", "upsert", {"Title": "CEO"}, made.record_id, (EXTERNAL, "a/b c?ד"))])
    assert (made.created, again.created, by_id.created) == (True, False, False)
    assert made.record_id == again.record_id == by_id.record_id
    record = sandbox.record("salesforce", "Lead", made.record_id)
    assert record is not None and (record[EXTERNAL], record["Title"]) == ("a/b c?ד", "CEO")


def test_a_collection_has_an_outcome_for_each_row(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    rows = [lead(f"k{n}") for n in range(250)]
    rows[7] = lead("k7", Company="", LastName="x" * 81)
    outcomes = salesforce.write([*rows, lead("k1", "again", Title="twice")])
    failed = [o for o in outcomes if o.error]
    assert [o.id for o in failed] == ["change-k7"]
    assert isinstance(failed[0].error, Rejected)
    assert outcomes[-1].created is False
    assert len(sandbox.records("salesforce", "Lead")) == 249
    methods = [c["method"] for c in sandbox.calls("salesforce") if "composite" in c["path"]]
    assert methods == ["PATCH", "PATCH"]


def test_an_opt_out_reaches_every_lead_and_the_converted_ones_contact(
    sandbox: RunningSandbox, salesforce: Salesforce
) -> None:
    first, second = salesforce.write([lead("k1", Email="dana@example.com"), lead("k2", Email="dana@example.com")])
    contact_id = sandbox.convert("dana@example.com")["contact"]
    keys = {EXTERNAL: ["k1", "k2"], "Email": ["dana@example.com"]}
    found = salesforce.find_any("Lead", keys, ["HasOptedOutOfEmail"])
    contacts = salesforce.find_any("Contact", keys, ["HasOptedOutOfEmail"])
    targets = {f.moved_to or (f.object, f.record_id) for f in [*found, *contacts]}
    assert len(targets) == 2 and ("Contact", contact_id) in targets
    outcomes = salesforce.write([opt_out(*target) for target in sorted(targets)])
    assert all(o.error is None for o in outcomes)
    for object_, record_id in targets:
        record = sandbox.record("salesforce", object_, record_id)
        assert record is not None and record["HasOptedOutOfEmail"] is True
    assert {first.record_id, second.record_id} == {f.record_id for f in found}


def test_writing_a_converted_lead_says_which_contact_it_became(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    salesforce.write([lead("k1"), lead("k2")])
    contact_id = sandbox.convert("k1@example.com")["contact"]
    for writes in ([lead("k1", Title="x")], [lead("k1", Title="x"), lead("k2", Title="y")]):
        error = salesforce.write(writes)[0].error
        assert isinstance(error, Moved)
        assert error.record_id == contact_id


def test_a_lead_joins_a_campaign_once(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    (made,) = salesforce.write([lead("k1")])
    params = {"campaign": CAMPAIGN, "status": "registered"}
    join = Write("join", "CampaignMember", "add_to_campaign", {"LeadId": made.record_id}, params=params)
    first, second = salesforce.write([join])[0], salesforce.write([join])[0]
    assert (first.created, second.created) == (True, False)
    assert first.record_id == second.record_id
    (member,) = sandbox.records("salesforce", "CampaignMember")
    assert member["Status"] == "Registered"
    unknown = Write(
        "join", "CampaignMember", "add_to_campaign", {"LeadId": made.record_id}, params={**params, "status": "x"}
    )
    assert "Registered" in (salesforce.write([unknown])[0].error or Rejected("")).help


def test_a_describe_says_what_mappings_need(salesforce: Salesforce) -> None:
    fields = {field.name: field for field in salesforce.describe("Lead")}
    assert fields["LastName"].required and fields["LastName"].length == 80
    assert fields["Company"].required
    assert fields[EXTERNAL].unique_key
    assert fields["Rating"].type == "picklist" and fields["Rating"].choices
    assert not fields["IsConverted"].updateable


def test_records_are_read_and_paged_with_all_their_fields(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    sandbox.switch("salesforce", query_page_size=2)
    outcomes = salesforce.write([lead(f"k{n}") for n in range(5)])
    assert [r[EXTERNAL] for r in salesforce.iterate("Lead")] == [f"k{n}" for n in range(5)]
    records = salesforce.read("Lead", [o.record_id for o in outcomes])
    assert records[outcomes[0].record_id]["Company"] == "Acme"


def test_a_session_that_ended_is_renewed_once(sandbox: RunningSandbox, salesforce: Salesforce, bench: Bench) -> None:
    salesforce.write([lead("k1")])
    sandbox.switch("salesforce", unauthorized=1)
    assert salesforce.write([lead("k2")])[0].created
    assert bench.tokens.renewals == 2
    sandbox.switch("salesforce", unauthorized="always")
    with pytest.raises(AuthenticationFailed):
        salesforce.write([lead("k3")])


def test_a_lost_answer_is_unknown_and_repeating_makes_no_second_lead(
    sandbox: RunningSandbox, salesforce: Salesforce
) -> None:
    salesforce.describe("Lead")
    sandbox.switch("salesforce", timeout_after_write=1, timeout_style="drop")
    with pytest.raises(OutcomeUnknown):
        salesforce.write([lead("k1")])
    assert salesforce.write([lead("k1")])[0].created is False
    assert len(sandbox.records("salesforce", "Lead")) == 1


def test_a_lost_task_is_found_and_not_made_twice(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    (made,) = salesforce.write([lead("k1")])
    values = {"WhoId": made.record_id, "Subject": "Call", "Description": "דחוף"}
    sandbox.switch("salesforce", timeout_after_write=1, timeout_style="drop")
    with pytest.raises(OutcomeUnknown):
        salesforce.write([Write("t", "Task", "create_task", values)])
    (outcome,) = salesforce.write([Write("t", "Task", "create_task", values, retry=True)])
    assert [t["Id"] for t in sandbox.records("salesforce", "Task")] == [outcome.record_id]


def test_a_locked_row_is_busy_and_a_limit_waits(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    sandbox.switch("salesforce", lock_row=1)
    locked, other = salesforce.write([lead("k1"), lead("k2")])
    assert isinstance(locked.error, Busy) and other.created
    sandbox.switch("salesforce", rate_limit=1)
    with pytest.raises(RateLimited):
        salesforce.write([lead("k1")])


def test_a_hidden_opt_out_fails_the_test_and_the_write(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    (made,) = salesforce.write([lead("k1")])
    sandbox.switch("salesforce", hidden_fields=["Lead.HasOptedOutOfEmail"])
    error = salesforce.write([opt_out("Lead", made.record_id)])[0].error
    assert isinstance(error, FieldHidden)
    assert error.fields == ("HasOptedOutOfEmail",)
    checks = {c.name: c.ok for c in salesforce.check()}
    assert (checks["Lead opt-out"], checks["Contact opt-out"]) == (False, True)


def test_a_healthy_org_passes_its_test(salesforce: Salesforce, bench: Bench) -> None:
    assert [c for c in salesforce.check() if not c.ok] == []
    assert bench.budget.learnt
    assert "sandbox-client-secret" not in bench.journal.text


def test_a_validation_rule_fails_its_record_with_salesforces_own_words(
    sandbox: RunningSandbox, salesforce: Salesforce
) -> None:
    sandbox.switch("salesforce", validation_rule="Lead.Company=Refused Ltd", validation_message="Ask legal first.")
    bad, good = salesforce.write([lead("k1", Company="Refused Ltd"), lead("k2")])
    assert isinstance(bad.error, Rejected) and "Ask legal first." in bad.error.message
    assert good.created


def test_an_unknown_key_field_is_named(salesforce: Salesforce) -> None:
    for writes in ([lead("a")], [lead("a"), lead("b")]):
        renamed = [Write(w.id, w.object, w.operation, w.values, key=("Missing__c", w.key[1])) for w in writes if w.key]
        assert all(isinstance(o.error, FieldHidden) for o in salesforce.write(renamed))


def test_the_login_address_is_explained(sandbox: RunningSandbox) -> None:
    account = salesforce_account(base_url=f"{sandbox.salesforce_url}/login", credentials=SF_CREDENTIALS)
    with pytest.raises(AuthenticationFailed) as caught:
        Salesforce(account, Bench().services).write([lead("k1")])
    assert "My Domain" in caught.value.help
