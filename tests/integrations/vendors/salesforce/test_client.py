"""What Salesforce's answers mean, and how a session that is over is renewed once."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import responses

from integrations.vendors.base import Token
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
    OutcomeUnknown,
    RateLimited,
    Rejected,
    ScopeMissing,
    Unavailable,
)
from integrations.vendors.http import Call
from integrations.vendors.salesforce.client import CODES, Api

from ..services import salesforce_account
from .org import DATA, INSTANCE, TOKEN_ANSWER, TOKEN_URL, signed_in

OVER = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
LEAD_URL = f"{DATA}/sobjects/Lead"


def api() -> Api:
    return Api(salesforce_account(), signed_in().services)


def refuse(status: int, body: Any) -> CrosswalkError:
    """The error that a write raises when it is answered so."""
    with responses.RequestsMock() as vendor:
        text = {"body": body} if isinstance(body, str) else {"json": body}
        vendor.post(LEAD_URL, status=status, **text)
        with pytest.raises(CrosswalkError) as caught:
            api().send(Call("POST", api().data("sobjects/Lead"), body={}))
    return caught.value


@responses.activate
def test_a_session_that_is_over_is_renewed_once_and_the_same_call_repeated() -> None:
    bench = signed_in()
    responses.post(LEAD_URL, status=401, json=OVER)
    responses.post(TOKEN_URL, json=TOKEN_ANSWER)
    responses.post(LEAD_URL, status=201, json={"id": "00Q1", "success": True})
    client = Api(salesforce_account(), bench.services)
    call = Call("POST", client.data("sobjects/Lead"), headers={"Sforce-Auto-Assign": "FALSE"}, body={"LastName": "דנה"})
    assert client.send(call).status == 201
    first, _, second = (c.request for c in responses.calls)
    assert (first.body, first.headers["Sforce-Auto-Assign"]) == (second.body, second.headers["Sforce-Auto-Assign"])
    assert (first.headers["Authorization"], second.headers["Authorization"]) == (
        "Bearer 00Dold!token",
        "Bearer 00Dfresh!token",
    )
    assert bench.tokens.renewals == 1


@responses.activate
def test_a_second_401_is_the_end() -> None:
    responses.post(LEAD_URL, status=401, json=OVER)
    responses.post(TOKEN_URL, json=TOKEN_ANSWER)
    with pytest.raises(AuthenticationFailed):
        api().send(Call("POST", api().data("sobjects/Lead"), body={}))
    assert [call.request.url for call in responses.calls] == [LEAD_URL, TOKEN_URL, LEAD_URL]


@responses.activate
def test_a_token_that_another_worker_renewed_meanwhile_is_taken_over() -> None:
    bench = signed_in()

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        if request.headers["Authorization"] == "Bearer 00Dtheirs!token":
            return 201, {}, "{}"
        bench.tokens.token = Token("00Dtheirs!token", facts={"instance_url": INSTANCE})
        return 401, {}, json.dumps(OVER)

    responses.add_callback("POST", LEAD_URL, answer)
    Api(salesforce_account(), bench.services).send(Call("POST", "/services/data/v66.0/sobjects/Lead", body={}))
    assert bench.tokens.renewals == 0
    assert len(responses.calls) == 2


@responses.activate
def test_the_budget_learns_what_the_org_has_used() -> None:
    bench = signed_in()
    responses.get(f"{DATA}/limits", json={}, headers={"Sforce-Limit-Info": "api-usage=18/5000"})
    client = Api(salesforce_account(), bench.services)
    client.get(client.data("limits"))
    assert (bench.budget.learnt[0]["used"], bench.budget.learnt[0]["limit"]) == (18, 5000)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("INVALID_SESSION_ID", 403, AuthenticationFailed),
        ("REQUEST_LIMIT_EXCEEDED", 403, RateLimited),
        ("INSUFFICIENT_ACCESS_OR_READONLY", 400, ScopeMissing),
        ("INSUFFICIENT_ACCESS_SOMETHING_NEW", 403, ScopeMissing),
        ("API_DISABLED_FOR_ORG", 403, ScopeMissing),
        ("UNABLE_TO_LOCK_ROW", 400, Busy),
        ("CANNOT_UPDATE_CONVERTED_LEAD", 400, Moved),
        ("INVALID_FIELD", 400, FieldHidden),
        ("INVALID_FIELD_FOR_INSERT_UPDATE", 400, FieldHidden),
        ("REQUIRED_FIELD_MISSING", 400, Rejected),
        ("STRING_TOO_LONG", 400, Rejected),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", 400, Rejected),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", 400, Rejected),
        ("INVALID_EMAIL_ADDRESS", 400, Rejected),
        ("SOME_CODE_OF_NEXT_YEAR", 400, Rejected),
        ("SOME_CODE_OF_NEXT_YEAR", 500, Unavailable),
        ("DUPLICATES_DETECTED", 400, Conflict),
        ("DUPLICATE_VALUE", 400, Conflict),
        ("NOT_FOUND", 404, NotFound),
        ("ENTITY_IS_DELETED", 404, NotFound),
        ("UNKNOWN_EXCEPTION", 500, Unavailable),
    ],
)
def test_a_code_decides_what_happens_next(code: str, status: int, kind: type[CrosswalkError]) -> None:
    error = refuse(status, [{"message": "Words of the vendor", "errorCode": code}])
    assert type(error) is kind
    assert error.vendor_code == code
    assert "Words of the vendor" in error.message
    assert error.help


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_row_of_a_collection_means_the_same_as_a_single_record(code: str) -> None:
    single = api().row_error({"message": "m", "errorCode": code}, 400)
    row = api().row_error({"message": "m", "statusCode": code}, 400)
    assert type(single) is type(row) is CODES[code].error
    assert single.facts() == row.facts()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (300, ["/services/data/v66.0/sobjects/Lead/00Q1", "/services/data/v66.0/sobjects/Lead/00Q2"], Ambiguous),
        (302, "", ConfigurationError),
        (403, "<html>", ScopeMissing),
        (404, "<html>", ConfigurationError),
        (410, "<html>", ConfigurationError),
        (429, "", RateLimited),
        (500, "<html>", Unavailable),
        (502, "<html>Bad gateway</html>", Unavailable),
        (503, "<html>", Unavailable),
        (504, "<html>", OutcomeUnknown),
        (400, "[]", Rejected),
        (400, "[[]]", Rejected),
        (400, '{"error": "x"}', Rejected),
        (400, '[{"errorCode": {}, "message": [], "fields": "X"}]', Rejected),
    ],
)
def test_an_answer_without_a_code_is_judged_by_its_status(status: int, body: Any, kind: type[CrosswalkError]) -> None:
    assert type(refuse(status, body)) is kind


@pytest.mark.parametrize(
    ("code", "message", "given", "fields"),
    [
        ("REQUIRED_FIELD_MISSING", "Required fields are missing: [Company, LastName]", None, ("Company", "LastName")),
        ("REQUIRED_FIELD_MISSING", "Required fields are missing: [Company]", ["Company"], ("Company",)),
        ("INVALID_FIELD", "No such column 'HasOptedOutOfEmail' on sobject of type Lead", [], ("HasOptedOutOfEmail",)),
        (
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "Unable to create/update fields: A__c, B__c. Please check the security settings of this field",
            None,
            ("A__c", "B__c"),
        ),
    ],
)
def test_the_fields_of_an_error_are_named(code: str, message: str, given: Any, fields: tuple[str, ...]) -> None:
    error = refuse(400, [{"message": message, "errorCode": code, "fields": given}])
    assert isinstance(error, (Rejected, FieldHidden))
    assert error.fields == fields


@pytest.mark.parametrize("value", ["12 Secret Road, Haifa", "two\nlines", "somebody@example.com"])
@pytest.mark.parametrize(
    ("code", "message", "kept"),
    [
        ("STRING_TOO_LONG", "Billing City: data value too large: {} (max length=40)", "(max length=40)"),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Status: bad value for restricted picklist field: {}", "Status"),
        ("INVALID_EMAIL_ADDRESS", "Email: invalid email address: {}", "invalid email address"),
        ("MALFORMED_QUERY", "unexpected token: {}", "MALFORMED_QUERY"),
        ("JSON_PARSER_ERROR", "Cannot deserialize instance of date from VALUE_STRING value {} or request may be", "or"),
    ],
)
def test_a_message_never_holds_the_value(code: str, message: str, kept: str, value: str) -> None:
    error = refuse(400, [{"message": message.format(value), "errorCode": code}])
    assert value not in error.message
    assert kept in error.message


def test_a_validation_rules_words_are_kept_without_addresses() -> None:
    words = [{"message": "Do not write to dana@example.com any more", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION"}]
    assert refuse(400, words).message == "Salesforce: Do not write to ••• any more"


@pytest.mark.parametrize("spelling", ["duplicateResut", "duplicateResult"])
def test_detected_duplicates_name_the_records_that_are_there(spelling: str) -> None:
    matches = [{"matchRecords": [{"record": {"Id": "00Q000000000001AAA"}}, {"record": None}, {}]}]
    body = [{spelling: {"matchResults": matches}, "errorCode": "DUPLICATES_DETECTED", "message": "Use one of these?"}]
    error = refuse(400, body)
    assert isinstance(error, Conflict)
    assert error.record_ids == ("00Q000000000001AAA",)


def test_a_duplicate_value_names_the_record_in_its_message() -> None:
    words = "duplicate value found: Key__c duplicates value on record with id: 00Q000000000001"
    error = refuse(400, [{"errorCode": "DUPLICATE_VALUE", "message": words}])
    assert isinstance(error, Conflict)
    assert error.record_ids == ("00Q000000000001",)


def test_a_limit_pauses_for_minutes_because_salesforce_does_not_say_how_long() -> None:
    error = refuse(403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}])
    assert isinstance(error, RateLimited)
    assert error.retry_after.total_seconds() == 300
