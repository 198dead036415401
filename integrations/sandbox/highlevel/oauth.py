"""HighLevel's OAuth: the page where a person chooses a location, and tokens whose refresh token is good once (§1.2)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from ..moments import now, read_moment
from ..store import Document
from ..vendor import Call, Refused, json_response
from .errors import refusal
from .options import COMPANY, LOCATION

PATHS = ("/v2/oauth/chooselocation", "/oauth/token")  # need no token
FOR_A_LOCATION, FOR_A_COMPANY = "Location", "Company"
UNASKED = ("oauth.readonly", "oauth.write")  # a token has these besides what was asked for
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Choose a location</title><body>
<h1>Simulated HighLevel</h1><p>Install the app <b>{client}</b> in:</p>
<p><a href="{url}">{name}</a></p></body></html>"""


def choose_location(call: Call) -> Response:
    """Gives a state back only where that is switched on: nowhere is it documented."""
    asked, switches = call.request.args, call.switches
    if asked.get("client_id") != switches["client_id"] or asked.get("response_type", "code") != "code":
        return _page("This app does not exist.")
    if switches["private_app"] and not asked.get("version_id"):
        return _page("error.noversionid")
    if asked.get("redirect_uri") != switches["oauth_redirect_url"]:
        return _page("The redirect URL is not one of the app's.")
    code = secrets.token_hex(16)
    call.shelf.put("code", code, {"code": code, "kind": switches["install_as"], "scope": asked.get("scope", "")})
    back = {"code": code} | ({"state": asked["state"]} if switches["echo_state"] and "state" in asked else {})
    url = f"{asked['redirect_uri']}?{urlencode(back)}"
    page = PAGE.format(client=escape(asked["client_id"]), url=escape(url), name=escape(switches["install_as"]))
    return Response(page, content_type="text/html; charset=utf-8")


def _page(words: str) -> Response:
    return Response(words, 400, content_type="text/plain")


def issue_token(call: Call) -> Response:
    """The code is looked at before who asks, so that credentials cannot be tried out."""
    form = call.request.form
    grant = form.get("grant_type", "")
    if grant not in ("authorization_code", "refresh_token"):
        raise refusal(400, "Invalid parameter: grantType" if grant else "Missing parameter: grantType")
    if grant == "authorization_code":
        kept = _take_code(call, form.get("code", ""))
        _check_client(call)
        return json_response(_new_tokens(call, kept))
    _check_client(call)
    return json_response(_renewed(call, form.get("refresh_token", "")))


def exchange_for_location(call: Call) -> Response:
    """A company's token becomes one of a location; without anything to renew it by."""
    session = session_of(call)
    if session is None or session["kind"] != FOR_A_COMPANY:
        raise refusal(401, "Invalid token: access token is invalid")
    form = call.request.form
    for name, right in (("companyId", COMPANY), ("locationId", LOCATION)):
        if not form.get(name):
            raise refusal(422, [f"{name} should not be empty"])
        if form[name] != right:
            raise refusal(400, f"{name} is not valid")
    body = _access_token(call, {**session, "kind": FOR_A_LOCATION})
    return json_response({name: value for name, value in body.items() if "refresh" not in name.lower()}, 201)


def session_of(call: Call) -> Document | None:
    """Whose access token it is; None for one that is none or over."""
    token = call.request.headers.get("Authorization", "").removeprefix("Bearer ")
    session = call.shelf.get("session", token) if token else None
    return session if session is not None and read_moment(session["until"]) > now() else None


def _check_client(call: Call) -> None:
    for name, words in (("client_id", "clientId"), ("client_secret", "clientSecret")):
        if not call.request.form.get(name):
            raise refusal(400, f"Missing parameter: {words}")
        if call.request.form[name] != call.switches[name]:
            raise _oauth_refusal("Invalid client credentials")


def _take_code(call: Call, code: str) -> Document:
    kept = call.shelf.get("code", code)
    if kept is None:
        raise _oauth_refusal("Authorization code not found")
    call.shelf.remove("code", code)
    return kept


def _renewed(call: Call, token: str) -> Document:
    """Used once, it is over; for a while the same one gets the same answer. A paused location uses nothing up."""
    kept = call.shelf.get("refresh", token)
    grace = timedelta(seconds=call.switches["refresh_grace_seconds"])
    if kept is None or (kept.get("used") and read_moment(kept["used"]) + grace < now()):
        raise refusal(400, "Invalid grant: refresh token is invalid")
    if call.switches["location_paused"]:
        raise refusal(400, "Location is not active")
    if kept.get("used"):
        answer: Document = kept["answer"]
        return answer
    answer = _new_tokens(call, kept)
    call.shelf.put("refresh", token, {**kept, "used": now().isoformat(), "answer": answer})
    return answer


def _new_tokens(call: Call, kept: Mapping[str, Any]) -> Document:
    token = f"eyJrefresh{secrets.token_hex(16)}"
    call.shelf.put("refresh", token, {"token": token, "kind": kept["kind"], "scope": kept["scope"]})
    return {**_access_token(call, kept), "refresh_token": token, "refreshTokenId": secrets.token_hex(12)}


def _access_token(call: Call, kept: Mapping[str, Any]) -> Document:
    token, seconds = f"eyJaccess{secrets.token_hex(16)}", int(call.switches["token_seconds"])
    scope = kept["scope"] or " ".join(call.switches["scopes"])
    until = (now() + timedelta(seconds=seconds)).isoformat()
    call.shelf.put("session", token, {"token": token, "kind": kept["kind"], "scope": scope, "until": until})
    whose = {"locationId": LOCATION} if kept["kind"] == FOR_A_LOCATION else {}
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": seconds,
        "scope": " ".join([scope, *UNASKED]),
        "userType": kept["kind"],
        "companyId": COMPANY,
        **whose,
        "userId": "usrDana0000000000001",
        "isBulkInstallation": False,
    }


def _oauth_refusal(words: str) -> Refused:
    return Refused(json_response({"error": "UnAuthorized!", "error_description": words}, 401))
