"""What GetResponse's answers mean: the code decides, not the HTTP status."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import responses

from integrations.vendors.base import Account
from integrations.vendors.errors import (
    AuthenticationFailed,
    ConfigurationError,
    Conflict,
    CrosswalkError,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    ScopeMissing,
    Unavailable,
)
from integrations.vendors.getresponse.client import CODES, Api
from integrations.vendors.http import Call

from ..services import Bench, getresponse_account

BASE = "https://api.getresponse.com/v3"
CODE_TABLE = Path(__file__).parents[5] / "shared/vendors/specs/getresponse/getresponse-error-codes.json"


def api(bench: Bench | None = None, account: Account | None = None) -> Api:
    return Api(account or getresponse_account(), (bench or Bench()).services)


def refuse(status: int, body: Any = None, **headers: str) -> CrosswalkError:
    """The error that a GET raises when it is answered so."""
    with responses.RequestsMock() as vendor:
        text = body if isinstance(body, str) else json.dumps(body)
        vendor.get(f"{BASE}/contacts", status=status, body=text, headers=headers)
        with pytest.raises(CrosswalkError) as caught:
            api().get("contacts")
    return caught.value


def error_body(code: int, status: int, **more: Any) -> dict[str, Any]:
    return {"httpStatus": status, "code": code, "message": "Words of the vendor", "context": [], "uuid": "u", **more}


@responses.activate
@pytest.mark.parametrize(
    ("credentials", "options", "sent"),
    [
        ({"api_key": "k-123456"}, {}, {"X-Auth-Token": "api-key k-123456"}),
        ({"api_key": "k-123456", "access_token": "t-123456"}, {}, {"Authorization": "Bearer t-123456"}),
        ({"api_key": "k-123456"}, {"x_domain": "example.com"}, {"X-Domain": "example.com"}),
    ],
)
def test_a_call_carries_the_key_the_way_the_account_has_it(
    credentials: dict[str, str], options: dict[str, str], sent: dict[str, str]
) -> None:
    responses.get(f"{BASE}/accounts", json={})
    api(account=getresponse_account(credentials=credentials, options=options)).get("accounts")
    headers = responses.calls[0].request.headers
    assert sent.items() <= headers.items()
    assert "X-Domain" in sent or "X-Domain" not in headers


def test_without_a_key_nothing_is_sent() -> None:
    with pytest.raises(AuthenticationFailed, match="no API key"):
        api(account=getresponse_account(credentials={})).get("accounts")


@pytest.mark.skipif(not CODE_TABLE.exists(), reason="the vendor's table of codes is not beside this checkout")
def test_every_code_of_the_vendor_has_a_meaning() -> None:
    listed = {row["code"] for row in json.loads(CODE_TABLE.read_text())}
    assert listed == set(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_means_the_same_under_any_status(code: int) -> None:
    for status in (400, 404, 500):
        error = refuse(status, error_body(code, status))
        assert type(error) is CODES[code].error
        assert error.vendor_code == str(code)
        assert error.help
        assert "Words of the vendor" in error.message


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (404, 1013, NotFound),
        (404, 1024, ConfigurationError),
        (401, 1014, AuthenticationFailed),
        (403, 1014, AuthenticationFailed),
        (403, 1023, ScopeMissing),
        (409, 1008, Conflict),
        (400, 1002, Rejected),
        (503, 1019, Unavailable),
    ],
)
def test_codes_that_decide_what_happens_next(status: int, code: int, kind: type[CrosswalkError]) -> None:
    assert type(refuse(status, error_body(code, status))) is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, ConfigurationError),
        (401, AuthenticationFailed),
        (403, ScopeMissing),
        (404, ConfigurationError),
        (418, Rejected),
        (429, RateLimited),
        (500, Unavailable),
        (502, Unavailable),
        (504, Unavailable),
    ],
)
def test_a_page_without_a_code_is_judged_by_its_status(status: int, kind: type[CrosswalkError]) -> None:
    assert type(refuse(status, "<html>gateway</html>")) is kind


@pytest.mark.parametrize(
    "body", [error_body(99999, 400), [], "x", None, {"code": "1013"}, {"code": [1]}, {"message": {}}]
)
def test_a_strange_error_body_crashes_nothing(body: Any) -> None:
    assert isinstance(refuse(400, body), Rejected)


@responses.activate
def test_a_gateway_that_gave_up_on_a_write_leaves_its_outcome_unknown() -> None:
    responses.post(f"{BASE}/accounts/callbacks", status=504, body="<html>")
    with pytest.raises(OutcomeUnknown):
        api().send(Call("POST", "accounts/callbacks", body={}))


@pytest.mark.parametrize(
    ("headers", "context", "seconds"),
    [
        ({"Retry-After": "1", "X-RateLimit-Reset": "9 seconds"}, {}, 1),
        ({"X-RateLimit-Reset": "432 seconds"}, {}, 432),
        ({}, {"timeToReset": "100 seconds", "currentLimit": 30000}, 100),
        ({}, {}, 5),
        ({"Retry-After": "0"}, {}, 1),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, {}, 5),
        ({"X-RateLimit-Reset": "1795370000"}, {}, 600),
    ],
)
def test_a_throttled_call_waits_as_long_as_the_vendor_says(
    headers: dict[str, str], context: dict[str, Any], seconds: int
) -> None:
    error = refuse(429, error_body(1015, 429, context=context), **headers)
    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(seconds=seconds)


@responses.activate
@pytest.mark.parametrize(
    ("headers", "learnt"),
    [
        (("30000", "29990", "432 seconds"), {"limit": 30000, "remaining": 29990, "reset": timedelta(seconds=432)}),
        (("80", "0", "1 seconds"), None),
        (("30000", "", "432 seconds"), None),
        ((), None),
    ],
)
def test_the_budget_learns_only_from_headers_of_the_10_minute_frame(
    headers: tuple[str, ...], learnt: dict[str, Any] | None
) -> None:
    bench = Bench()
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    responses.get(f"{BASE}/accounts", json={}, headers=dict(zip(names, headers, strict=False)))
    api(bench).get("accounts")
    assert bench.budget.learnt == ([{"used": None, **learnt}] if learnt else [])


def test_a_message_holds_neither_address_nor_key() -> None:
    error = refuse(400, error_body(1000, 400, message="dana@example.com is bad, key gr-key-123456 too"))
    assert "dana@example.com" not in error.message
    assert "gr-key-123456" not in error.message


@responses.activate
def test_a_read_answered_with_html_and_200_is_unavailable() -> None:
    responses.get(f"{BASE}/accounts", body="<html>login</html>")
    with pytest.raises(Unavailable):
        api().get("accounts")
