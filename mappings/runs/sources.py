"""Where the records of a rule are read, and how one becomes an event that only this rule hears."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations import clock
from integrations.models import Connection, Event
from integrations.receive import order_key
from integrations.storable import storable
from integrations.vendors.base import ObjectCapability, Record
from integrations.vendors.registry import vendor

from ..models import Rule, Run

# These carry a record's state; to repeat another event would repeat somebody's act: an opt-out, an opening, a click.
STATE_EVENTS = ("contact.created", "contact.updated", "contact.subscribed", "contact.tagged", "contact.moved")
LIST = "campaign.campaignId"


def source_object(rule: Rule) -> str:
    """The object the rule's event is about."""
    kind = rule.event.split(".")[0]
    objects = vendor(rule.connection.vendor).capabilities.objects
    return next((each.name for each in objects if each.kind == kind), kind)


def capability_of(connection: Connection, object: str) -> ObjectCapability | None:
    return vendor(connection.vendor).capabilities.object(object)


def id_field(connection: Connection, object: str) -> str:
    capability = capability_of(connection, object)
    return capability.id_field if capability else "id"


def filters_of(rule: Rule) -> dict[str, str]:
    """What a listing can leave out: all but the one list that a rule is limited to."""
    for part in _conditions(rule.condition):
        if isinstance(part, dict) and part.get("field") == LIST and part.get("op") == "equals" and part.get("value"):
            return {"campaignId": str(part["value"])}
    return {}


def _conditions(condition: Any) -> Sequence[Any]:
    if isinstance(condition, list):
        return condition
    if isinstance(condition, dict):
        return condition.get("all") or [condition]
    return []


def event_of(run: Run, rule: Rule, record: Record, source: str) -> Event:
    """Not stored yet. The same record is one event of the run, however often it is listed."""
    object = source_object(rule)
    record_id = str(record[id_field(rule.connection, object)])
    email, _phone = vendor(rule.connection.vendor).identify(object, record)
    now = clock.now()
    return Event(
        connection=rule.connection,
        type=rule.event,
        vendor_type=source,
        object=object,
        record_id=record_id,
        record=storable(record),
        source=source,
        lane="bulk",
        dedupe_key=f"run:{run.id}:{rule.pk}:{record_id}"[:120],
        order_key=order_key(rule.connection, object, record_id, email),
        rule_name=rule.name,
        run_id=run.id,
        occurred_at=now,
        received_at=now,
        next_attempt_at=now,
    )
