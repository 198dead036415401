"""Runs operations of the catalogue that are no writes of records: look-ups, lists and personal fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...catalogue import call_of, find_operation
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
USE_AN_ACTION = "Use the rule's own action for it: upsert, update, delete, add_tags, add_to_campaign or opt_out."


class Calls:
    def __init__(self, api: Api) -> None:
        self.api = api

    def run(self, key: str, params: Mapping[str, Any], body: Any) -> Any:
        """The vendor's answer."""
        operation = find_operation("Responder Live", OPERATIONS, key, NOT_CALLED, USE_AN_ACTION)
        call = call_of(operation, params, body, in_query=IN_QUERY)
        refused = refused_values({**params, **(body if isinstance(body, Mapping) else {})})
        if refused is not None:
            raise refused
        return self.api.send(call).json
