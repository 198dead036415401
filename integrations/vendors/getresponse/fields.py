"""The fields of a GetResponse contact: the standard ones, custom ones by name, and what can be told from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..base import Field, Record
from ..payloads import look_up, read_time

CUSTOM = "customFields."
LIST = "campaign.campaignId"

# OAS ContactDetails (getresponse.md §2.1-2.3): `updateable` is what POST /contacts/{id} takes.
STANDARD_FIELDS = (
    Field("contactId", "Contact ID", createable=False, updateable=False),
    Field("email", "E-mail", type="email", required=True),
    Field("name", "Name", length=128),
    Field("campaign.campaignId", "List", type="reference", required=True),
    Field("campaign.name", "List name", createable=False, updateable=False),
    Field("origin", "Origin", type="picklist", createable=False, updateable=False),
    Field("createdOn", "Subscribed on", type="datetime", createable=False, updateable=False),
    Field("changedOn", "Changed on", type="datetime", createable=False, updateable=False),
    Field("timeZone", "Time zone", createable=False, updateable=False),
    Field("dayOfCycle", "Day of the autoresponder cycle"),
    Field("scoring", "Score", type="number"),
    Field("engagementScore", "Engagement score", type="integer", createable=False, updateable=False),
    Field("note", "Note", length=255, createable=False),
    Field("ipAddress", "IP address", updateable=False),
    Field("geolocation.country", "Country by IP address", createable=False, updateable=False),
    Field("geolocation.city", "City by IP address", createable=False, updateable=False),
    Field("tags", "Tags", type="list", adds=True),
)

# GetResponse's custom field types (getresponse.md §3); the format decides where the type is only "string".
TYPES = {
    "number": "number",
    "date": "date",
    "datetime": "datetime",
    "phone": "phone",
    "url": "url",
    "gender": "picklist",
}
FORMATS = {
    "textarea": "text",
    "radio": "picklist",
    "single_select": "picklist",
    "checkbox": "multipicklist",
    "multi_select": "multipicklist",
}

# The predefined phone fields of an account come first; the rest are names people give.
PHONE_FIELDS = ("mobile_phone", "phone", "work_phone", "home_phone", "phone_number", "mobile", "telephone")

# Is a contact of this origin there by an act of the person (getresponse.md §2.1, §3)? Only then is it an opt-in.
ORIGINS = {
    "www": True,  # a sign-up form
    "landing_page": True,
    "webinar": True,  # registered for a webinar
    "website_builder_elegant": True,
    "survey": True,
    "chat": True,
    "course": True,
    "import": False,  # somebody uploaded a file
    "api": False,  # a program, perhaps ourselves
    "panel": False,  # typed in by a colleague
    "copy": False,  # copied from another list
    "iphone": False,  # typed in by a colleague on the phone
    "email": False,  # mail to the list's address: the sender is easily forged
    "leads": False,  # bought or handed over
    "sale": False,  # buying something is not asking for mail
    "premium_newsletter": False,  # paid for by whoever holds the account; not proven to be the reader
}


def custom_field(definition: Mapping[str, Any]) -> Field:
    """One entry of GET /custom-fields as a field that mappings can name."""
    name = str(definition.get("name", ""))
    kind, shape = str(definition.get("type") or ""), str(definition.get("format") or definition.get("fieldType") or "")
    choices = tuple(str(value) for value in definition.get("values") or ())
    type_ = FORMATS.get(shape) or TYPES.get(kind) or FORMATS.get(kind) or "string"
    return Field(CUSTOM + name, name, type=type_, choices=choices, restricted=bool(choices), custom=True)


def path(record: Record, dotted: str) -> tuple[bool, Any]:
    """(is it there, value); `customFields.NAME` reads a custom field by its name, exact case first."""
    if dotted.startswith(CUSTOM):
        return _custom_value(list(custom_values(record)), dotted.removeprefix(CUSTOM))
    return look_up(record, dotted)


def api_field(dotted: str) -> str:
    """What to ask for in `fields=` so that this path can be read."""
    return "customFieldValues" if dotted.startswith("customFields") else dotted.split(".", 1)[0]


def by_field(record: Record, fields: Sequence[str]) -> Record:
    """The record with each of these fields under its own name, as a mapping writes it: comparable to what it wants."""
    return {**record, **{name: value for name in fields for there, value in [_written(record, name)] if there}}


def _written(record: Record, name: str) -> tuple[bool, Any]:
    if name == "tags":
        return "tags" in record, [tag.get("name") for tag in record.get("tags") or () if isinstance(tag, dict)]
    there, value = path(record, name)
    if not there or not name.startswith(CUSTOM):
        return there, value
    entries = [e for e in record.get("customFieldValues") or () if isinstance(e, dict)]
    wanted = name.removeprefix(CUSTOM)
    entry = next((e for e in entries if e.get("name") == wanted), {})
    return True, _typed(value, custom_field(entry).type)


def _typed(value: Any, kind: str) -> Any:
    """GetResponse holds texts only; a mapping compares numbers with numbers, and several choices joined."""
    if kind == "multipicklist" and isinstance(value, list):
        return ";".join(map(str, value))
    if kind == "number" and isinstance(value, str):
        return _number(value)
    return value


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def identify(object: str, record: Record) -> tuple[str, str]:
    """(e-mail, phone) of a contact, as the vendor wrote them."""
    values = list(custom_values(record))
    phones = (_custom_value(values, name)[1] for name in PHONE_FIELDS)
    phone = record.get("phoneNumber") or next((p for p in phones if p), "")
    if isinstance(phone, list):
        phone = phone[0]
    return str(record.get("email") or ""), str(phone or "")


def opted_in_at(record: Record, context: Mapping[str, Any]) -> datetime | None:
    """When the person signed up; None when it was not the person who did it."""
    origin = record.get("origin")
    return read_time(record.get("createdOn")) if isinstance(origin, str) and ORIGINS.get(origin) else None


def custom_values(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """(name, value) of each custom field, in the API's shape and in the shape of the events."""
    for key in ("customFieldValues", "customFields"):
        held = record.get(key)
        if isinstance(held, dict):
            yield from held.items()
        for entry in held if isinstance(held, list) else ():
            if isinstance(entry, dict) and isinstance(entry.get("name"), str):
                yield entry["name"], entry.get("value", entry.get("values"))


def _custom_value(values: Sequence[tuple[str, Any]], name: str) -> tuple[bool, Any]:
    exact = [value for known, value in values if known == name]
    close = [value for known, value in values if known.lower() == name.lower()]
    found = exact or close
    return (True, _single(found[0])) if found else (False, None)


def _single(value: Any) -> Any:
    """A value list with one element is that element, an empty one is None."""
    if not isinstance(value, list) or len(value) > 1:
        return value
    return value[0] if value else None
