"""How Salesforce says no: arrays of errors for records, an object for OAuth, HTML when it is down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from werkzeug.wrappers import Response

from ..store import Document
from ..vendor import Call, FailureName, RecordRefused, Refused, json_response


class RowFailure(RecordRefused):
    """One record is refused. Single calls answer with `status`; collections put it into the row."""

    def __init__(
        self, code: str, message: str, fields: Sequence[str] = (), status: int = 400, extra: Document | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = list(fields)
        self.status = status
        self.extra = extra or {}

    def response(self) -> Response:
        """For a single call: an array, the code under `errorCode`."""
        fields = {"fields": self.fields} if self.fields else {}
        return json_response([{"message": self.message, "errorCode": self.code, **fields, **self.extra}], self.status)

    def as_row(self) -> Document:
        """For a collection: the code under `statusCode` (fact sheet §2.2)."""
        extra = {"duplicateResult": self.extra["duplicateResut"]} if "duplicateResut" in self.extra else {}
        error = {"statusCode": self.code, "message": self.message, "fields": self.fields, **extra}
        return {"success": False, "errors": [error]}


def refusal(status: int, code: str, message: str) -> Refused:
    return Refused(RowFailure(code, message, status=status).response())


def not_found() -> Refused:
    return refusal(404, "NOT_FOUND", "The requested resource does not exist")


def oauth_refusal(error: str, description: str, status: int = 400) -> Refused:
    return Refused(json_response({"error": error, "error_description": description}, status))


def too_many(call: Call) -> Response:
    """403 and no Retry-After: Salesforce has none."""
    return RowFailure("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403).response()


def session_expired(call: Call) -> Response:
    """The session is gone for good: only a new token helps."""
    token = call.request.headers.get("Authorization", "").removeprefix("Bearer ").removeprefix("OAuth ")
    call.shelf.remove("session", token)
    return RowFailure("INVALID_SESSION_ID", "Session expired or invalid", status=401).response()


def unavailable(call: Call) -> Response:
    page = "<html><head><title>Maintenance</title></head><body><h1>We are down for maintenance.</h1></body></html>"
    return Response(page, 503, content_type="text/html;charset=UTF-8")


def broken(call: Call) -> Response:
    return RowFailure("UNKNOWN_EXCEPTION", "An unexpected error occurred.", status=500).response()


def unknown_path(call: Call) -> Response:
    return not_found().response


def unreadable(call: Call) -> Response:
    return RowFailure("JSON_PARSER_ERROR", "The request body is not valid JSON").response()


def with_limit_info(call: Call, response: Response) -> Response:
    if call.request.path.find("/services/data/") >= 0:
        used = call.shelf.store.next_number("salesforce.usage")
        response.headers["Sforce-Limit-Info"] = f"api-usage={used}/{int(call.switches['daily_limit'])}"
    return response


def require_object(payload: Any) -> Document:
    if not isinstance(payload, dict):
        raise refusal(400, "JSON_PARSER_ERROR", "An object was expected")
    return payload


FAILURES: dict[FailureName, Callable[[Call], Response]] = {
    "rate_limit": too_many,
    "unauthorized": session_expired,
    "down": unavailable,
    "broken": broken,
    "unknown_path": unknown_path,
    "unreadable": unreadable,
}
