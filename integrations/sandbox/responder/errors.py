"""How Responder Live says no: as a 4xx, or as a 200 with `status: false` (fact sheet §2a, quirk 1)."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.wrappers import Response

from ..vendor import Call, FailureName, Refused, json_response


def refusal(call: Call, message: str, status: int = 400, **more: object) -> Refused:
    """In the style that is switched on."""
    http = 200 if call.switches["failure_style"] == "200" else status
    return Refused(json_response({"status": False, "message": message, **more}, http))


def blocked() -> Refused:
    """Always a 400 (fact sheet §2a, quirk 2)."""
    return Refused(json_response({"status": False, "message": "email is blocked"}, 400))


def missing() -> Refused:
    """A subscriber who is not there is a 200 without data, whatever the style (fact sheet §2a)."""
    return Refused(json_response({"status": False, "data": []}))


def unauthorized(call: Call) -> Response:
    return json_response({"status": False, "message": "Unauthenticated."}, 401)


def too_many(call: Call) -> Response:
    return json_response({"status": False, "message": "Too many requests"}, 429, {"Retry-After": "1"})


def unavailable(call: Call) -> Response:
    return Response("<html><body><h1>503 Service Unavailable</h1></body></html>", 503, content_type="text/html")


def broken(call: Call) -> Response:
    return json_response({"status": False, "message": "Server Error"}, 500)


def unknown_path(call: Call) -> Response:
    return Response("<html><body>404 Not Found</body></html>", 404, content_type="text/html")


def unreadable(call: Call) -> Response:
    return json_response({"status": False, "message": "The body is not JSON"}, 400)


FAILURES: dict[FailureName, Callable[[Call], Response]] = {
    "rate_limit": too_many,
    "unauthorized": unauthorized,
    "down": unavailable,
    "broken": broken,
    "unknown_path": unknown_path,
    "unreadable": unreadable,
}
