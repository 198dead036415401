"""What people do at GetResponse: sign up, unsubscribe by link, open, click, move, set up webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ..moments import now
from ..store import Document, Shelf
from ..vendor import Hand, NoSuchThing
from .contacts import happenings_of
from .events import WEBHOOK_TYPES, Happening, announce, send_webhooks
from .moments import as_getresponse
from .people import ACTIVE, UNCONFIRMED, appear, keep, new_contact, new_id, on_list, remove, ripen
from .seed import MAIN_LIST, webinar_body

Params = Mapping[str, Any]
MESSAGE = {
    "resourceType": "newsletters",
    "resourceId": "nl1",
    "name": "spring_news",
    "subject": "Spring news",
    "href": "https://api.getresponse.com/v3/newsletters/nl1",
}
LINK = {
    "clickTrackId": "ct1",
    "name": "Pricing",
    "url": "https://www.example.com/pricing",
    "href": "https://api.getresponse.com/v3/click-tracks/ct1",
}
REMOVAL_EVENTS = {"unsubscribe": "contact_removed_link", "bounce": "contact_removed_bounce"}


def subscribe(hand: Hand, params: Params) -> Any:
    """A sign-up by form, or several in `contacts`. Somebody who left earlier and signs up again gets a new id."""
    several = params.get("contacts")
    if several is None:
        return _sign_up(hand, params)
    made = [_new_subscriber(hand, person) for person in several]
    for contact in made:
        hand.shelf.put(ACTIVE, contact["contactId"], contact)
    announce(hand, [("contact_added", contact, {}) for contact in made])
    return made


def _sign_up(hand: Hand, params: Params) -> Document:
    contact = _new_subscriber(hand, params)
    there = on_list(hand.shelf, contact["email"], contact["campaignId"])
    return there if there is not None else appear(hand, contact)


def _new_subscriber(hand: Hand, params: Params) -> Document:
    campaign_id = params.get("campaignId", MAIN_LIST)
    if hand.shelf.get("campaign", campaign_id) is None:
        raise NoSuchThing(f"There is no list {campaign_id!r}.")
    fields = [_custom_value(hand.shelf, name, value) for name, value in params.get("customFields", {}).items()]
    tags = [_tag_id(hand.shelf, name) for name in params.get("tags", ())]
    values = {"name": params.get("name") or None, "tags": tags, "customFieldValues": fields}
    contact = new_contact(params["email"], campaign_id, params.get("origin", "www"), values)
    if "createdOn" in params:
        contact["changedOn"] = params["createdOn"]
    return contact | {name: params[name] for name in ("contactId", "createdOn", "scoring", "note") if name in params}


def unsubscribe(hand: Hand, params: Params) -> Document:
    """By the link in a message: the contact is removed and the event is sent."""
    return leave(hand, {**params, "reason": "unsubscribe"})


def leave(hand: Hand, params: Params) -> Document:
    """Removed for `reason`. Only the link and a bounce are told to the outside."""
    reason = params.get("reason", "user")
    gone = remove(hand.shelf, _contact(hand.shelf, params), reason)
    if reason in REMOVAL_EVENTS:
        announce(hand, [(REMOVAL_EVENTS[reason], gone, {})])
    return gone


def tag(hand: Hand, params: Params) -> Document:
    """No event: GetResponse tells nobody of tags."""
    contact = _contact(hand.shelf, params)
    return keep(
        hand.shelf, contact | {"tags": list(dict.fromkeys([*contact["tags"], _tag_id(hand.shelf, params["tag"])]))}
    )


def untag(hand: Hand, params: Params) -> Document:
    contact = _contact(hand.shelf, params)
    tag_id = _tag_id(hand.shelf, params["tag"])
    return keep(hand.shelf, contact | {"tags": [held for held in contact["tags"] if held != tag_id]})


def set_field(hand: Hand, params: Params) -> Document:
    contact = _contact(hand.shelf, params)
    value = _custom_value(hand.shelf, params["field"], params["value"])
    merged = {held["customFieldId"]: held for held in [*contact["customFieldValues"], value]}
    return _edit(hand, contact, {"customFieldValues": list(merged.values())})


def move(hand: Hand, params: Params) -> Document:
    return _edit(hand, _contact(hand.shelf, params), {"campaignId": params["to"]})


def change_email(hand: Hand, params: Params) -> Document:
    return _edit(hand, _contact(hand.shelf, params), {"email": params["to"]})


def rename(hand: Hand, params: Params) -> Document:
    return _edit(hand, _contact(hand.shelf, params), {"name": params["to"] or None})


def open_message(hand: Hand, params: Params) -> Document:
    return _react(hand, params, "open", "contact_opened_message", {"message": MESSAGE})


def click(hand: Hand, params: Params) -> Document:
    link = LINK | ({"url": params["url"]} if "url" in params else {})
    return _react(hand, params, "click", "contact_clicked_message_link", {"message": MESSAGE, "clickTrack": link})


def confirm(hand: Hand, params: Params) -> Document:
    """The click in the confirmation message of a double opt-in."""
    contact = _contact(hand.shelf, params, UNCONFIRMED)
    hand.shelf.remove(UNCONFIRMED, contact["contactId"])
    return appear(hand, contact)


def tick(hand: Hand, params: Params) -> None:
    ripen(hand, int(params.get("ticks", 1)))


def add_webinar(hand: Hand, params: Params) -> Document:
    """One that starts in so many `minutes`; a negative number is one that is over."""
    starts = now() + timedelta(minutes=float(params.get("minutes", 60)))
    webinar = webinar_body(new_id(), params.get("name", "A webinar"), as_getresponse(starts), as_getresponse(now()))
    webinar["status"] = "upcoming" if starts > now() else "finished"
    hand.shelf.put("webinar", webinar["webinarId"], webinar)
    return webinar


def attend(hand: Hand, params: Params) -> Document:
    """Registered for a webinar; there, too, when `participated`. Who registered before is the same registrant."""
    webinar_id, email = params["webinarId"], params["email"]
    if hand.shelf.get("webinar", webinar_id) is None:
        raise NoSuchThing(f"There is no webinar {webinar_id!r}.")
    before = [v for v in hand.shelf.find("visit", "email", email) if v["webinarId"] == webinar_id]
    came = bool(params.get("participated")) or any(visit["participated"] for visit in before)
    visit = {"webinarId": webinar_id, "email": email, "participated": came}
    visit["visitId"] = before[0]["visitId"] if before else new_id()
    hand.shelf.put("visit", visit["visitId"], visit)
    _count_visits(hand.shelf, webinar_id)
    return visit


def _count_visits(shelf: Shelf, webinar_id: str) -> None:
    visits = shelf.find("visit", "webinarId", webinar_id)
    webinar = shelf.get("webinar", webinar_id) or {}
    counts = {"registrants": len(visits), "attendees": sum(visit["participated"] for visit in visits)}
    shelf.put("webinar", webinar_id, webinar | {"statistics": webinar["statistics"] | counts})


def add_webhook(hand: Hand, params: Params) -> Document:
    """As in the app's own page, for there is no API for it. `events` empty: all of them."""
    unknown = set(params.get("events", ())) - set(WEBHOOK_TYPES)
    if unknown:
        raise NoSuchThing(f"There is no event {sorted(unknown)[0]!r}.")
    hook = {"webhookId": new_id(), "url": params["url"], "events": list(params.get("events", ()))}
    hand.shelf.put("webhook", hook["webhookId"], hook)
    return hook


def remove_webhooks(hand: Hand, params: Params) -> int:
    """All, or those that go to `url`. Says how many."""
    hooks = [hook for hook in hand.shelf.all("webhook") if params.get("url") in (None, hook["url"])]
    for hook in hooks:
        hand.shelf.remove("webhook", hook["webhookId"])
    return len(hooks)


def send(hand: Hand, params: Params) -> int:
    """Send these webhook bodies as they are: unknown types, no type, out of order."""
    send_webhooks(hand, params["events"])
    return len(params["events"])


def _react(hand: Hand, params: Params, activity: str, type: str, more: Mapping[str, Any]) -> Document:
    contact = _contact(hand.shelf, params)
    resource = {"resourceId": MESSAGE["resourceId"], "resourceType": MESSAGE["resourceType"], "href": MESSAGE["href"]}
    entry = {
        "activityId": new_id(12),
        "contactId": contact["contactId"],
        "activity": activity,
        "subject": MESSAGE["subject"],
    }
    entry |= {"createdOn": as_getresponse(now()), "previewUrl": None, "resource": resource, "clickTrack": None}
    if activity == "click":
        link = more["clickTrack"]
        entry["clickTrack"] = {"id": link["clickTrackId"], "name": link["name"], "url": link["url"]}
    hand.shelf.put("activity", str(entry["activityId"]), entry)
    announce(hand, [(type, contact, more)])
    return entry


def _edit(hand: Hand, contact: Document, changes: Document) -> Document:
    after = keep(hand.shelf, contact | changes)
    happenings: list[Happening] = [*happenings_of(hand, contact, after)]
    announce(hand, happenings)
    return after


def _contact(shelf: Shelf, params: Params, state: str = ACTIVE) -> Document:
    """By `contactId`, or by `email` (and `campaignId`)."""
    if "contactId" in params:
        found = [shelf.get(state, params["contactId"])]
    else:
        wanted = params.get("campaignId")
        found = [c for c in shelf.find(state, "email", params["email"]) if wanted in (None, c["campaignId"])]
    contact = found[0] if found else None
    if contact is None:
        raise NoSuchThing(f"There is no {state} {params.get('contactId') or params.get('email')!r}.")
    return contact


def _tag_id(shelf: Shelf, name: str) -> str:
    found = shelf.find("tag", "name", name)
    if not found:
        raise NoSuchThing(f"There is no tag {name!r}.")
    return str(found[0]["tagId"])


def _custom_value(shelf: Shelf, name: str, value: Any) -> Document:
    found = shelf.find("customField", "name", name)
    if not found:
        raise NoSuchThing(f"There is no custom field {name!r}.")
    values = value if isinstance(value, list) else [value]
    return {"customFieldId": found[0]["customFieldId"], "value": [str(item) for item in values]}


ACTS = {
    "subscribe": subscribe,
    "unsubscribe": unsubscribe,
    "leave": leave,
    "tag": tag,
    "untag": untag,
    "set_field": set_field,
    "move": move,
    "change_email": change_email,
    "rename": rename,
    "open": open_message,
    "click": click,
    "confirm": confirm,
    "tick": tick,
    "add_webinar": add_webinar,
    "attend": attend,
    "add_webhook": add_webhook,
    "remove_webhooks": remove_webhooks,
    "send": send,
}
