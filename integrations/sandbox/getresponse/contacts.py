"""`/contacts`: list, detail, create that answers before it is done, update that replaces, remove, activities."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from ..moments import now, read_moment
from ..store import Document
from ..vendor import Call, Hand, empty_response, json_response
from . import rules
from .errors import not_found, refusal
from .events import announce, campaign_reference
from .listing import (
    chosen_fields,
    filtered,
    has_flag,
    moment_filters,
    page_response,
    query_of,
    require_object,
    same,
    sorted_by,
    text_filter,
)
from .moments import as_getresponse
from .people import ACTIVE, accept, keep, new_contact, new_id, remove, ripen, show_in_full, show_in_list, show_tag

SORTS = tuple(f"sort[{name}]" for name in ("email", "name", "createdOn", "changedOn", "campaignId"))
LARGEST_BATCH = 1000
ACTIVITY_DAYS = 14


def hand_of(call: Call) -> Hand:
    return Hand(call.shelf, call.switches, call.outbox)


def list_contacts(call: Call) -> Response:
    return _listed(call, "")


def list_campaign_contacts(call: Call, campaign_id: str) -> Response:
    if call.shelf.get("campaign", campaign_id) is None:
        raise not_found()
    return _listed(call, campaign_id)


def _listed(call: Call, campaign_id: str) -> Response:
    ripen(hand_of(call))
    exact = has_flag(call.request.args, "exactMatch")
    filters = {
        "query[email]": text_filter("email", exact),
        "query[name]": text_filter("name", exact),
        "query[campaignId]": same("campaignId"),
        "query[origin]": same("origin"),
        **moment_filters("createdOn"),
        **moment_filters("changedOn"),
    }
    parameters = query_of(call, [*filters, *SORTS])
    email = parameters.get("query[email]")
    contacts = call.shelf.find(ACTIVE, "email", email) if exact and email else call.shelf.all(ACTIVE)
    found = filtered((c for c in contacts if campaign_id in ("", c["campaignId"])), parameters, filters)
    show: Callable[[Document], Document] = lambda contact: show_in_list(call.shelf, call.base_url, contact)  # noqa: E731
    return page_response(sorted_by(found, parameters), parameters, "contactId", show)


def create_contact(call: Call) -> Response:
    """202 with an empty body: accepted, not done. There is no id yet."""
    _accept(call, require_object(call.payload), call.payload.get("tags", []))
    return empty_response(202)


def create_many(call: Call) -> Response:
    """Adds only, and skips who is on the list already. Tags have another shape here: {"ids": [...]}."""
    payload = require_object(call.payload)
    contacts = payload.get("contacts")
    if not isinstance(contacts, list) or not 1 <= len(contacts) <= LARGEST_BATCH:
        raise refusal(1000, "1 to 1000 contacts", {"property": "contacts"})
    campaign = {"campaignId": payload.get("campaignId")}
    rules.read_campaign(call.shelf, campaign)
    for contact in contacts:
        tags = require_object(contact).get("tags", {"ids": []})
        if not isinstance(tags, dict):
            raise refusal(1006, "Tags are given as ids", {"property": "tags"})
        if not call.shelf.find(ACTIVE, "email", contact.get("email", "")):
            _accept(call, contact | {"campaign": campaign}, [{"tagId": tag} for tag in tags.get("ids", [])])
    return empty_response(202)


def _accept(call: Call, payload: Document, tags: Any) -> None:
    shelf, hand = call.shelf, hand_of(call)
    ripen(hand)
    if "note" in payload:
        raise refusal(1000, "A note cannot be given on create", {"property": "note"})
    if "email" not in payload:
        raise refusal(1005, "Required parameter is missing", {"property": "email"})
    email = rules.read_email(payload["email"])
    campaign_id = rules.read_campaign(shelf, payload.get("campaign"))
    values = {
        "name": rules.read_name(payload["name"]) if payload.get("name") is not None else None,
        "scoring": rules.read_scoring(payload.get("scoring")),
        "dayOfCycle": rules.read_day_of_cycle(payload.get("dayOfCycle")),
        "ipAddress": payload.get("ipAddress"),
        "tags": rules.read_tags(shelf, tags),
        "customFieldValues": rules.read_values(shelf, payload.get("customFieldValues", [])),
    }
    rules.refuse_taken(shelf, email, campaign_id)
    rules.refuse_unwelcome(shelf, email, campaign_id)
    mode, ticks = _create_mode(call, campaign_id), int(call.switches["create_delay"])
    accept(hand, new_contact(email, campaign_id, "api", values), mode, ticks)


def _create_mode(call: Call, campaign_id: str) -> str:
    campaign = call.shelf.get("campaign", campaign_id) or {}
    if campaign.get("optinTypes", {}).get("api") == "double":
        return "double_optin"
    return str(call.switches["create_mode"])


def show_contact(call: Call, contact_id: str) -> Response:
    ripen(hand_of(call))
    return _full(call, _active(call, contact_id), query_of(call, []))


def update_contact(call: Call, contact_id: str) -> Response:
    """Given tags and custom field values replace the whole collection; what is not given stays."""
    contact, payload, shelf = _active(call, contact_id), require_object(call.payload), call.shelf
    readers: dict[str, Callable[[Any], Any]] = {
        "name": rules.read_name,
        "email": rules.read_email,
        "note": rules.read_note,
        "scoring": rules.read_scoring,
        "dayOfCycle": rules.read_day_of_cycle,
        "tags": lambda value: rules.read_tags(shelf, value),
        "customFieldValues": lambda value: rules.read_values(shelf, value),
    }
    changes = {name: read(payload[name]) for name, read in readers.items() if name in payload}
    if "campaign" in payload:
        changes["campaignId"] = rules.read_campaign(shelf, payload["campaign"])
    updated = contact | changes
    rules.refuse_taken(shelf, updated["email"], updated["campaignId"], own_id=contact_id)
    announce(hand_of(call), happenings_of(hand_of(call), contact, keep(shelf, updated)))
    return _full(call, updated, {})


def happenings_of(hand: Hand, before: Document, after: Document) -> list[tuple[str, Document, dict[str, Any]]]:
    """Which webhooks an edit causes. Tags, notes and scores cause none."""
    happenings: list[tuple[str, Document, dict[str, Any]]] = []
    if after["campaignId"] != before["campaignId"]:
        source = {"sourceCampaign": campaign_reference(hand, before["campaignId"])}
        happenings.append(("contact_moved", after, source))
    if after["email"] != before["email"]:
        happenings.append(("contact_email_changed", after, {}))
    if after["customFieldValues"] != before["customFieldValues"]:
        happenings.append(("contact_custom_field_changed", after, {}))
    return happenings


def add_tags(call: Call, contact_id: str) -> Response:
    """Adds; never takes away."""
    contact = _active(call, contact_id)
    added = rules.read_tags(call.shelf, require_object(call.payload).get("tags"))
    contact = keep(call.shelf, contact | {"tags": list(dict.fromkeys([*contact["tags"], *added]))})
    return json_response([show_tag(call.shelf, call.base_url, tag) for tag in contact["tags"]])


def set_custom_fields(call: Call, contact_id: str) -> Response:
    """Replaces the values of the given fields; leaves the others."""
    contact = _active(call, contact_id)
    given = rules.read_values(call.shelf, require_object(call.payload).get("customFieldValues"))
    merged = {value["customFieldId"]: value for value in [*contact["customFieldValues"], *given]}
    after = keep(call.shelf, contact | {"customFieldValues": list(merged.values())})
    announce(hand_of(call), happenings_of(hand_of(call), contact, after))
    return json_response([{"customFieldId": id, "values": value["value"]} for id, value in merged.items()])


def delete_contact(call: Call, contact_id: str) -> Response:
    """With `messageId` it stands for the click on the unsubscribe link in that message. No webhook tells of it."""
    reason = "unsubscribe" if call.request.args.get("messageId") else "api"
    remove(call.shelf, _active(call, contact_id), reason)
    return empty_response(204)


def list_activities(call: Call, contact_id: str) -> Response:
    """The last 14 days unless a time is asked for."""
    _active(call, contact_id)
    parameters = query_of(call, moment_filters("createdOn"))
    if not any(name.startswith("query[createdOn]") for name in parameters):
        parameters["query[createdOn][from]"] = as_getresponse(now() - timedelta(days=ACTIVITY_DAYS))
    found = filtered(call.shelf.find("activity", "contactId", contact_id), parameters, moment_filters("createdOn"))
    found.sort(key=lambda activity: read_moment(activity["createdOn"]), reverse=True)
    hidden = ("activityId", "contactId")
    show: Callable[[Document], Document] = lambda body: {k: v for k, v in body.items() if k not in hidden}  # noqa: E731
    return page_response(found, parameters, "activity", show)


def list_consents(call: Call, contact_id: str) -> Response:
    _active(call, contact_id)
    return json_response([])


def trigger_event(call: Call) -> Response:
    payload = require_object(call.payload)
    if not isinstance(payload.get("name"), str) or not isinstance(payload.get("contactId"), str):
        raise refusal(1005, "Required parameter is missing", {"properties": ["name", "contactId"]})
    _active(call, payload["contactId"])
    call.shelf.put("customEvent", new_id(), payload | {"createdOn": as_getresponse(now())})
    return empty_response(201)


def _active(call: Call, contact_id: str) -> Document:
    contact = call.shelf.get(ACTIVE, contact_id)
    if contact is None:
        raise not_found()
    return contact


def _full(call: Call, contact: Document, parameters: dict[str, str]) -> Response:
    body = show_in_full(call.shelf, call.base_url, contact)
    return json_response(chosen_fields(body, parameters, "contactId"))
