"""Signing in as an app: the installation URL, the code, refresh tokens that are good once, and an agency's install."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from integrations.sandbox.highlevel.options import CLIENT_ID, COMPANY, LOCATION, TOKEN
from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Account, Token
from integrations.vendors.errors import (
    AuthenticationFailed,
    ConfigurationError,
    CrosswalkError,
    RateLimited,
    Unavailable,
)
from integrations.vendors.highlevel.credentials import BASE_URL, OAUTH, OPTIONS, SCOPES, exchange, fetch_token
from integrations.vendors.http import Http

from ..services import Bench, request
from .connected import APP_CREDENTIALS, account_at, client_at

BACK = "https://crosswalk.example.com/oauth/highlevel-main/callback"
URL = f"{BASE_URL}/oauth/token"
SEARCH = {"locationId": LOCATION, "pageLimit": 1}


def app(**changes: Any) -> Account:
    return Account(
        "highlevel-main", "", **{"credentials": APP_CREDENTIALS, "options": {"location_id": LOCATION}, **changes}
    )


def consent(sandbox: RunningSandbox, account: Account) -> dict[str, list[str]]:
    """What comes back when the person chose a location on the page of the sandbox."""
    sandbox.switch("highlevel", oauth_redirect_url=BACK)
    query = urlsplit(OAUTH.authorize_url(account, BACK, "state-1")).query
    page = requests.get(f"{sandbox.highlevel_url}/v2/oauth/chooselocation?{query}", timeout=5)
    page.raise_for_status()
    return parse_qs(urlsplit(page.text.split('href="')[1].split('"')[0].replace("&amp;", "&")).query)


def signed_in(sandbox: RunningSandbox, bench: Bench, **changes: Any) -> Token:
    account = account_at(sandbox, **{"credentials": APP_CREDENTIALS, **changes})
    bench.tokens.token = exchange(account, bench.services, consent(sandbox, account)["code"][0], BACK)
    return bench.tokens.token


def is_over(bench: Bench) -> None:
    """A day later."""
    assert bench.tokens.token is not None
    bench.tokens.token = replace(bench.tokens.token, expires_at=datetime.now(UTC))


# --- the installation URL -----------------------------------------------------------------------------------------


def test_the_page_is_built_from_the_client_id() -> None:
    url = urlsplit(OAUTH.authorize_url(app(), BACK, "s t"))
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://marketplace.gohighlevel.com/v2/oauth/chooselocation"
    assert query["client_id"] == CLIENT_ID and query["version_id"] == CLIENT_ID.partition("-")[0]
    assert (query["redirect_uri"], query["state"], query["response_type"]) == (BACK, "s t", "code")
    assert query["scope"].split() == list(SCOPES)


def test_a_pasted_installation_url_is_taken_as_it_is_but_for_where_it_comes_back() -> None:
    pasted = (
        "https://marketplace.leadconnectorhq.com/oauth/chooselocation?response_type=code&client_id=abc-1&version_id=abc"
        "&redirect_uri=https%3A%2F%2Fold.example.com&scope=contacts.readonly+contacts.write"
    )
    url = urlsplit(OAUTH.authorize_url(app(options={"install_url": pasted}), BACK, "s1"))
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert (url.netloc, url.path) == ("marketplace.leadconnectorhq.com", "/oauth/chooselocation")
    assert (query["client_id"], query["version_id"]) == ("abc-1", "abc")
    assert query["scope"] == "contacts.readonly contacts.write"
    assert (query["redirect_uri"], query["state"]) == (BACK, "s1")


@pytest.mark.parametrize("pasted", ["http://marketplace.example.com/x", "javascript:alert(1)", "//evil"])
def test_an_installation_url_that_is_not_safe_is_refused(pasted: str) -> None:
    with pytest.raises(ConfigurationError):
        OAUTH.authorize_url(app(options={"install_url": pasted}), BACK, "s1")


def test_only_an_app_has_a_sign_in() -> None:
    assert OAUTH.ready(app())
    assert not OAUTH.ready(app(credentials={"token": TOKEN}))
    assert not OAUTH.ready(app(credentials={**APP_CREDENTIALS, "token": TOKEN}))
    assert not OAUTH.ready(app(credentials={}))


# --- tokens -------------------------------------------------------------------------------------------------------


def test_who_chose_a_location_is_signed_in(sandbox: RunningSandbox) -> None:
    bench = Bench()
    token = signed_in(sandbox, bench)
    assert token.facts["location_id"] == LOCATION
    assert "contacts.write" in token.facts["scope"].split()
    assert token.expires_at is not None and token.expires_at > datetime.now(UTC) + timedelta(hours=23)
    client = client_at(sandbox, bench, credentials=APP_CREDENTIALS)
    assert client.api.search("/contacts/search", SEARCH)["contacts"] == []


def test_without_a_location_id_it_is_that_of_the_sign_in(sandbox: RunningSandbox) -> None:
    bench = Bench()
    signed_in(sandbox, bench, options={})
    assert client_at(sandbox, bench, credentials=APP_CREDENTIALS, options={}).api.location == LOCATION


def test_a_sign_in_at_another_location_is_not_kept(sandbox: RunningSandbox) -> None:
    with pytest.raises(ConfigurationError, match="another sub-account"):
        signed_in(sandbox, Bench(), options={"location_id": "another"})


def test_an_access_token_that_is_over_is_renewed_by_the_next_refresh_token(sandbox: RunningSandbox) -> None:
    bench = Bench()
    sandbox.switch("highlevel", token_seconds=0)
    first = signed_in(sandbox, bench)
    sandbox.switch("highlevel", token_seconds=3600)
    client_at(sandbox, bench, credentials=APP_CREDENTIALS).api.search("/contacts/search", SEARCH)
    assert bench.tokens.token is not None and bench.tokens.renewals == 1
    assert bench.tokens.token.facts["refresh_token"] != first.facts["refresh_token"]


def test_a_refresh_token_from_a_file_is_used_once_and_then_the_next_one(sandbox: RunningSandbox) -> None:
    given = signed_in(sandbox, Bench()).facts["refresh_token"]
    bench, credentials = Bench(), {**APP_CREDENTIALS, "refresh_token": given}
    sandbox.switch("highlevel", token_seconds=0, refresh_grace_seconds=0)
    client_at(sandbox, bench, credentials=credentials).api._token()
    second = bench.tokens.last()
    client_at(sandbox, bench, credentials=credentials).api._token()
    third = bench.tokens.last()
    assert second and third
    assert len({given, second.facts["refresh_token"], third.facts["refresh_token"]}) == 3


def test_a_lost_answer_is_asked_for_again_with_the_same_refresh_token(sandbox: RunningSandbox) -> None:
    """For 30 seconds it gets the same answer (highlevel.md §1.2)."""
    bench = Bench()
    sandbox.switch("highlevel", token_seconds=0)
    signed_in(sandbox, bench)
    account = account_at(sandbox, credentials=APP_CREDENTIALS)
    http = Http(account, bench.services, account.base_url)
    lost, again = (fetch_token(account, bench.services, http) for _ in range(2))
    assert lost.facts["refresh_token"] == again.facts["refresh_token"]
    sandbox.switch("highlevel", refresh_grace_seconds=0)
    with pytest.raises(AuthenticationFailed, match="Invalid grant") as refused:
        fetch_token(account, bench.services, http)
    assert "Sign in at HighLevel" in refused.value.help


def test_a_paused_location_uses_no_refresh_token_up(sandbox: RunningSandbox) -> None:
    bench = Bench()
    sandbox.switch("highlevel", token_seconds=0, location_paused=True)
    signed_in(sandbox, bench)
    kept = bench.tokens.last()
    client = client_at(sandbox, bench, credentials=APP_CREDENTIALS)
    with pytest.raises(ConfigurationError, match="not active") as refused:
        client.api.search("/contacts/search", SEARCH)
    assert not isinstance(refused.value, AuthenticationFailed)
    assert bench.tokens.last() == kept
    sandbox.switch("highlevel", token_seconds=3600, location_paused=False)
    assert client.api.search("/contacts/search", SEARCH)["total"] == 0


def test_access_that_was_withdrawn_asks_for_a_sign_in_and_not_for_a_token(sandbox: RunningSandbox) -> None:
    bench = Bench()
    signed_in(sandbox, bench)
    sandbox.switch("highlevel", unauthorized="always")
    with pytest.raises(AuthenticationFailed) as refused:
        client_at(sandbox, bench, credentials=APP_CREDENTIALS).api.search("/contacts/search", SEARCH)
    assert "Sign in at HighLevel" in refused.value.help


def test_nobody_signed_in_yet_is_said() -> None:
    bench = Bench()
    with pytest.raises(AuthenticationFailed, match="Nobody has signed in"):
        fetch_token(app(), bench.services, Http(app(), bench.services, BASE_URL))
    with pytest.raises(AuthenticationFailed, match="has no token"):
        fetch_token(app(credentials={}), bench.services, Http(app(), bench.services, BASE_URL))


# --- an agency ----------------------------------------------------------------------------------------------------


def test_the_token_of_an_agency_is_exchanged_for_one_of_the_location(sandbox: RunningSandbox) -> None:
    bench = Bench()
    sandbox.switch("highlevel", install_as="Company")
    first = signed_in(sandbox, bench)
    assert (first.facts["location_id"], first.facts["user_type"]) == (LOCATION, "Company")
    assert first.facts["company_id"] == COMPANY
    is_over(bench)
    client = client_at(sandbox, bench, credentials=APP_CREDENTIALS)
    assert client.api.search("/contacts/search", SEARCH)["total"] == 0
    assert bench.tokens.token and bench.tokens.token.facts["refresh_token"] != first.facts["refresh_token"]


def test_an_exchange_that_fails_loses_no_refresh_token(sandbox: RunningSandbox) -> None:
    """The agency's refresh token was used up before it: its successor is kept at once."""
    bench = Bench()
    sandbox.switch("highlevel", install_as="Company", refresh_grace_seconds=0)
    signed_in(sandbox, bench)
    is_over(bench)
    sandbox.switch("highlevel", fail_path="locationToken")
    client = client_at(sandbox, bench, credentials=APP_CREDENTIALS)
    with pytest.raises(Unavailable):
        client.api.search("/contacts/search", SEARCH)
    assert bench.tokens.current() is None
    assert client.api.search("/contacts/search", SEARCH)["total"] == 0


def test_of_which_location_an_agencys_token_is_to_be_must_be_said(sandbox: RunningSandbox) -> None:
    bench = Bench()
    sandbox.switch("highlevel", install_as="Company", refresh_grace_seconds=0)
    with pytest.raises(ConfigurationError, match="agency") as refused:
        signed_in(sandbox, bench, options={})
    assert "Location ID" in refused.value.help
    client = client_at(sandbox, bench, credentials=APP_CREDENTIALS)  # said now: nobody has to sign in again
    assert client.api.search("/contacts/search", SEARCH)["total"] == 0


# --- what is sent, what comes back ----------------------------------------------------------------------------------


@responses.activate
def test_the_form_has_the_dated_names_and_the_version_is_said() -> None:
    responses.post(URL, json={"access_token": "a1", "refresh_token": "r2", "expires_in": 10, "locationId": LOCATION})
    bench = Bench()
    account = app(credentials={**APP_CREDENTIALS, "refresh_token": "r1"})
    token = fetch_token(account, bench.services, Http(account, bench.services, BASE_URL))
    form = {name: values[0] for name, values in parse_qs(request().body.decode()).items()}
    assert form["grant_type"] == "refresh_token" and form["refresh_token"] == "r1"
    assert {"client_id", "client_secret"} <= form.keys() and "user_type" not in form
    assert request().headers["Version"] == "2021-07-28"
    assert (token.value, token.facts["refresh_token"]) == ("a1", "r2")


@responses.activate
def test_the_answer_of_the_new_generation_is_understood_and_nothing_of_it_is_noted() -> None:
    answer = {"accessToken": "access-secret", "refreshToken": "refresh-secret", "expiresIn": 60, "userType": "Location"}
    responses.post(URL, json=answer)
    bench = Bench()
    token = exchange(app(), bench.services, "code-secret", BACK)
    assert (token.value, token.facts["refresh_token"]) == ("access-secret", "refresh-secret")
    text = bench.journal.text
    assert not [
        word for word in ("access-secret", "refresh-secret", "code-secret", "sandbox-highlevel") if word in text
    ]


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "kind", "help"),
    [
        (
            401,
            {"error": "UnAuthorized!", "error_description": "Authorization code not found"},
            AuthenticationFailed,
            "S",
        ),
        (
            400,
            {"statusCode": 400, "message": "Invalid grant: refresh token is invalid"},
            AuthenticationFailed,
            "Sign in",
        ),
        (400, {"statusCode": 400, "message": "Missing parameter: clientId"}, AuthenticationFailed, "client ID"),
        (400, {"statusCode": 400, "message": ["Location is not active"]}, ConfigurationError, "Activate"),
        (429, {"statusCode": 429, "message": "Too Many Requests"}, RateLimited, ""),
        (503, {}, Unavailable, ""),
        (404, None, ConfigurationError, "base URL"),
        (200, None, ConfigurationError, "base URL"),
        (200, {"scope": "x"}, ConfigurationError, "base URL"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, body: Any, kind: type[CrosswalkError], help: str) -> None:
    if body is None:
        responses.post(URL, status=status, body="<html>")
    else:
        responses.post(URL, status=status, json=body)
    with pytest.raises(kind) as refused:
        exchange(app(), Bench().services, "c1", BACK)
    assert help in refused.value.help


def test_the_options_that_webhooks_read_can_be_entered() -> None:
    names = {option.name for option in OPTIONS}
    assert {"webhook_public_key", "legacy_signatures", "app_id", "location_id", "workflow_webhooks"} <= names
