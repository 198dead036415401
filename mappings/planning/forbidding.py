"""Who says stop in the record that an event is about is put nowhere for it, also when we never heard of that stop."""

from __future__ import annotations

from collections.abc import Sequence

from audit import optouts
from audit.models import ChangeState
from integrations.models import Connection
from integrations.schemas import fields_of
from integrations.vendors.base import Client

from ..spec import RuleSpec
from .case import Case

ADDING = ("upsert", "update", "add_to_campaign", "call")  # actions by which somebody may come to be somewhere


def stop_fields(connection: Connection, object: str, client: Client) -> list[str]:
    """Where the record says stop, as far as the vendor shows us."""
    names = [flag.field for flag in optouts.flags_of(connection, object)]
    schema = fields_of(connection, object, client) if names else {}
    return [name for name in names if name in schema]


def unknown_stop(case: Case, rule: RuleSpec) -> bool:
    """Whether the rule may add somebody somewhere and the event leaves open if its record says stop."""
    if not any(action.name in ADDING for action in rule.actions):
        return False
    flags = optouts.flags_of(case.event.connection, case.event.object)
    return any(not case.kind.path(case.record, flag.field)[0] for flag in flags)


def hold_for_source(cases: Sequence[Case]) -> None:
    """Hold what would add somebody somewhere. Call before the changes are recorded."""
    for case in cases:
        if not _says_stop(case):
            continue
        event = case.event
        for change in case.changes:
            if change.state == ChangeState.QUEUED and optouts.is_subscribing(change):
                change.state = ChangeState.HELD
                change.held_reason = f"{event.object} {event.record_id} at {event.connection.name} says stop."


def _says_stop(case: Case) -> bool:
    flags = optouts.flags_of(case.event.connection, case.event.object)
    return any(case.kind.path(case.record, flag.field) == (True, flag.stop) for flag in flags)
