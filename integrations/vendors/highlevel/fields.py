"""The fields of HighLevel's objects: standard ones, custom ones by name, and Do Not Disturb as one answer a channel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ..base import Channel, Field, Record
from ..payloads import look_up

CUSTOM = "customFields."
DND = "dnd."
# Our channels and HighLevel's (highlevel.md §2.6); "dnd.all" is its global switch, independent of them.
CHANNELS: Mapping[Channel, str] = {"email": "Email", "sms": "SMS", "call": "Call", "whatsapp": "WhatsApp"}
ALL = "all"
ALLOWED = "inactive"  # every other status of a channel is a stop, also one that nobody knows

# SPEC: CreateContactDto, UpdateContactDto (highlevel.md §2.1): `updateable` is what PUT /contacts/{contactId} takes.
STANDARD_FIELDS = (
    Field("id", "Contact ID", createable=False, updateable=False),
    Field("email", "E-mail", type="email"),
    Field("phone", "Phone", type="phone"),
    Field("firstName", "First name"),
    Field("lastName", "Last name"),
    Field("name", "Full name"),
    Field("companyName", "Business name", updateable=False),
    Field("address1", "Street address"),
    Field("city", "City"),
    Field("state", "State"),
    Field("postalCode", "Postal code"),
    Field("country", "Country", type="picklist", length=2),  # two letters; others are dropped, not cut
    Field("website", "Website", type="url"),
    Field("timezone", "Time zone"),
    Field("source", "Source"),
    Field("dateOfBirth", "Date of birth", type="date"),
    Field("gender", "Gender", updateable=False),
    Field("assignedTo", "Assigned user", type="reference"),
    Field("tags", "Tags", type="list", adds=True),
    Field("type", "Contact type", createable=False, updateable=False),
    Field("dateAdded", "Created on", type="datetime", createable=False, updateable=False),
    Field("dateUpdated", "Changed on", type="datetime", createable=False, updateable=False),
    Field("lastActivity", "Last activity", createable=False, updateable=False),
    Field("businessId", "Business ID", createable=False, updateable=False),
    *(Field(DND + ours, f"Do not disturb: {theirs}", type="boolean") for ours, theirs in CHANNELS.items()),
    Field(DND + ALL, "Do not disturb: all channels", type="boolean"),
)
CREATEABLE = tuple(f.name for f in STANDARD_FIELDS if f.createable and f.name != "tags" and not f.name.startswith(DND))
UPDATEABLE = tuple(f.name for f in STANDARD_FIELDS if f.updateable and f.name in CREATEABLE)

TASK_FIELDS = (
    Field("id", "Task ID", createable=False, updateable=False),
    Field("title", "Title", required=True),
    Field("body", "Description", type="text"),
    Field("dueDate", "Due", type="datetime", required=True),
    Field("completed", "Completed", type="boolean"),
    Field("assignedTo", "Assigned user", type="reference"),
    Field("contactId", "Contact ID", createable=False, updateable=False),
    Field("dateAdded", "Created on", type="datetime", createable=False, updateable=False),
    Field("dateUpdated", "Changed on", type="datetime", createable=False, updateable=False),
)
NOTE_FIELDS = (
    Field("id", "Note ID", createable=False, updateable=False),
    Field("title", "Title"),
    Field("body", "Text", type="text", required=True),
    Field("userId", "Author", type="reference"),
    Field("contactId", "Contact ID", createable=False, updateable=False),
    Field("dateAdded", "Created on", type="datetime", createable=False, updateable=False),
)
APPOINTMENT_FIELDS = tuple(
    Field(name, label, type=kind, createable=False, updateable=False)
    for name, label, kind in (
        ("id", "Appointment ID", "string"),
        ("title", "Title", "string"),
        ("contactId", "Contact ID", "string"),
        ("calendarId", "Calendar", "reference"),
        ("appointmentStatus", "Status", "picklist"),
        ("assignedUserId", "Assigned user", "reference"),
        ("startTime", "Start", "datetime"),
        ("endTime", "End", "datetime"),
        ("address", "Place", "string"),
        ("notes", "Notes", "text"),
        ("dateAdded", "Created on", "datetime"),
        ("dateUpdated", "Changed on", "datetime"),
    )
)
FIELDS = {"task": TASK_FIELDS, "note": NOTE_FIELDS, "appointment": APPOINTMENT_FIELDS}

# HighLevel's data types of custom fields (highlevel.md §2.7); what is not named here is a text.
TYPES = {
    "LARGE_TEXT": "text",
    "NUMERICAL": "number",
    "MONETORY": "number",
    "PHONE": "phone",
    "EMAIL": "email",
    "DATE": "date",
    "SINGLE_OPTIONS": "picklist",
    "RADIO": "picklist",
    "MULTIPLE_OPTIONS": "multipicklist",
    "CHECKBOX": "multipicklist",
    "FILE_UPLOAD": "object",
    "TEXTBOX_LIST": "object",
    "SIGNATURE": "object",
}


def custom_field(definition: Mapping[str, Any]) -> Field:
    """One entry of the location's custom fields as a field that mappings can name."""
    name, kind = str(definition.get("name") or ""), str(definition.get("dataType") or "")
    choices = tuple(str(option) for option in definition.get("picklistOptions") or ())
    open_ended = bool(definition.get("isAllowedCustomOption"))
    type_ = TYPES.get(kind, "string")
    writable = type_ != "object"
    return Field(
        CUSTOM + name,
        name,
        type=type_,
        choices=choices,
        restricted=bool(choices) and not open_ended,
        custom=True,
        createable=writable,
        updateable=writable,
    )


def path(record: Record, dotted: str) -> tuple[bool, Any]:
    """(is it there, value). `customFields.NAME` reads a custom field by name, `dnd.CHANNEL` says whether it is off."""
    if dotted.startswith(CUSTOM):
        return _custom_value(record, dotted.removeprefix(CUSTOM))
    if dotted.startswith(DND):
        return suppressed(record, dotted.removeprefix(DND))
    return look_up(record, dotted)


def suppressed(record: Record, channel: str) -> tuple[bool, bool]:
    """(does the record say so, may the channel not be used): global or of the channel, unknown means no (§2.6)."""
    is_global = record.get("dnd") is True
    if channel == ALL:
        return "dnd" in record, is_global
    theirs = next((theirs for ours, theirs in CHANNELS.items() if ours == channel), "")
    if not theirs:
        return False, False
    status = status_of(record, theirs)
    if is_global or status not in ("", ALLOWED):
        return True, True
    return isinstance(record.get("dndSettings"), dict), False


def status_of(record: Record, channel: str) -> str:
    """The status of one of HighLevel's channels in lower case, "" where it has none; both spellings of the keys."""
    settings = record.get("dndSettings")
    held = settings if isinstance(settings, dict) else {}
    entry = next((value for key, value in held.items() if str(key).casefold() == channel.casefold()), None)
    if isinstance(entry, dict):
        return str(entry.get("status") or "unknown").strip().lower()
    return "" if entry is None else "unknown"


def by_field(record: Record, fields: Sequence[str]) -> Record:
    """The record with each of these fields under its own name, as a mapping writes it: comparable to what it wants."""
    return {**record, **{name: value for name in fields for there, value in [_written(record, name)] if there}}


def _written(record: Record, name: str) -> tuple[bool, Any]:
    there, value = path(record, name)
    if not there or not name.startswith(CUSTOM):
        return there, value
    kind = custom_field(_entry(record, name.removeprefix(CUSTOM)) or {}).type
    if kind == "multipicklist" and isinstance(value, list):
        return True, ";".join(map(str, value))
    return True, _number(value) if kind == "number" and isinstance(value, str) else value


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def identify(object: str, record: Record) -> tuple[str, str]:
    """(e-mail, phone) as HighLevel wrote them."""
    return _text(record.get("email")), _text(record.get("phone"))


def opted_in_at(record: Record, context: Mapping[str, Any]) -> datetime | None:
    """Nobody is told that a person opted in: HighLevel reports no form and no START (highlevel.md §3.3)."""
    return None


def custom_entries(record: Record) -> Iterator[Record]:
    """The custom field values of a contact; HighLevel gives ids, our client adds the names."""
    held = record.get("customFields")
    return (entry for entry in held if isinstance(entry, dict)) if isinstance(held, list) else iter(())


def value_of(entry: Record) -> Any:
    """In the spellings of both generations and of writes."""
    return next((entry[key] for key in ("value", "fieldValue", "field_value") if key in entry), None)


def _custom_value(record: Record, name: str) -> tuple[bool, Any]:
    entry = _entry(record, name)
    return (True, value_of(entry)) if entry else (False, None)


def _entry(record: Record, name: str) -> Record | None:
    """By its name, exact case first, or by the key that HighLevel made of it."""
    named = [entry for entry in custom_entries(record) if isinstance(entry.get("name"), str)]
    exact = [entry for entry in named if entry["name"] == name]
    close = [entry for entry in named if entry["name"].casefold() == name.casefold()]
    keyed = [entry for entry in named if entry.get("fieldKey") in (name, f"contact.{name}")]
    return next(iter(exact or close or keyed), None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def iso(moment: datetime) -> str:
    """2026-08-01T15:00:00.000Z, as HighLevel writes times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
