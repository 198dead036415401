"""GetResponse's contacts as they are kept and shown: active, waiting to appear, unconfirmed, removed."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping
from typing import Any

from ..moments import now
from ..store import Document, Shelf
from ..vendor import Hand
from .events import announce
from .moments import as_getresponse

ACTIVE, PENDING, UNCONFIRMED, REMOVED = "contact", "pending", "unconfirmed", "removed"
SHOWN = ("timeZone", "createdOn", "changedOn", "dayOfCycle", "scoring", "engagementScore", "note", "ipAddress")


def new_id(length: int = 7) -> str:
    return "".join(random.choices(string.ascii_letters + string.digits, k=length))


def new_contact(email: str, campaign_id: str, origin: str, values: Mapping[str, Any]) -> Document:
    moment = as_getresponse(now())
    given = {name: value for name, value in values.items() if value is not None}
    return {
        "contactId": new_id(),
        "name": None,
        "timeZone": "UTC",
        "dayOfCycle": None,
        "scoring": None,
        "engagementScore": 1,
        "note": None,
        "ipAddress": "",
        "tags": [],
        "customFieldValues": [],
        **given,
        "email": email,
        "campaignId": campaign_id,
        "origin": origin,
        "createdOn": moment,
        "changedOn": moment,
    }


def on_list(shelf: Shelf, email: str, campaign_id: str, state: str = ACTIVE) -> Document | None:
    found = shelf.find(state, "email", email)
    return next((contact for contact in found if contact["campaignId"] == campaign_id), None)


def keep(shelf: Shelf, contact: Document) -> Document:
    """Store a changed contact."""
    contact = contact | {"changedOn": as_getresponse(now())}
    shelf.put(ACTIVE, contact["contactId"], contact)
    return contact


def appear(hand: Hand, contact: Document) -> Document:
    """The contact is on the list from now on, and that is told."""
    hand.shelf.put(ACTIVE, contact["contactId"], contact)
    if contact["origin"] != "api" or hand.switches["announce_api_contacts"]:
        announce(hand, [("contact_added", contact, {})])
    return contact


def remove(shelf: Shelf, contact: Document, reason: str) -> Document:
    """Off the list: no longer found by `/contacts`, only by a search for removed people."""
    gone = contact | {"reason": reason, "deletedOn": as_getresponse(now())}
    shelf.remove(ACTIVE, contact["contactId"])
    shelf.put(REMOVED, contact["contactId"], gone)
    return gone


def ripen(hand: Hand, ticks: int = 1) -> None:
    """One tick: contacts that were accepted earlier come nearer to appearing, waiting for a click, or being refused."""
    for waiting in hand.shelf.all(PENDING):
        waiting["ticks"] -= ticks
        if waiting["ticks"] > 0:
            hand.shelf.put(PENDING, waiting["contactId"], waiting)
        else:
            hand.shelf.remove(PENDING, waiting["contactId"])
            _arrive(hand, waiting)


def accept(hand: Hand, contact: Document, mode: str, ticks: int) -> None:
    """What the 202 means: the contact appears now, later, after a click, or never."""
    waiting = contact | {"mode": mode, "ticks": ticks}
    if ticks > 0:
        hand.shelf.put(PENDING, contact["contactId"], waiting)
    else:
        _arrive(hand, waiting)


def _arrive(hand: Hand, waiting: Document) -> None:
    contact = {name: value for name, value in waiting.items() if name not in ("mode", "ticks")}
    if waiting["mode"] == "normal":
        appear(hand, contact)
    elif waiting["mode"] == "double_optin":
        hand.shelf.put(UNCONFIRMED, contact["contactId"], contact)
    else:
        announce(hand, [("contact_rejected", contact, {})])


def show_campaign(shelf: Shelf, base_url: str, campaign_id: str) -> Document:
    campaign = shelf.get("campaign", campaign_id) or {}
    href = f"{base_url}/campaigns/{campaign_id}"
    return {"campaignId": campaign_id, "name": campaign.get("name", ""), "href": href}


def show_in_list(shelf: Shelf, base_url: str, contact: Document) -> Document:
    """Without tags and custom fields: the list never has them."""
    href = f"{base_url}/contacts/{contact['contactId']}"
    return {
        "contactId": contact["contactId"],
        "href": href,
        "name": contact["name"],
        "email": contact["email"],
        "campaign": show_campaign(shelf, base_url, contact["campaignId"]),
        "origin": contact["origin"],
        "activities": f"{href}/activities",
        **{name: contact[name] for name in SHOWN},
    }


def show_in_full(shelf: Shelf, base_url: str, contact: Document) -> Document:
    return show_in_list(shelf, base_url, contact) | {
        "geolocation": {"latitude": None, "longitude": None, "continentCode": None, "countryCode": None, "city": None},
        "tags": [show_tag(shelf, base_url, tag_id) for tag_id in contact["tags"]],
        "customFieldValues": [show_value(shelf, value) for value in contact["customFieldValues"]],
    }


def show_tag(shelf: Shelf, base_url: str, tag_id: str) -> Document:
    tag = shelf.get("tag", tag_id) or {}
    return {"tagId": tag_id, "name": tag.get("name", ""), "href": f"{base_url}/tags/{tag_id}"}


def show_value(shelf: Shelf, value: Document) -> Document:
    field = shelf.get("customField", value["customFieldId"]) or {}
    return {
        "customFieldId": value["customFieldId"],
        "name": field.get("name", ""),
        "value": value["value"],
        "values": value["value"],
        "type": field.get("type", "string"),
        "fieldType": field.get("format", "text"),
        "valueType": field.get("type", "string"),
    }
