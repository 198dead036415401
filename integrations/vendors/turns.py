"""Writes that go out as calls of their own: in turn by what they do, each with an outcome of its own."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence

from .base import Outcome, Write
from .errors import Busy, ConfigurationError, CrosswalkError, OutcomeUnknown, RateLimited, Unavailable

Duty = Callable[[Sequence[Write]], dict[str, Outcome]]
Verb = Callable[[Write], str]
Identity = Callable[[Write], Hashable]  # what two writes that must not be under way together have in common


def carry_out(
    writes: Sequence[Write],
    refused: Mapping[str, Outcome],
    duties: Mapping[str, Duty],
    verb_of: Verb,
    identity: Identity,
) -> list[Outcome]:
    """Outcomes in the given order; `refused` ones are not sent. Raises what kept every one of them from being written.

    What went out before a later group failed as a whole keeps its outcomes: it is not to be written again.
    """
    outcomes = dict(refused)
    for number, part in enumerate(in_turn([write for write in writes if write.id not in refused], verb_of, identity)):
        try:
            outcomes |= duties[verb_of(part[0])](part)
        except CrosswalkError as error:
            if number == 0:
                raise
            outcomes |= {write.id: Outcome(write.id, error=error) for write in part}
    found = [outcomes[write.id] for write in writes]
    _raise_what_concerns_all(found)
    return [_alone(outcome) for outcome in found]


def in_turn(writes: Sequence[Write], verb_of: Verb, identity: Identity) -> list[list[Write]]:
    """Groups of one verb each, in order, in which no record stands twice: calls of a group are under way together."""
    groups: list[list[Write]] = []
    for write in writes:
        last = groups[-1] if groups else []
        if not last or verb_of(last[0]) != verb_of(write) or identity(write) in map(identity, last):
            groups.append([])
        groups[-1].append(write)
    return groups


def _raise_what_concerns_all(outcomes: Sequence[Outcome]) -> None:
    """The vendor is away, is busy, or does not let us in: not the fault of one record."""
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
