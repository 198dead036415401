"""Signing in, and what an answer means: by its body as much as by its status."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses

from integrations.vendors.base import Token
from integrations.vendors.errors import (
    AuthenticationFailed,
    ConfigurationError,
    Conflict,
    CrosswalkError,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    ReadOnly,
    Rejected,
    ScopeMissing,
    Unavailable,
)
from integrations.vendors.http import Call
from integrations.vendors.responder.client import Api

from ..services import Bench
from .account import SimulatedAccount, responder_account

URL = "https://graph.responder.live/v2"
LATER = int((datetime.now(UTC) + timedelta(days=14)).timestamp())
TOKEN = {"status": True, "token": "jwt-1-abcdef", "expire": LATER, "account_id": 1000000, "name": "חשבון"}
READ, WRITE = Call("GET", "subscribers"), Call("POST", "subscribers", body={})


def api(bench: Bench | None = None, **changes: Any) -> Api:
    return Api(responder_account("", **changes), (bench or Bench()).services)


def answer_token(body: Any = None, status: int = 200) -> None:
    responses.add("POST", f"{URL}/oauth/token", json=body or TOKEN, status=status)


def refused(call: Call, status: int = 200, body: Any = None, text: str = "", **headers: str) -> CrosswalkError:
    """What the client makes of this answer."""
    with responses.RequestsMock() as mocked:
        mocked.add("POST", f"{URL}/oauth/token", json=TOKEN)
        content = {"body": text} if body is None else {"json": body}
        for _ in range(2 if status == 401 else 1):
            mocked.add(call.method, f"{URL}/subscribers", status=status, headers=headers, **content)
        if status == 401:
            mocked.add("POST", f"{URL}/oauth/token", json=TOKEN)
        with pytest.raises(CrosswalkError) as caught:
            api().send(call)
    return caught.value


# --- the token ------------------------------------------------------------------------------------------------------


@responses.activate
def test_the_token_is_asked_for_with_a_number_and_kept_for_its_life() -> None:
    bench = Bench()
    secrets = {"client_secret": "s3cret-of-ours", "user_token": "user-token-1"}
    answer_token()
    responses.add("GET", f"{URL}/subscribers", json={"data": []})
    one = api(
        bench, credentials={"client_id": " 238 ", "client_secret": "s3cret-of-ours", "user_token": "user-token-1"}
    )
    one.get("subscribers")
    Api(one.account, bench.services).get("subscribers")
    asked = [json.loads(c.request.body) for c in responses.calls if c.request.url.endswith("/oauth/token")]
    assert asked == [{"grant_type": "client_credentials", "scope": "*", "client_id": 238, **secrets}]
    assert bench.tokens.token is not None
    assert bench.tokens.token.expires_at == datetime.fromtimestamp(LATER, UTC)


@responses.activate
def test_every_call_says_which_program_it_is_and_brings_the_token() -> None:
    answer_token()
    responses.add("GET", f"{URL}/subscribers", json={"data": []})
    api().get("subscribers")
    assert all(call.request.headers["User-Agent"] for call in responses.calls)
    assert responses.calls[1].request.headers["Authorization"] == "Bearer jwt-1-abcdef"


@responses.activate
def test_neither_keys_nor_tokens_are_kept_in_the_journal() -> None:
    bench = Bench()
    answer_token({**TOKEN, "token": "eyJ-very-secret"})
    responses.add("GET", f"{URL}/subscribers", json={"data": []})
    keys = {"client_id": 1, "client_secret": "s3cret-of-ours", "user_token": "user-token-1"}
    api(bench, credentials=keys).get("subscribers")
    assert bench.journal.exchanges
    assert not [word for word in ("eyJ-very-secret", "s3cret-of-ours", "user-token-1") if word in bench.journal.text]


def jwt(**claims: Any) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"aaa.{payload}.ccc"


@responses.activate
@pytest.mark.parametrize(
    ("body", "expires"),
    [
        ({"access_token": jwt(exp=LATER)}, LATER),
        ({"token": jwt(exp=LATER), "expire": None}, LATER),
        ({"token": "no-jwt-at-all"}, None),
        ({"token": "aaa.%%%.ccc"}, None),
        ({"token": "x.y.z", "expire": "never"}, None),
    ],
    ids=["access_token", "token", "no token of that kind", "unreadable", "no number"],
)
def test_a_token_under_either_name_ends_when_it_says_itself(body: dict[str, Any], expires: int | None) -> None:
    answer_token(body)
    token = api().token()
    assert token.value == (body.get("token") or body["access_token"])
    assert token.expires_at == (datetime.fromtimestamp(expires, UTC) if expires else None)


@responses.activate
def test_a_token_that_is_over_is_renewed_once_and_the_call_repeated() -> None:
    bench = Bench()
    bench.tokens.token = Token("jwt-0-old", datetime.now(UTC) + timedelta(days=1))
    responses.add("GET", f"{URL}/subscribers", status=401, json={"status": False, "message": "Unauthenticated."})
    answer_token()
    responses.add("GET", f"{URL}/subscribers", json={"data": []})
    api(bench).get("subscribers")
    sent = [c.request.headers.get("Authorization") for c in responses.calls if c.request.method == "GET"]
    assert sent == ["Bearer jwt-0-old", "Bearer jwt-1-abcdef"]


def test_a_token_that_is_refused_again_stops_the_connection(account: SimulatedAccount) -> None:
    account.sandbox.switch("responder", unauthorized="always")
    with pytest.raises(AuthenticationFailed) as caught:
        account.client().api.get("lists")
    assert "user token" in caught.value.help


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"status": False, "message": "Client authentication failed"}, AuthenticationFailed),
        (401, {"message": "no"}, AuthenticationFailed),
        (400, {}, AuthenticationFailed),
        (403, {}, AuthenticationFailed),
        (404, {}, ConfigurationError),
        (429, {}, RateLimited),
        (502, {}, Unavailable),
    ],
)
def test_a_sign_in_is_judged_by_whether_there_is_a_token(status: int, body: Any, kind: type[CrosswalkError]) -> None:
    responses.add("POST", f"{URL}/oauth/token", json=body, status=status)
    with pytest.raises(kind) as caught:
        api().token()
    assert type(caught.value) is kind


def test_missing_keys_are_named() -> None:
    with pytest.raises(AuthenticationFailed, match="client secret and no user token"):
        api(credentials={"client_id": 1}).token()


# --- what answers mean ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [False, 0, "0", "false"])
def test_a_200_that_says_no_is_a_failure(status: Any) -> None:
    error = refused(WRITE, 200, {"status": status, "message": "phone is invalid"})
    assert type(error) is Rejected
    assert (error.vendor_code, "phone is invalid" in error.message) == ("status:false", True)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"message": "email is blocked"}, Rejected),
        (400, {"error": "nothing of use"}, Rejected),
        (422, {"message": "x"}, Rejected),
        (200, {"status": False, "duplicate": True}, Conflict),
        (200, {"status": 0, "message": "Subscriber already exists"}, Conflict),
        (409, {"message": "x"}, Conflict),
        (200, {"status": False, "data": []}, NotFound),
        (404, {"message": "x"}, NotFound),
        (400, {"message": "Too many requests"}, RateLimited),
        (429, {}, RateLimited),
        (401, {}, AuthenticationFailed),
        (200, {"status": False, "message": "Unauthenticated."}, AuthenticationFailed),
        (403, {"message": "forbidden"}, ScopeMissing),
        (302, {}, ConfigurationError),
        (503, {}, Unavailable),
        (504, {}, OutcomeUnknown),
    ],
)
def test_each_refusal_has_its_meaning(status: int, body: Any, kind: type[CrosswalkError]) -> None:
    assert type(refused(WRITE, status, body)) is kind


def test_a_blocked_address_is_left_alone() -> None:
    assert "Leave it" in refused(WRITE, 400, {"message": "address on blacklist"}).help


def test_an_address_that_is_not_responders_is_the_connections_fault() -> None:
    assert type(refused(READ, 404, text="<html>not here</html>")) is ConfigurationError


def test_a_page_instead_of_an_answer_confirms_nothing() -> None:
    assert type(refused(WRITE, 200, text="<html>welcome</html>")) is OutcomeUnknown
    assert type(refused(READ, 200, text="<html>welcome</html>")) is Unavailable


def test_a_read_that_a_gateway_gave_up_is_only_unavailable() -> None:
    assert type(refused(READ, 504, {})) is Unavailable


@pytest.mark.parametrize(("said", "seconds"), [("7", 7), ("0", 1), ("99999", 3600), ("soon", 30), ("", 30)])
def test_how_long_to_wait_is_what_it_says_within_reason(said: str, seconds: int) -> None:
    error = refused(READ, 429, {}, **{"Retry-After": said})
    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(seconds=seconds)


def test_a_message_holds_nothing_of_a_person() -> None:
    said = "dana@example.com with phone 052-234 5678 is invalid"
    assert not [part for part in ("dana@", "2345", "5678") if part in refused(WRITE, 400, {"message": said}).message]


def test_a_read_only_connection_writes_nothing(account: SimulatedAccount) -> None:
    one = Api(responder_account(account.sandbox.responder_url, read_only=True), Bench().services)
    assert one.get("lists").ok
    with pytest.raises(ReadOnly):
        one.send(Call("PUT", "subscribers/1", body={"unsubscribed": 1}))


@responses.activate
@pytest.mark.parametrize(
    ("pages", "found"),
    [
        ([{"data": [{"id": 1}, {"id": 2}], "count": 3}, {"data": [{"id": 3}], "count": "3"}], 3),
        ([{"data": [{"id": 1}, "?"]}], 1),
        ([[{"id": 1}]], 1),
        ([{"data": {}}], 0),
    ],
)
def test_pages_are_read_to_the_end_whatever_their_size(pages: list[Any], found: int) -> None:
    answer_token()
    for page in pages:
        responses.add("GET", f"{URL}/lists", json=page)
    assert len(list(api().rows("lists"))) == found
    assert len(responses.calls) == 1 + len(pages)
