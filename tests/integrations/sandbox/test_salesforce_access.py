"""The simulated Salesforce: tokens, versions, describe, field-level security, limits."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from integrations.sandbox.salesforce.options import CLIENT_ID, CLIENT_SECRET, USERNAME
from integrations.sandbox.testing import RunningSandbox

from .conftest import Api, fetch_token

OPT_OUT = "HasOptedOutOfEmail"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem() -> str:
    return key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def fetch_by_jwt(sandbox: RunningSandbox, **changes: Any) -> requests.Response:
    claims = {"iss": CLIENT_ID, "sub": USERNAME, "aud": "https://login.salesforce.com", "exp": int(time.time()) + 180}
    claims |= changes
    header_and_body = jwt.api_jws.encode(json.dumps(claims).encode(), key(), "RS256")
    form = {"grant_type": JWT_GRANT, "assertion": header_and_body}
    return requests.post(f"{sandbox.salesforce_url}/services/oauth2/token", data=form, timeout=5)


def test_a_token_comes_with_the_address_to_use_it_at(sandbox: RunningSandbox) -> None:
    body = fetch_token(sandbox).json()
    assert body["instance_url"] == sandbox.salesforce_url
    assert body["token_type"] == "Bearer"
    assert body["issued_at"].isdigit() and "expires_in" not in body and "refresh_token" not in body


def test_a_token_is_given_for_a_basic_header_and_a_body_in_chunks(sandbox: RunningSandbox) -> None:
    url = f"{sandbox.salesforce_url}/services/oauth2/token"
    basic = requests.post(url, data={"grant_type": "client_credentials"}, auth=(CLIENT_ID, CLIENT_SECRET), timeout=5)
    pieces = iter([b"grant_type=client_credentials&client_id=", f"{CLIENT_ID}&client_secret={CLIENT_SECRET}".encode()])
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    chunked = requests.post(url, data=pieces, headers=form, timeout=5)
    assert (basic.status_code, chunked.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "wrong"}, "invalid_client_id"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_wrong_credentials_are_refused_with_an_object(
    sandbox: RunningSandbox, changes: dict[str, str], error: str
) -> None:
    answer = fetch_token(sandbox, **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.json()["error_description"]


@pytest.mark.parametrize("path", ["/salesforce/login", "/login"])
def test_the_login_host_refuses_client_credentials(sandbox: RunningSandbox, path: str) -> None:
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    answer = requests.post(f"{sandbox.url}{path}/services/oauth2/token", data=form, timeout=5)
    body = answer.json()
    assert answer.status_code == 400
    assert (body["error"], body["error_description"]) == ("invalid_grant", "request not supported on this domain")


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("checked", [False, True])
def test_a_jwt_is_taken_with_its_expiry_as_number_or_text(
    sandbox: RunningSandbox, as_text: bool, checked: bool
) -> None:
    sandbox.switch("salesforce", jwt_public_key=public_pem() if checked else "")
    expiry = int(time.time()) + 180
    assert fetch_by_jwt(sandbox, exp=str(expiry) if as_text else expiry).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"iss": "wrong"}, "invalid_client_id"),
        ({"sub": "somebody@example.com"}, "invalid_grant"),
        ({"aud": "https://www.example.com"}, "invalid_grant"),
        ({"exp": 1}, "invalid_grant"),
        ({"exp": 9_999_999_999}, "invalid_grant"),
        ({"exp": "soon"}, "invalid_grant"),
    ],
)
def test_a_jwt_with_wrong_claims_is_refused(sandbox: RunningSandbox, changes: dict[str, Any], error: str) -> None:
    answer = fetch_by_jwt(sandbox, **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_jwt_signed_by_somebody_else_is_refused(sandbox: RunningSandbox) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    sandbox.switch("salesforce", jwt_public_key=pem)
    assert fetch_by_jwt(sandbox).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("header", ["", "Bearer wrong", "Basic wrong"])
def test_without_a_token_nothing_is_answered(sandbox: RunningSandbox, header: str) -> None:
    url = f"{sandbox.salesforce_url}/services/data/v66.0/limits"
    answer = requests.get(url, headers={"Authorization": header}, timeout=5)
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    assert answer.status_code == 401


@pytest.mark.parametrize(("version", "status"), [("66.0", 200), ("30.0", 410), ("99.0", 404), ("x", 404)])
def test_retired_versions_are_gone(salesforce: Api, version: str, status: int) -> None:
    assert salesforce.get(salesforce.base_url.replace("66.0", version) + "/limits").status_code == status


def test_the_versions_are_listed(salesforce: Api) -> None:
    versions = salesforce.get(salesforce.base_url.rpartition("/")[0] + "/").json()
    assert "66.0" in {version["version"] for version in versions}


def described(salesforce: Api, object: str = "Lead") -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in salesforce.get(f"/sobjects/{object}/describe").json()["fields"]}


def test_describe_tells_lengths_keys_and_what_is_required(salesforce: Api) -> None:
    fields = described(salesforce)
    lengths = {"FirstName": 40, "LastName": 80, "Company": 255, "Title": 128, "Phone": 40, "GetResponse_Tags__c": 255}
    assert {name: fields[name]["length"] for name in lengths} == lengths
    assert [fields["GetResponse_Contact_ID__c"][name] for name in ("externalId", "unique", "custom")] == [True] * 3
    required = {n for n, f in fields.items() if f["createable"] and not f["nillable"] and not f["defaultedOnCreate"]}
    assert required == {"LastName", "Company"}
    assert {choice["value"] for choice in fields["Rating"]["picklistValues"]} == {"Hot", "Warm", "Cold"}


@pytest.mark.parametrize("object", ["Lead", "Contact"])
def test_a_hidden_field_cannot_be_seen_or_written(sandbox: RunningSandbox, salesforce: Api, object: str) -> None:
    sandbox.switch("salesforce", hidden_fields=[f"{object}.{OPT_OUT}"])
    values = {"LastName": "Cohen", OPT_OUT: True} | ({"Company": "Example Ltd"} if object == "Lead" else {})
    [write] = salesforce.post(f"/sobjects/{object}", json=values).json()
    [read] = salesforce.get("/query", params={"q": f"SELECT {OPT_OUT} FROM {object}"}).json()
    assert OPT_OUT not in described(salesforce, object)
    assert (write["errorCode"], write["fields"]) == ("INVALID_FIELD_FOR_INSERT_UPDATE", [OPT_OUT])
    assert read["errorCode"] == "INVALID_FIELD" and "No such column" in read["message"]


def test_a_field_can_be_visible_and_not_writable(sandbox: RunningSandbox, salesforce: Api) -> None:
    sandbox.switch("salesforce", readonly_fields=[f"Lead.{OPT_OUT}"])
    [error] = salesforce.post("/sobjects/Lead", json={"LastName": "C", "Company": "E", OPT_OUT: True}).json()
    assert described(salesforce)[OPT_OUT]["updateable"] is False
    assert error["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


@pytest.mark.parametrize("path", ["/sobjects/Nothing", "/sobjects/Nothing/describe", "/nothing"])
def test_unknown_things_are_not_found(salesforce: Api, path: str) -> None:
    answer = salesforce.get(path)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_every_answer_says_what_is_used_of_the_limit(sandbox: RunningSandbox, salesforce: Api) -> None:
    sandbox.switch("salesforce", daily_limit=5000)
    usages = [salesforce.get("/limits").headers["Sforce-Limit-Info"] for _ in range(2)]
    assert usages == ["api-usage=1/5000", "api-usage=2/5000"]
    assert salesforce.get("/limits").json()["DailyApiRequests"] == {"Max": 5000, "Remaining": 4998}


def test_a_body_that_is_not_json_is_refused(salesforce: Api) -> None:
    [error] = salesforce.post("/sobjects/Lead", data=b"{").json()
    assert error["errorCode"] == "JSON_PARSER_ERROR"
