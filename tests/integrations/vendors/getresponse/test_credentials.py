"""Signing in at GetResponse by OAuth: a token is fetched, renewed once when it is over, and never shown."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Account, Token
from integrations.vendors.errors import (
    AuthenticationFailed,
    ConfigurationError,
    CrosswalkError,
    RateLimited,
    Unavailable,
)
from integrations.vendors.getresponse import VENDOR
from integrations.vendors.getresponse.client import Api
from integrations.vendors.getresponse.credentials import CREDENTIALS, OAUTH

from ..services import Bench, getresponse_account

CLIENT = {"flow": "client_credentials", "client_id": "sandbox-client-id", "client_secret": "sandbox-client-secret"}
PERSON = CLIENT | {"flow": "authorization_code"}
OURS = "https://crosswalk.example.com/oauth/getresponse-main/callback"
TOKEN_URL = "https://api.getresponse.com/v3/token"


@pytest.fixture
def bench() -> Bench:
    return Bench()


def at_sandbox(sandbox: RunningSandbox, credentials: dict[str, str], **changes: Any) -> Account:
    page = {"sign_in_page": f"{sandbox.getresponse_url}/oauth2_authorize.html"}
    options = page | changes.pop("options", {})
    return getresponse_account(base_url=sandbox.getresponse_url, credentials=credentials, options=options, **changes)


def agree(sandbox: RunningSandbox, account: Account, state: str = "st-1", link: int = 0) -> dict[str, list[str]]:
    """What a person brings back from the sign-in page after the first link, "Allow"."""
    sandbox.switch("getresponse", oauth_redirect_url=OURS)
    page = requests.get(OAUTH.authorize_url(account, OURS, state), timeout=5).text
    back = page.split('href="')[1 + link].split('"')[0].replace("&amp;", "&")
    assert back.startswith(OURS)
    return parse_qs(urlsplit(back).query)


def signed_in(sandbox: RunningSandbox, account: Account, bench: Bench) -> Token:
    token = OAUTH.exchange(account, bench.services, agree(sandbox, account)["code"][0], OURS)
    bench.tokens.token = token
    return token


# --- the application by itself ----------------------------------------------------------------------------------------


def test_an_application_signs_in_once_for_many_calls(sandbox: RunningSandbox, bench: Bench) -> None:
    api = Api(at_sandbox(sandbox, CLIENT), bench.services)
    for _ in range(3):
        assert api.get("accounts").json["accountId"] == "acc1"
    assert bench.tokens.renewals == 1
    assert bench.tokens.token is not None and bench.tokens.token.expires_at is not None


@pytest.mark.parametrize("status", ["401", "403"])
def test_a_token_that_is_over_is_renewed_once_and_the_call_repeated(
    sandbox: RunningSandbox, bench: Bench, status: str
) -> None:
    sandbox.switch("getresponse", bad_key_status=status)
    api = Api(at_sandbox(sandbox, CLIENT), bench.services)
    bench.tokens.token = Token("over", datetime.now(UTC) + timedelta(hours=1))
    assert api.get("accounts").ok
    assert bench.tokens.renewals == 1


def test_several_reads_at_once_are_repeated_together(sandbox: RunningSandbox, bench: Bench) -> None:
    ids = [sandbox.subscribe(f"{n}@example.com")["contactId"] for n in range(3)]
    api = Api(at_sandbox(sandbox, CLIENT), bench.services)
    bench.tokens.token = Token("over", datetime.now(UTC) + timedelta(hours=1))
    answers = api.get_many([(f"contacts/{id}", []) for id in [*ids, "gone"]])
    assert [answer.json["contactId"] if answer else None for answer in answers] == [*ids, None]
    assert bench.tokens.renewals == 1


def test_a_token_that_is_refused_again_stops_the_connection(sandbox: RunningSandbox, bench: Bench) -> None:
    sandbox.switch("getresponse", unauthorized="always")
    with pytest.raises(AuthenticationFailed) as caught:
        Api(at_sandbox(sandbox, CLIENT), bench.services).get("accounts")
    assert "Sign in at GetResponse" in caught.value.help
    assert len([c for c in sandbox.calls("getresponse") if c["path"].endswith("/accounts")]) == 2


def test_a_max_account_sends_its_domain_for_the_token_too(sandbox: RunningSandbox, bench: Bench) -> None:
    sandbox.switch("getresponse", x_domain="example.com")
    account = at_sandbox(sandbox, CLIENT, options={"x_domain": "example.com"})
    assert Api(account, bench.services).get("accounts").ok
    with pytest.raises(ConfigurationError, match="MAX domain"):
        Api(replace(account, options={}), Bench().services).get("accounts")


# --- a person in the browser ------------------------------------------------------------------------------------------


def test_a_person_agrees_and_the_code_becomes_a_token(sandbox: RunningSandbox, bench: Bench) -> None:
    account = at_sandbox(sandbox, PERSON)
    assert agree(sandbox, account)["state"] == ["st-1"]
    token = signed_in(sandbox, account, bench)
    assert token.facts["refresh_token"]
    assert Api(account, bench.services).get("accounts").ok
    assert bench.tokens.renewals == 0


def test_a_person_who_refuses_comes_back_with_an_error(sandbox: RunningSandbox) -> None:
    assert agree(sandbox, at_sandbox(sandbox, PERSON), link=1)["error"] == ["access_denied"]


def test_a_token_that_is_over_is_renewed_with_the_newest_refresh_token(sandbox: RunningSandbox, bench: Bench) -> None:
    """Each refresh token is good once; the next one comes with the answer."""
    sandbox.switch("getresponse", token_seconds=0)
    account = at_sandbox(sandbox, PERSON)
    first = signed_in(sandbox, account, bench)
    sandbox.switch("getresponse", token_seconds=3600)
    assert Api(account, bench.services).get("accounts").ok
    assert bench.tokens.token is not None
    assert bench.tokens.token.facts["refresh_token"] not in ("", first.facts["refresh_token"])
    bench.tokens.token = replace(bench.tokens.token, value="over")
    assert Api(account, bench.services).get("accounts").ok
    assert bench.tokens.renewals == 2


def test_a_refresh_token_that_is_kept_by_the_vendor_is_kept_by_us(bench: Bench) -> None:
    bench.tokens.token = Token("over", datetime.now(UTC) - timedelta(hours=1), {"refresh_token": "rt-123456"})
    with responses.RequestsMock() as vendor:
        vendor.post(TOKEN_URL, json={"access_token": "at-123456", "expires_in": 86400})
        vendor.get("https://api.getresponse.com/v3/accounts", json={})
        Api(getresponse_account(credentials=PERSON), bench.services).get("accounts")
    assert bench.tokens.token.facts == {"refresh_token": "rt-123456"}
    assert bench.tokens.token.expires_at is not None
    assert bench.tokens.token.expires_at - datetime.now(UTC) > timedelta(hours=23)


def test_an_expired_refresh_token_asks_a_person_to_sign_in_again(sandbox: RunningSandbox, bench: Bench) -> None:
    bench.tokens.token = Token("over", datetime.now(UTC) - timedelta(hours=1), {"refresh_token": "long-gone"})
    with pytest.raises(AuthenticationFailed, match="Invalid refresh token") as caught:
        Api(at_sandbox(sandbox, PERSON), bench.services).get("accounts")
    assert "Sign in at GetResponse" in caught.value.help


def test_before_anybody_signed_in_nothing_is_asked(sandbox: RunningSandbox, bench: Bench) -> None:
    with pytest.raises(AuthenticationFailed, match="Nobody has signed in"):
        Api(at_sandbox(sandbox, PERSON), bench.services).get("accounts")
    assert sandbox.calls("getresponse") == []


def test_a_code_is_good_once(sandbox: RunningSandbox, bench: Bench) -> None:
    account = at_sandbox(sandbox, PERSON)
    code = agree(sandbox, account)["code"][0]
    OAUTH.exchange(account, bench.services, code, OURS)
    with pytest.raises(AuthenticationFailed, match="code"):
        OAUTH.exchange(account, bench.services, code, OURS)


def test_the_sign_in_page_is_getresponses_own_and_never_an_unsafe_one() -> None:
    account = getresponse_account(credentials=PERSON)
    url = urlsplit(OAUTH.authorize_url(account, OURS, "a b"))
    assert (url.netloc, url.path) == ("app.getresponse.com", "/oauth2_authorize.html")
    assert parse_qs(url.query) == {"response_type": ["code"], "client_id": ["sandbox-client-id"], "state": ["a b"]}
    with pytest.raises(ConfigurationError):
        OAUTH.authorize_url(replace(account, options={"sign_in_page": "http://evil.example.com"}), OURS, "s")
    with pytest.raises(AuthenticationFailed, match="no client id"):
        OAUTH.authorize_url(replace(account, credentials={"flow": "authorization_code"}), OURS, "s")


@pytest.mark.parametrize(
    ("credentials", "ready"), [(PERSON, True), (CLIENT, False), ({"api_key": "gr-key-123456"}, False)]
)
def test_only_who_chose_it_can_sign_in_in_the_browser(credentials: dict[str, str], ready: bool) -> None:
    assert VENDOR.oauth is OAUTH
    assert OAUTH.ready(getresponse_account(credentials=credentials)) is ready


# --- refusals and secrets ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            400,
            {"error": "invalid_client", "error_description": "The client credentials are invalid"},
            AuthenticationFailed,
        ),
        (401, {"code": 1014, "message": "Problem during authentication"}, AuthenticationFailed),
        (404, {"code": 1024, "message": "Domain not found"}, ConfigurationError),
        (404, "<html>", ConfigurationError),
        (429, {"code": 1015}, RateLimited),
        (503, "<html>", Unavailable),
        (200, {"hello": "world"}, ConfigurationError),
        (200, "<html>", ConfigurationError),
    ],
)
def test_a_refused_sign_in_says_what_to_do(status: int, body: Any, kind: type[CrosswalkError]) -> None:
    with responses.RequestsMock() as vendor:
        vendor.post(TOKEN_URL, status=status, body=body if isinstance(body, str) else json.dumps(body))
        with pytest.raises(CrosswalkError) as caught:
            Api(getresponse_account(credentials=CLIENT), Bench().services).get("accounts")
    assert type(caught.value) is kind
    assert caught.value.message and caught.value.help


def test_a_sign_in_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no sign-in magic"):
        Api(getresponse_account(credentials={"flow": "magic"}), Bench().services).get("accounts")


def test_neither_secret_nor_code_nor_token_is_noted(sandbox: RunningSandbox, bench: Bench) -> None:
    account = at_sandbox(sandbox, PERSON)
    code = agree(sandbox, account)["code"][0]
    token = OAUTH.exchange(account, bench.services, code, OURS)
    bench.tokens.token = replace(token, value="over-and-out")
    Api(account, bench.services).get("accounts")
    noted = bench.journal.text
    assert "grant_type" in noted
    renewed = bench.tokens.token
    secrets = [code, PERSON["client_secret"], token.value, token.facts["refresh_token"], renewed.value]
    assert not [secret for secret in secrets if secret in noted]
    assert {c.name for c in CREDENTIALS if c.secret} == {"api_key", "client_secret", "access_token"}
