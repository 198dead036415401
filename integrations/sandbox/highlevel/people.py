"""HighLevel's contacts as they are kept and shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..moments import read_moment
from ..store import Document, Shelf
from ..vendor import Call, Hand
from .errors import missing
from .events import announce
from .moments import moment, new_id
from .options import LOCATION
from .rules import merged_values

CONTACT = "contact"


def hand_of(call: Call) -> Hand:
    return Hand(call.shelf, call.switches, call.outbox)


def contact_of(shelf: Shelf, id: str) -> Document:
    contact = shelf.get(CONTACT, id)
    if contact is None:
        raise missing("Contact", id)
    return contact


def plain(phone: Any) -> str:
    return re.sub(r"[^\d+]", "", str(phone or ""))


def holder(shelf: Shelf, values: Mapping[str, Any], own_id: str = "") -> tuple[Document, str] | None:
    """(the contact that has the e-mail or phone already, which of the two)."""
    for field in ("email", "phone"):
        wanted = values.get(field)
        for other in shelf.find(CONTACT, field, wanted) if wanted else ():
            if other["id"] != own_id:
                return other, field
    return None


def make(hand: Hand, values: Mapping[str, Any], by_api: bool = False) -> Document:
    made_at = moment()
    contact = {
        "id": new_id(),
        "locationId": LOCATION,
        "type": "lead",
        "tags": [],
        "customFields": [],
        "dnd": False,
        "dndSettings": {},
        **_with_names(values),
        "dateAdded": made_at,
        "dateUpdated": made_at,
    }
    hand.shelf.put(CONTACT, contact["id"], contact)
    _tell(hand, "ContactCreate", contact, by_api)
    return contact


def change(hand: Hand, contact: Document, values: Mapping[str, Any], by_api: bool = False) -> Document:
    """Custom fields and channels that are not given stay as they are."""
    given = dict(_with_names(values))
    if "customFields" in given:
        given["customFields"] = merged_values(contact["customFields"], given["customFields"])
    if "dndSettings" in given and not hand.switches["dnd_replaces"]:
        given["dndSettings"] = {**contact["dndSettings"], **given["dndSettings"]}
    after = {**contact, **given}
    is_quiet = hand.switches["quiet_changes"] and set(given) <= {"tags", "dnd", "dndSettings"}
    after["dateUpdated"] = contact["dateUpdated"] if is_quiet else moment()
    hand.shelf.put(CONTACT, contact["id"], after)
    for type in _happenings(contact, after):
        _tell(hand, type, after, by_api)
    return after


def remove(hand: Hand, contact: Document, by_api: bool = False) -> None:
    hand.shelf.remove(CONTACT, contact["id"])
    _tell(hand, "ContactDelete", contact, by_api)


def _happenings(before: Document, after: Document) -> list[str]:
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)} - {"dateUpdated"}
    types = ["ContactDndUpdate"] if changed & {"dnd", "dndSettings"} else []
    types += ["ContactTagUpdate"] if "tags" in changed else []
    return types + (["ContactUpdate"] if changed - {"dnd", "dndSettings", "tags"} else [])


def _tell(hand: Hand, type: str, contact: Document, by_api: bool) -> None:
    if not by_api or hand.switches["announce_api_writes"]:
        announce(hand, type, contact)


def _with_names(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A whole name is split at its first blank."""
    if not values.get("name"):
        return {name: value for name, value in values.items() if name != "name"}
    first, _space, last = str(values["name"]).strip().partition(" ")
    given = {name: value for name, value in values.items() if name != "name"}
    return {"firstName": first, "lastName": last or None, **given}


def shown(contact: Document) -> Document:
    """As GET /contacts/{id} shows it."""
    first, last = contact.get("firstName"), contact.get("lastName")
    return {
        **contact,
        "name": " ".join(filter(None, (first, last))) or None,
        "firstNameLowerCase": str(first or "").lower() or None,
        "lastNameLowerCase": str(last or "").lower() or None,
        "emailLowerCase": str(contact.get("email") or "").lower() or None,
    }


def shown_in_search(contact: Document, after: list[Any]) -> Document:
    """Other names and forms than in the record itself (§2.1, reading quirks)."""
    row = {**shown(contact), "searchAfter": after, "additionalEmails": [], "address": contact.get("address1")}
    row.pop("address1", None)
    if row.get("dateOfBirth"):
        row["dateOfBirth"] = int(read_moment(row["dateOfBirth"]).timestamp() * 1000)
    return row


def shown_in_list(contact: Document) -> Document:
    """GET /contacts/ writes names in lower case and the real one beside it."""
    first = contact.get("firstName")
    return {**shown(contact), "firstName": str(first).lower() if first else None, "firstNameRaw": first}
