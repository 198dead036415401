"""Looks at requests as HighLevel's own OpenAPI files do: path, Version, query, and every property of the body."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

BESIDE = "shared/vendors/specs/highlevel/v2"
SPECS = next((each / BESIDE for each in Path(__file__).parents if (each / BESIDE).exists()), Path(BESIDE))
NO_TOKEN = "there is no token"
PLACE = re.compile(r"\{\w+\}")
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
# Where the files are known to be wrong or silent (highlevel.md §2.1, §2.2, §2.8).
UNDESCRIBED = ("/contacts/search",)  # its body is described elsewhere
WITHOUT_TOKEN = ("/oauth/token",)
KINDS = ("application/json", "application/x-www-form-urlencoded")
NOT_REALLY_REQUIRED = {"/conversations/messages": {"subType", "status"}}


class OpenApi:
    """All the files beside this checkout."""

    @cached_property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(SPECS.glob("*.json"))]

    def operation(self, method: str, path: str) -> tuple[dict[str, Any], dict[str, Any], str] | None:
        """(document, operation, template) of a real path, the plainest first; None when HighLevel has none."""
        found = [
            (document, operations[method.lower()], template)
            for document in self.documents
            for template, operations in document["paths"].items()
            if method.lower() in operations and re.fullmatch(_pattern(template), path)
        ]
        return min(found, key=lambda each: each[2].count("{"), default=None)

    def problems(self, method: str, path: str, query: Mapping[str, str], headers: Any, body: Any) -> list[str]:
        """What HighLevel's description would say against a request; [] when nothing."""
        found = self.operation(method, path)
        if found is None:
            return [f"{method} {path} is in no file"]
        document, operation, template = found
        said = [*_query_problems(operation, query), *_header_problems(operation, headers)]
        said = [problem for problem in said if problem != NO_TOKEN or template not in WITHOUT_TOKEN]
        return [f"{method} {template}: {problem}" for problem in [*said, *_body_problems(found, body)]]


def schema_of(document: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, Any] | None:
    """The description of the body; None when the operation takes none."""
    content = operation.get("requestBody", {}).get("content", {})
    described = next((content[kind].get("schema") for kind in KINDS if kind in content), None)
    return None if described is None else resolved(document, described)


def resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return dict(schema)


def parameters(operation: Mapping[str, Any], place: str) -> dict[str, Mapping[str, Any]]:
    return {each["name"]: each for each in operation.get("parameters", []) if each.get("in") == place}


def _pattern(template: str) -> str:
    return "[^/]+".join(map(re.escape, PLACE.split(template)))


def _query_problems(operation: Mapping[str, Any], query: Mapping[str, str]) -> Iterator[str]:
    known = parameters(operation, "query")
    yield from (f"{name} is no parameter" for name in query if name not in known)
    yield from (f"{name} is missing" for name, each in known.items() if each.get("required") and name not in query)


def _header_problems(operation: Mapping[str, Any], headers: Any) -> Iterator[str]:
    wanted = parameters(operation, "header").get("Version", {}).get("schema", {}).get("enum")
    if wanted and headers.get("Version") not in wanted:
        yield f"Version is {headers.get('Version')}, not {wanted}"
    if not str(headers.get("Authorization", "")).startswith("Bearer "):
        yield NO_TOKEN


def _body_problems(found: tuple[dict[str, Any], dict[str, Any], str], body: Any) -> list[str]:
    document, operation, template = found
    schema = schema_of(document, operation)
    if schema is None:
        return [] if body is None else ["it takes no body"]
    if body is None:
        return ["it has no body"] if schema.get("required") else []
    if template in UNDESCRIBED:
        return []
    relaxed = set(schema.get("required", ())) - NOT_REALLY_REQUIRED.get(template, set())
    return list(_problems(document, {**schema, "required": sorted(relaxed)}, body, "body"))


def _problems(document: Mapping[str, Any], schema: Mapping[str, Any], value: Any, name: str) -> Iterator[str]:
    schema = resolved(document, schema)
    if value is None:
        if not schema.get("nullable"):
            yield f"{name} may not be null"
        return
    for choices in (schema.get("anyOf"), schema.get("oneOf")):
        if choices:
            tried = [list(_problems(document, choice, value, name)) for choice in choices]
            if all(tried):
                yield tried[0][0]
            return
    yield from _type_problems(schema, value, name)
    if isinstance(value, dict) and "properties" in schema:
        yield from _object_problems(document, schema, value, name)
    if isinstance(value, list):
        for item in value:
            yield from _problems(document, schema.get("items", {}), item, f"{name}[]")


def _type_problems(schema: Mapping[str, Any], value: Any, name: str) -> Iterator[str]:
    wanted, types = schema.get("type"), TYPES.get(str(schema.get("type")))
    if wanted == "object" and "properties" not in schema and not isinstance(schema.get("example", {}), dict):
        types = (str,) if isinstance(schema["example"], str) else (int, float)  # only the example tells
    if types and (not isinstance(value, types) or (isinstance(value, bool) and wanted != "boolean")):
        yield f"{name} is no {wanted}"
    if schema.get("enum") and value not in schema["enum"]:
        yield f"{name} is not one of {schema['enum']}"


def _object_problems(
    document: Mapping[str, Any], schema: Mapping[str, Any], value: Mapping[str, Any], name: str
) -> Iterator[str]:
    known = schema["properties"]
    yield from (f"{name}.{key} should not exist" for key in value if key not in known)
    yield from (f"{name}.{key} is missing" for key in schema.get("required", ()) if key not in value)
    for key, held in value.items():
        if key in known:
            yield from _problems(document, known[key], held, f"{name}.{key}")
