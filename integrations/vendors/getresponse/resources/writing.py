"""Carries out writes: refuses what cannot be sent, and gives each to the duty that knows how."""

from __future__ import annotations

from collections.abc import Sequence

from ... import turns
from ...base import Outcome, Write
from ...errors import NotFound, RecordError, Unsupported
from ..capabilities import CAPABILITIES
from ..client import Api
from ..fields import LIST
from . import blocklist
from .creating import Creates
from .memberships import Memberships
from .names import Names
from .rows import ID, failed, refused_values
from .tags import Tags
from .updating import Updates

# What a write of a contact is for GetResponse, by what a rule calls it; an upsert depends on whether it is known.
VERBS = {
    "create": "create",
    "update": "update",
    "set": "update",
    "delete": "delete",
    "add_tags": "add_tags",
    "remove_tags": "remove_tags",
    "add_to_campaign": "add_to_campaign",
    "remove_from_campaign": "remove_from_campaign",
}
OF_A_KNOWN_CONTACT = ("update", "delete", "add_tags", "remove_tags")


class Writer:
    def __init__(self, api: Api, names: Names) -> None:
        updates = Updates(api, names)
        creates, tags = Creates(api, names, updates), Tags(api, names)
        memberships = Memberships(api, creates)
        self.blocklist = blocklist.Blocklist(api)
        self.duties: dict[str, turns.Duty] = {
            "block": self.blocklist.carry_out,
            "create": creates.carry_out,
            "update": updates.carry_out,
            "delete": memberships.delete,
            "add_tags": tags.add,
            "remove_tags": tags.remove,
            "add_to_campaign": memberships.add,
            "remove_from_campaign": memberships.remove,
        }

    def carry_out(self, writes: Sequence[Write]) -> list[Outcome]:
        """Outcomes in the given order. Raises what kept every one of them from being written."""
        refused = {write.id: failed(write, error) for write in writes if (error := _problem(write))}
        return turns.carry_out(writes, refused, self.duties, verb_of, _identity)


def verb_of(write: Write) -> str:
    if write.object == blocklist.OBJECT:
        return "block"
    if write.operation == "upsert":
        return "update" if write.record_id else "create"
    return VERBS.get(write.operation, "")


def _problem(write: Write) -> RecordError | None:
    known = CAPABILITIES.object(write.object)
    if known is None or write.operation not in known.writes:
        return Unsupported(f"GetResponse does not offer {write.operation} for {write.object}.")
    if verb_of(write) in OF_A_KNOWN_CONTACT and not ID.fullmatch(write.record_id):
        return NotFound("The contact to change is not known in GetResponse.")
    return refused_values(write.values)


def _identity(write: Write) -> tuple[str, str]:
    """What two writes that must not be under way together have in common."""
    record_id = write.record_id or str(write.values.get("contactId") or "")
    if record_id:
        return (write.object, record_id)
    return (str(write.values.get("email") or write.id).lower(), str(write.values.get(LIST) or ""))
