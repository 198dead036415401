"""What people do in HighLevel: make, change and delete contacts, tasks and notes, switch off channels, book."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..moments import now
from ..store import Document, Shelf
from ..vendor import Hand, NoSuchThing
from .children import APPOINTMENT, NOTE, TASK
from .events import announce, send, send_workflow
from .moments import moment, new_id
from .options import LOCATION
from .people import CONTACT, change, make, remove
from .seed import CALENDAR

Params = Mapping[str, Any]
FIELDS = (
    *("firstName", "lastName", "name", "email", "phone", "address1", "city", "state", "postalCode", "country"),
    *("website", "timezone", "source", "dateOfBirth", "assignedTo", "companyName", "businessId", "tags", "dnd"),
    "dndSettings",
)
CHANNELS = {"email": "Email", "sms": "SMS", "call": "Call", "whatsapp": "WhatsApp"}


def create(hand: Hand, params: Params) -> Document:
    """A contact; `customFields` by name."""
    values = {name: params[name] for name in FIELDS if name in params}
    return make(hand, {**values, "customFields": _custom(hand.shelf, params)})


def edit(hand: Hand, params: Params) -> Document:
    """The fields in `values`, of the contact with this `id` or `email`."""
    values = dict(params["values"])
    if "customFields" in values:
        values["customFields"] = _custom(hand.shelf, values)
    return change(hand, _contact(hand.shelf, params), values)


def delete(hand: Hand, params: Params) -> None:
    remove(hand, _contact(hand.shelf, params))


def tag(hand: Hand, params: Params) -> Document:
    contact = _contact(hand.shelf, params)
    return change(hand, contact, {"tags": list(dict.fromkeys([*contact["tags"], params["tag"].lower()]))})


def untag(hand: Hand, params: Params) -> Document:
    contact = _contact(hand.shelf, params)
    return change(hand, contact, {"tags": [each for each in contact["tags"] if each != params["tag"].lower()]})


def stop(hand: Hand, params: Params) -> Document:
    """Do Not Disturb of a `channel` (email, sms, call, whatsapp), or of all; `permanent` as by STOP to the carrier."""
    return _disturb(hand, params, "permanent" if params.get("permanent") else "active")


def allow(hand: Hand, params: Params) -> Document:
    return _disturb(hand, params, "inactive")


def unsubscribe(hand: Hand, params: Params) -> Document:
    """By the link in a mail: the channel Email alone."""
    return stop(hand, {**params, "channel": "email"})


def _disturb(hand: Hand, params: Params, status: str) -> Document:
    contact, channel = _contact(hand.shelf, params), params.get("channel", "all")
    if channel == "all":
        return change(hand, contact, {"dnd": status != "inactive"})
    if channel not in CHANNELS:
        raise NoSuchThing(f"There is no channel {channel!r}.")
    setting = {"status": status, "message": f"Updated by 'Sam' at {moment()}", "code": "103"}
    return change(hand, contact, {"dndSettings": {**contact["dndSettings"], CHANNELS[channel]: setting}})


def block_inbound(hand: Hand, params: Params) -> Document:
    """Nothing of theirs is let in any more. No event tells of it, and no time shows it."""
    contact = {**_contact(hand.shelf, params), "inboundDndSettings": {"all": {"status": "active", "message": ""}}}
    hand.shelf.put(CONTACT, contact["id"], contact)
    return contact


def add_task(hand: Hand, params: Params) -> Document:
    contact = _contact(hand.shelf, params)
    due = params.get("dueDate") or (now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    task = {"id": new_id(), "contactId": contact["id"], "title": params["title"], "body": params.get("body", "")}
    task |= {"dueDate": due, "completed": False, "assignedTo": params.get("assignedTo")}
    return _keep(hand, TASK, {**task, "dateAdded": moment(), "dateUpdated": moment()}, "TaskCreate")


def edit_task(hand: Hand, params: Params) -> Document:
    """No event tells of it."""
    task = _child(hand.shelf, TASK, params["id"])
    return _keep(hand, TASK, {**task, **params["values"], "dateUpdated": moment()}, "")


def complete_task(hand: Hand, params: Params) -> Document:
    task = _child(hand.shelf, TASK, params["id"])
    return _keep(hand, TASK, {**task, "completed": True, "dateUpdated": moment()}, "TaskComplete")


def delete_task(hand: Hand, params: Params) -> None:
    _drop(hand, TASK, _child(hand.shelf, TASK, params["id"]), "TaskDelete")


def add_note(hand: Hand, params: Params) -> Document:
    note = {"id": new_id(), "contactId": _contact(hand.shelf, params)["id"], "body": params["body"]}
    return _keep(
        hand, NOTE, {**note, "title": params.get("title"), "userId": None, "dateAdded": moment()}, "NoteCreate"
    )


def edit_note(hand: Hand, params: Params) -> Document:
    return _keep(hand, NOTE, {**_child(hand.shelf, NOTE, params["id"]), "body": params["body"]}, "NoteUpdate")


def delete_note(hand: Hand, params: Params) -> None:
    _drop(hand, NOTE, _child(hand.shelf, NOTE, params["id"]), "NoteDelete")


def book(hand: Hand, params: Params) -> Document:
    """An appointment in so many `minutes`."""
    starts = now() + timedelta(minutes=float(params.get("minutes", 60)))
    event = {
        "id": new_id(),
        "title": params.get("title", "Demo"),
        "calendarId": CALENDAR,
        "locationId": LOCATION,
        "contactId": _contact(hand.shelf, params)["id"],
        "appointmentStatus": "confirmed",
        "assignedUserId": None,
        "notes": "",
        "startTime": starts.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "endTime": (starts + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "dateAdded": moment(),
        "dateUpdated": moment(),
    }
    return _keep(hand, APPOINTMENT, event, "AppointmentCreate")


def cancel(hand: Hand, params: Params) -> Document:
    event = _child(hand.shelf, APPOINTMENT, params["id"])
    return _keep(
        hand, APPOINTMENT, {**event, "appointmentStatus": "cancelled", "dateUpdated": moment()}, "AppointmentUpdate"
    )


def message(hand: Hand, params: Params) -> Document:
    """One that came in, or with `direction` outbound one that went out."""
    contact = _contact(hand.shelf, params)
    there = hand.shelf.find("conversation", "contactId", contact["id"])
    talk = there[0] if there else {"id": new_id(), "contactId": contact["id"], "locationId": LOCATION}
    hand.shelf.put("conversation", talk["id"], talk)
    direction = params.get("direction", "inbound")
    facts = {"contactId": contact["id"], "conversationId": talk["id"], "direction": direction, "status": "delivered"}
    facts |= {"body": params["body"], "messageType": params.get("messageType", "SMS"), "dateAdded": moment()}
    kept = {"id": new_id(), **facts}
    hand.shelf.put("message", str(kept["id"]), kept)
    announce(
        hand, "InboundMessage" if direction == "inbound" else "OutboundMessage", {**facts, "messageId": kept["id"]}
    )
    return kept


def add_webhook(hand: Hand, params: Params) -> Document:
    """As in the portal of the app: one address, there is no API for it."""
    hand.shelf.put("webhook", "app", {"url": params["url"]})
    return {"url": params["url"]}


def send_bodies(hand: Hand, params: Params) -> int:
    """Send these bodies in an envelope: unknown types, repeats with the same webhookId, other locations."""
    for body in params["events"]:
        send(hand, {"locationId": LOCATION, **body})
    return len(params["events"])


def run_workflow(hand: Hand, params: Params) -> None:
    """A workflow of the customer calls `url` about a contact, with the `customData` that was added to it."""
    send_workflow(hand, params["url"], _contact(hand.shelf, params), params.get("customData", {}))


def _keep(hand: Hand, kind: str, child: Document, event: str) -> Document:
    hand.shelf.put(kind, child["id"], child)
    if event:
        announce(hand, event, child)
    return child


def _drop(hand: Hand, kind: str, child: Document, event: str) -> None:
    hand.shelf.remove(kind, child["id"])
    announce(hand, event, child)


def _child(shelf: Shelf, kind: str, id: str) -> Document:
    found = shelf.get(kind, id)
    if found is None:
        raise NoSuchThing(f"There is no {kind} {id!r}.")
    return found


def _contact(shelf: Shelf, params: Params) -> Document:
    """By `id`, or by `email`."""
    found = shelf.get(CONTACT, params["id"]) if "id" in params else None
    if found is None:
        by_email = shelf.find(CONTACT, "email", params["email"]) if "email" in params else []
        found = by_email[0] if by_email else None
    if found is None:
        raise NoSuchThing(f"There is no contact {params.get('id') or params.get('email')!r}.")
    return found


def _custom(shelf: Shelf, params: Params) -> list[Document]:
    return [_value(shelf, name, value) for name, value in params.get("customFields", {}).items()]


def _value(shelf: Shelf, name: str, value: Any) -> Document:
    found = shelf.find("customField", "name", name)
    if not found:
        raise NoSuchThing(f"There is no custom field {name!r}.")
    return {"id": found[0]["id"], "value": value}


ACTS = {
    "create": create,
    "edit": edit,
    "delete": delete,
    "tag": tag,
    "untag": untag,
    "stop": stop,
    "allow": allow,
    "unsubscribe": unsubscribe,
    "block_inbound": block_inbound,
    "add_task": add_task,
    "edit_task": edit_task,
    "complete_task": complete_task,
    "delete_task": delete_task,
    "add_note": add_note,
    "edit_note": edit_note,
    "delete_note": delete_note,
    "book": book,
    "cancel": cancel,
    "message": message,
    "add_webhook": add_webhook,
    "send": send_bodies,
    "run_workflow": run_workflow,
}
