"""`composite`: up to 25 requests in one, where later ones may use the results of earlier ones."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from ..store import Document
from ..vendor import Call, Refused, json_response
from .errors import RowFailure, refusal, require_object

LARGEST = 25
REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)\.([^}]+)\}")


class Halted(Exception):
    """One part failed and all were to succeed."""


def run(call: Call) -> Response:
    payload = require_object(call.payload)
    parts = payload.get("compositeRequest")
    if not isinstance(parts, list) or not 1 <= len(parts) <= LARGEST:
        raise refusal(400, "JSON_PARSER_ERROR", f"compositeRequest takes 1 to {LARGEST} requests")
    answers: list[Document] = []
    try:
        with call.shelf.store.transaction():
            for part in parts:
                answers.append(_part(call, require_object(part), answers))
                if payload.get("allOrNone") is True and answers[-1]["httpStatusCode"] >= 400:
                    raise Halted
    except Halted:
        answers = _halted(parts, answers)
    return json_response({"compositeResponse": answers})


def _part(call: Call, part: Document, before: list[Document]) -> Document:
    results = {answer["referenceId"]: answer["body"] for answer in before}
    try:
        response = _dispatch(call, _filled(part, results))
    except LookupError as problem:
        response = RowFailure("PROCESSING_HALTED", f"Invalid reference specified: {problem}").response()
    text = response.get_data(as_text=True)
    body = json.loads(text) if text else None
    status, reference = response.status_code, part.get("referenceId", "")
    return {"body": body, "httpHeaders": {}, "httpStatusCode": status, "referenceId": reference}


def _dispatch(call: Call, part: Document) -> Response:
    path, _, query = str(part.get("url", "")).partition("?")
    body = json.dumps(part["body"]) if "body" in part else None
    prefix = call.request.path.partition("/services/")[0]
    headers = dict(part.get("httpHeaders", {}))
    builder = EnvironBuilder(
        path=prefix + path, query_string=query, method=part.get("method", "GET"), data=body, headers=headers
    )
    try:
        return call.vendor.handle(call.with_request(Request(builder.get_environ())), path)
    except Refused as refused:
        return refused.response
    except HTTPException:
        return call.vendor.failures["unknown_path"](call)


def _filled(value: Any, results: Mapping[str, Any]) -> Any:
    """The part with every @{reference} replaced. Raises LookupError."""
    if isinstance(value, dict):
        return {name: _filled(item, results) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, results) for item in value]
    return (
        REFERENCE.sub(lambda found: str(_looked_up(results[found[1]], found[2])), value)
        if isinstance(value, str)
        else value
    )


def _looked_up(value: Any, path: str) -> Any:
    for step in re.findall(r"[A-Za-z0-9_]+", path):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _halted(parts: list[Any], answers: list[Document]) -> list[Document]:
    failure = RowFailure(
        "PROCESSING_HALTED", "The transaction was rolled back since another operation in the same transaction failed."
    )
    body = json.loads(failure.response().get_data())
    rest = [
        {"body": body, "httpHeaders": {}, "httpStatusCode": 400, "referenceId": part.get("referenceId", "")}
        for part in parts
    ]
    place = len(answers) - 1
    return [*rest[:place], answers[place], *rest[place + 1 :]]
