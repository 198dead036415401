"""The catalogue names calls that the vendor's own OpenAPI has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integrations.vendors.base import Operation
from integrations.vendors.getresponse.operations import OPERATIONS

OPENAPI = Path(__file__).parents[5] / "shared/vendors/specs/getresponse/getresponse-condensed.openapi.json"
CALLS = [operation for operation in OPERATIONS if operation.kind != "trigger"]


@pytest.mark.skipif(not OPENAPI.exists(), reason="the vendor's OpenAPI is not beside this checkout")
@pytest.mark.parametrize("operation", CALLS, ids=lambda o: o.key)
def test_a_call_of_the_catalogue_is_in_the_vendors_openapi(operation: Operation) -> None:
    paths = json.loads(OPENAPI.read_text(encoding="utf-8"))["paths"]
    assert operation.method.lower() in paths[operation.path]


def test_the_one_call_that_can_wipe_a_blocklist_says_so() -> None:
    (operation,) = [o for o in OPERATIONS if o.path == "/accounts/blocklists"]
    assert "replaced" in operation.source
