"""Carries out writes: refuses what cannot be sent, and gives each to the duty that knows how."""

from __future__ import annotations

from collections.abc import Sequence

from ... import turns
from ...base import Outcome, Write
from ...errors import CrosswalkError, NotFound, Unsupported
from ..capabilities import CAPABILITIES
from ..client import Api
from . import children
from .children import Children
from .contacts import Contacts
from .creating import Creates
from .memberships import Memberships
from .names import Names
from .notes import Notes
from .rows import ID, failed, refused_values
from .tags import Tags
from .tasks import Tasks
from .updating import Updates

# What a write of a contact is for HighLevel, by what a rule calls it; an upsert depends on whether it is known.
VERBS = {
    "create": "create",
    **dict.fromkeys(("update", "set", "opt_out", "opt_in"), "update"),
    **{verb: verb for verb in ("delete", "add_tags", "remove_tags", "add_to_campaign", "remove_from_campaign")},
}
OF_A_KNOWN_CONTACT = ("update", "delete", "add_tags", "remove_tags")


class Writer:
    def __init__(self, api: Api, names: Names, contacts: Contacts) -> None:
        updates, tags, memberships = Updates(api, names), Tags(api), Memberships(api, names)
        self.duties: dict[str, turns.Duty] = {
            "create": Creates(api, names, contacts, updates).carry_out,
            "update": updates.carry_out,
            "delete": memberships.delete,
            "add_tags": tags.add,
            "remove_tags": tags.remove,
            "add_to_campaign": memberships.add,
            "remove_from_campaign": memberships.remove,
            "task": Children(api, Tasks(api)).carry_out,
            "note": Children(api, Notes()).carry_out,
        }

    def carry_out(self, writes: Sequence[Write]) -> list[Outcome]:
        """Outcomes in the given order. Raises what kept every one of them from being written."""
        refused = {write.id: failed(write, error) for write in writes if (error := _problem(write))}
        return turns.carry_out(writes, refused, self.duties, verb_of, _identity)


def verb_of(write: Write) -> str:
    if write.object in ("task", "note"):
        return write.object
    if write.operation == "upsert":
        return "update" if write.record_id else "create"
    return VERBS.get(write.operation, "")


def _problem(write: Write) -> CrosswalkError | None:
    known = CAPABILITIES.object(write.object)
    if known is None or write.operation not in known.writes:
        return Unsupported(f"HighLevel does not offer {write.operation} for {write.object}.")
    if write.object != "contact":
        return children.problem(write)
    if verb_of(write) in OF_A_KNOWN_CONTACT and not ID.fullmatch(write.record_id):
        return NotFound("The contact to change is not known in HighLevel.")
    return refused_values(write.values)


def _identity(write: Write) -> tuple[str, str]:
    """What two writes that must not be under way together have in common."""
    address = str(write.values.get("email") or write.values.get("phone") or write.id).lower()
    return (write.object, write.record_id or address)
