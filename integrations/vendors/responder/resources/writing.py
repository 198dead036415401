"""Carries out writes: refuses what cannot be sent, and gives each to the duty that knows how."""

from __future__ import annotations

from collections.abc import Sequence

from ... import turns
from ...base import Outcome, Write
from ...errors import NotFound, RecordError, Unsupported
from ..capabilities import CAPABILITIES
from ..client import Api
from .creating import Creates
from .memberships import MEMBER, Memberships
from .names import Names
from .rows import ID, failed, refused_values
from .subscribers import Subscribers
from .updating import Updates

# What a write is for Responder, by what a rule calls it; an upsert depends on whether the person is known.
VERBS = {
    "create": "create",
    "update": "update",
    "set": "update",
    "add_tags": "update",
    "opt_out": "update",
    "opt_in": "update",
    "delete": "delete",
    "add_to_campaign": "add",
    "remove_from_campaign": "remove",
}


class Writer:
    def __init__(self, api: Api, names: Names, subscribers: Subscribers) -> None:
        updates, memberships = Updates(api, names, subscribers), Memberships(api, names, subscribers)
        self.duties: dict[str, turns.Duty] = {
            "create": Creates(api, names, subscribers, updates).carry_out,
            "update": updates.carry_out,
            "delete": updates.delete,
            "add": memberships.add,
            "remove": memberships.remove,
        }

    def carry_out(self, writes: Sequence[Write]) -> list[Outcome]:
        """Outcomes in the given order. Raises what kept every one of them from being written."""
        refused = {write.id: failed(write, error) for write in writes if (error := _problem(write))}
        return turns.carry_out(writes, refused, self.duties, verb_of, _identity)


def verb_of(write: Write) -> str:
    if write.operation == "upsert":
        return "update" if write.record_id else "create"
    return VERBS.get(write.operation, "")


def _problem(write: Write) -> RecordError | None:
    known = CAPABILITIES.object(write.object)
    if known is None or write.operation not in known.writes:
        return Unsupported(f"Responder Live does not offer {write.operation} for {write.object}.")
    if verb_of(write) in ("update", "delete") and not ID.fullmatch(write.record_id):
        return NotFound("The subscriber to change is not known in Responder Live.")
    return refused_values(write.values)


def _identity(write: Write) -> str:
    address = write.values.get("email") or write.values.get("phone") or write.id
    return write.record_id or str(write.values.get(MEMBER) or address).strip().casefold()
