"""`composite/sobjects`: up to 200 records in one call, each with its own result; 200 even when rows fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Response

from ..store import Document
from ..vendor import Call, json_response
from .errors import RowFailure, refusal, require_object
from .ids import object_of
from .org import Org, org_of
from .records import (
    SeveralMatches,
    Written,
    create_record,
    delete_record,
    external_field,
    show_record,
    update_record,
    upsert_record,
)
from .schema import READ_ONLY_OBJECTS, object_named
from .sobjects import known_object, writable_object
from .versions import version_of

LARGEST = 200
ROLLED_BACK = "Record rolled back because not all records were valid and the request was using AllOrNone header"
Write = Callable[[Org, Document], Written]


class AllRolledBack(Exception):
    """One row failed and all were to succeed."""


def create_many(call: Call) -> Response:
    return _written(call, lambda org, row: create_record(org, _type_of(row), row))


def update_many(call: Call) -> Response:
    return _written(call, _update)


def upsert_many(call: Call, name: str, key: str) -> Response:
    """One object per call. A key that comes twice is refused from the second time on."""
    object, seen = writable_object(name), set[str]()
    try:
        field = external_field(org_of(call), object, key).name
    except RowFailure as failure:
        return failure.response()
    return _written(call, lambda org, row: _upsert(org, object, field, row, seen), show_created=True)


def delete_many(call: Call) -> Response:
    ids = [id for id in call.request.args.get("ids", "").split(",") if id]
    all_or_none = call.request.args.get("allOrNone", "false").lower() == "true"
    rows = [{"Id": id} for id in ids]
    return _results(
        call, rows, all_or_none, lambda org, row: delete_record(org, object_of(row["Id"]) or "Lead", row["Id"]), False
    )


def read_many(call: Call, name: str) -> Response:
    """By GET with `ids` and `fields`, or by POST with a body; a missing record is null."""
    object, org = known_object(name), org_of(call)
    given: Any = call.payload if call.request.method == "POST" else _split(call.request.args)
    fields = [org.field(object, field) for field in require_object(given).get("fields", [])]
    if None in fields:
        raise refusal(400, "INVALID_FIELD", f"No such column on sobject of type {object}")
    shown = [field for field in fields if field is not None]
    records = [org.get(object, id) for id in given.get("ids", [])]
    return json_response([r and show_record(org, object, r, version_of(call), shown) for r in records])


def _split(arguments: Any) -> Document:
    return {name: [part for part in arguments.get(name, "").split(",") if part] for name in ("ids", "fields")}


def _written(call: Call, write: Write, show_created: bool = False) -> Response:
    payload = require_object(call.payload)
    rows = payload.get("records")
    if not isinstance(rows, list) or not rows:
        raise refusal(400, "JSON_PARSER_ERROR", "records: an array with at least one record was expected")
    return _results(call, rows, payload.get("allOrNone") is True, write, show_created)


def _results(call: Call, rows: list[Any], all_or_none: bool, write: Write, show_created: bool) -> Response:
    if len(rows) > LARGEST:
        raise refusal(
            400, "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {LARGEST} records into this call"
        )
    org, results = org_of(call), list[Document]()
    try:
        with call.shelf.store.transaction():
            results.extend(_row_results(org, rows, write, show_created))
            if all_or_none and not all(result["success"] for result in results):
                raise AllRolledBack
    except AllRolledBack:
        results = [_rolled_back() if result["success"] else result for result in results]
    return json_response(results)


def _row_results(org: Org, rows: Iterable[Any], write: Write, show_created: bool) -> Iterable[Document]:
    for row in rows:
        try:
            written = write(org, require_object(row))
        except RowFailure as failure:
            yield failure.as_row()
        except SeveralMatches as several:
            yield RowFailure("DUPLICATE_EXTERNAL_ID", f"more than one record found: {several.ids}").as_row()
        else:
            created = {"created": written.created} if show_created else {}
            yield {"id": written.id, "success": True, "errors": [], **created}


def _rolled_back() -> Document:
    return RowFailure("ALL_OR_NONE_OPERATION_ROLLED_BACK", ROLLED_BACK).as_row()


def _update(org: Org, row: Document) -> Written:
    id = next((str(row[name]) for name in row if name.lower() == "id"), "")
    if not id:
        raise RowFailure("MISSING_ARGUMENT", "Id not specified in an update call", ["Id"])
    return update_record(org, _type_of(row), id, {k: v for k, v in row.items() if k.lower() != "id"})


def _upsert(org: Org, object: str, key: str, row: Document, seen: set[str]) -> Written:
    given = {name: value for name, value in row.items() if name.lower() != key.lower()}
    value = str(next((row[name] for name in row if name.lower() == key.lower()), "") or "")
    if _type_of(row) != object or any(name.lower() == "id" for name in row):
        raise RowFailure("INVALID_FIELD", f"The record must be of type {object} and have no Id")
    if not value:
        raise RowFailure("MISSING_ARGUMENT", f"{key} not specified", [key])
    if value.casefold() in seen:
        raise RowFailure("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", [key])
    seen.add(value.casefold())
    return upsert_record(org, object, key, value, given)


def _type_of(row: Document) -> str:
    object = object_named(str((row.get("attributes") or {}).get("type", "")))
    if object is None or object in READ_ONLY_OBJECTS:
        raise RowFailure("INVALID_TYPE", "sObject type is missing, unknown or cannot be written")
    return object
