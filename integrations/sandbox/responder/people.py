"""Responder Live's subscribers as they are kept and shown."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

from ..moments import now
from ..store import Document, Shelf
from ..vendor import Call
from .seed import EVERYBODY

SUBSCRIBER = "subscriber"
ISRAEL = ZoneInfo("Asia/Jerusalem")
FIRST_ID = 555000
ACTIVE, ACCOUNT, BLOCKED, BOUNCED = "active", "account", "blocked", "bounced"
SHOWN_STATES: dict[
    str, dict[str, int | str]
] = {  # by the field that is switched on; what the real ones say is not known (fact sheet §8)
    "unsubscribed": {ACTIVE: 0, ACCOUNT: 1, BLOCKED: 1, BOUNCED: 0},
    "account_status": {ACTIVE: "1", ACCOUNT: "0", BLOCKED: "blocked", BOUNCED: "bounced"},
    "status": {ACTIVE: "active", ACCOUNT: "unsubscribed", BLOCKED: "blocked", BOUNCED: "bounced"},
}


def israel_time() -> str:
    """No zone, Israel time (fact sheet §2a, quirk 7)."""
    return now().astimezone(UTC).astimezone(ISRAEL).strftime("%Y-%m-%d %H:%M:%S")


def new_subscriber(shelf: Shelf) -> Document:
    id = FIRST_ID + shelf.store.next_number("responder.subscriber")
    empty: Document = {"first": "", "last": "", "email": "", "phone": "", "personal_fields": {}, "tags": []}
    return {"id": id, **empty, "lists": {}, "state": ACTIVE, "sms": ACTIVE, "created": israel_time()}


def keep(shelf: Shelf, person: Document) -> Document:
    shelf.put(SUBSCRIBER, str(person["id"]), person)
    return person


def by_address(shelf: Shelf, email: str, phone: str) -> Document | None:
    """By e-mail; by phone somebody who has no address yet (fact sheet §5)."""
    if email and (found := shelf.find(SUBSCRIBER, "email", email)):
        return found[0]
    waiting = [person for person in shelf.find(SUBSCRIBER, "phone", phone) if phone and not person["email"]]
    return waiting[0] if waiting else None


def member_lists(shelf: Shelf, person: Document) -> list[Document]:
    """With the list that everybody is on."""
    ids = [str(EVERYBODY), *person["lists"]]
    return [row for id in dict.fromkeys(ids) if (row := shelf.get("list", id)) is not None]


def show(call: Call, person: Document, full: bool = True) -> Document:
    """Personal fields only where they are shown; an empty set is an array (fact sheet §2a, quirk 5)."""
    shown = {name: person[name] for name in ("first", "last", "email", "phone", "created")}
    shown["id"] = _id(call, person["id"])
    if full or call.switches["fields_in_pages"]:
        shown["personal_fields"] = show_fields(call.shelf, person) or []
    return shown | _consent(call, person)


def show_in_full(call: Call, person: Document) -> Document:
    return show(call, person) | {"lists": [{"id": _id(call, row["id"])} for row in member_lists(call.shelf, person)]}


def show_member(call: Call, person: Document, list_id: str) -> Document:
    """A row of a list has an id of its own, and the person's as subscriber_id (fact sheet §2a, quirk 4)."""
    number: int = person["id"]
    row = show(call, person, full=False) | {"id": 9000 + number % 1000, "subscriber_id": _id(call, number)}
    return {**row, "status": 1, "created": person["lists"].get(list_id, person["created"])}


def show_fields(shelf: Shelf, person: Document) -> Document:
    """A date is read as three numbers (fact sheet §2a, quirk 6)."""
    return {id: _shown_value(shelf, id, value) for id, value in person["personal_fields"].items()}


def _shown_value(shelf: Shelf, id: str, value: Any) -> Any:
    field = shelf.get("personal_field", id) or {}
    if field.get("type") != "date" or not value:
        return value
    day = date.fromisoformat(value)
    return {"year": day.year, "month": day.month, "day": day.day}


def _consent(call: Call, person: Document) -> Document:
    field = call.switches["optout_field"]
    shown: Document = {} if field == "none" else {field: SHOWN_STATES[field][person["state"]]}
    return shown | ({"sms_unsubscribed": int(person["sms"] != ACTIVE)} if call.switches["sms_field"] else {})


def _id(call: Call, id: int) -> int | str:
    return str(id) if call.switches["text_ids"] else id
