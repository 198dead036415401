"""How GetResponse says no: one table of its codes, one shape of body, its rate headers."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from ..vendor import Call, FailureName, Refused, json_response

# code: (HTTP status, codeDescription), from the fact sheet §5
CODES: dict[int, tuple[int, str]] = {
    1: (500, "Internal error"),
    1000: (400, "General error of validation process, more details should be in context section"),
    1001: (400, "Related resource by given id not found"),
    1002: (400, "Resource state forbids this action"),
    1003: (400, "Parameter format is invalid"),
    1005: (400, "Required parameter is missing"),
    1006: (400, "Wrong data type"),
    1007: (400, "Length out of range"),
    1008: (409, "There is another resource with the same value of unique property"),
    1013: (404, "Resource not found"),
    1014: (401, "Problem during authentication process"),
    1015: (429, "Too many requests"),
    1017: (403, "The API is blocked"),
    1019: (503, "Maintenance"),
    1021: (400, "Invalid request headers"),
    1023: (403, "No permission"),
    1024: (404, "X-Domain not found"),
    1027: (400, "Contact limit of the plan reached"),
}
FRAME_LIMIT = 30_000
RATE_HEADERS = {
    "frame": {"X-RateLimit-Limit": "30000", "X-RateLimit-Remaining": "29990", "X-RateLimit-Reset": "432 seconds"},
    "second": {"X-RateLimit-Limit": "80", "X-RateLimit-Remaining": "79", "X-RateLimit-Reset": "1 seconds"},
    "none": {},
}


def error_response(code: int, message: str, context: Any = None, status: int | None = None) -> Response:
    http_status, description = CODES[code]
    body = {
        "httpStatus": status or http_status,
        "code": code,
        "codeDescription": description,
        "message": message,
        "moreInfo": f"https://apidocs.getresponse.com/en/v3/errors/{code}",
        "context": [] if context is None else context,  # PHP writes an empty context as an array
        "uuid": str(uuid.uuid4()),
    }
    return json_response(body, status or http_status)


def refusal(code: int, message: str, context: Any = None, status: int | None = None) -> Refused:
    return Refused(error_response(code, message, context, status))


def not_found() -> Refused:
    return refusal(1013, "Resource not found")


def too_many(call: Call) -> Response:
    context = {"currentLimit": FRAME_LIMIT, "timeToReset": "100 seconds"}
    response = error_response(1015, "API request limit has been reached", context)
    if call.switches["retry_after"]:
        response.headers["Retry-After"] = "1"
    return response


def unauthorized(call: Call) -> Response:
    return error_response(1014, "Unable to authenticate request", {"authenticationType": "auth_token"})


def unavailable(call: Call) -> Response:
    return Response("<html><body><h1>503 Service Unavailable</h1></body></html>", 503, content_type="text/html")


def broken(call: Call) -> Response:
    return error_response(1, "Internal error")


def unknown_path(call: Call) -> Response:
    return error_response(1013, "Resource not found")


def unreadable(call: Call) -> Response:
    return error_response(1003, "Request body is not valid JSON")


def with_rate_headers(call: Call, response: Response) -> Response:
    headers = dict(RATE_HEADERS[call.switches["rate_headers"]])
    if response.status_code == 429 and headers:
        headers |= {"X-RateLimit-Remaining": "0"}
    response.headers.extend(headers)
    return response


FAILURES: dict[FailureName, Callable[[Call], Response]] = {
    "rate_limit": too_many,
    "unauthorized": unauthorized,
    "down": unavailable,
    "broken": broken,
    "unknown_path": unknown_path,
    "unreadable": unreadable,
}
