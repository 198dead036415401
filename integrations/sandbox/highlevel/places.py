"""What belongs to the location: itself, tags, fields, users, workflows, campaigns, businesses, calendars, talk."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.wrappers import Response

from ..store import Document
from ..vendor import Call
from . import rules
from .auth import needs_location
from .errors import missing, refusal, traced
from .moments import new_id
from .options import LOCATION
from .people import contact_of

Handler = Callable[..., Response]
OF_FIELD = ("name", "dataType", "placeholder", "position", "textBoxListOptions", "acceptedFormat", "model")
OF_BUSINESS = ("name", "phone", "email", "website", "address", "city", "postalCode", "state", "country", "description")


def listing(object: str, key: str, asks: bool = True) -> Handler:
    """A handler that lists one kind of thing under its key; most want the location in the query."""

    def handle(call: Call, **_arguments: str) -> Response:
        if asks:
            needs_location(call)
        return traced({key: call.shelf.all(object)})

    return handle


def detail(object: str, key: str) -> Handler:
    def handle(call: Call, id: str, **_arguments: str) -> Response:
        return traced({key: _thing(call, object, id)})

    return handle


def removal(object: str, flag: str = "succeded") -> Handler:
    def handle(call: Call, id: str, **_arguments: str) -> Response:
        _thing(call, object, id)
        call.shelf.remove(object, id)
        return traced({flag: True})

    return handle


def show_location(call: Call, location_id: str) -> Response:
    settings = {"allowDuplicateContact": call.switches["allow_duplicates"]}
    return traced({"location": {**call.shelf.all("location")[0], "settings": settings}})


def create_tag(call: Call, location_id: str) -> Response:
    """The dictionary keeps the letters as they were sent."""
    payload = rules.only(rules.object_of(call.payload), ("name",))
    rules.required(payload, "name")
    if call.shelf.find("tag", "name", payload["name"]):
        raise refusal(400, "The tag name is already exist.")
    return _made(call, "tag", "tag", {"name": payload["name"], "locationId": LOCATION}, 201)


def rename_tag(call: Call, location_id: str, id: str) -> Response:
    payload = rules.only(rules.object_of(call.payload), ("name",))
    tag = {**_thing(call, "tag", id), **payload}
    call.shelf.put("tag", id, tag)
    return traced({"tag": tag})


def create_field(call: Call, location_id: str) -> Response:
    payload = rules.only(rules.object_of(call.payload), OF_FIELD)
    rules.required(payload, "name", "dataType")
    key = f"contact.{payload['name'].strip().lower().replace(' ', '_')}"
    return _made(call, "customField", "customField", {**payload, "fieldKey": key, "locationId": LOCATION}, 201)


def create_business(call: Call) -> Response:
    """The key of the answer is misspelt."""
    payload = rules.only(rules.object_of(call.payload), (*OF_BUSINESS, "locationId"))
    rules.required(payload, "name", "locationId")
    return _made(call, "business", "buiseness", payload, 201)


def update_business(call: Call, id: str) -> Response:
    business = {**_thing(call, "business", id), **rules.only(rules.object_of(call.payload), OF_BUSINESS)}
    call.shelf.put("business", id, business)
    return traced({"success": True, "buiseness": business})


def search_conversations(call: Call) -> Response:
    needs_location(call)
    wanted = call.request.args.get("contactId")
    found = [c for c in call.shelf.all("conversation") if wanted in (None, c["contactId"])]
    return traced({"conversations": found, "total": len(found)})


def open_conversation(call: Call) -> Response:
    payload = rules.only(rules.object_of(call.payload), ("locationId", "contactId"))
    contact_of(call.shelf, str(payload.get("contactId")))
    there = call.shelf.find("conversation", "contactId", payload["contactId"])
    if there:
        code = "CONVERSATIONS_CONVERSATION_ALREADY_EXISTS"
        raise refusal(400, "Conversation already exists", canonicalCode=code, conversationId=there[0]["id"])
    return _made(call, "conversation", "conversation", payload, 201)


def list_messages(call: Call, id: str) -> Response:
    _thing(call, "conversation", id)
    found = call.shelf.find("message", "conversationId", id)
    return traced({"lastMessageId": found[-1]["id"] if found else None, "nextPage": False, "messages": found})


def _thing(call: Call, object: str, id: str) -> Document:
    found = call.shelf.get(object, id)
    if found is None:
        raise missing(object.title(), id)
    return found


def _made(call: Call, object: str, key: str, values: Document, status: int) -> Response:
    thing = {"id": new_id(), **values}
    call.shelf.put(object, str(thing["id"]), thing)
    return traced({key: thing}, status)
