"""What Salesforce refuses in a record: by field, type, length, missing or double value, picklist, validation rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from ..moments import read_moment
from ..store import Document
from .errors import RowFailure
from .ids import full_id, object_of
from .moments import as_salesforce
from .org import Org
from .schema import OBJECTS, Field

EMAIL = re.compile(r"[^@\s,;<>()]+@[^@\s,;<>()]+\.[^@\s.,;<>()]+")
TEXT_TYPES = ("string", "textarea", "phone", "url", "combobox", "picklist", "email")


def read_values(org: Org, object: str, given: Mapping[str, Any], creating: bool) -> Document:
    """The values under their proper names and in their proper form. Raises RowFailure."""
    fields = {name: _known_field(org, object, name) for name in given if name != "attributes"}
    locked = [field.name for field in fields.values() if not org.may_write(object, field, creating)]
    if locked and not org.as_admin:
        raise _security_failure(locked)
    return {field.name: _read_value(org, object, field, given[name]) for name, field in fields.items()}


def check_record(org: Org, object: str, record: Document, before: Document | None) -> None:
    """The record as it would be stored. Raises RowFailure."""
    missing = [f.name for f in OBJECTS[object] if f.required and record.get(f.name) in (None, "")]
    if missing:
        raise RowFailure("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)
    _check_unique(org, object, record)
    if before is None:
        _check_duplicates(org, object, record)
    if not org.as_admin:
        _check_validation_rule(org, object, record)


def _known_field(org: Org, object: str, name: str) -> Field:
    field = org.field(object, name)
    if field is not None:
        return field
    if org.exists(object, name):
        raise _security_failure([name])
    raise RowFailure("INVALID_FIELD", f"No such column '{name}' on sobject of type {object}", status=400)


def _security_failure(names: list[str]) -> RowFailure:
    message = (
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this field and"
        " verify that it is read/write for your profile or permission set."
    )
    return RowFailure("INVALID_FIELD_FOR_INSERT_UPDATE", message, names)


def _read_value(org: Org, object: str, field: Field, value: Any) -> Any:
    if value is None or (isinstance(value, str) and not value.strip()):
        return False if field.type == "boolean" else None
    if field.type in TEXT_TYPES:
        return _read_text(org, object, field, value)
    try:
        return READERS[field.type](org, field, value)
    except (TypeError, ValueError):
        message = f"Cannot deserialize instance of {field.type} from value {value!r} for field {field.name}"
        raise RowFailure("JSON_PARSER_ERROR", message) from None


def _read_text(org: Org, object: str, field: Field, value: Any) -> str:
    text = (value if isinstance(value, str) else str(value)).strip()
    if len(text) > field.length:
        message = f"{field.label}: data value too large: {text} (max length={field.length})"
        raise RowFailure("STRING_TOO_LONG", message, [field.name])
    if field.type == "email" and not EMAIL.fullmatch(text):
        raise RowFailure("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {text}", [field.name])
    if field.choices and org.is_restricted(object, field) and text not in field.choices:
        message = f"{field.label}: bad value for restricted picklist field: {text}"
        raise RowFailure("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [field.name])
    return text


def _read_boolean(org: Org, field: Field, value: Any) -> bool:
    word = str(value).lower()
    if word not in ("true", "1", "false", "0"):
        raise ValueError(value)
    return word in ("true", "1")


def _read_reference(org: Org, field: Field, value: Any) -> str:
    id = full_id(str(value))
    object = object_of(id)
    if len(id) != 18:
        raise RowFailure("MALFORMED_ID", f"{field.label}: id value of incorrect type: {value}", [field.name])
    if object not in field.refers_to or org.get(object, id) is None:
        raise RowFailure("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [field.name])
    return id


READERS: dict[str, Callable[[Org, Field, Any], Any]] = {
    "base64": lambda org, field, value: str(value),
    "boolean": _read_boolean,
    "int": lambda org, field, value: int(value),
    "date": lambda org, field, value: date.fromisoformat(str(value)[:10]).isoformat(),
    "datetime": lambda org, field, value: as_salesforce(_moment(value)),
    "reference": _read_reference,
    "id": lambda org, field, value: full_id(str(value)),
}


def _moment(value: Any) -> datetime:
    if not isinstance(value, str) or "T" not in value:
        raise ValueError(value)
    return read_moment(value)


def _check_unique(org: Org, object: str, record: Document) -> None:
    for field in OBJECTS[object]:
        value = record.get(field.name)
        if not field.unique or value is None:
            continue
        others = [other["Id"] for other in org.find(object, field.name, value) if other["Id"] != record.get("Id")]
        if others:
            message = f"duplicate value found: {field.name} duplicates value on record with id: {others[0]}"
            raise RowFailure("DUPLICATE_VALUE", message, [field.name])


def _check_duplicates(org: Org, object: str, record: Document) -> None:
    rule = org.switches["duplicate_rule"]
    if rule == "off" or object not in ("Lead", "Contact") or not record.get("Email"):
        return
    matches = org.find(object, "Email", record["Email"])
    if matches and not (rule == "alert" and org.allow_duplicates):
        raise _duplicates_failure(object, matches, allow_save=rule == "alert")


def _duplicates_failure(object: str, matches: list[Document], allow_save: bool) -> RowFailure:
    message = "Use one of these records?"
    found = {
        "entityType": object,
        "errors": [],
        "matchEngine": "FuzzyMatchEngine",
        "matchRecords": [_match(object, record["Id"]) for record in matches],
        "rule": f"Standard_{object}_Match_Rule_v1_0",
        "size": len(matches),
        "success": True,
    }
    result = {
        "allowSave": allow_save,
        "duplicateRule": f"Standard_{object}_Duplicate_Rule",
        "duplicateRuleEntityType": object,
        "errorMessage": message,
        "matchResults": [found],
    }
    # "duplicateResut" is how Salesforce writes it in single answers (fact sheet §3.5)
    return RowFailure("DUPLICATES_DETECTED", message, extra={"duplicateResut": result})


def _match(object: str, id: str) -> Document:
    attributes = {"type": object, "url": f"/services/data/v66.0/sobjects/{object}/{id}"}
    record = {"attributes": attributes, "Id": id}
    return {"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0, "record": record}


def _check_validation_rule(org: Org, object: str, record: Document) -> None:
    """`Lead.Company=Refused Ltd`: a record with this value is refused."""
    place, _, refused = org.switches["validation_rule"].partition("=")
    rule_object, _, field = place.strip().partition(".")
    if rule_object == object and field and str(record.get(field) or "").casefold() == refused.strip().casefold():
        raise RowFailure("FIELD_CUSTOM_VALIDATION_EXCEPTION", org.switches["validation_message"], [field])
