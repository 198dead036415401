"""Signing in by client credentials and by JWT, and what a refusal asks of a person."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
import responses
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from integrations.vendors.errors import (
    AuthenticationFailed,
    ConfigurationError,
    CrosswalkError,
    RateLimited,
    Unavailable,
)

from ..services import Bench, request
from .org import DATA, INSTANCE, LOGIN, TOKEN_ANSWER, TOKEN_URL, client, rows


def pem(key: Any) -> str:
    encoding, shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return str(key.private_bytes(encoding, shape, serialization.NoEncryption()).decode())


RSA_KEY = rsa.generate_private_key(65537, 2048)
JWT_CREDENTIALS = {
    "flow": "jwt",
    "client_id": "consumer-key",
    "username": "bot@example.com",
    "private_key": pem(RSA_KEY),
}


def form() -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(request(0).body.decode()).items()}


def sign_in(bench: Bench | None = None, **changes: Any) -> None:
    client(bench or Bench(), **changes).find("Lead", "Email", ["a@example.com"])


@responses.activate
def test_client_credentials_go_in_the_form_and_data_calls_to_the_returned_instance() -> None:
    responses.post(TOKEN_URL, json=TOKEN_ANSWER)
    responses.get(f"{DATA}/query", json=rows())
    sign_in()
    assert form() == {
        "grant_type": "client_credentials",
        "client_id": "consumer-key",
        "client_secret": "sf-secret-987654",
    }
    assert request(1).url.startswith(INSTANCE)
    assert request(1).headers["Authorization"] == "Bearer 00Dfresh!token"


@responses.activate
def test_without_an_instance_url_the_base_url_is_used() -> None:
    responses.post(TOKEN_URL, json={"access_token": "00Dfresh!token"})
    responses.get(f"{LOGIN}/services/data/v66.0/query", json=rows())
    sign_in()
    assert len(responses.calls) == 2


@responses.activate
@pytest.mark.parametrize(
    ("environment", "options", "audience"),
    [
        ("production", {}, "https://login.salesforce.com"),
        ("sandbox", {}, "https://test.salesforce.com"),
        ("sandbox", {"audience": "https://site.example.com"}, "https://site.example.com"),
    ],
)
def test_a_jwt_is_signed_and_lives_three_minutes(environment: str, options: dict[str, str], audience: str) -> None:
    responses.post(TOKEN_URL, json=TOKEN_ANSWER)
    responses.get(f"{DATA}/query", json=rows())
    with time_machine.travel(1_795_370_000, tick=False):
        sign_in(credentials=JWT_CREDENTIALS, environment=environment, options=options)
        claims = jwt.decode(form()["assertion"], RSA_KEY.public_key(), ["RS256"], audience=audience)
    assert form()["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    expected = {"iss": "consumer-key", "sub": "bot@example.com", "aud": audience, "exp": 1_795_370_180}
    assert claims == expected


@responses.activate
def test_a_key_from_an_environment_variable_may_have_written_out_line_ends() -> None:
    responses.post(TOKEN_URL, json=TOKEN_ANSWER)
    responses.get(f"{DATA}/query", json=rows())
    sign_in(credentials={**JWT_CREDENTIALS, "private_key": pem(RSA_KEY).replace("\n", "\\n")})
    assert form()["assertion"]


@pytest.mark.parametrize("key", ["not a key", pem(ec.generate_private_key(ec.SECP256R1()))])
def test_a_key_that_is_no_rsa_key_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(AuthenticationFailed, match="not a readable RSA key") as caught:
        sign_in(credentials={**JWT_CREDENTIALS, "private_key": key})
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("credentials", "missing"),
    [
        ({"client_id": "x"}, "client_secret"),
        ({"flow": "jwt", "client_id": "x"}, "username and no private_key"),
    ],
)
def test_missing_credentials_are_named(credentials: dict[str, str], missing: str) -> None:
    with pytest.raises(AuthenticationFailed, match=missing):
        sign_in(credentials=credentials)


def test_an_unknown_flow_names_the_known_ones() -> None:
    with pytest.raises(ConfigurationError) as caught:
        sign_in(credentials={"flow": "password"})
    assert "client_credentials, jwt" in caught.value.help


def test_without_a_base_url_the_help_explains_my_domain() -> None:
    with pytest.raises(ConfigurationError) as caught:
        sign_in(base_url="")
    assert "My Domain" in caught.value.help


@responses.activate
@pytest.mark.parametrize(
    ("code", "description", "help_says"),
    [
        ("invalid_grant", "request not supported on this domain", "My Domain"),
        ("invalid_grant", "user hasn't approved this consumer", "Pre-authorise"),
        ("invalid_grant", "no client credentials user enabled", "Run As"),
        ("invalid_grant", "audience is invalid", "environment"),
        ("invalid_client", "invalid client credentials", "consumer secret"),
        ("invalid_client_id", "client identifier invalid", "consumer key"),
        ("something_new", "", "credentials"),
    ],
)
def test_a_refused_sign_in_says_what_to_do(code: str, description: str, help_says: str) -> None:
    responses.post(TOKEN_URL, status=400, json={"error": code, "error_description": description})
    with pytest.raises(AuthenticationFailed) as caught:
        sign_in()
    assert help_says in caught.value.help
    assert caught.value.vendor_code == code


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (503, "<html>", Unavailable),
        (429, "{}", RateLimited),
        (404, "<html>", ConfigurationError),
        (302, "", ConfigurationError),
        (200, "<html>login page</html>", ConfigurationError),
        (200, "{}", ConfigurationError),
        (400, "[]", ConfigurationError),
    ],
)
def test_an_answer_that_is_no_sign_in_is_told_apart(status: int, body: str, kind: type[CrosswalkError]) -> None:
    responses.post(TOKEN_URL, status=status, body=body)
    with pytest.raises(kind):
        sign_in()


@responses.activate
def test_nothing_secret_is_noted() -> None:
    bench = Bench()
    responses.post(TOKEN_URL, json=TOKEN_ANSWER)
    responses.get(f"{DATA}/query", json=rows())
    sign_in(bench)
    for secret in ("sf-secret-987654", "00Dfresh!token", "sig-value"):
        assert secret not in bench.journal.text
