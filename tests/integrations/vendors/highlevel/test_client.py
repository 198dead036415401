"""What HighLevel's answers mean: the status alone does not say, and most of its 401 are not about the token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import responses

from integrations.vendors import errors
from integrations.vendors.base import Write
from integrations.vendors.highlevel.client import Api, version_of
from integrations.vendors.highlevel.resources import HighLevel
from integrations.vendors.http import Call

from ..services import Bench, request
from .location import BASE, SimulatedLocation, create, highlevel_account

CONTACT = f"{BASE}/contacts/c1"
DUPLICATE = {
    "statusCode": 400,
    "message": "This location does not allow duplicated contacts.",
    "meta": {"contactId": "other", "matchingField": "phone", "contactName": "Alek"},
}
EXISTS = {
    "message": "Conversation already exists",
    "canonicalCode": "CONVERSATIONS_CONVERSATION_ALREADY_EXISTS",
    "conversationId": "conv1",
}


def said(message: Any, status: int = 0) -> dict[str, Any]:
    return {"statusCode": status, "message": message}


def api(bench: Bench | None = None, **changes: Any) -> Api:
    return Api(highlevel_account(**changes), (bench or Bench()).services)


def failure(status: int, body: Any, method: str = "GET", **headers: str) -> errors.CrosswalkError:
    content = {"body": body} if isinstance(body, str) else {"json": body}
    responses.add(method, CONTACT, status=status, headers=headers, **content)
    with pytest.raises(errors.CrosswalkError) as caught:
        api().send(Call(method, "/contacts/c1", body=None if method == "GET" else {}))
    return caught.value


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, said("Invalid token: access token is invalid"), errors.AuthenticationFailed),
        (401, said("The token is not authorized for this scope."), errors.ScopeMissing),
        (401, said("Token's user type mismatch!"), errors.ConfigurationError),
        (401, said("This authClass type is not allowed to access this scope. IAM"), errors.ConfigurationError),
        (401, said("version header was not found."), errors.ConfigurationError),
        (401, said("E01 - unauthorized request"), errors.Rejected),
        (401, said("Command timed out"), errors.Unavailable),
        (401, "", errors.AuthenticationFailed),
        (403, said("The token does not have access to this location."), errors.ConfigurationError),
        (403, said("Forbidden resource"), errors.ScopeMissing),
        (400, DUPLICATE, errors.Conflict),
        (400, EXISTS, errors.Conflict),
        (400, {"error": "Contact with id c1 not found", "status": 400}, errors.NotFound),
        (400, {"error": "Task with id search not found"}, errors.NotFound),
        (400, said("Invalid API version segment 'x' at position 0"), errors.ConfigurationError),
        (400, said("Bad Request"), errors.Rejected),
        (400, {"error": {"code": "RESOURCE_NOT_FOUND", "message": "Contact not found"}}, errors.NotFound),
        (404, "", errors.ConfigurationError),
        (404, said("Contact not found"), errors.NotFound),
        (422, said(["property companyName should not exist"]), errors.FieldHidden),
        (422, said(["email must be an email", "dueDate should not be empty"]), errors.Rejected),
        (429, said("Too Many Requests"), errors.RateLimited),
        (500, said("Internal server error"), errors.Unavailable),
        (502, "<html>gateway</html>", errors.Unavailable),
        (301, "", errors.ConfigurationError),
    ],
)
def test_an_answer_is_taken_for_what_it_says(status: int, body: Any, kind: type[errors.CrosswalkError]) -> None:
    error = failure(status, body)
    assert isinstance(error, kind)
    assert error.help


@responses.activate
@pytest.mark.parametrize(("status", "unknown"), [(500, True), (502, True), (504, True), (503, False)])
def test_of_a_write_that_a_gateway_answered_nobody_knows_whether_it_was_done(status: int, unknown: bool) -> None:
    error = failure(status, "<html>", "PUT")
    assert isinstance(error, errors.OutcomeUnknown if unknown else errors.Unavailable)


@responses.activate
def test_a_write_that_timed_out_inside_highlevel_may_have_been_done() -> None:
    assert isinstance(failure(401, said("Command timed out"), "PUT"), errors.OutcomeUnknown)


@responses.activate
def test_the_fields_that_were_refused_are_named() -> None:
    error = failure(422, said(["property companyName should not exist", "property gender should not exist"]))
    assert isinstance(error, errors.FieldHidden)
    assert error.fields == ("companyName", "gender")
    assert "companyName" in error.message and "gender" in error.message


@responses.activate
def test_a_duplicate_says_which_contact_and_which_field() -> None:
    error = failure(400, DUPLICATE)
    assert isinstance(error, errors.Conflict)
    assert (error.record_ids, getattr(error, "field", "")) == (("other",), "phone")
    assert "Alek" not in error.message


@responses.activate
def test_a_missing_scope_is_named_where_the_catalogue_knows_it() -> None:
    error = failure(401, said("The token is not authorized for this scope."), "PUT")
    assert "contacts.write" in error.help


@responses.activate
def test_a_success_that_says_it_was_none_is_none() -> None:
    for flag in ("succeded", "succeeded", "success"):
        responses.add("PUT", CONTACT, json={flag: False})
        with pytest.raises(errors.Rejected):
            api().send(Call("PUT", "/contacts/c1", body={}))
        responses.reset()


@responses.activate
def test_html_with_status_200_is_no_contact() -> None:
    responses.get(CONTACT, body="<html>")
    with pytest.raises(errors.Unavailable):
        HighLevel(highlevel_account(), Bench().services).read("contact", ["c1"])


@responses.activate
def test_messages_hold_neither_addresses_nor_secrets() -> None:
    error = failure(400, said("dana@example.com is unknown to pit-secret-123456"))
    assert "dana@" not in error.message and "pit-secret" not in error.message


# --- headers and limits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/contacts/", "2021-07-28"),
        ("/locations/x/tags", "2021-07-28"),
        ("/workflows/", "2021-07-28"),
        ("/conversations/search", "2021-04-15"),
        ("/calendars/events", "2021-04-15"),
    ],
)
def test_each_path_has_its_version(path: str, version: str) -> None:
    assert version_of(path) == version


@responses.activate
def test_a_call_has_token_and_version() -> None:
    responses.get(f"{BASE}/calendars/", json={})
    api().get("/calendars/", [("locationId", "l1")])
    assert request().headers["Authorization"] == "Bearer pit-secret-123456"
    assert request().headers["Version"] == "2021-04-15"
    assert request().url == f"{BASE}/calendars/?locationId=l1"


LIMITS = {
    "x-ratelimit-limit-daily": "10000",
    "x-ratelimit-daily-remaining": "9876",
    "x-ratelimit-daily-reset": "86343000",
    "x-ratelimit-interval-milliseconds": "10000",
    "x-ratelimit-max": "25",
}


@responses.activate
def test_what_an_answer_says_of_the_day_is_learnt() -> None:
    bench = Bench()
    responses.get(CONTACT, json={"contact": {}}, headers=LIMITS)
    api(bench).get("/contacts/c1")
    assert bench.budget.learnt[-1] == {
        "used": None,
        "limit": 10_000,
        "remaining": 9876,
        "reset": timedelta(milliseconds=86_343_000),
    }


@responses.activate
@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, timedelta(seconds=10)),
        ({"x-ratelimit-interval-milliseconds": "20000"}, timedelta(seconds=20)),
        ({**LIMITS, "x-ratelimit-daily-remaining": "0"}, timedelta(milliseconds=86_343_000)),
    ],
)
def test_too_many_calls_wait_for_one_interval_or_for_the_end_of_the_day(
    headers: dict[str, str], wait: timedelta
) -> None:
    error = failure(429, said("Too Many Requests"), **headers)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after == wait


# --- scopes and modes -------------------------------------------------------------------------------------------------


def test_a_write_is_not_tried_without_its_scope_where_the_scopes_are_known(location: SimulatedLocation) -> None:
    options = {**location.options, "scopes": "contacts.readonly locations/customFields.readonly"}
    with pytest.raises(errors.ScopeMissing, match="contacts.write") as caught:
        location.client(options=options).write([create()])
    assert "Tick the scope contacts.write" in caught.value.help
    assert [call for call in location.calls() if not call.startswith("GET")] == []
    with pytest.raises(errors.ScopeMissing, match="businesses.write"):
        location.client(options=options).call("create_business", {"name": "Acme"}, None)


def test_what_highlevel_refuses_for_want_of_a_scope_stops_the_connection(location: SimulatedLocation) -> None:
    location.sandbox.switch("highlevel", scopes=["contacts.readonly", "locations/customFields.readonly"])
    with pytest.raises(errors.ScopeMissing) as caught:
        location.write_one(create())
    assert "contacts.write" in caught.value.help


def test_a_connection_that_may_only_read_writes_nothing_and_searches(location: SimulatedLocation) -> None:
    id = location.make()
    client = location.client(read_only=True)
    assert [found.record_id for found in client.find("contact", "email", ["dana@example.com"])] == [id]
    for operation in ("update", "delete", "add_tags", "opt_out"):
        with pytest.raises(errors.ReadOnly):
            client.write([Write("w", "contact", operation, {"tags": ["vip"]}, id)])
    made = len(location.calls())
    with pytest.raises(errors.ReadOnly):
        client.write([Write("w", "task", "create_task", {"title": "x"}, params={"parent": ["contact", id]})])
    assert len(location.calls()) == made


def test_a_foreign_location_is_a_setting_to_correct(location: SimulatedLocation) -> None:
    with pytest.raises(errors.ConfigurationError) as caught:
        location.client(options={"location_id": "elsewhere"}).page("contact")
    assert "Location ID" in caught.value.help


def test_without_a_location_nothing_is_asked(location: SimulatedLocation) -> None:
    with pytest.raises(errors.ConfigurationError, match="no Location ID"):
        location.client(options={}).page("contact")
    assert location.calls() == []


def test_a_gateway_page_is_no_answer(location: SimulatedLocation) -> None:
    location.sandbox.switch("highlevel", gateway_html=1)
    with pytest.raises(errors.Unavailable):
        location.client().page("contact")
    location.sandbox.switch("highlevel", gateway_html=1)
    with pytest.raises(errors.OutcomeUnknown):
        location.write_one(create())
