"""What HighLevel tells the outside: one flat JSON body for each event, to the one address of the app (§3.2, §3.3)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from ..deliveries import Parcel, Verdict
from ..store import Document
from ..vendor import Hand
from .moments import moment
from .options import LOCATION
from .signing import signature_headers

APP, VERSION = "698d0a1b2c3d4e5f60718293", "698d0a1b2c3d4e5f60718294"
OF_CONTACT = (
    *("id", "address1", "city", "state", "country", "postalCode", "companyName", "source", "dateAdded", "dateOfBirth"),
    *("dnd", "email", "firstName", "lastName", "phone", "tags", "website", "assignedTo", "customFields"),
)
OF_NOTE = ("id", "body", "contactId", "dateAdded")  # a fixed list: no title, no author
OF_TASK = ("id", "assignedTo", "body", "contactId", "title", "dateAdded", "dueDate")
# A workflow's word: the contact's field
OF_WORKFLOW = {
    "contact_id": "id",
    "first_name": "firstName",
    "last_name": "lastName",
    "email": "email",
    "phone": "phone",
    "company_name": "companyName",
    "country": "country",
    "date_created": "dateAdded",
    "contact_type": "type",
}
LEFT_OUT = ("contactId", "body")  # of a TaskCreate in the wild


def announce(hand: Hand, type: str, record: Document) -> None:
    send(hand, {"type": type, "locationId": LOCATION, **_facts(hand, type, record)})


def _facts(hand: Hand, type: str, record: Document) -> Document:
    if type.startswith("Contact"):
        names = (*OF_CONTACT, "dndSettings") if type == "ContactDndUpdate" else OF_CONTACT
        facts = _picked(record, names)
        whole = " ".join(str(record[part]) for part in ("firstName", "lastName") if record.get(part))
        return {**facts, "name": whole, "attachments": []}
    if type.startswith("Note"):
        return _picked(record, OF_NOTE)
    if type.startswith("Task"):
        thin = type == "TaskCreate" and hand.switches["thin_task_events"]
        return _picked(record, [name for name in OF_TASK if not (thin and name in LEFT_OUT)])
    if type.startswith("Appointment"):
        return {"appointment": record}
    return record


def _picked(record: Document, names: Any) -> Document:
    return {name: record[name] for name in names if record.get(name) is not None}


def send(hand: Hand, body: Mapping[str, Any]) -> None:
    """With the envelope that live payloads have; an envelope that is given stays, for repeats and foreign ones."""
    envelope = {"timestamp": moment(), "webhookId": str(uuid.uuid4()), "appId": APP, "versionId": VERSION}
    text = json.dumps({**envelope, **body}, ensure_ascii=False)
    for hook in hand.shelf.all("webhook"):
        hand.outbox.add(
            Parcel(
                vendor="highlevel",
                kind="app webhook",
                type=str(body.get("type", "")),
                url=hook["url"],
                headers={"Content-Type": "application/json", **signature_headers(hand, text.encode())},
                body=text,
                timeout=hand.switches["webhook_timeout"],
                gaps=[float(gap) for gap in hand.switches["webhook_gaps"]],
            )
        )


def send_workflow(hand: Hand, url: str, contact: Document, custom: Mapping[str, Any]) -> None:
    """Unsigned, without id and time, in names of its own (§3.1); whatever is blank is sent as a blank."""
    named = {theirs: contact.get(ours) or "" for theirs, ours in OF_WORKFLOW.items()}
    place = {"id": LOCATION, "name": (hand.shelf.get("location", LOCATION) or {}).get("name", "")}
    workflow = {"id": "wfHook0000000000001", "name": "To Crosswalk"}
    body = {**named, "tags": ",".join(contact["tags"]), "location": place, "workflow": workflow, "customData": custom}
    hand.outbox.add(
        Parcel(
            vendor="highlevel",
            kind="workflow",
            type=str(custom.get("event", "")),
            url=url,
            headers={"Content-Type": "application/json"},
            body=json.dumps(body, ensure_ascii=False),
            timeout=hand.switches["webhook_timeout"],
        )
    )


def workflow_verdict(status: int | None, body: str) -> Verdict:
    """Sent once: nobody measured that a workflow tries again (§3.1)."""
    return "delivered" if status is not None and 200 <= status < 300 else "failed"


def delivery_verdict(status: int | None, body: str) -> Verdict:
    """Again on anything but 2xx, also on no answer (§3.5)."""
    return "delivered" if status is not None and 200 <= status < 300 else "again"
