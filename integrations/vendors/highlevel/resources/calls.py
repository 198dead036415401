"""Runs operations of the catalogue by name, as a rule's `call` asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ...base import Operation
from ...errors import Rejected, Unsupported
from ...http import Call
from ..client import Api
from ..operations import LOCATION, OPERATIONS, PLACE
from .bodies import tag_list
from .rows import refused_values

# Which calls want the location beside their own parameters (SPEC: the query of reads, the body of others).
IN_QUERY = frozenset(
    {"list_contacts", "list_contacts_of_business", "find_duplicate", "list_calendars", "list_calendar_groups"}
    | {"list_events", "list_blocked_slots", "search_conversations", "export_messages", "get_subscription_status"}
    | {"list_mail_kinds", "list_users", "search_users", "list_workflows", "list_campaigns", "list_businesses"}
)
IN_BODY = frozenset(
    {"search_contacts", "create_contact", "upsert_contact", "change_tags_of_many", "set_business_of_many"}
    | {"create_appointment", "create_conversation", "update_conversation", "create_business"}
)
LISTS = ("contacts", "ids", "followers", "assignedTo", "contactId")  # of some bodies: one name is a list of one
WITH_LISTS = ("change_tags_of_many", "set_business_of_many", "add_followers", "remove_followers", "search_tasks")
KINDS_OF_TAG_CHANGE = ("add", "remove")


def run(api: Api, key: str, params: Mapping[str, Any], body: Any) -> Any:
    """HighLevel's answer. What is in no path is the query of a GET, else the body."""
    operation = _operation(key)
    said = {**params, **(body if isinstance(body, Mapping) else {})}
    _check(operation, said)
    return api.send(call_of(operation, said, api.location)).json


def call_of(operation: Operation, said: Mapping[str, Any], location: str) -> Call:
    places = PLACE.findall(operation.path)
    values = {LOCATION: location, **said}
    path = PLACE.sub(lambda place: quote(str(values[place[1]]), safe=""), operation.path)
    rest = {name: value for name, value in said.items() if name not in places and value not in (None, "")}
    if operation.method == "GET":
        query = {**rest, **({LOCATION: location} if operation.key in IN_QUERY else {})}
        return Call("GET", path, tuple((name, _query_value(value)) for name, value in query.items()))
    sent = {**({LOCATION: location} if operation.key in IN_BODY else {}), **_worded(operation, rest)}
    bare = operation.method == "DELETE" and not rest
    return Call(operation.method, path, body=None if bare else sent, reads=operation.kind == "lookup")


def _operation(key: str) -> Operation:
    operation = next((each for each in OPERATIONS if each.key == key and each.method), None)
    if operation is None:
        raise Unsupported(f"HighLevel has no operation {key} that can be called.")
    return operation


def _check(operation: Operation, said: Mapping[str, Any]) -> None:
    """Do Not Disturb is among no call's parameters: only an opt-out or a newer opt-in writes it."""
    unknown = sorted(set(said) - set(operation.parameters))
    if unknown:
        takes = ", ".join(operation.parameters) or "nothing"
        raise Rejected(f"{operation.key} takes no {', '.join(unknown)}.", fields=unknown, help=f"It takes: {takes}.")
    places = [place for place in PLACE.findall(operation.path) if place != LOCATION]
    missing = [place for place in places if not str(said.get(place) or "").strip(". ")]
    if missing:
        raise Rejected(f"{operation.key} needs {', '.join(missing)}.", fields=missing, help="Say it in the rule.")
    if said.get("type") not in (None, *KINDS_OF_TAG_CHANGE) and operation.key == "change_tags_of_many":
        raise Rejected("type is add or remove.", fields=["type"], help="Say one of the two in the rule.")
    refused = refused_values(said)
    if refused is not None:
        raise refused


def _worded(operation: Operation, rest: Mapping[str, Any]) -> dict[str, Any]:
    """Texts of a rule in the types that HighLevel wants."""
    worded = dict(rest)
    if "tags" in worded:
        worded["tags"] = tag_list(worded["tags"])
    if operation.key in ("create_task", "complete_task"):
        worded["completed"] = _is_yes(worded.get("completed", operation.key == "complete_task"))
    if operation.key in WITH_LISTS:
        worded |= {name: [worded[name]] for name in LISTS if isinstance(worded.get(name), str)}
    return worded


def _is_yes(value: Any) -> bool:
    return str(value).strip().lower() in ("true", "yes", "1", "done", "completed")


def _query_value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
