"""Which writes go in which call: pure, and in the given order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ...base import Write
from ...errors import NotFound, RecordError, Rejected, Unsupported
from ..capabilities import CAPABILITIES, ROWS_PER_CALL

# What a write is called by a rule, on the left, and what it is for Salesforce.
INTENTS = {
    "upsert": "upsert",
    "create": "create",
    "update": "update",
    "delete": "delete",
    "opt_out": "update",
    "set": "update",
    "create_task": "create",
    "update_task": "update",
    "complete_task": "update",
    "delete_task": "delete",
    "add_note": "create",
    "update_note": "update",
    "delete_note": "delete",
}
ID = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True)
class Batch:
    """Writes of one verb that fit one call. An upsert also has one object and one key field."""

    verb: str
    object: str
    field: str
    writes: tuple[Write, ...]


def verb_of(write: Write) -> str:
    """create, update, upsert or delete. A known id wins over a key, and without either a record is created."""
    verb = INTENTS.get(write.operation, "")
    if verb != "upsert":
        return verb
    return "update" if write.record_id else "upsert" if write.key else "create"


def unsupported(write: Write) -> RecordError | None:
    """Why the capabilities do not allow this write."""
    known = CAPABILITIES.object(write.object)
    if known is None or write.operation not in known.writes:
        return Unsupported(f"Salesforce does not offer {write.operation} for {write.object}.")
    return None


def problem(write: Write) -> RecordError | None:
    """Why this write cannot be sent at all."""
    verb = verb_of(write)
    if verb in ("update", "delete") and not ID.fullmatch(write.record_id):
        return NotFound("The record to change is not known in Salesforce.")
    if verb == "upsert" and write.key and not write.key[1].strip():
        return Rejected("The external key is empty.", fields=[write.key[0]])
    try:
        json.dumps(write.values, allow_nan=False)
    except (TypeError, ValueError):
        return Rejected("A value cannot be sent: it is neither text, nor number, nor date, nor true or false.")
    return None


def batches(writes: Sequence[Write]) -> Iterator[Batch]:
    """The same record twice goes into successive calls, because one call may hold it once only."""
    turns: dict[tuple[str, ...], int] = {}
    groups: dict[tuple[int, str, str, str], list[Write]] = {}
    for write in writes:
        turn = turns[identity(write)] = turns.get(identity(write), -1) + 1
        verb = verb_of(write)
        object_, field = (write.object, write.key[0]) if verb == "upsert" and write.key else ("", "")
        groups.setdefault((turn, verb, object_, field), []).append(write)
    for (_, verb, object_, field), group in sorted(groups.items(), key=lambda item: item[0][0]):
        rest = iter(sorted(group, key=lambda write: write.object))  # one chunk for each object: ten are allowed
        while chunk := tuple(islice(rest, ROWS_PER_CALL)):
            yield Batch(verb, object_, field, chunk)


def identity(write: Write) -> tuple[str, ...]:
    """What must not stand twice in a call. Salesforce compares external ids without case."""
    if write.record_id:
        return ("Id", write.record_id[:15])
    if write.key and verb_of(write) == "upsert":
        return (write.object, write.key[0], write.key[1].casefold())
    return ("new", write.id)
