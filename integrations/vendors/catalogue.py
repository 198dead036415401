"""Runs an operation of a vendor's catalogue by its key: what it takes, where each part goes, and what is not run so."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from .base import Operation
from .errors import Rejected, Unsupported
from .http import Call

PLACE = re.compile(r"\{(\w+)\}")


def find_operation(
    vendor: str, operations: Sequence[Operation], key: str, not_called: Collection[str], instead: str
) -> Operation:
    """Raises Unsupported for what is not there, and with `instead` as the help for what is not called by itself."""
    operation = next((each for each in operations if each.key == key and each.method), None)
    if operation is None:
        raise Unsupported(f"{vendor} has no operation {key} that can be called.")
    if key in not_called:
        raise Unsupported(f"{key} is not called by itself.", help=instead)
    return operation


def call_of(
    operation: Operation,
    params: Mapping[str, Any],
    body: Any,
    *,
    in_query: Collection[str] = (),
    given: Mapping[str, str] | None = None,
) -> Call:
    """What is in no path is the query of a GET, else the body; `in_query` names what is in the query of any call.

    `given` fills places that nobody says, a version for example. Raises Rejected for what it does not take or lacks.
    """
    said = {**params, **(body if isinstance(body, Mapping) else {})}
    _check(operation, said, given or {})
    filled = {**said, **(given or {})}
    path = PLACE.sub(lambda place: quote(str(filled[place[1]]), safe=""), operation.path)
    rest = {name: value for name, value in said.items() if name not in PLACE.findall(operation.path)}
    return _call(operation, path, rest, in_query)


def _check(operation: Operation, said: Mapping[str, Any], given: Mapping[str, str]) -> None:
    unknown = sorted(set(said) - set(operation.parameters))
    if unknown:
        takes = ", ".join(operation.parameters) or "nothing"
        raise Rejected(f"{operation.key} takes no {', '.join(unknown)}.", fields=unknown, help=f"It takes: {takes}.")
    places = [place for place in PLACE.findall(operation.path) if place not in given]
    missing = [place for place in places if not str(said.get(place) or "").strip(". ")]
    if missing:
        raise Rejected(f"{operation.key} needs {', '.join(missing)}.", fields=missing, help="Say it in the rule.")


def _call(operation: Operation, path: str, rest: Mapping[str, Any], in_query: Collection[str]) -> Call:
    asked = {name: value for name, value in rest.items() if operation.method == "GET" or name in in_query}
    query = tuple((name, str(value)) for name, value in asked.items() if value not in (None, ""))
    body = {name: value for name, value in rest.items() if name not in asked}
    reads = operation.kind == "lookup"
    return Call(operation.method, path, query, body=None if operation.method == "GET" else body, reads=reads)
