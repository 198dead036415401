"""Settles conflicts of identity as a human decides, plans what waited again, and undoes a decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction

from integrations.conflicts import close, close_overtaken, lock_conflict, mark_undone
from integrations.inbox import plan_again
from integrations.models import ConflictKind, ConflictState, IdentityConflict, Settlement
from integrations.people import holders_of
from integrations.vendors.errors import Unsupported

from .moving import Moved, change_holders, check_holders, lock_people, restore_holders
from .people import leave_alone, merge, unmerge, unseparate
from .records import choose_records, return_records


@transaction.atomic
def settle(conflict: IdentityConflict, settlement: str, chosen: Sequence[str], actor: str) -> IdentityConflict:
    """Answer the question, and plan again what waited for it.

    `chosen` of `same`: who stays, of `apart`: whose the address is (both: who has it now when empty), of `records`:
    the record that is the person's, or several that are the same. Raises Conflict or Unsupported.
    """
    conflict = lock_conflict(conflict, ConflictState.OPEN)
    if settlement not in ANSWERS.get(conflict.kind, {}):
        raise Unsupported("This is no answer to this question.", help="Open the conflict and press one of its buttons.")
    known = [candidate["id"] for candidate in conflict.candidates]
    chosen = list(dict.fromkeys(chosen)) or first_choice(conflict)
    if not chosen or not set(chosen) <= set(known):
        raise Unsupported("Choose among those that are shown.", help="Mark at least one.")
    moved = ANSWERS[conflict.kind][settlement](conflict, chosen, actor)
    waiting = close(conflict, settlement, chosen, moved, actor)
    if settlement == Settlement.SAME:
        waiting += close_overtaken(known, actor)
    plan_again(waiting)
    return conflict


def first_choice(conflict: IdentityConflict) -> list[str]:
    """Of people, who has the address now, else who is known longest. Of records none: that would be a guess."""
    if conflict.kind == ConflictKind.RECORDS:
        return []
    known = sorted(candidate["id"] for candidate in conflict.candidates)
    holders = [person.pk for kind, value in conflict.addresses for person in holders_of((kind, value))]
    return [pk for pk in holders if pk in known][:1] or known[:1]


@transaction.atomic
def undo(conflict: IdentityConflict, actor: str) -> IdentityConflict:
    """Move back what the decision moved; what was written meanwhile stays, and the next event asks again.

    Raises Conflict with what is in the way, Unsupported where nothing was moved.
    """
    conflict = lock_conflict(conflict, ConflictState.SETTLED)
    reverse = REVERSE.get(conflict.settlement)
    if reverse is None:
        raise Unsupported("Nothing was moved, so nothing can be undone.", help="Look at what overtook it.")
    reverse(conflict, actor)
    mark_undone(conflict, actor)
    return conflict


def _same(conflict: IdentityConflict, chosen: Sequence[str], actor: str) -> Moved:
    others = [c["id"] for c in conflict.candidates if c["id"] != chosen[0]]
    if len(others) != 1:
        raise Unsupported("Only two people can be merged at a time.", help="Merge them on the page of one of them.")
    keep, absorbed = lock_people(chosen[0], others[0])
    return merge(keep, absorbed, actor)


def _apart(conflict: IdentityConflict, chosen: Sequence[str], actor: str) -> Moved:
    """Each keeps their records; the address is the chosen one's, and the others hold it behind them."""
    people = lock_people(*sorted(candidate["id"] for candidate in conflict.candidates))
    people.sort(key=lambda person: person.pk != chosen[0])
    pairs = [(kind, value) for kind, value in conflict.addresses]
    moved = {"addresses": [change_holders(pair, lambda held: [people[0], *held, *people[1:]]) for pair in pairs]}
    for other in people[1:]:
        leave_alone(people[0], other, actor, {value for _kind, value in pairs})
    return moved


def _together(conflict: IdentityConflict, _actor: str) -> None:
    check_holders(conflict.moved["addresses"])
    restore_holders(conflict.moved["addresses"])


Answer = Callable[[IdentityConflict, Sequence[str], str], Moved]
ANSWERS: dict[str, dict[str, Answer]] = {
    ConflictKind.PEOPLE: {Settlement.SAME: _same, Settlement.APART: _apart},
    ConflictKind.RECORDS: {Settlement.RECORDS: choose_records},
}
REVERSE: dict[str, Callable[[IdentityConflict, str], None]] = {
    Settlement.SAME: lambda conflict, actor: unmerge(conflict.moved, actor),
    Settlement.APART: _together,
    Settlement.SEPARATED: lambda conflict, actor: unseparate(conflict.moved, actor),
    Settlement.RECORDS: return_records,
}
