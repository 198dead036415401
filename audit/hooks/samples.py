"""What a hook is sent, as an example: for tools that want to see the fields before anything happens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from integrations.models import Connection, Event, EventState, Person

from ..facts import change_facts, event_facts, opt_out_facts
from ..models import Change, ChangeState, Kind, OptOut
from .recording import OF_CHANGES, OPT_OUT_REGISTERED

_AT = datetime(2026, 4, 21, 9, 15, tzinfo=UTC)
_IDS = {"event": "01J9EVENT0000000000000000A", "change": "01J9CHANGE000000000000000A"}
_PERSON = "01J9PERSON000000000000000A"
_OPT_OUT = "01J9PT0VT0000000000000000A"
_DIFF = {"FirstName": {"before": None, "after": "Jane", "from": "name", "via": ["first_name"], "synthetic": False}}
_ERROR = {
    "code": "rejected",
    "vendor_code": "STRING_TOO_LONG",
    "message": "Salesforce refused Company: data value too large.",
    "help": "Correct the record or the mapping, then press Retry.",
}


def sample_data(name: str) -> dict[str, Any]:
    """Made by what makes the real ones, of people who do not exist. Nothing is read or stored."""
    if name == OPT_OUT_REGISTERED:
        return opt_out_facts(_opt_out(), [])
    states = {event: state for state, event in OF_CHANGES.items()}
    return change_facts(_change(states[name])) if name in states else event_facts(_event(name), [_IDS["change"]])


def _event(name: str) -> Event:
    return Event(
        id=_IDS["event"],
        connection=Connection(name="getresponse-main"),
        type=name,
        state=EventState.PLANNED,
        vendor_event_id="9b287712-80b9-4aba-ad5e-df31929dad75",
        record_id="xyz789abc",
        person_id=_PERSON,
        occurred_at=_AT,
        received_at=_AT,
    )


def _change(state: str) -> Change:
    is_applied, is_failed = state == ChangeState.APPLIED, state == ChangeState.FAILED
    return Change(
        id=_IDS["change"],
        state=state,
        connection=Connection(name="salesforce-main"),
        object="Lead",
        operation="upsert",
        kind=Kind.CONTACT,
        record_id="00Q5e00000ABCDEFGH" if is_applied else "",
        external_id="xyz789abc",
        person_id=_PERSON,
        event_id=_IDS["event"],
        rule="new-subscriber",
        mapping="subscriber-to-lead",
        mapping_version=3,
        diff=_DIFF,
        created=True if is_applied else None,
        attempts=1 if is_applied or is_failed else 0,
        error=_ERROR if is_failed else None,
        held_reason="" if is_applied or is_failed else "The rule new-subscriber wants a person to approve.",
        created_at=_AT,
        applied_at=_AT if is_applied else None,
    )


def _opt_out() -> OptOut:
    return OptOut(
        id=_OPT_OUT,
        person=Person(id=_PERSON),
        address="jane@example.com",
        channel="email",
        connection=Connection(name="getresponse-main"),
        event_id=_IDS["event"],
        evidence={"event": _IDS["event"], "vendor_type": "unsubscribe"},
        targets=["salesforce-main"],
        heard_at=_AT,
        received_at=_AT,
    )
