"""Who may call Responder Live: whoever has a token, and says which program it is."""

from __future__ import annotations

import secrets
import time

from werkzeug.wrappers import Response

from ..vendor import Call, Refused, json_response
from .errors import refusal, unauthorized
from .options import CLIENT_ID, USER_TOKEN

BEARER = "Bearer "


def authenticate(call: Call) -> None:
    """Raise Refused unless the token is good."""
    pass_firewall(call)
    session = call.shelf.get("session", call.request.headers.get("Authorization", "").removeprefix(BEARER))
    if session is None or session["expire"] <= time.time():
        raise Refused(unauthorized(call))


def pass_firewall(call: Call) -> None:
    """It refuses whoever does not say which program calls (fact sheet §1b)."""
    if not call.request.headers.get("User-Agent"):
        raise Refused(Response("<html><body>Request blocked</body></html>", 403, content_type="text/html"))


def issue_token(call: Call) -> Response:
    """Client id as a number; what is wrong is said in a 200 or a 401 (fact sheet §1b)."""
    pass_firewall(call)
    asked = call.payload if isinstance(call.payload, dict) else {}
    right = {"client_id": CLIENT_ID, "client_secret": call.switches["client_secret"], "user_token": USER_TOKEN}
    if asked.get("grant_type") != "client_credentials" or any(asked.get(n) != value for n, value in right.items()):
        raise refusal(call, "Client authentication failed", 401)
    token, expire = secrets.token_hex(20), int(time.time() + call.switches["token_seconds"])
    call.shelf.put("session", token, {"token": token, "expire": expire})
    who = {"account_id": 1000000, "id": 1, "username": "demo", "name": "חשבון לדוגמה"}
    return json_response({"status": True, call.switches["token_field"]: token, "expire": expire, **who})
