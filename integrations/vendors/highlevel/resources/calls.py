"""Runs operations of the catalogue by name, as a rule's `call` asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...base import Operation
from ...catalogue import call_of, find_operation
from ...errors import Rejected
from ...http import Call
from ..client import Api
from ..operations import LOCATION, OPERATIONS
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
    """HighLevel's answer. Do Not Disturb is among no call's parameters: only an opt-out or a newer opt-in writes it."""
    operation = find_operation("HighLevel", OPERATIONS, key, (), "")
    said = _worded(operation, {**params, **(body if isinstance(body, Mapping) else {})})
    refused = refused_values(said)
    if refused is not None:
        raise refused
    call = call_of(operation, said, None, given={LOCATION: api.location})
    return api.send(_with_location(operation, call, api.location)).json


def _with_location(operation: Operation, call: Call, location: str) -> Call:
    if operation.key in IN_QUERY:
        return replace(call, query=((LOCATION, location), *call.query))
    if operation.key in IN_BODY:
        return replace(call, body={LOCATION: location, **call.body})
    return replace(call, body=None) if call.method == "DELETE" and not call.body else call


def _worded(operation: Operation, said: Mapping[str, Any]) -> dict[str, Any]:
    """Texts of a rule in the types that HighLevel wants, without what is blank."""
    worded = {name: value for name, value in said.items() if value not in (None, "")}
    if "tags" in worded:
        worded["tags"] = tag_list(worded["tags"])
    if operation.key in ("create_task", "complete_task"):
        worded["completed"] = _is_yes(worded.get("completed", operation.key == "complete_task"))
    if operation.key in WITH_LISTS:
        worded |= {name: [worded[name]] for name in LISTS if isinstance(worded.get(name), str)}
    if operation.key == "change_tags_of_many" and worded.get("type") not in KINDS_OF_TAG_CHANGE:
        raise Rejected("type is add or remove.", fields=["type"], help="Say one of the two in the rule.")
    return worded


def _is_yes(value: Any) -> bool:
    return str(value).strip().lower() in ("true", "yes", "1", "done", "completed")
