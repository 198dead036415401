"""The catalogue and every call that it can make are as HighLevel's own OpenAPI files have them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
import responses

from integrations.vendors.base import Operation
from integrations.vendors.catalogue import PLACE
from integrations.vendors.highlevel import VENDOR
from integrations.vendors.highlevel.client import version_of
from integrations.vendors.highlevel.fields import CREATEABLE, UPDATEABLE
from integrations.vendors.highlevel.operations import LOCATION, OPERATIONS, SPEC, operation_of
from integrations.vendors.highlevel.resources import HighLevel

from ..services import Bench
from .location import BASE, highlevel_account
from .openapi import SPECS, OpenApi, parameters, resolved, schema_of

CALLS = [operation for operation in OPERATIONS if operation.method]
OURS_ALONE = ("dnd", "dndSettings", "inboundDndSettings", "tags")  # never written in a PUT but for a stop
DESCRIBED = OpenApi()
# What a parameter may hold, where HighLevel's own example is none that its description allows.
SAMPLES: Mapping[str, Any] = {"type": "add", "pageLimit": 20, "filters": [], "sort": [], "searchAfter": ["a"]}

pytestmark = pytest.mark.skipif(not SPECS.exists(), reason="the vendor's OpenAPI is not beside this checkout")
every_call = pytest.mark.parametrize("operation", CALLS, ids=lambda operation: operation.key)


def described(operation: Operation) -> tuple[dict[str, Any], dict[str, Any], str]:
    file = operation.source.removeprefix(SPEC)
    document = json.loads((SPECS / file).read_text(encoding="utf-8"))
    templates = {_bare(template): template for template in document["paths"]}
    template = templates[_bare(operation.path)]
    return document, document["paths"][template][operation.method.lower()], template


def _bare(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


@every_call
def test_a_call_is_in_the_vendors_file_with_its_version_and_scope(operation: Operation) -> None:
    _document, found, template = described(operation)
    assert template == operation.path
    versions = parameters(found, "header").get("Version", {}).get("schema", {}).get("enum", [])
    assert version_of(operation.path) in versions or not versions
    scopes = {scope for entry in found.get("security", []) for each in entry.values() for scope in each}
    assert operation.scope in scopes or not scopes


@every_call
def test_a_call_takes_what_the_vendor_takes(operation: Operation) -> None:
    document, found, template = described(operation)
    schema = resolved(document, schema_of(document, found) or {})
    known = {*parameters(found, "query"), *PLACE.findall(template), *schema.get("properties", {})}
    if template != "/contacts/search":
        assert set(operation.parameters) <= known
    assert set(PLACE.findall(operation.path)) - {LOCATION} <= set(operation.parameters)


@every_call
@responses.activate
def test_a_call_is_made_as_the_vendor_describes_it(operation: Operation, described: list[str]) -> None:
    """With the examples of its own description; the fixture looks at what goes out."""
    responses.add(operation.method, re.compile(f"{BASE}/.*"), json={})
    client = HighLevel(highlevel_account(), Bench().services)
    assert client.call(operation.key, samples(operation), None) == {}
    assert described == []
    assert len(responses.calls) == 1


def samples(operation: Operation) -> dict[str, Any]:
    document, found, _template = described(operation)
    properties = resolved(document, schema_of(document, found) or {}).get("properties", {})
    return {name: _sample(document, name, properties.get(name, {})) for name in operation.parameters}


def _sample(document: Mapping[str, Any], name: str, schema: Mapping[str, Any]) -> Any:
    schema = resolved(document, schema)
    if name in SAMPLES:
        return schema["enum"][0] if schema.get("enum") else SAMPLES[name]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [_sample(document, "", schema.get("items", {}))]
    if schema.get("type") == "object" and "properties" in schema:
        wanted = schema.get("required", ())
        return {key: _sample(document, key, schema["properties"][key]) for key in wanted}
    if "anyOf" in schema:
        return _sample(document, name, schema["anyOf"][0])
    plain: dict[str, Any] = {"number": 1, "integer": 1, "boolean": True}
    return plain.get(str(schema.get("type")), "x")


def test_the_fields_of_a_contact_are_those_that_the_vendor_takes() -> None:
    for key, ours in (("create_contact", CREATEABLE), ("update_contact", UPDATEABLE)):
        document, found, _template = described(next(each for each in CALLS if each.key == key))
        theirs = resolved(document, schema_of(document, found) or {})["properties"]
        assert set(ours) == set(theirs) - {*OURS_ALONE, "customFields", LOCATION}


def test_every_call_is_known_by_its_path() -> None:
    for operation in CALLS:
        assert operation_of(operation.method, PLACE.sub("x1", operation.path)) is not None
    assert {each.key for each in VENDOR.operations} >= {"get_contact", "contact_dnd_changed"}


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "problem"),
    [
        ("POST", "/contacts", {}, {"locationId": "l"}, "is in no file"),
        ("PUT", "/contacts/c1", {}, {"companyName": "x"}, "should not exist"),
        ("PUT", "/contacts/c1", {}, {"email": 7}, "is no string"),
        ("PUT", "/contacts/c1", {}, {"postalCode": None}, "may not be null"),
        ("PUT", "/contacts/c1", {}, {"dndSettings": {"Email": {"status": "on"}}}, "is not one of"),
        ("PUT", "/contacts/c1", {}, {"dndSettings": {"Email": {}}}, "status is missing"),
        ("PUT", "/contacts/c1", {}, {"customFields": [{"id": "a", "fieldValue": "x"}]}, "should not exist"),
        ("POST", "/contacts/c1/tasks", {}, {"title": "x", "dueDate": "x"}, "completed is missing"),
        ("GET", "/contacts/", {}, None, "locationId is missing"),
        ("GET", "/contacts/search/duplicate", {"locationId": "l", "phone": "1"}, None, "is no parameter"),
        ("GET", "/calendars/", {"locationId": "l"}, None, "Version is 2021-07-28"),
    ],
)
def test_what_would_be_refused_is_seen(method: str, path: str, query: Any, body: Any, problem: str) -> None:
    headers = {"Version": "2021-07-28", "Authorization": "Bearer x"}
    assert problem in " ".join(DESCRIBED.problems(method, path, query, headers, body))
