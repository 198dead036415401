"""Who may call GetResponse: by key, or by a token that its OAuth gave; and for MAX accounts the right `X-Domain`."""

from __future__ import annotations

import base64
import binascii
import secrets
from datetime import timedelta
from html import escape
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from ..moments import now, read_moment
from ..vendor import Call, Refused, json_response
from .errors import refusal

KEY, BEARER = "api-key ", "Bearer "
CODE_LENGTH = timedelta(minutes=10)  # fact sheet §1
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title><body>
<h1>Simulated GetResponse</h1><p>May the application <b>{client}</b> use this account?</p>
<p><a href="{allow}">Allow</a> <a href="{refuse}">Refuse</a></p></body></html>"""


def authenticate(call: Call) -> None:
    """Raise Refused unless key or token, and domain, are right."""
    token, bearer = call.request.headers.get("X-Auth-Token", ""), call.request.headers.get("Authorization", "")
    if bearer.startswith(BEARER):
        _check_bearer(call, bearer.removeprefix(BEARER))
    elif token.startswith(KEY):
        _check_key(call, token.removeprefix(KEY))
    else:
        raise _unknown(call, "Unsupported authentication method")
    check_domain(call)


def check_domain(call: Call) -> None:
    domain, given = call.switches["x_domain"], call.request.headers.get("X-Domain", "")
    if domain and given != domain:
        raise refusal(1024, "Domain not found", {"domain": given})


def _check_key(call: Call, key: str) -> None:
    if key != call.switches["api_key"]:
        raise _unknown(call, "Unable to authenticate request", {"authenticationType": "auth_token"})


def _check_bearer(call: Call, token: str) -> None:
    session = call.shelf.get("session", token)
    if session is None:
        raise _unknown(call, "Unable to authenticate request", {"authenticationType": "oauth"})
    if read_moment(session["expiresOn"]) <= now():
        raise _unknown(call, "The access token provided is expired", {"sentToken": token})


def _unknown(call: Call, message: str, context: dict[str, str] | None = None) -> Refused:
    return refusal(1014, message, context, status=int(call.switches["bad_key_status"]))


# --- OAuth: the page where a person agrees, and the tokens --------------------------------------------------------


def show_sign_in(call: Call) -> Response:
    """Goes back to the address that the application was registered with, whatever the caller says."""
    asked = call.request.args
    target = call.switches["oauth_redirect_url"]
    if asked.get("client_id") != call.switches["client_id"] or asked.get("response_type") != "code" or not target:
        return Response("This application is not registered, or has no redirect URL.", 400, content_type="text/plain")
    code = secrets.token_hex(16)
    call.shelf.put("code", code, {"code": code, "expiresOn": (now() + CODE_LENGTH).isoformat()})
    back = {"state": asked.get("state", "")}
    allow = f"{target}?{urlencode({'code': code, **back})}"
    refuse = f"{target}?{urlencode({'error': 'access_denied', **back})}"
    page = PAGE.format(client=escape(asked["client_id"]), allow=escape(allow), refuse=escape(refuse))
    return Response(page, content_type="text/html; charset=utf-8")


def issue_token(call: Call) -> Response:
    """Basic authentication with the application's own name and secret; a form as body."""
    check_domain(call)
    _check_client(call)
    grant = call.request.form.get("grant_type", "")
    if grant == "authorization_code":
        _take_code(call)
    elif grant == "refresh_token":
        _take_refresh_token(call)
    elif grant != "client_credentials":
        raise _oauth_refusal("unsupported_grant_type", "The grant type is not supported")
    return _token_response(call, renewable=grant != "client_credentials")


def _check_client(call: Call) -> None:
    scheme, _, encoded = call.request.headers.get("Authorization", "").partition(" ")
    try:
        pair = base64.b64decode(encoded).decode() if scheme == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        pair = ""
    if pair != f"{call.switches['client_id']}:{call.switches['client_secret']}":
        raise _oauth_refusal("invalid_client", "The client credentials are invalid", 401)


def _take_code(call: Call) -> None:
    """Good once, and for ten minutes."""
    code = call.shelf.get("code", call.request.form.get("code", ""))
    if code is None or read_moment(code["expiresOn"]) <= now():
        raise _oauth_refusal("invalid_grant", "Authorization code doesn't exist or is invalid for the client")
    call.shelf.remove("code", code["code"])


def _take_refresh_token(call: Call) -> None:
    """Good once: each answer has the next one."""
    token = call.shelf.get("refresh", call.request.form.get("refresh_token", ""))
    if token is None:
        raise _oauth_refusal("invalid_grant", "Invalid refresh token")
    call.shelf.remove("refresh", token["token"])


def _token_response(call: Call, renewable: bool) -> Response:
    seconds = int(call.switches["token_seconds"])
    token, refresh_token = secrets.token_hex(20), secrets.token_hex(20)
    call.shelf.put("session", token, {"token": token, "expiresOn": (now() + timedelta(seconds=seconds)).isoformat()})
    body = {"access_token": token, "expires_in": seconds, "token_type": "Bearer", "scope": None}
    if renewable:
        call.shelf.put("refresh", refresh_token, {"token": refresh_token})
        body["refresh_token"] = refresh_token
    return json_response(body)


def _oauth_refusal(code: str, description: str, status: int = 400) -> Refused:
    return Refused(json_response({"error": code, "error_description": description}, status))
