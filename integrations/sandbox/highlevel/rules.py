"""What HighLevel refuses: properties that a call does not take, values of the wrong type, what is required (§2, §4)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from ..moments import read_moment
from ..store import Document, Shelf
from .errors import invalid, refusal

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
TEXTS = ("firstName", "lastName", "name", "email", "phone", "address1", "city", "state", "postalCode", "country")
MORE_TEXTS = ("website", "timezone", "source", "dateOfBirth", "assignedTo")
OF_UPDATE = (*TEXTS, *MORE_TEXTS, "dnd", "dndSettings", "inboundDndSettings", "tags", "customFields")
OF_CREATE = (*OF_UPDATE, "locationId", "companyName", "gender")
OF_UPSERT = (*OF_CREATE, "createNewIfDuplicateAllowed")
OF_TASK = ("title", "body", "dueDate", "completed", "assignedTo")
OF_NOTE = ("body", "userId", "title", "color", "pinned")
OF_SEARCH = ("locationId", "pageLimit", "page", "searchAfter", "query", "filters", "sort")
CHANNELS = ("Call", "Email", "SMS", "WhatsApp", "GMB", "FB", "RCS")
STATUSES = ("active", "inactive", "permanent")


def object_of(payload: Any) -> Document:
    if not isinstance(payload, dict):
        raise refusal(400, "Bad Request")
    return payload


def only(payload: Document, taken: Collection[str]) -> Document:
    """Every property that the call does not take is named."""
    strange = [name for name in payload if name not in taken]
    if strange:
        raise invalid(*(f"property {name} should not exist" for name in strange))
    return payload


def required(payload: Document, *names: str) -> None:
    missing = [name for name in names if payload.get(name) in (None, "")]
    if missing:
        raise invalid(*(f"{name} should not be empty" for name in missing))


def read_contact(shelf: Shelf, payload: Document, taken: Collection[str]) -> Document:
    """The fields of a contact as they are kept. Raises Refused."""
    given = only(payload, taken)
    for name in (*TEXTS, *MORE_TEXTS, "companyName", "gender"):
        if name in given and given[name] is not None and not isinstance(given[name], str):
            raise invalid(f"{name} must be a string")
    if given.get("email") and not EMAIL.fullmatch(given["email"]):
        raise invalid("email must be an email")
    if given.get("country") and len(given["country"]) != 2:
        raise invalid("country must be a valid 2 letter country code")
    if "dnd" in given and not isinstance(given["dnd"], bool):
        raise invalid("dnd must be a boolean value")
    read = {name: value for name, value in given.items() if name not in ("locationId", "createNewIfDuplicateAllowed")}
    if "tags" in read:
        read["tags"] = read_tags(read["tags"])
    if "customFields" in read:
        read["customFields"] = read_custom(shelf, read["customFields"])
    if "dndSettings" in read:
        read["dndSettings"] = read_dnd(read["dndSettings"])
    if read.get("email"):
        read["email"] = read["email"].lower()
    return read


def read_tags(value: Any) -> list[str]:
    """In lower case, each once."""
    if not isinstance(value, list) or not value or not all(isinstance(tag, str) for tag in value):
        raise invalid("each value in tags must be a string")
    return list(dict.fromkeys(tag.strip().lower() for tag in value))


def read_custom(shelf: Shelf, value: Any) -> list[Document]:
    if not isinstance(value, list):
        raise invalid("customFields must be an array")
    return [_read_value(shelf, entry) for entry in value]


def _read_value(shelf: Shelf, entry: Any) -> Document:
    known = shelf.get("customField", str(entry.get("id"))) if isinstance(entry, dict) else None
    if known is None:
        raise invalid("customFields.0.id should be a known custom field")
    only(entry, ("id", "key", "field_value"))
    several = known["dataType"] in ("CHECKBOX", "MULTIPLE_OPTIONS")
    if several != isinstance(entry.get("field_value"), list):
        raise invalid("customFields.0.field_value must be an array" if several else "field_value must be a string")
    return {"id": known["id"], "value": entry["field_value"]}


def read_dnd(value: Any) -> Document:
    if not isinstance(value, dict):
        raise invalid("dndSettings must be an object")
    for channel, setting in value.items():
        if channel not in CHANNELS:
            raise invalid(f"dndSettings.property {channel} should not exist")
        if not isinstance(setting, dict) or setting.get("status") not in STATUSES:
            raise invalid(f"dndSettings.{channel}.status must be one of active, inactive, permanent")
        only(setting, ("status", "message", "code"))
    return value


def read_task(payload: Document, is_new: bool) -> Document:
    given = only(payload, OF_TASK)
    if is_new:
        required(given, "title", "dueDate")
    if (is_new or "completed" in given) and not isinstance(given.get("completed"), bool):
        raise invalid("completed must be a boolean value")
    if "dueDate" in given:
        given = {**given, "dueDate": read_date(given["dueDate"])}
    return given


def read_date(value: Any) -> str:
    try:
        moment = read_moment(value)
    except (TypeError, ValueError):
        raise invalid("dueDate must be a valid ISO 8601 date string") from None
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def merged_values(held: list[Document], given: list[Document]) -> list[Document]:
    """Only what is sent changes."""
    values: Mapping[str, Document] = {entry["id"]: entry for entry in [*held, *given]}
    return list(values.values())
