"""Carries out writes: refuses what cannot be sent, and gives each to the duty that knows how."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...base import Outcome, Write
from ...errors import (
    Busy,
    ConfigurationError,
    CrosswalkError,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    RecordError,
    Unavailable,
    Unsupported,
)
from ..capabilities import CAPABILITIES
from ..client import Api
from .creating import Creates
from .memberships import MEMBER, Memberships
from .names import Names
from .rows import ID, failed, refused_values
from .subscribers import Subscribers
from .updating import Updates

Duty = Callable[[Sequence[Write]], dict[str, Outcome]]
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
        self.duties: dict[str, Duty] = {
            "create": Creates(api, names, subscribers, updates).carry_out,
            "update": updates.carry_out,
            "delete": updates.delete,
            "add": memberships.add,
            "remove": memberships.remove,
        }

    def carry_out(self, writes: Sequence[Write]) -> list[Outcome]:
        """Outcomes in the given order. Raises what kept every one of them from being written."""
        outcomes = {write.id: failed(write, error) for write in writes if (error := _problem(write))}
        for part in _in_turn([write for write in writes if write.id not in outcomes]):
            outcomes |= self.duties[verb_of(part[0])](part)
        found = [outcomes[write.id] for write in writes]
        _raise_what_concerns_all(found)
        return [_alone(outcome) for outcome in found]


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


def _in_turn(writes: Sequence[Write]) -> list[list[Write]]:
    """Groups of one verb each, in order, in which nobody stands twice: calls of a group are under way together."""
    groups: list[list[Write]] = []
    for write in writes:
        last = groups[-1] if groups else []
        if not last or verb_of(last[0]) != verb_of(write) or _identity(write) in map(_identity, last):
            groups.append([])
        groups[-1].append(write)
    return groups


def _identity(write: Write) -> str:
    address = write.values.get("email") or write.values.get("phone") or write.id
    return write.record_id or str(write.values.get(MEMBER) or address).strip().casefold()


def _raise_what_concerns_all(outcomes: Sequence[Outcome]) -> None:
    """Responder is away, is busy, or does not let us in: not the fault of one record."""
    errors = [outcome.error for outcome in outcomes]
    first = errors[0] if errors else None
    if first is not None and all(type(error) is type(first) for error in errors) and _is_of_the_account(first):
        raise first


def _is_of_the_account(error: CrosswalkError) -> bool:
    return isinstance(error, ConfigurationError) or type(error) in (Unavailable, RateLimited, OutcomeUnknown)


def _alone(outcome: Outcome) -> Outcome:
    """Where others went through, a refused connection is found out again by a call of its own."""
    if not isinstance(outcome.error, ConfigurationError):
        return outcome
    return Outcome(outcome.id, error=Busy(outcome.error.message, vendor_code=outcome.error.vendor_code))
