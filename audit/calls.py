"""Runs operations of a vendor's catalogue: each is one call, and what cannot be repeated is not repeated unasked."""

from __future__ import annotations

from integrations.vendors.base import Client, Operation, Outcome
from integrations.vendors.errors import Accepted, Ambiguous, CrosswalkError, OutcomeUnknown
from integrations.vendors.registry import vendor

from .models import Change

CALL = "call"
LOOK_YOURSELF = "Look at the vendor whether it was done. If it was, press Cancel; if not, press Retry."


def is_call(change: Change) -> bool:
    return change.operation == CALL


def operation_of(change: Change) -> Operation | None:
    """The entry of the catalogue; None when the vendor has it no longer."""
    operations = vendor(change.connection.vendor).operations
    return next((each for each in operations if each.key == change.params.get("operation")), None)


def run(client: Client, change: Change) -> Outcome:
    """Make the call. Raises what concerns the connection; that an answer was lost is for a person to settle."""
    operation = operation_of(change)
    is_repeatable = operation is not None and operation.repeatable
    if change.unknown_outcome and not is_repeatable:
        return _unknown(change)
    try:
        client.call(change.params["operation"], change.params.get("params") or {}, change.params.get("body"))
    except Accepted:
        return Outcome(change.id)
    except OutcomeUnknown:
        if is_repeatable:
            raise
        return _unknown(change)
    return Outcome(change.id)


def _unknown(change: Change) -> Outcome:
    """From here on it is as if it was never sent: a person who presses Retry knows that it was not done."""
    change.unknown_outcome = False
    error: CrosswalkError = Ambiguous(
        f"No answer came, and {change.params['operation']} may not be done twice.", help=LOOK_YOURSELF
    )
    return Outcome(change.id, error=error)
