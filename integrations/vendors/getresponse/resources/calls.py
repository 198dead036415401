"""Runs operations of the catalogue that are no writes of records: look-ups, and what starts something."""

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
    {"create_contact", "create_contacts", "update_contact", "delete_contact", "add_tags", "set_custom_fields"}
    | {"block_addresses", "set_callbacks", "remove_callbacks"}
)
IN_QUERY = ("page", "perPage", "fields", "additionalFlags")  # also of a POST
USE_AN_ACTION = "Use the rule's own action for it: upsert, update, delete, add_tags or opt_out."


class Calls:
    def __init__(self, api: Api) -> None:
        self.api = api

    def run(self, key: str, params: Mapping[str, Any], body: Any) -> Any:
        """GetResponse's answer, None where it has no body."""
        operation = find_operation("GetResponse", OPERATIONS, key, NOT_CALLED, USE_AN_ACTION)
        call = call_of(operation, params, body, in_query=IN_QUERY)
        refused = refused_values({**params, **(body if isinstance(body, Mapping) else {})})
        if refused is not None:
            raise refused
        return self.api.send(call).json
