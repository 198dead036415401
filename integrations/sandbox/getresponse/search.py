"""`POST /search-contacts/contacts`: the only way to see who was removed, why and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Response

from ..store import Document, Shelf
from ..vendor import Call
from .contacts import hand_of
from .errors import refusal
from .listing import page_response, query_of, require_object, sorted_by
from .people import ACTIVE, REMOVED, UNCONFIRMED, ripen, show_campaign

OBJECTS = {"subscribed": ACTIVE, "removed": REMOVED, "unconfirmed": UNCONFIRMED, "undelivered": "undelivered"}
SECTION_KEYS = ("campaignIdsList", "logicOperator", "subscriberCycle", "subscriptionDate")
LARGEST_SECTIONS = LARGEST_CONDITIONS = 8
SORTS = ("sort[name]", "sort[email]", "sort[createdOn]")
Condition = Mapping[str, Any]

TEXT_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "is": lambda held, value: held == value,
    "is_not": lambda held, value: held != value,
    "contains": lambda held, value: value in held,
    "not_contains": lambda held, value: value not in held,
    "starts": lambda held, value: held.startswith(value),
    "ends": lambda held, value: held.endswith(value),
}


def search_contacts(call: Call) -> Response:
    ripen(hand_of(call))
    parameters = query_of(call, SORTS)
    payload = require_object(call.payload)
    found = [c for c in call.shelf.all(_object_of(payload)) if _matches(call.shelf, payload, c)]
    return page_response(sorted_by(found, parameters), parameters, "contactId", lambda c: _shown(call, c))


def _object_of(payload: Document) -> str:
    types = payload.get("subscribersType")
    if not isinstance(types, list) or len(types) != 1 or types[0] not in OBJECTS:
        raise refusal(1000, "subscribersType takes exactly one value", {"property": "subscribersType"})
    return OBJECTS[types[0]]


def _matches(shelf: Shelf, payload: Document, contact: Document) -> bool:
    sections = payload.get("section")
    if not isinstance(sections, list) or not 1 <= len(sections) <= LARGEST_SECTIONS:
        raise refusal(1000, "1 to 8 sections", {"property": "section"})
    return _joined(payload.get("sectionLogicOperator"), [_in_section(shelf, section, contact) for section in sections])


def _in_section(shelf: Shelf, section: Any, contact: Document) -> bool:
    missing = [name for name in SECTION_KEYS if name not in require_object(section)]
    if missing:
        raise refusal(1005, "Required parameter is missing", {"properties": missing})
    if contact["campaignId"] not in section["campaignIdsList"]:
        return False
    conditions = section.get("conditions", [])
    if len(conditions) > LARGEST_CONDITIONS:
        raise refusal(1000, "At most 8 conditions", {"property": "conditions"})
    return _joined(section["logicOperator"], [_holds(shelf, condition, contact) for condition in conditions])


def _joined(operator: Any, answers: list[bool]) -> bool:
    if operator not in ("and", "or"):
        raise refusal(1000, "The operator is and or or", {"operator": operator})
    return all(answers) if operator == "and" or not answers else any(answers)


def _holds(shelf: Shelf, condition: Condition, contact: Document) -> bool:
    holds = CONDITIONS.get(str(condition.get("conditionType")))
    if holds is None:
        raise refusal(
            1000, "The sandbox does not simulate this condition", {"conditionType": condition.get("conditionType")}
        )
    return holds(shelf, condition, contact)


def _text(condition: Condition, held: str) -> bool:
    compare = TEXT_OPERATORS.get(str(condition.get("operator")))
    if compare is None:
        raise refusal(1000, "Unknown operator", {"operator": condition.get("operator")})
    return compare(held.casefold(), str(condition.get("value", "")).casefold())


def _tag(shelf: Shelf, condition: Condition, contact: Document) -> bool:
    has = condition.get("value") in contact["tags"]
    return has if condition.get("operator") == "exists" else not has


def _custom(shelf: Shelf, condition: Condition, contact: Document) -> bool:
    values = [v["value"] for v in contact["customFieldValues"] if v["customFieldId"] == condition.get("scope")]
    return any(_text(condition, text) for text in (values[0] if values else [""]))


def _webinar(shelf: Shelf, condition: Condition, contact: Document) -> bool:
    """Registrants who came, or who did not; nobody here is a host, listener or presenter (fact sheet §2.6)."""
    if condition.get("webinarCondition") not in ("participated", "not_participated"):
        raise refusal(1000, "Unknown webinar condition", {"webinarCondition": condition.get("webinarCondition")})
    visits = [v for v in shelf.find("visit", "email", contact["email"]) if v["webinarId"] == condition.get("scope")]
    wanted = condition["webinarCondition"] == "participated"
    return condition.get("contactType") in ("registrant", "all") and any(v["participated"] == wanted for v in visits)


CONDITIONS: dict[str, Callable[[Shelf, Condition, Document], bool]] = {
    "email": lambda shelf, condition, contact: _text(condition, contact["email"]),
    "name": lambda shelf, condition, contact: _text(condition, contact["name"] or ""),
    "tag": _tag,
    "custom": _custom,
    "webinar": _webinar,
}


def _shown(call: Call, contact: Document) -> Document:
    return {
        "contactId": contact["contactId"],
        "name": contact["name"],
        "email": contact["email"],
        "origin": contact["origin"],
        "dayOfCycle": contact["dayOfCycle"],
        "createdOn": contact["createdOn"],
        "campaign": show_campaign(call.shelf, call.base_url, contact["campaignId"]),
        "score": contact["scoring"],
        "reason": contact.get("reason"),
        "deletedOn": contact.get("deletedOn"),
    }
