"""Each refusal of salesforce.md §2.5 and §3 by the simulated org: of a record alone, and of a row among others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import responses

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Outcome, Write
from integrations.vendors.errors import (
    Ambiguous,
    AuthenticationFailed,
    Busy,
    ConfigurationError,
    Conflict,
    CrosswalkError,
    FieldHidden,
    Moved,
    NotFound,
    RateLimited,
    Rejected,
    ScopeMissing,
    Unavailable,
)
from integrations.vendors.salesforce.resources import Salesforce

from ..services import Bench, salesforce_account
from .conftest import SANDBOX_CREDENTIALS
from .org import DATA, client

KEY = "GetResponse_Contact_ID__c"
LEAD = {"LastName": "Cohen", "Company": "Acme", "Email": "dana@example.com"}
NOWHERE = "0035e0000009999AAA"


def upsert(key: str = "k1", field: str = KEY, **values: Any) -> Write:
    facts = {**LEAD, "Email": f"{key}@example.com", **values}
    return Write(f"change-{key}", "Lead", "upsert", facts, key=(field, key))


def existing(sandbox: RunningSandbox, **values: Any) -> str:
    return sandbox.create("Lead", **{**LEAD, **values})


def update(sandbox: RunningSandbox, **values: Any) -> Write:
    return Write("change-u", "Lead", "update", values, existing(sandbox))


def deleted(sandbox: RunningSandbox) -> Write:
    write = update(sandbox, Title="CEO")
    sandbox.act("salesforce", "delete", id=write.record_id)
    return write


def converted(sandbox: RunningSandbox) -> Write:
    write = update(sandbox, Title="CEO")
    sandbox.convert("dana@example.com")
    return write


def same_legacy_key(sandbox: RunningSandbox) -> Write:
    for _twice in range(2):
        existing(sandbox, Legacy_Key__c="old-1")
    return upsert("old-1", "Legacy_Key__c")


def duplicate(sandbox: RunningSandbox) -> Write:
    existing(sandbox)
    return upsert(Email="dana@example.com")


def taken_key(sandbox: RunningSandbox) -> Write:
    existing(sandbox, **{KEY: "taken"})
    return Write("change-t", "Lead", "create", {**LEAD, KEY: "taken"})


@dataclass(frozen=True)
class Refusal:
    """What is written, how the org is set up, and what is to come of it."""

    name: str
    write: Callable[[RunningSandbox], Write]
    kind: type[CrosswalkError]
    code: str
    fields: tuple[str, ...] = ()
    switches: dict[str, Any] = field(default_factory=dict)


def row(name: str, write: Any, kind: type[CrosswalkError], code: str, *fields: str, **switches: Any) -> Any:
    made = write if callable(write) else lambda sandbox: write
    return pytest.param(Refusal(name, made, kind, code, fields, switches), id=name)


REFUSALS = [
    row("missing", upsert(Company=""), Rejected, "REQUIRED_FIELD_MISSING", "Company"),
    row("too long", upsert(City="x" * 41), Rejected, "STRING_TOO_LONG", "City"),
    row(
        "picklist",
        upsert(Rating="Lukewarm"),
        Rejected,
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "Rating",
        restricted_picklists=["Lead.Rating"],
    ),
    row(
        "validation rule",
        upsert(Company="Refused Ltd"),
        Rejected,
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "Company",
        validation_rule="Lead.Company=Refused Ltd",
    ),
    row("address", upsert(Email="dana at example"), Rejected, "INVALID_EMAIL_ADDRESS", "Email"),
    row("wrong type", upsert(GetResponse_Subscription_Date__c="soon"), Rejected, "JSON_PARSER_ERROR"),
    row("no id", upsert(OwnerId="Dana"), Rejected, "MALFORMED_ID", "OwnerId"),
    row("id of nothing", upsert(OwnerId=NOWHERE), Rejected, "INVALID_CROSS_REFERENCE_KEY", "OwnerId"),
    row("no such field", upsert(Shoe_Size__c="43"), FieldHidden, "INVALID_FIELD", "Shoe_Size__c"),
    row(
        "hidden field",
        lambda sandbox: update(sandbox, HasOptedOutOfEmail=True),
        FieldHidden,
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "HasOptedOutOfEmail",
        hidden_fields=["Lead.HasOptedOutOfEmail"],
    ),
    row(
        "read-only field",
        lambda sandbox: update(sandbox, Title="CEO"),
        FieldHidden,
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "Title",
        readonly_fields=["Lead.Title"],
    ),
    row("lock", upsert(), Busy, "UNABLE_TO_LOCK_ROW", lock_row=1),
    row("duplicate alert", duplicate, Conflict, "DUPLICATES_DETECTED", duplicate_rule="alert"),
    row("duplicate block", duplicate, Conflict, "DUPLICATES_DETECTED", duplicate_rule="block"),
    row("value that is taken", taken_key, Conflict, "DUPLICATE_VALUE"),
    row("converted", converted, Moved, "CANNOT_UPDATE_CONVERTED_LEAD"),
    row("deleted", deleted, NotFound, "ENTITY_IS_DELETED"),
]


@pytest.mark.parametrize("among", [False, True], ids=["alone", "among others"])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refused_record_is_told_by_salesforces_code_and_fields(
    sandbox: RunningSandbox, salesforce: Salesforce, refusal: Refusal, among: bool
) -> None:
    write = refusal.write(sandbox)
    sandbox.switch("salesforce", **refusal.switches)
    other = upsert("fine") if write.operation == "upsert" else Write("fine", "Lead", write.operation, dict(LEAD))
    if write.record_id:
        other = Write("fine", "Lead", "update", {"LastName": "Levi"}, existing(sandbox, Email="levi@example.com"))
    outcome, *others = salesforce.write([write, other] if among else [write])
    error = outcome.error
    assert (type(error), error.vendor_code if error else "") == (refusal.kind, refusal.code)
    assert not refusal.fields or getattr(error, "fields", None) == refusal.fields
    assert error is not None and error.help
    assert all(each.error is None for each in others)


@pytest.mark.parametrize("among", [False, True])
def test_a_key_that_several_records_have_is_ambiguous_and_nothing_is_written(
    sandbox: RunningSandbox, salesforce: Salesforce, among: bool
) -> None:
    """HTTP 300 alone, a code of its own in a row."""
    write = same_legacy_key(sandbox)
    outcome, *_others = salesforce.write([write, upsert("old-2", "Legacy_Key__c")] if among else [write])
    assert isinstance(outcome.error, Ambiguous)
    assert [lead["LastName"] for lead in sandbox.records("salesforce", "Lead")][:2] == ["Cohen", "Cohen"]


@pytest.mark.parametrize("among", [False, True], ids=["duplicateResut", "duplicateResult"])
def test_both_spellings_of_the_duplicates_name_the_record(
    sandbox: RunningSandbox, salesforce: Salesforce, among: bool
) -> None:
    id = existing(sandbox)
    sandbox.switch("salesforce", duplicate_rule="block")
    writes = [upsert(Email="dana@example.com"), *([upsert("fine")] if among else [])]
    error = salesforce.write(writes)[0].error
    assert isinstance(error, Conflict)
    assert error.record_ids == (id,)


@pytest.mark.parametrize(("rule", "saved"), [("alert", True), ("block", False)])
def test_an_alert_can_be_overruled_and_a_block_cannot(
    sandbox: RunningSandbox, bench: Bench, rule: str, saved: bool
) -> None:
    options = {"allow_duplicates": "true"}
    account = salesforce_account(base_url=sandbox.salesforce_url, credentials=SANDBOX_CREDENTIALS, options=options)
    existing(sandbox)
    sandbox.switch("salesforce", duplicate_rule=rule)
    for writes in ([upsert(Email="dana@example.com")], [upsert("k2", Email="dana@example.com"), upsert("k3")]):
        assert (Salesforce(account, bench.services).write(writes)[0].error is None) == saved


def test_a_value_that_is_too_long_is_not_repeated_in_the_message(
    sandbox: RunningSandbox, salesforce: Salesforce
) -> None:
    error = salesforce.write([upsert(City="Secret Road " * 5)])[0].error
    assert error is not None and "Secret" not in error.message and "max length=40" in error.message


@pytest.mark.parametrize("among", [False, True])
def test_who_may_edit_converted_leads_leaves_the_contact_as_it_was(
    sandbox: RunningSandbox, salesforce: Salesforce, among: bool
) -> None:
    """The other world of §3.3: no refusal tells us, so a look must come before the write."""
    sandbox.switch("salesforce", edit_converted_leads=True)
    write = converted(sandbox)
    assert salesforce.write([write, upsert("fine")] if among else [write])[0].error is None
    (contact,) = sandbox.records("salesforce", "Contact")
    assert contact.get("Title") is None
    (found,) = salesforce.find_any("Lead", {"Id": [write.record_id]})
    assert found.moved_to == ("Contact", contact["Id"])


# --- refusals of whole calls ------------------------------------------------------------------------------------------


def reading(salesforce: Salesforce) -> Any:
    return salesforce.find("Lead", "Email", ["dana@example.com"], ["HasOptedOutOfEmail"])


def writing(salesforce: Salesforce) -> Outcome:
    return salesforce.write([upsert()])[0]


@pytest.mark.parametrize("act", [reading, writing])
@pytest.mark.parametrize(
    ("switches", "kind", "code"),
    [
        ({"rate_limit": 1}, RateLimited, "REQUEST_LIMIT_EXCEEDED"),
        ({"unauthorized": "always"}, AuthenticationFailed, "INVALID_SESSION_ID"),
        ({"down": 1}, Unavailable, ""),  # HTML
        ({"fail_path": "services/data"}, Unavailable, "UNKNOWN_EXCEPTION"),
    ],
)
def test_a_refused_call_concerns_the_connection(
    sandbox: RunningSandbox, salesforce: Salesforce, act: Any, switches: Any, kind: type[CrosswalkError], code: str
) -> None:
    salesforce.describe("Lead")  # signed in
    sandbox.switch("salesforce", **switches)
    with pytest.raises(kind) as caught:
        act(salesforce)
    assert caught.value.vendor_code == code
    assert sandbox.records("salesforce", "Lead") == []


@pytest.mark.parametrize("version", ["30.0", "v21.0"])
def test_a_retired_version_is_said_and_stops(sandbox: RunningSandbox, bench: Bench, version: str) -> None:
    options = {"api_version": version}
    account = salesforce_account(base_url=sandbox.salesforce_url, credentials=SANDBOX_CREDENTIALS, options=options)
    with pytest.raises(ConfigurationError) as caught:
        Salesforce(account, bench.services).write([upsert()])
    assert (caught.value.status, caught.value.vendor_code) == (410, "UNSUPPORTED_API_VERSION")
    assert "newer API version" in caught.value.help


def test_a_hidden_field_that_is_read_is_named(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    sandbox.switch("salesforce", hidden_fields=["Lead.HasOptedOutOfEmail"])
    with pytest.raises(FieldHidden) as caught:
        reading(salesforce)
    assert caught.value.fields == ("HasOptedOutOfEmail",)


@responses.activate
@pytest.mark.parametrize(("status", "stops"), [(400, False), (403, True)])
def test_a_record_that_our_user_may_not_touch_stops_nothing_but_itself(status: int, stops: bool) -> None:
    body = [{"errorCode": "INSUFFICIENT_ACCESS_OR_READONLY", "message": "insufficient access rights on object id"}]
    responses.patch(f"{DATA}/sobjects/Lead/00Q1", status=status, json=body)
    write = Write("c", "Lead", "update", {"Title": "CEO"}, "00Q1")
    if stops:
        with pytest.raises(ScopeMissing):
            client().write([write])
    else:
        assert isinstance(client().write([write])[0].error, ScopeMissing)
