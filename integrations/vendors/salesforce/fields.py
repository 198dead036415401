"""The fields of a Salesforce object, as its describe tells them, and what can be told from a record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..base import Field, Record
from ..payloads import look_up

OPT_OUT_FIELD = "HasOptedOutOfEmail"

# Salesforce's field type on the left; what is not named here is text to us.
TYPES = {
    "textarea": "text",
    "email": "email",
    "phone": "phone",
    "url": "url",
    "picklist": "picklist",
    "combobox": "picklist",
    "multipicklist": "multipicklist",
    "boolean": "boolean",
    "int": "integer",
    "long": "integer",
    "double": "number",
    "currency": "number",
    "percent": "number",
    "date": "date",
    "datetime": "datetime",
    "reference": "reference",
    "address": "object",
    "location": "object",
}
PHONE_FIELDS = ("MobilePhone", "Phone", "HomePhone", "OtherPhone")


def described_field(field: Mapping[str, Any]) -> Field:
    """One entry of `fields` in GET /sobjects/X/describe (salesforce.md §3.1)."""
    createable = bool(field.get("createable"))
    optional = field.get("nillable", True) or field.get("defaultedOnCreate")
    return Field(
        name=str(field.get("name", "")),
        label=str(field.get("label") or ""),
        type=TYPES.get(str(field.get("type")), "string"),
        length=int(field.get("length") or 0) or None,
        createable=createable,
        updateable=bool(field.get("updateable")),
        required=createable and not optional,
        choices=_active_values(field.get("picklistValues")),
        restricted=bool(field.get("restrictedPicklist")),
        custom=bool(field.get("custom")),
        unique_key=bool(field.get("externalId") and field.get("unique")),
    )


def path(record: Record, dotted: str) -> tuple[bool, Any]:
    return look_up(record, dotted)


def identify(object: str, record: Record) -> tuple[str, str]:
    """(e-mail, phone) of a Lead or Contact, as Salesforce holds them."""
    phone = next((record[name] for name in PHONE_FIELDS if record.get(name)), "")
    return str(record.get("Email") or ""), str(phone)


def opted_in_at(record: Record, context: Mapping[str, Any]) -> datetime | None:
    """Never: a box that a colleague or a program unticked in Salesforce is no act of the person."""
    return None


def _active_values(values: Any) -> tuple[str, ...]:
    entries = values if isinstance(values, list) else []
    return tuple(str(e["value"]) for e in entries if isinstance(e, dict) and e.get("active") and "value" in e)
