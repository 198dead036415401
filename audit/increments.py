"""Adds to number fields exactly once, at vendors that only know how to write a value.

What a record holds is read just before, and what it held and is to hold is on record before anything is sent. When an
answer is lost, the record tells which of the two it is. Between reading and writing somebody at the vendor may change
the same number; no vendor offers a write that would notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.vendors.base import Client, Outcome, Record
from integrations.vendors.errors import Conflict, CrosswalkError, NotFound, Rejected
from integrations.vendors.registry import vendor

from .ledger import note_intents
from .models import Change
from .settling import is_unknown

INCREMENT = "increment"
COUNT_BY_HAND = (
    "Look at the record. If this was counted, press Cancel; if not, press Retry: it is added to what is there then."
)
CORRECT = "Correct the record or the rule, then press Retry."
Number = int | float


def is_increment(change: Change) -> bool:
    return change.operation == INCREMENT


def as_planned(by: Number) -> str:
    """How the diff shows it until the record was read: +5."""
    return f"{by:+}"


def field_of(change: Change) -> str:
    return str(change.params.get("field", "")) if is_increment(change) else ""


def prepare(client: Client, changes: Sequence[Change]) -> tuple[list[Outcome], list[Change]]:
    """(what is settled without a write, what is to be written now). Reads once; all changes are of one object."""
    if not changes or not is_increment(changes[0]):
        return [], list(changes)
    for change in changes:
        if not change.unknown_outcome:
            forget_intent(change)
    fields = list(dict.fromkeys(field_of(change) for change in changes))
    records = client.read(changes[0].object, [change.record_id for change in changes], fields)
    outcomes, left = [], []
    for change in changes:
        try:
            is_done = _prepare(change, records.get(change.record_id))
        except CrosswalkError as error:
            outcomes.append(Outcome(change.id, error=error))
            continue
        if is_done:
            outcomes.append(Outcome(change.id, change.record_id, False, response={"already": True}))
        else:
            left.append(change)
    return outcomes, note_intents(left)


def judge(change: Change, outcome: Outcome) -> None:
    """What was surely not written does not stay on record as if it might have been."""
    if is_increment(change) and outcome.error is not None and not is_unknown(change, outcome.error):
        forget_intent(change)


def forget_intent(change: Change) -> None:
    _note(change, None, as_planned(change.params["by"]))


def _prepare(change: Change, record: Record | None) -> bool:
    """True when an earlier attempt did it; else the diff says what is to be written. Raises RecordError."""
    if record is None:
        raise NotFound(f"{change.object} {change.record_id} no longer exists at {change.connection.name}.")
    field = field_of(change)
    held = vendor(change.connection.vendor).path(record, field)[1]
    number = _number(held)
    if change.unknown_outcome and isinstance(change.diff[field]["after"], int | float):
        return _was_written(change, number)
    if number is None:
        raise Rejected(f"{field} holds no number.", fields=[field], help=CORRECT)
    _note(change, held, _plain(number + Decimal(str(change.params["by"]))))
    return False


def _was_written(change: Change, number: Decimal | None) -> bool:
    """An earlier attempt was sent and no answer came: the record says what became of it."""
    field = field_of(change)
    if number == _number(change.diff[field]["after"]):
        return True
    if number == _number(change.diff[field]["before"]):
        return False
    forget_intent(change)
    change.unknown_outcome = False
    raise Conflict(
        f"The answer to an earlier attempt was lost, and {field} was changed by somebody else since.",
        help=COUNT_BY_HAND,
    )


def _note(change: Change, before: Any, after: Any) -> None:
    field = field_of(change)
    change.diff = {**change.diff, field: {**change.diff[field], "before": before, "after": after}}


def _number(held: Any) -> Decimal | None:
    """Empty counts as nothing. None: it is no number."""
    if held is None or (isinstance(held, str) and not held.strip()):
        return Decimal(0)
    try:
        number = Decimal(str(held).strip()) if not isinstance(held, bool | list | dict) else Decimal("NaN")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _plain(number: Decimal) -> Number:
    return int(number) if number == number.to_integral_value() else float(number)
