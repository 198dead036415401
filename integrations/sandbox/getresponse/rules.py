"""What GetResponse refuses in a contact, a tag or a custom field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..store import Document, Shelf
from .errors import refusal
from .people import REMOVED, on_list

NAME_LENGTH = 128
NOTE_LENGTH = 255
LARGEST_TAGS = 500
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
TAG_NAME = re.compile(r"[_a-zA-Z0-9]{2,64}")
FIELD_NAME = re.compile(r"[a-z0-9_]{1,128}")
FIELD_TYPES = {"string", "number", "date", "datetime", "country", "currency", "phone", "gender", "ip", "url"}
FIELD_FORMATS = {"text", "textarea", "radio", "checkbox", "single_select", "multi_select"}
CHOICE_FORMATS = {"radio", "single_select", "multi_select"}
MERGE_WORDS = {
    *("name", "email", "twitter", "facebook", "buzz", "myspace", "linkedin", "digg", "googleplus", "pinterest"),
    *("responder", "campaign", "change"),
}


def read_email(value: Any) -> str:
    if not isinstance(value, str) or not EMAIL.fullmatch(value.strip()):
        raise refusal(1000, "Email address is invalid", {"property": "email"})
    return value.strip()


def read_name(value: Any) -> str:
    if not isinstance(value, str):
        raise refusal(1006, "Wrong data type", {"property": "name"})
    if not 1 <= len(value) <= NAME_LENGTH:
        raise refusal(1007, "Name must have 1 to 128 characters", {"property": "name"})
    return value


def read_note(value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or len(value) > NOTE_LENGTH):
        raise refusal(1007, "Note must have at most 255 characters", {"property": "note"})
    return value


def read_scoring(value: Any) -> float | None:
    if value is not None and not isinstance(value, int | float):
        raise refusal(1006, "Wrong data type", {"property": "scoring"})
    return value


def read_day_of_cycle(value: Any) -> str | None:
    if value is not None and not str(value).isdigit():
        raise refusal(1006, "Wrong data type", {"property": "dayOfCycle"})
    return None if value is None else str(value)


def read_campaign(shelf: Shelf, value: Any) -> str:
    """The list's id. Raises Refused when there is no such list."""
    campaign_id = value.get("campaignId") if isinstance(value, dict) else None
    if not isinstance(campaign_id, str):
        raise refusal(1005, "Campaign is required", {"property": "campaign"})
    if shelf.get("campaign", campaign_id) is None:
        raise refusal(1001, "Related resource by given id not found", {"property": "campaign", "id": campaign_id})
    return campaign_id


def read_tags(shelf: Shelf, value: Any) -> list[str]:
    tags = [tag.get("tagId") if isinstance(tag, dict) else None for tag in _list(value, "tags")]
    if len(tags) > LARGEST_TAGS:
        raise refusal(1000, "At most 500 tags", {"property": "tags"})
    for tag in tags:
        if not isinstance(tag, str) or shelf.get("tag", tag) is None:
            raise refusal(1001, "Related resource by given id not found", {"property": "tags", "id": tag})
    return list(dict.fromkeys(str(tag) for tag in tags))


def read_values(shelf: Shelf, value: Any) -> list[Document]:
    """Custom field values. Each is an array of strings, also for numbers and dates."""
    return [_read_value(shelf, entry) for entry in _list(value, "customFieldValues")]


def refuse_taken(shelf: Shelf, email: str, campaign_id: str, own_id: str = "") -> None:
    other = on_list(shelf, email, campaign_id) or on_list(shelf, email, campaign_id, "pending")
    if other is not None and other["contactId"] != own_id:
        raise refusal(1008, "Contact already added", {"property": "email", "value": email})


def refuse_unwelcome(shelf: Shelf, email: str, campaign_id: str) -> None:
    """Blocked addresses, and those that left this list earlier."""
    masks = (shelf.get("blocklist", "blocklist") or {"masks": []})["masks"]
    if any(_masked(email, mask) for mask in masks):
        raise refusal(1002, "Email is on the blocklist", {"property": "email"})
    if on_list(shelf, email, campaign_id, REMOVED) is not None:
        raise refusal(1002, "Contact was removed from this list", {"property": "email"})


def read_new_tag(shelf: Shelf, payload: Mapping[str, Any]) -> str:
    name = payload.get("name")
    if not isinstance(name, str) or not TAG_NAME.fullmatch(name):
        raise refusal(1000, "Tag name takes 2 to 64 of a-z, A-Z, 0-9 and _", {"property": "name"})
    if shelf.find("tag", "name", name):
        raise refusal(1008, "Tag name is already taken", {"value": name})
    return name


def read_new_field(shelf: Shelf, payload: Mapping[str, Any]) -> Document:
    missing = [name for name in ("name", "type", "format", "hidden", "values") if name not in payload]
    if missing:
        raise refusal(1005, "Required parameter is missing", {"properties": missing})
    name = payload["name"]
    if not isinstance(name, str) or not FIELD_NAME.fullmatch(name) or name in MERGE_WORDS:
        raise refusal(1000, "Custom field name is not allowed", {"property": "name"})
    if payload["type"] not in FIELD_TYPES or payload["format"] not in FIELD_FORMATS:
        raise refusal(1000, "Unknown type or format", {"properties": ["type", "format"]})
    if payload["hidden"] not in ("true", "false"):
        raise refusal(1006, "hidden is the text true or false", {"property": "hidden"})
    values = _list(payload["values"], "values")
    if payload["format"] in CHOICE_FORMATS and len(values) < 2:
        raise refusal(1000, "At least two values", {"property": "values"})
    if shelf.find("customField", "name", name):
        raise refusal(1008, "Custom field name is already taken", {"value": name})
    return {
        "name": name,
        "type": payload["type"],
        "format": payload["format"],
        "hidden": payload["hidden"],
        "values": values,
    }


def _read_value(shelf: Shelf, entry: Any) -> Document:
    field_id = entry.get("customFieldId") if isinstance(entry, dict) else None
    if not isinstance(field_id, str) or shelf.get("customField", field_id) is None:
        context = {"property": "customFieldValues", "id": field_id}
        raise refusal(1001, "Related resource by given id not found", context)
    values = entry.get("value", entry.get("values"))
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise refusal(1006, "Value must be an array of strings", {"property": "customFieldValues"})
    return {"customFieldId": field_id, "value": values}


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise refusal(1006, "Value must be an array", {"property": name})
    return value


def _masked(email: str, mask: str) -> bool:
    email, mask = email.casefold(), mask.casefold()
    return email.endswith(mask) if mask.startswith("@") else email == mask
