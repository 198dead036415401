"""Who may call HighLevel: a token, the Version header, the right location, and a scope for each path (§1.3 to §1.5)."""

from __future__ import annotations

import functools
from collections.abc import Collection

from werkzeug.wrappers import Response

from ..vendor import Call, Handler, Refused
from .errors import gateway, refusal, too_many
from .oauth import FOR_A_COMPANY, session_of
from .options import LOCATION

BEARER = "Bearer "
OLDER = ("/conversations", "/calendars")  # want 2021-04-15


def authenticate(call: Call) -> None:
    """Raise Refused unless token, version and location are right."""
    if call.consume("gateway_html"):
        raise Refused(gateway(call))
    if call.consume("command_timeout"):
        raise refusal(401, "Command timed out")
    if int(call.switches["daily_remaining"]) <= 0:
        raise Refused(too_many(call))
    scopes_of(call)
    _check_version(call)
    _check_kind(call)
    _check_location(call)


def scopes_of(call: Call) -> Collection[str]:
    """What the caller's token may do. Raises Refused when there is none."""
    token = call.request.headers.get("Authorization", "").removeprefix(BEARER)
    if token and token == call.switches["token"]:
        scopes: Collection[str] = call.switches["scopes"]
        return scopes
    session = session_of(call)
    if session is not None:
        return str(session["scope"]).split()
    raise refusal(401, "Invalid token: access token is invalid")


def _check_version(call: Call) -> None:
    version = call.request.headers.get("Version")
    if not version:
        raise refusal(401, "version header was not found.")
    path = call.request.path.removeprefix("/highlevel")
    wanted = "2021-04-15" if path.startswith(OLDER) else "2021-07-28"
    if version != wanted:
        raise refusal(400, f"Invalid API version segment '{version}' at position 0")


def _check_kind(call: Call) -> None:
    """A token of an agency is good for nothing but being exchanged for one of a location."""
    session = session_of(call)
    if session is not None and session["kind"] == FOR_A_COMPANY and not call.request.path.endswith("/locationToken"):
        raise refusal(401, "This authClass type is not allowed to access this scope. Please reach out to the IAM team")


def _check_location(call: Call) -> None:
    """Wherever the call names one: path, query or body."""
    steps = call.request.path.split("/")
    in_path = steps[steps.index("locations") + 1 :][:1] if "locations" in steps else []
    named = [*in_path, *call.request.args.getlist("locationId")]
    if call.request.is_json and call.request.get_data():
        body = call.payload
        named += [str(body["locationId"])] if isinstance(body, dict) and body.get("locationId") else []
    if any(location != LOCATION for location in named):
        raise refusal(403, "The token does not have access to this location.")


def scoped(handler: Handler, scope: str) -> Handler:
    """The handler, for callers with this scope."""

    @functools.wraps(handler)
    def guarded(call: Call, **arguments: str) -> Response:
        if scope and scope not in scopes_of(call):
            raise refusal(401, "The token is not authorized for this scope.")
        response: Response = handler(call, **arguments)
        return response

    return guarded


def needs_location(call: Call) -> None:
    """Reads of a location that do not say which."""
    if not call.request.args.get("locationId"):
        raise refusal(401, "E01 - unauthorized request")
