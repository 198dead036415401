"""The catalogue names calls that the vendor's own OpenAPI has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integrations.vendors.base import Operation
from integrations.vendors.getresponse.operations import OAS, OPERATIONS, SDK, SKILL

SPECS = Path(__file__).parents[5] / "shared/vendors/specs/getresponse"
WRITTEN_IN = {OAS: "getresponse-condensed.openapi.json", SKILL: "getresponse-vendor-newsletter-skill.openapi.json"}
CALLS = [
    (o, file) for o in OPERATIONS for source, file in WRITTEN_IN.items() if o.method and o.source.startswith(source)
]


@pytest.mark.skipif(not SPECS.exists(), reason="the vendor's OpenAPI is not beside this checkout")
@pytest.mark.parametrize(("operation", "file"), CALLS, ids=lambda value: getattr(value, "key", ""))
def test_a_call_of_the_catalogue_is_in_the_vendors_openapi(operation: Operation, file: str) -> None:
    paths = json.loads((SPECS / file).read_text(encoding="utf-8"))["paths"]
    assert operation.method.lower() in paths[operation.path]


def test_every_call_says_where_it_is_written() -> None:
    assert all(o.source.startswith((OAS, SKILL, SDK)) for o in OPERATIONS if o.method)


def test_the_one_call_that_can_wipe_a_blocklist_says_so() -> None:
    (operation,) = [o for o in OPERATIONS if o.path == "/accounts/blocklists"]
    assert "replaced" in operation.source
