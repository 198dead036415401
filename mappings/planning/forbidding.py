"""Who says stop in the record that an event is about is put nowhere for it, also when we never heard of that stop."""

from __future__ import annotations

from collections.abc import Sequence

from audit import optouts
from audit.models import ChangeState, Channel
from integrations.models import Connection
from integrations.schemas import fields_of
from integrations.vendors.base import Client
from integrations.vendors.registry import vendor

from ..spec import RuleSpec
from .case import Case

ADDING = ("upsert", "update", "add_to_campaign")  # actions by which somebody may come to be somewhere


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
        for change in case.changes:
            if (
                change.state == ChangeState.QUEUED
                and optouts.is_subscribing(change)
                and _forbids(case, change.connection)
            ):
                where = f"{case.event.object} {case.event.record_id} at {case.event.connection.name}"
                change.state, change.held_reason = ChangeState.HELD, f"{where} says stop."


def _forbids(case: Case, target: Connection) -> bool:
    """Of a channel that the target knows: who takes no SMS may be on a list."""
    theirs = {flag.channel for flag in vendor(target.vendor).capabilities.opt_outs}
    flags = optouts.flags_of(case.event.connection, case.event.object)
    concerned = [flag for flag in flags if flag.channel in theirs or Channel.ALL in {flag.channel, *theirs}]
    return any(case.kind.path(case.record, flag.field)[1] == flag.stop for flag in concerned)
