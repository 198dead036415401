"""Tokens: client credentials and JWT bearer as the fact sheet §1 has them, and who may call with one."""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from typing import Any

import jwt
from werkzeug.wrappers import Response

from ..vendor import Call, Refused, json_response
from .errors import RowFailure, oauth_refusal
from .org import INTEGRATION_USER

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ORGANISATION = "00D5e0000000001"
AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")
LONGEST_ASSERTION = 300 + 60  # seconds; some clock difference is forgiven


def issue_token(call: Call) -> Response:
    grant = call.request.form.get("grant_type", "")
    if grant == "client_credentials":
        _check_client(call)
    elif grant == JWT_GRANT:
        _check_assertion(call)
    else:
        raise oauth_refusal("unsupported_grant_type", "grant type not supported")
    return _token_response(call)


def issue_token_at_login(call: Call) -> Response:
    """login.salesforce.com: signs in by JWT, but refuses client credentials: those need the My Domain host."""
    if call.request.form.get("grant_type") == "client_credentials":
        raise oauth_refusal("invalid_grant", "request not supported on this domain")
    return issue_token(call)


def authenticate(call: Call) -> None:
    """Raise Refused unless the bearer token is one we gave."""
    scheme, _, token = call.request.headers.get("Authorization", "").partition(" ")
    if scheme not in ("Bearer", "OAuth") or call.shelf.get("session", token) is None:
        raise Refused(RowFailure("INVALID_SESSION_ID", "Session expired or invalid", status=401).response())


def _check_client(call: Call) -> None:
    client_id, secret = _basic(call) or (call.request.form.get("client_id"), call.request.form.get("client_secret"))
    if client_id != call.switches["client_id"]:
        raise oauth_refusal("invalid_client_id", "client identifier invalid")
    if secret != call.switches["client_secret"]:
        raise oauth_refusal("invalid_client", "invalid client credentials")
    if not call.switches["client_credentials_flow"]:
        raise oauth_refusal("invalid_grant", "no client credentials user enabled")


def _basic(call: Call) -> tuple[str, str] | None:
    scheme, _, encoded = call.request.headers.get("Authorization", "").partition(" ")
    if scheme != "Basic":
        return None
    try:
        name, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise oauth_refusal("invalid_client", "invalid client credentials") from None
    return name, secret


def _check_assertion(call: Call) -> None:
    claims = _claims(call, call.request.form.get("assertion", ""))
    if claims.get("iss") != call.switches["client_id"]:
        raise oauth_refusal("invalid_client_id", "client identifier invalid")
    if claims.get("sub") != call.switches["username"]:
        raise oauth_refusal("invalid_grant", "user hasn't approved this consumer")
    if str(claims.get("aud", "")).rstrip("/") not in (*AUDIENCES, call.base_url):
        raise oauth_refusal("invalid_grant", "audience is invalid")
    _check_expiry(claims.get("exp"))


def _claims(call: Call, assertion: str) -> dict[str, Any]:
    """The claims; the signature is checked when a public key is set up."""
    key = call.switches["jwt_public_key"]
    try:
        if jwt.get_unverified_header(assertion).get("alg") != "RS256":
            raise oauth_refusal("invalid_grant", "invalid assertion: RS256 expected")
        options: Any = {"verify_signature": bool(key), "verify_exp": False, "verify_aud": False, "verify_sub": False}
        return jwt.decode(assertion, key or "", algorithms=["RS256"], options=options)
    except (jwt.PyJWTError, ValueError):
        raise oauth_refusal("invalid_grant", "invalid assertion") from None


def _check_expiry(expiry: Any) -> None:
    """`exp` comes as a number or, from some clients, as text (fact sheet §1.2)."""
    try:
        left = int(expiry) - time.time()
    except (TypeError, ValueError):
        raise oauth_refusal("invalid_grant", "invalid assertion") from None
    if not 0 < left <= LONGEST_ASSERTION:
        raise oauth_refusal("invalid_grant", "expired authorization code" if left <= 0 else "invalid assertion")


def _token_response(call: Call) -> Response:
    token = f"{ORGANISATION}!AQ{secrets.token_urlsafe(48)}"
    call.shelf.put("session", token, {"token": token})
    body = {
        "access_token": token,
        "signature": base64.b64encode(secrets.token_bytes(32)).decode(),
        "scope": "api",
        "instance_url": call.base_url,
        "id": f"{call.base_url}/id/{ORGANISATION}AAA/{INTEGRATION_USER}",
        "token_type": "Bearer",
        "issued_at": str(round(time.time() * 1000)),
        "api_instance_url": call.base_url,
    }
    return json_response(body)
