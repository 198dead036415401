"""`sobjects/…`: describe, and single records by id and by external id."""

from __future__ import annotations

from urllib.parse import quote

from werkzeug.wrappers import Response

from ..vendor import Call, empty_response, json_response
from .errors import RowFailure, not_found, refusal, require_object
from .org import Org, org_of
from .records import (
    SeveralMatches,
    create_record,
    delete_record,
    existing_record,
    external_field,
    show_record,
    update_record,
    upsert_record,
)
from .schema import READ_ONLY_OBJECTS, Field, object_named
from .versions import version_of

LAST_VERSION_WITHOUT_BODY = 45


def known_object(name: str) -> str:
    object = object_named(name)
    if object is None:
        raise not_found()
    return object


def writable_object(name: str) -> str:
    object = known_object(name)
    if object in READ_ONLY_OBJECTS:
        message = f"entity type {object} does not support this operation"
        raise refusal(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message)
    return object


def create(call: Call, name: str) -> Response:
    object, given = writable_object(name), require_object(call.payload)
    try:
        written = create_record(org_of(call), object, given)
    except RowFailure as failure:
        return failure.response()
    return json_response({"id": written.id, "success": True, "errors": []}, 201)


def show(call: Call, name: str, id: str) -> Response:
    object, org = known_object(name), org_of(call)
    try:
        record = existing_record(org, object, id)
        fields = _chosen(org, object, call.request.args.get("fields", ""))
    except RowFailure as failure:
        return failure.response()
    return json_response(show_record(org, object, record, version_of(call), fields))


def update(call: Call, name: str, id: str) -> Response:
    object, given = writable_object(name), require_object(call.payload)
    try:
        update_record(org_of(call), object, id, given)
    except RowFailure as failure:
        return failure.response()
    return empty_response(204)


def delete(call: Call, name: str, id: str) -> Response:
    try:
        delete_record(org_of(call), writable_object(name), id)
    except RowFailure as failure:
        return failure.response()
    return empty_response(204)


def show_by_key(call: Call, name: str, key: str, value: str) -> Response:
    object, org = known_object(name), org_of(call)
    try:
        matches = org.find(object, external_field(org, object, key).name, value)
    except RowFailure as failure:
        return failure.response()
    if len(matches) > 1:
        return several_response(call, object, [match["Id"] for match in matches])
    return json_response(show_record(org, object, matches[0], version_of(call))) if matches else not_found().response


def upsert(call: Call, name: str, key: str, value: str) -> Response:
    """201 when created, 200 with a body when updated; 204 without one up to v45; 300 when several fit."""
    object, given = writable_object(name), require_object(call.payload)
    if any(field.lower() in ("id", key.lower()) for field in given):
        raise refusal(400, "INVALID_FIELD", f"The {key} field should not be specified in the sobject data.")
    try:
        written = upsert_record(org_of(call), object, key, value, given)
    except RowFailure as failure:
        return failure.response()
    except SeveralMatches as several:
        return several_response(call, object, several.ids)
    body = {"id": written.id, "success": True, "errors": [], "created": written.created}
    if written.created:
        return json_response(body, 201)
    return empty_response(204) if float(version_of(call)) <= LAST_VERSION_WITHOUT_BODY else json_response(body)


def several_response(call: Call, object: str, ids: list[str]) -> Response:
    version = version_of(call)
    return json_response([f"/services/data/v{version}/sobjects/{object}/{quote(id)}" for id in ids], 300)


def _chosen(org: Org, object: str, names: str) -> list[Field] | None:
    if not names:
        return None
    fields = {name: org.field(object, name.strip()) for name in names.split(",")}
    unknown = [name for name, field in fields.items() if field is None]
    if unknown:
        raise RowFailure("INVALID_FIELD", f"No such column '{unknown[0]}' on sobject of type {object}")
    return [field for field in fields.values() if field is not None]
