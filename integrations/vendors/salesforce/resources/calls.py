"""Runs operations of the catalogue that are no writes of records: look-ups, flows, approvals, the org's own actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...catalogue import call_of, find_operation
from ..client import API_VERSION, Api
from ..operations import OPERATIONS

RUN = frozenset({"run_flow", "run_standard_action", "submit_approval"})
# Writes of records have actions of their own, so that an opt-out holds them and the ledger knows what was there before;
# signing in and bulk jobs belong to the connection.
NOT_CALLED = frozenset({each.key for each in OPERATIONS if each.kind == "action"} - RUN | {"get_token"})
USE_AN_ACTION = "Use the rule's own action for it: upsert, update, delete, create_task, add_note or opt_out."


class Calls:
    def __init__(self, api: Api) -> None:
        self.api = api

    def run(self, key: str, params: Mapping[str, Any], body: Any) -> Any:
        """Salesforce's answer, None where it has no body."""
        operation = find_operation("Salesforce", OPERATIONS, key, NOT_CALLED, USE_AN_ACTION)
        version = str(self.api.account.options.get("api_version") or API_VERSION).removeprefix("v")
        return self.api.send(call_of(operation, params, body, given={"version": version})).json
