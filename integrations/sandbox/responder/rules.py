"""What Responder Live takes of a subscriber, and what it does with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from ..store import Document, Shelf
from ..vendor import Call
from .errors import blocked, refusal
from .people import ACCOUNT, ACTIVE

PHONE = re.compile(r"0(?:5[0-578]-?\d{7}|[23489]-?\d{7}|7\d-?\d{7})")  # digits, one dash after the prefix (§5)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def check(call: Call, body: Mapping[str, Any]) -> None:
    """Raise Refused for what is not taken: nothing is written then."""
    email, phone = text(body, "email"), text(body, "phone")
    if email and call.shelf.get("block", email.casefold()) is not None:
        raise blocked()
    if email and not EMAIL.fullmatch(email):
        raise refusal(call, "email is invalid")
    if phone and not PHONE.fullmatch(phone):
        raise refusal(call, "phone is invalid")
    fields = body.get("personal_fields") or {}
    for id, value in fields.items() if isinstance(fields, dict) else ():
        _check_field(call, str(id), value)


def list_rows(call: Call, ids: Any) -> list[str]:
    """The lists to be joined. Computed ones take nobody."""
    wanted = [str(id) for id in ids] if isinstance(ids, list) else []
    rows = [call.shelf.get("list", id) for id in wanted]
    if not wanted or any(row is None for row in rows):
        raise refusal(call, "list does not exist")
    if any(row and row["dynamic_status"] for row in rows):
        raise refusal(call, "list is dynamic")
    return wanted


def changed(shelf: Shelf, person: Document, body: Mapping[str, Any], override: bool = True) -> Document:
    """The person with what is given; without `override` only what was empty. Names, phones as they come."""
    given = {name: text(body, name) for name in ("first", "last", "email", "phone") if name in body}
    if "name" in body and "first" not in body:
        given["first"], _blank, given["last"] = text(body, "name").partition(" ")
    fields = {str(id): value for id, value in (body.get("personal_fields") or {}).items()}
    held = person["personal_fields"]
    merged = {**held, **{id: value for id, value in fields.items() if override or not held.get(id)}}
    kept = {name: value for name, value in given.items() if override or not person[name]}
    tags = [id for name in body.get("tags_names") or () for id in [tag_id(shelf, str(name))]]
    after = {"personal_fields": {id: value for id, value in merged.items() if value != ""}}
    return {**person, **kept, **after, "tags": list(dict.fromkeys([*person["tags"], *tags]))}


def tag_id(shelf: Shelf, name: str) -> int:
    """By name; made when there is none (fact sheet §2a)."""
    found = shelf.find("tag", "name", name)
    if found:
        return int(found[0]["id"])
    id = 600 + shelf.store.next_number("responder.tag")
    shelf.put("tag", str(id), {"id": id, "name": name})
    return id


def with_consent(person: Document, unsubscribed: Any) -> Document:
    """The whole account, e-mail and SMS (fact sheet §3c). Who is blocked stays so."""
    if unsubscribed is None or person["state"] not in (ACTIVE, ACCOUNT):
        return person
    return {**person, "state": ACCOUNT if int(unsubscribed) else ACTIVE}


def text(body: Mapping[str, Any], name: str) -> str:
    return str(body.get(name) or "").strip()


def _check_field(call: Call, id: str, value: Any) -> None:
    field = call.shelf.get("personal_field", id)
    if field is None:
        raise refusal(call, "personal field does not exist")
    if field["type"] == "date" and value:
        try:
            date.fromisoformat(str(value))
        except ValueError:
            raise refusal(call, "date is invalid") from None
