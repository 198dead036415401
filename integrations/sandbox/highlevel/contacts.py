"""`/contacts`: read, create with its duplicates, change, upsert, delete, tags, workflows and campaigns (§2.1, §2.5)."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from ..store import Document
from ..vendor import Call, Refused, json_response
from . import rules
from .auth import needs_location
from .errors import duplicate, error_response, invalid, traced
from .people import (
    CONTACT,
    change,
    contact_of,
    hand_of,
    holder,
    make,
    plain,
    remove,
    shown,
    shown_in_list,
)

LARGEST_BULK = 50


def show(call: Call, contact_id: str) -> Response:
    return traced({"contact": shown(contact_of(call.shelf, contact_id))})


def list_all(call: Call) -> Response:
    needs_location(call)
    contacts = call.shelf.all(CONTACT)
    size = min(call.request.args.get("limit", 20, int), 100)
    start = call.request.args.get("startAfterId", "")
    ids = [contact["id"] for contact in contacts]
    first = ids.index(start) + 1 if start in ids else 0
    page = contacts[first : first + size]
    return traced({"contacts": [shown_in_list(c) for c in page], "count": len(page), "meta": {"total": len(contacts)}})


def list_of_business(call: Call, business_id: str) -> Response:
    needs_location(call)
    found = [c for c in call.shelf.all(CONTACT) if c.get("businessId") == business_id]
    skip, size = call.request.args.get("skip", 0, int), call.request.args.get("limit", 25, int)
    return traced({"contacts": [shown(c) for c in found[skip : skip + size]], "count": len(found)})


def find_duplicate(call: Call) -> Response:
    needs_location(call)
    asked = {"email": call.request.args.get("email"), "phone": plain(call.request.args.get("number"))}
    found = holder(call.shelf, asked)
    return traced({"contact": shown(found[0]) if found else None})


def create(call: Call) -> Response:
    payload = rules.object_of(call.payload)
    rules.required(payload, "locationId")
    if set(payload) == {"locationId"}:
        return json_response({"statusCode": 422, "message": ["nothing to create"], "error": "Bad Request"}, 400)
    values = rules.read_contact(call.shelf, payload, rules.OF_CREATE)
    _refuse_taken(call, values)
    values = _without_ignored_stop(call, values)
    contact = make(hand_of(call), values, by_api=True)
    if call.consume("refuse_but_create"):  # what is done stays done, unlike with a refusal
        return error_response(422, ["something went wrong"])
    return traced({"contact": shown(contact)}, 201)


def update(call: Call, contact_id: str) -> Response:
    contact = contact_of(call.shelf, contact_id)
    values = rules.read_contact(call.shelf, rules.object_of(call.payload), rules.OF_UPDATE)
    _refuse_taken(call, values, contact_id)
    values = _without_ignored_stop(call, values)
    return traced({"succeded": True, "contact": shown(change(hand_of(call), contact, values, by_api=True))})


def upsert(call: Call) -> Response:
    """By e-mail first, then phone; of two that fit, the second is never looked at. Gender is taken and ignored."""
    payload = rules.object_of(call.payload)
    rules.required(payload, "locationId")
    values = rules.read_contact(call.shelf, payload, rules.OF_UPSERT)
    found = holder(call.shelf, values)
    if found is None or (payload.get("createNewIfDuplicateAllowed") and call.switches["allow_duplicates"]):
        return traced({"new": True, "contact": shown(make(hand_of(call), values, by_api=True))})
    values.pop("gender", None)
    return traced({"new": False, "contact": shown(change(hand_of(call), found[0], values, by_api=True))})


def delete(call: Call, contact_id: str) -> Response:
    remove(hand_of(call), contact_of(call.shelf, contact_id), by_api=True)
    return traced({"succeded": True})


def add_tags(call: Call, contact_id: str) -> Response:
    contact = contact_of(call.shelf, contact_id)
    added = _tags(call)
    return traced({"tags": _keep_tags(call, contact, [*contact["tags"], *added]), "tagsAdded": added}, 201)


def remove_tags(call: Call, contact_id: str) -> Response:
    contact = contact_of(call.shelf, contact_id)
    gone = _tags(call)
    return traced({"tags": _keep_tags(call, contact, [tag for tag in contact["tags"] if tag not in gone])})


def change_tags_of_many(call: Call, type: str) -> Response:
    """201 whatever became of the contacts: each row says for itself."""
    payload = rules.only(rules.object_of(call.payload), ("contacts", "tags", "locationId", "removeAllTags"))
    rules.required(payload, "contacts", "tags", "locationId")
    tags = rules.read_tags(payload["tags"])
    if type not in ("add", "remove"):
        raise invalid("type must be one of add, remove")
    rows = [_tag_row(call, id, tags, type) for id in payload["contacts"][:LARGEST_BULK]]
    errors = sum(row["type"] == "error" for row in rows)
    return traced({"succeded": True, "errorCount": errors, "responses": rows}, 201)


def set_business(call: Call) -> Response:
    payload = rules.only(rules.object_of(call.payload), ("locationId", "ids", "businessId"))
    rules.required(payload, "locationId", "ids")
    for id in payload["ids"][:LARGEST_BULK]:
        change(hand_of(call), contact_of(call.shelf, id), {"businessId": payload.get("businessId")}, by_api=True)
    return traced({"success": True, "ids": payload["ids"]}, 201)


def join_workflow(call: Call, contact_id: str, workflow_id: str) -> Response:
    rules.only(call.payload or {}, ("eventStartTime",))
    return _enrol(call, "workflow", contact_id, workflow_id)


def leave_workflow(call: Call, contact_id: str, workflow_id: str) -> Response:
    return _leave(call, "workflow", contact_id, workflow_id)


def join_campaign(call: Call, contact_id: str, campaign_id: str) -> Response:
    return _enrol(call, "campaign", contact_id, campaign_id)


def leave_campaign(call: Call, contact_id: str, campaign_id: str) -> Response:
    """`removeAll` is all of them."""
    return _leave(call, "campaign", contact_id, "" if campaign_id == "removeAll" else campaign_id)


def change_followers(call: Call, contact_id: str) -> Response:
    contact = contact_of(call.shelf, contact_id)
    given = rules.only(rules.object_of(call.payload), ("followers",)).get("followers")
    if not isinstance(given, list):
        raise invalid("followers must be an array")
    held = contact.get("followers", [])
    adds = call.request.method == "POST"
    after = list(dict.fromkeys([*held, *given])) if adds else [user for user in held if user not in given]
    change(hand_of(call), contact, {"followers": after}, by_api=True)
    return traced({"followers": after}, 201 if adds else 200)


def _refuse_taken(call: Call, values: Document, own_id: str = "") -> None:
    found = None if call.switches["allow_duplicates"] else holder(call.shelf, values, own_id)
    if found:
        raise duplicate(*found)


def _without_ignored_stop(call: Call, values: Document) -> Document:
    if not {"dnd", "dndSettings"} & set(values) or not call.consume("dnd_ignored"):
        return values
    return {name: value for name, value in values.items() if name not in ("dnd", "dndSettings")}


def _tags(call: Call) -> list[str]:
    return rules.read_tags(rules.only(rules.object_of(call.payload), ("tags",)).get("tags"))


def _keep_tags(call: Call, contact: Document, tags: list[str]) -> list[str]:
    kept = list(dict.fromkeys(tags))
    if kept != contact["tags"]:
        change(hand_of(call), contact, {"tags": kept}, by_api=True)
    return kept


def _tag_row(call: Call, id: Any, tags: list[str], type: str) -> Document:
    contact = call.shelf.get(CONTACT, str(id))
    if contact is None:
        return {"contactId": id, "message": "contact is deleted", "type": "error", "oldTags": []}
    wanted = [*contact["tags"], *tags] if type == "add" else [tag for tag in contact["tags"] if tag not in tags]
    _keep_tags(call, contact, wanted)
    changed = {"tagsAdded" if type == "add" else "tagsRemoved": tags}
    return {"contactId": id, "message": "Tags updated", "type": "success", "oldTags": contact["tags"], **changed}


def _enrol(call: Call, kind: str, contact_id: str, id: str) -> Response:
    contact_of(call.shelf, contact_id)
    if call.shelf.get(kind, id) is None:
        raise Refused(json_response({"statusCode": 400, "message": f"{kind} not found"}, 400))
    row = {"contactId": contact_id, "kind": kind, "id": id}
    call.shelf.put("enrolment", f"{kind}:{contact_id}:{id}", row)
    return traced({"succeded": True}, 201)


def _leave(call: Call, kind: str, contact_id: str, id: str) -> Response:
    contact_of(call.shelf, contact_id)
    for row in call.shelf.find("enrolment", "contactId", contact_id):
        if row["kind"] == kind and id in ("", row["id"]):
            call.shelf.remove("enrolment", f"{kind}:{contact_id}:{row['id']}")
    return traced({"succeded": True})
