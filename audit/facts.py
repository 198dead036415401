"""An event, a change and an opt-out as every export and the API show them (design §5.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from integrations.models import Event

from .models import Change, ChangeState, OptOut


def moment(value: datetime | None) -> str | None:
    """ISO 8601 in UTC, with Z."""
    return None if value is None else value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def versions_then(event: Event) -> dict[str, int]:
    """The mappings an event was planned with, by their version."""
    planned = event.changes.exclude(mapping="").values_list("mapping", "mapping_version")
    return {mapping: version for mapping, version in planned if version is not None}


def event_facts(event: Event, changes: Sequence[str]) -> dict[str, Any]:
    """Needs `connection` loaded. `changes` are the ids of those it led to, newest first."""
    return {
        "id": event.id,
        "connection": event.connection.name,
        "type": event.type or None,
        "state": event.state,
        "reason": event.reason or None,
        "vendor_event_id": event.vendor_event_id or None,
        "record_id": event.record_id or None,
        "person": event.person_id,
        "occurred_at": moment(event.occurred_at),
        "received_at": moment(event.received_at),
        "changes": list(changes),
    }


def change_facts(change: Change) -> dict[str, Any]:
    """Needs `connection` loaded."""
    return {
        "id": change.id,
        "state": change.state,
        "connection": change.connection.name,
        "object": change.object,
        "operation": change.operation,
        "kind": change.kind,
        "record_id": change.record_id or None,
        "external_id": change.external_id or None,
        "person": change.person_id,
        "event": change.event_id,
        "opt_out": change.opt_out_id,
        "rule": change.rule or None,
        "mapping": change.mapping or None,
        "mapping_version": change.mapping_version,
        "diff": change.diff,
        "notes": change.notes,
        "created": change.created,
        "attempts": change.attempts,
        "error": change.error,
        "held_reason": change.held_reason or None,
        "actor": change.actor,
        "replaces": change.replaces_id,
        "depends_on": change.depends_on_id,
        "run": change.run_id or None,
        "created_at": moment(change.created_at),
        "next_attempt_at": moment(change.next_attempt_at) if change.state == ChangeState.QUEUED else None,
        "applied_at": moment(change.applied_at),
    }


def opt_out_facts(opt_out: OptOut, changes: Iterable[Change] | None = None) -> dict[str, Any]:
    """Needs `connection` loaded, and its changes with their connections, where they are not given."""
    its_own = opt_out.changes.all() if changes is None else changes
    told = [_told(change) for change in its_own if change.operation == "opt_out"]
    already = [{**entry, "state": "already", "told_at": entry["at"]} for entry in opt_out.already]
    return {
        "id": opt_out.id,
        "person": opt_out.person_id,
        "address": opt_out.address,
        "channel": opt_out.channel,
        "scope": opt_out.scope,
        "state": opt_out.state,
        "reason": opt_out.reason or None,
        "connection": opt_out.connection.name,
        "event": opt_out.event_id,
        "evidence": opt_out.evidence,
        "targets": opt_out.targets,
        "systems": told + already,
        "heard_at": moment(opt_out.heard_at),
        "received_at": moment(opt_out.received_at),
        "lifted_at": moment(opt_out.lifted_at),
    }


def _told(change: Change) -> dict[str, Any]:
    return {
        "connection": change.connection.name,
        "object": change.object,
        "record_id": change.record_id,
        "state": change.state,
        "change": change.id,
        "told_at": moment(change.applied_at),
        "read_back_at": moment(change.read_back_at),
        "error": change.error,
    }
