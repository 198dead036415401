"""Undoes an applied change with a new change that points back, only where the vendor still holds what we wrote."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from integrations.clients import open_client
from integrations.vendors.errors import Conflict, Unsupported

from .calls import CALL
from .comparing import same_value
from .ledger import identity_of, record_changes, wake_for
from .models import Change, ChangeState, Kind
from .settling import DELETIONS


def undo(change: Change, user: AbstractBaseUser | None) -> Change:
    """Write the values from before.

    Raises Unsupported for what cannot be undone, Conflict when the record has moved on.
    """
    _check_undoable(change)
    held = (
        open_client(change.connection).read(change.object, [change.record_id], list(change.diff)).get(change.record_id)
    )
    if held is None:
        raise Conflict(f"{change.object} {change.record_id} no longer exists at {change.connection.name}.")
    moved_on = [field for field, entry in change.diff.items() if not same_value(held.get(field), entry["after"])]
    if moved_on:
        raise Conflict(
            f"Somebody changed {', '.join(moved_on)} since. Nothing was undone.", record_ids=[change.record_id]
        )
    with transaction.atomic():
        made = record_changes([_reversed(change, user)])
        wake_for(made)
    if not made:
        raise Unsupported("This change was undone before.")
    return made[0]


def _check_undoable(change: Change) -> None:
    if change.kind == Kind.OPT_OUT:
        raise Unsupported("An opt-out is never undone.")
    if change.operation in DELETIONS:
        raise Unsupported("A deletion is not undone: bring the record back at the vendor.")
    if change.state != ChangeState.APPLIED:
        raise Unsupported("Only an applied change can be undone.")
    if change.operation == CALL:
        raise Unsupported("What a call did is undone at the vendor.")
    if change.created or not change.diff or not change.record_id:
        raise Unsupported("This change made a new record; deleting records is left to a person at the vendor.")


def _reversed(change: Change, user: AbstractBaseUser | None) -> Change:
    diff = {
        field: {"before": entry["after"], "after": entry["before"], "from": "undo", "via": [], "synthetic": False}
        for field, entry in change.diff.items()
    }
    return Change(
        connection=change.connection,
        object=change.object,
        operation="update",
        kind=change.kind,
        record_id=change.record_id,
        person_id=change.person_id,
        event=change.event,
        rule=change.rule,
        mapping=change.mapping,
        mapping_version=change.mapping_version,
        diff=diff,
        lane=change.lane,
        order_key=change.order_key,
        identity=identity_of("undo", change.id),
        replaces=change,
        actor=str(user or "undo"),
    )
