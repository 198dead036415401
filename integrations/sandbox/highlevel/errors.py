"""How HighLevel says no: several shapes of body, statuses that do not mean what they say, its rate headers (§4)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from werkzeug.wrappers import Response

from ..vendor import Call, FailureName, Refused, empty_response, json_response

NAMES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 422: "Unprocessable Entity"}
INTERVAL_MS, RESET_MS = 10_000, 86_343_000
GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>"


def error_response(status: int, message: str | Sequence[str], **more: Any) -> Response:
    said = message if isinstance(message, str) else list(message)
    return json_response({"statusCode": status, "message": said, "error": NAMES.get(status, "Error"), **more}, status)


def refusal(status: int, message: str | Sequence[str], **more: Any) -> Refused:
    return Refused(error_response(status, message, **more))


def invalid(*messages: str) -> Refused:
    return refusal(422, messages)


def missing(kind: str, id: str) -> Refused:
    """A missing contact is 400, not 404."""
    return Refused(json_response({"error": f"{kind} with id {id} not found", "status": 400}, 400))


def duplicate(existing: dict[str, Any], field: str) -> Refused:
    meta = {"contactId": existing["id"], "matchingField": field, "contactName": existing.get("firstName") or ""}
    words = "This location does not allow duplicated contacts."
    return Refused(json_response({"statusCode": 400, "message": words, "meta": meta}, 400))


def gateway(call: Call) -> Response:
    return Response(GATEWAY, 502, content_type="text/html")


def too_many(call: Call) -> Response:
    """Without Retry-After."""
    return json_response({"statusCode": 429, "message": "Too Many Requests"}, 429)


def unauthorized(call: Call) -> Response:
    return error_response(401, "Invalid token: access token is invalid")


def broken(call: Call) -> Response:
    return json_response({"statusCode": 500, "message": "Internal server error"}, 500)


def unknown_path(call: Call) -> Response:
    """404 and nothing else; a path in other letters is taken for a lack of rights."""
    lower = call.request.path.lower()
    if lower != call.request.path and any(f"/{word}" in lower for word in ("contacts", "locations", "users")):
        return error_response(401, "E01 - unauthorized request")
    return empty_response(404)


def unreadable(call: Call) -> Response:
    return error_response(400, "Bad Request")


def with_rate_headers(call: Call, response: Response) -> Response:
    switches = call.switches
    is_full = response.status_code == 429
    response.headers.extend(
        {
            "x-ratelimit-limit-daily": str(int(switches["daily_limit"])),
            "x-ratelimit-daily-remaining": str(int(switches["daily_remaining"])),
            "x-ratelimit-daily-reset": str(RESET_MS),
            "x-ratelimit-interval-milliseconds": str(INTERVAL_MS),
            "x-ratelimit-max": str(int(switches["rate_max"])),
            "x-ratelimit-remaining": "0" if is_full else str(int(switches["rate_max"]) - 1),
        }
    )
    return response


def traced(body: dict[str, Any], status: int = 200) -> Response:
    return json_response({**body, "traceId": str(uuid.uuid4())}, status)


FAILURES: dict[FailureName, Callable[[Call], Response]] = {
    "rate_limit": too_many,
    "unauthorized": unauthorized,
    "down": gateway,
    "broken": broken,
    "unknown_path": unknown_path,
    "unreadable": unreadable,
}
