"""Runs operations of the catalogue that are no writes of records: look-ups, lists and personal fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ...base import Operation
from ...errors import Rejected, Unsupported
from ...http import Call
from ..client import Api
from ..operations import OPERATIONS
from .rows import refused_values

# These have actions of their own, so that an opt-out holds them and the ledger knows what was there before; or they
# belong to the connection.
NOT_CALLED = frozenset(
    {"create_subscriber", "update_subscriber", "delete_subscriber", "join_list", "leave_list", "add_tag"}
    | {"create_webhook", "delete_webhook"}
)
IN_QUERY = ("listId", "searchKey", "offset", "size")  # also of a POST: the search
PLACE = re.compile(r"\{(\w+)\}")
USE_AN_ACTION = "Use the rule's own action for it: upsert, update, delete, add_tags, add_to_campaign or opt_out."


class Calls:
    def __init__(self, api: Api) -> None:
        self.api = api

    def run(self, key: str, params: Mapping[str, Any], body: Any) -> Any:
        """The vendor's answer. What is in no path is the query of a GET, else the body."""
        operation = _operation(key)
        said = {**params, **(body if isinstance(body, Mapping) else {})}
        _check(operation, said)
        path = PLACE.sub(lambda place: quote(str(said[place[1]]), safe=""), operation.path)
        places = PLACE.findall(operation.path)
        return self.api.send(_call(operation, path, {n: v for n, v in said.items() if n not in places})).json


def _operation(key: str) -> Operation:
    operation = next((each for each in OPERATIONS if each.key == key and each.method), None)
    if operation is None:
        raise Unsupported(f"Responder Live has no operation {key} that can be called.")
    if key in NOT_CALLED:
        raise Unsupported(f"{key} is not called by itself.", help=USE_AN_ACTION)
    return operation


def _check(operation: Operation, said: Mapping[str, Any]) -> None:
    unknown = sorted(set(said) - set(operation.parameters))
    if unknown:
        takes = ", ".join(operation.parameters) or "nothing"
        raise Rejected(f"{operation.key} takes no {', '.join(unknown)}.", fields=unknown, help=f"It takes: {takes}.")
    missing = [place for place in PLACE.findall(operation.path) if not str(said.get(place) or "").strip(". ")]
    if missing:
        raise Rejected(f"{operation.key} needs {', '.join(missing)}.", fields=missing, help="Say it in the rule.")
    refused = refused_values(said)
    if refused is not None:
        raise refused


def _call(operation: Operation, path: str, rest: Mapping[str, Any]) -> Call:
    in_query = {name: value for name, value in rest.items() if operation.method == "GET" or name in IN_QUERY}
    query = tuple((name, str(value)) for name, value in in_query.items() if value not in (None, ""))
    body = {name: value for name, value in rest.items() if name not in in_query}
    sends = operation.method not in ("GET", "DELETE")
    return Call(operation.method, path, query, body=body if sends else None, reads=operation.kind == "lookup")
