"""The catalogue names calls that the simulated org answers, and says of each what it needs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound

from integrations.sandbox.salesforce import VENDOR as SIMULATED
from integrations.vendors.base import Operation
from integrations.vendors.salesforce.capabilities import CAPABILITIES
from integrations.vendors.salesforce.client import API_VERSION
from integrations.vendors.salesforce.operations import OPERATIONS

CALLS = [operation for operation in OPERATIONS if operation.kind != "trigger"]
PLACEHOLDER = re.compile(r"\{(\w+)\}")
# What the sandbox does not simulate; each stands in the guide that its source names.
NOT_SIMULATED = {
    *("search", "parameterized_search", "list_updated", "list_deleted", "describe_layouts"),
    *("list_views", "list_quick_actions", "record_counts", "recent_records", "list_tabs", "list_approvals"),
    *("list_standard_actions", "list_custom_actions", "list_flows", "run_flow", "run_standard_action"),
    *("submit_approval", "user_information", "revoke_token", "composite_batch", "composite_graph", "create_tree"),
    *("list_bulk_jobs", "create_bulk_query", "get_bulk_query", "bulk_query_rows"),
}


def _path(operation: Operation) -> str:
    facts: dict[str, Any] = {"version": API_VERSION, "object": "Lead", "field": "Email", "value": "x", "id": "00Q1"}
    return PLACEHOLDER.sub(lambda found: facts.get(found[1], "x"), operation.path)


def _is_simulated(operation: Operation) -> bool:
    try:
        SIMULATED.map.bind("sandbox").match(_path(operation), method=operation.method)
    except (NotFound, MethodNotAllowed):
        return False
    return True


@pytest.mark.parametrize("operation", CALLS, ids=lambda o: o.key)
def test_a_call_of_the_catalogue_is_one_that_salesforce_has(operation: Operation) -> None:
    assert _is_simulated(operation) or operation.key in NOT_SIMULATED
    assert operation.path.startswith("/services/")


@pytest.mark.parametrize("operation", CALLS, ids=lambda o: o.key)
def test_what_a_path_needs_is_among_the_parameters(operation: Operation) -> None:
    assert set(PLACEHOLDER.findall(operation.path)) - {"version"} <= set(operation.parameters)


def test_every_kind_of_write_has_an_entry() -> None:
    keys = {operation.key for operation in OPERATIONS}
    writes = {write for object in CAPABILITIES.objects for write in object.writes}
    mapped = {
        "upsert": "upsert_records",
        "create": "create_records",
        "update": "update_records",
        "set": "update_record",
    }
    mapped |= {"delete": "delete_records", "opt_out": "opt_out_lead", "add_note": "create_note"}
    assert {mapped.get(write, write) for write in writes} <= keys
