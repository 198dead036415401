"""Subscribers over the API: found, listed, added, changed, put on lists and deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug.wrappers import Response

from ..store import Document
from ..vendor import Call, Hand, json_response
from .errors import missing, refusal
from .events import CHANGED, JOINED, REJOINED, tell
from .people import (
    ACTIVE,
    SUBSCRIBER,
    by_address,
    israel_time,
    keep,
    new_subscriber,
    show,
    show_in_full,
    show_member,
)
from .rules import changed, check, list_rows, text, with_consent
from .seed import EVERYBODY


def list_subscribers(call: Call) -> Response:
    email = call.request.args.get("email")
    people = call.shelf.all(SUBSCRIBER) if email is None else call.shelf.find(SUBSCRIBER, "email", email)
    return json_response({"status": True, "data": [show(call, person) for person in page_of(call, people)]})


def show_subscriber(call: Call, id: str) -> Response:
    return json_response({"status": True, "data": show_in_full(call, _person(call, id))})


def list_members(call: Call, list_id: str) -> Response:
    people = members(call, list_id)
    rows = [show_member(call, person, list_id) for person in page_of(call, people)]
    return json_response({"total": len(people), "data": rows})


def search(call: Call) -> Response:
    """Query parameters on a POST; the key is looked for in name, e-mail and phone (fact sheet §2a)."""
    list_id, key = call.request.args.get("listId", ""), call.request.args.get("searchKey", "").casefold()
    plain = key.replace("-", "")
    people = [p for p in members(call, list_id) if key and plain in _searched(p)]
    size, start = int(call.request.args.get("size", 500)), int(call.request.args.get("offset", 0))
    return json_response({"data": [show_member(call, person, list_id) for person in people[start : start + size]]})


def add_subscriber(call: Call) -> Response:
    body = _body(call)
    lists = list_rows(call, body.get("list_ids"))
    return _added(call, body, lists)


def add_member(call: Call, list_id: str) -> Response:
    return _added(call, _body(call), list_rows(call, [list_id]))


def update_subscriber(call: Call, id: str) -> Response:
    """With personal fields alone it says yes and does nothing (fact sheet §2a, quirk 3)."""
    person, body = _person(call, id), _body(call)
    check(call, body)
    if set(body) == {"personal_fields"}:
        return json_response({"status": True})
    other = by_address(call.shelf, text(body, "email"), "")
    if other is not None and other["id"] != person["id"]:
        raise refusal(call, "email already exists", 409)
    after = keep(call.shelf, with_consent(changed(call.shelf, person, body), body.get("unsubscribed")))
    if after != person:
        _tell(call, CHANGED, after, list(after["lists"]))
    return json_response({"status": True})


def delete_subscriber(call: Call, id: str) -> Response:
    call.shelf.remove(SUBSCRIBER, str(_person(call, id)["id"]))
    return json_response({"status": True})


def remove_member(call: Call, list_id: str, id: str) -> Response:
    person = _person(call, id)
    if list_id not in person["lists"]:
        raise missing()
    keep(call.shelf, {**person, "lists": {each: at for each, at in person["lists"].items() if each != list_id}})
    return json_response({"status": True})


def add_tags(call: Call) -> Response:
    body = _body(call)
    if call.shelf.get("tag", str(body.get("tag_id"))) is None:
        raise refusal(call, "tag does not exist")
    people = [_person(call, str(id)) for id in body.get("subscriber_ids") or ()]
    for person in people:
        keep(call.shelf, {**person, "tags": list(dict.fromkeys([*person["tags"], int(body["tag_id"])]))})
    return json_response({"status": True})


def members(call: Call, list_id: str) -> list[Document]:
    if call.shelf.get("list", list_id) is None:
        raise refusal(call, "list does not exist", 404)
    people = call.shelf.all(SUBSCRIBER)
    return [person for person in people if list_id == str(EVERYBODY) or list_id in person["lists"]]


def page_of(call: Call, rows: list[Document]) -> list[Document]:
    limit = min(int(call.request.args.get("limit", 500)), int(call.switches["page_limit"]))
    start = int(call.request.args.get("offset", 0))
    return rows[start : start + limit]


def join(hand: Hand, person: Document, lists: Iterable[str], active: bool) -> Document:
    """On these lists from now on; active again only where the way of joining makes that so. Told of as it happens."""
    wanted = list(lists)
    new = [id for id in wanted if id not in person["lists"]]
    state = {"state": ACTIVE} if active and person["state"] == "account" else {}
    after = keep(hand.shelf, {**person, **state, "lists": person["lists"] | dict.fromkeys(new, israel_time())})
    tell(hand, JOINED, after, new)
    tell(hand, REJOINED, after, [id for id in wanted if id not in new])
    return after


def hand_of(call: Call) -> Hand:
    return Hand(call.shelf, call.switches, call.outbox)


def _added(call: Call, body: Mapping[str, Any], lists: list[str]) -> Response:
    email, phone = text(body, "email"), text(body, "phone")
    if not email and not phone:
        raise refusal(call, "email or phone is required")
    check(call, body)
    there = by_address(call.shelf, email, phone)
    if there is not None and set(lists) <= set(there["lists"]) and call.switches["duplicate_answer"] != "updated":
        duplicate = call.switches["duplicate_answer"] == "duplicate"
        message = "no" if duplicate else "subscriber already exists"
        raise refusal(call, message, **({"duplicate": True} if duplicate else {}))
    before = there or new_subscriber(call.shelf)
    after = changed(call.shelf, before, body, bool(body.get("override")) or there is None)
    joined = join(hand_of(call), after, lists, bool(body.get("rejoin")))
    if there is not None and after != before:
        _tell(call, CHANGED, joined, [id for id in lists if id in before["lists"]])
    created_id = {"createdId": joined["id"]} if call.switches["created_id"] else {}
    return json_response({"status": True, **created_id})


def _tell(call: Call, event: int, person: Document, lists: list[str]) -> None:
    tell(hand_of(call), event, person, lists)


def _person(call: Call, id: str) -> Document:
    person = call.shelf.get(SUBSCRIBER, id)
    if person is None:
        raise missing()
    return person


def _body(call: Call) -> Document:
    if not isinstance(call.payload, dict):
        raise refusal(call, "the body must be an object")
    return call.payload


def _searched(person: Document) -> str:
    phone = person["phone"].replace("-", "")
    return f"{person['first']} {person['last']} {person['email']} {phone}".casefold()
