"""The connection test reads only, and above all says whether an opt-out can be written."""

from __future__ import annotations

from typing import Any

import pytest
import responses

from integrations.vendors.base import Check

from ..services import Bench
from .org import DATA, INSTANCE, TOKEN_URL, client, rows

EXTERNAL = {"name": "Key__c", "externalId": True, "unique": True, "createable": True}
OPT_OUT = {"name": "HasOptedOutOfEmail", "updateable": True}
VERSIONS = [{"version": "65.0"}, {"version": "66.0"}]
ABLE = {"createable": True, "updateable": True, "queryable": True}


def org(lead: Any = None, contact: Any = None, versions: Any = None, limits: Any = None) -> None:
    responses.get(f"{INSTANCE}/services/data/", json=VERSIONS if versions is None else versions)
    fields = {"fields": [OPT_OUT, EXTERNAL]}
    responses.get(f"{DATA}/sobjects/Lead/describe", json=lead or {**ABLE, **fields})
    responses.get(f"{DATA}/sobjects/Contact/describe", json=contact or {**ABLE, **fields})
    responses.get(f"{DATA}/sobjects/CampaignMember/describe", json={"createable": True})
    responses.get(f"{DATA}/query", json=rows())
    daily = {"DailyApiRequests": {"Max": 15000, "Remaining": 14000}}
    responses.get(f"{DATA}/limits", json=daily if limits is None else limits)


def checks(bench: Bench | None = None) -> dict[str, Check]:
    return {check.name: check for check in client(bench).check()}


@responses.activate
def test_a_healthy_org_says_what_works_and_what_is_left() -> None:
    org()
    found = checks()
    assert all(check.ok for check in found.values())
    assert "14000 of 15000" in found["Limits"].detail
    assert {call.request.method for call in responses.calls} == {"GET"}


@responses.activate
@pytest.mark.parametrize(
    ("field", "said"),
    [([], "not visible"), ([{**OPT_OUT, "updateable": False}], "not changed")],
)
@pytest.mark.parametrize("object", ["Lead", "Contact"])
def test_a_hidden_or_read_only_opt_out_fails_loudly(object: str, field: list[Any], said: str) -> None:
    org(**{object.lower(): {**ABLE, "fields": [*field, EXTERNAL]}})
    check = checks()[f"{object} opt-out"]
    assert (check.ok, check.required) == (False, True)
    assert said in check.detail
    assert object in check.help and "Field-Level Security" in check.help


@responses.activate
@pytest.mark.parametrize("fields", [[], [{**EXTERNAL, "unique": False}], [{**EXTERNAL, "createable": False}]])
def test_a_missing_external_id_is_said_with_where_to_make_it(fields: list[Any]) -> None:
    org(lead={**ABLE, "fields": [OPT_OUT, *fields]})
    check = checks()["Lead external id"]
    assert not check.ok
    assert "Object Manager" in check.help


@responses.activate
def test_an_object_that_may_not_be_written_is_said() -> None:
    org(contact={**ABLE, "createable": False, "fields": [OPT_OUT, EXTERNAL]})
    assert not checks()["Contact"].ok


@responses.activate
@pytest.mark.parametrize("versions", [[{"version": "65.0"}], [], {"x": 1}])
def test_a_version_that_is_not_offered_is_said(versions: Any) -> None:
    org(versions=versions)
    assert not checks()["API version"].ok


@responses.activate
def test_a_refused_sign_in_is_the_only_thing_said() -> None:
    body = {"error": "invalid_grant", "error_description": "request not supported on this domain"}
    responses.post(TOKEN_URL, status=400, json=body)
    (check,) = checks(Bench()).values()
    assert not check.ok
    assert "My Domain" in check.help


@responses.activate
def test_one_failing_look_spoils_no_other() -> None:
    org()
    responses.replace("GET", f"{DATA}/sobjects/Lead/describe", status=503, body="<html>")
    found = checks()
    assert not found["Lead"].ok
    assert found["Contact"].ok


@responses.activate
@pytest.mark.parametrize(("limits", "ok"), [({"DailyApiRequests": {"Max": 1, "Remaining": 0}}, False), ({}, True)])
def test_the_limits_are_said_where_salesforce_says_them(limits: Any, ok: bool) -> None:
    org(limits=limits)
    assert checks()["Limits"].ok is ok
