"""Conflicts of identity: asks each question once, lets events wait for the answer, and says what tells people apart.

The only module that changes their state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import clock
from .ids import new_id
from .models import (
    AddressKind,
    ConflictKind,
    ConflictState,
    Connection,
    Event,
    IdentityConflict,
    Person,
    Settlement,
)
from .people import Pair
from .records import stand_for_people
from .vendors.errors import Busy, Conflict

Candidate = dict[str, Any]  # {id, facts: {name: value}}


@dataclass(frozen=True)
class Question:
    """Who is who: several people for one address, or several records for one person."""

    kind: str
    sentence: str
    people: tuple[Person, ...]  # of records: the one person whose they may be
    connection: Connection | None = None
    object: str = ""
    addresses: tuple[Pair, ...] = ()
    records: tuple[Candidate, ...] = field(default=(), hash=False)

    @property
    def key(self) -> str:
        """What makes the same question one conflict."""
        where = (
            [self.connection.pk if self.connection else "", self.object] if self.kind == ConflictKind.RECORDS else []
        )
        parts = [self.kind, *where, *sorted(person.pk for person in self.people)]
        return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def ask_about_people(
    people: Sequence[Person], connection: Connection, object: str, addresses: Iterable[Pair]
) -> Question:
    """Two people hold an address of one record."""
    pairs = tuple(addresses)
    kinds = " and ".join(AddressKind(kind).label.lower() for kind, _value in pairs)
    sentence = f"Two people hold the {kinds} of this record."
    return Question(ConflictKind.PEOPLE, sentence, tuple(people), connection, object, pairs)


def ask_about_records(person: Person, connection: Connection, object: str, records: Sequence[Candidate]) -> Question:
    """Several records at a connection fit one person."""
    names = ", ".join(sorted(record["id"] for record in records)[:5])
    sentence = f"{len(records)} records of {object} fit this person: {names}."
    return Question(ConflictKind.RECORDS, sentence, (person,), connection, object, records=tuple(records))


def open_conflicts(waiting: Sequence[tuple[Event, Question]]) -> dict[str, IdentityConflict]:
    """Ask each question once and let its events wait; by the question's key.

    Call inside the transaction that settles the events. Queries do not grow with the number of questions.
    """
    if not waiting:
        return {}
    asked = {question.key: question for _event, question in waiting}
    facts = facts_of({person for question in asked.values() for person in question.people})
    fresh = [_conflict(question, facts) for question in asked.values()]
    IdentityConflict.objects.bulk_create(sorted(fresh, key=lambda row: row.key), ignore_conflicts=True)
    rows = IdentityConflict.objects.select_for_update().filter(key__in=asked, state=ConflictState.OPEN).order_by("key")
    found = {row.key: row for row in rows}
    if len(found) < len(asked):
        raise Busy("A conflict was settled at this very moment.")
    _add_candidates([(found[row.key], row) for row in fresh])
    waits = IdentityConflict.events.through
    waits.objects.bulk_create(
        [waits(identityconflict_id=found[question.key].pk, event_id=event.pk) for event, question in waiting],
        ignore_conflicts=True,
    )
    return found


def _conflict(question: Question, facts: dict[str, dict[str, Any]]) -> IdentityConflict:
    of_people = [{"id": person.pk, "facts": facts[person.pk]} for person in question.people]
    return IdentityConflict(
        kind=question.kind,
        key=question.key,
        connection=question.connection,
        object=question.object,
        person=question.people[0] if question.kind == ConflictKind.RECORDS else None,
        candidates=list(question.records) or of_people,
        addresses=[list(pair) for pair in question.addresses],
    )


def _add_candidates(pairs: Sequence[tuple[IdentityConflict, IdentityConflict]]) -> None:
    """What the same question brings up anew is added to the one that is open."""
    grown = []
    for known, again in pairs:
        ids = {candidate["id"] for candidate in known.candidates}
        candidates = [candidate for candidate in again.candidates if candidate["id"] not in ids]
        addresses = [pair for pair in again.addresses if pair not in known.addresses]
        if candidates or addresses:
            known.candidates, known.addresses = known.candidates + candidates, known.addresses + addresses
            grown.append(known)
    IdentityConflict.objects.bulk_update(grown, ["candidates", "addresses"])


def facts_of(people: Iterable[Person]) -> dict[str, dict[str, Any]]:
    """What tells people apart, by person id: name, addresses, records, since when they are known."""
    rows = Person.objects.filter(pk__in=[person.pk for person in people])
    found = rows.prefetch_related("addresses", "links__connection")
    return {person.pk: _facts(person) for person in found}


def _facts(person: Person) -> dict[str, Any]:
    records = stand_for_people(person.links.all())
    held = {kind: [a.value for a in person.addresses.all() if a.kind == kind] for kind in AddressKind.values}
    return {
        "name": person.name,
        "email": ", ".join(held[AddressKind.EMAIL]),
        "phone": ", ".join(held[AddressKind.PHONE]),
        "records": "; ".join(f"{link.connection.name}: {link.object} {link.record_id}" for link in records),
        "known since": person.created_at.isoformat(),
    }


def lock_conflict(conflict: IdentityConflict, state: str) -> IdentityConflict:
    """The conflict as it is now, locked. Raises Conflict when it is not in this state any more."""
    locked = IdentityConflict.objects.select_for_update().get(pk=conflict.pk)
    if locked.state != state:
        raise Conflict(f"This conflict is {locked.get_state_display().lower()}.", help="Look at it again.")
    return locked


def close(
    conflict: IdentityConflict, settlement: str, chosen: Sequence[str], moved: dict[str, Any], actor: str
) -> list[str]:
    """The question is answered. Returns the ids of the events that waited for it and are to be planned again."""
    waiting = list(conflict.events.values_list("id", flat=True))
    conflict.state, conflict.settlement, conflict.chosen = ConflictState.SETTLED, settlement, list(chosen)
    conflict.moved, conflict.actor, conflict.settled_at = {**moved, "waited": waiting}, actor[:150], clock.now()
    conflict.save(update_fields=["state", "settlement", "chosen", "moved", "actor", "settled_at"])
    conflict.events.clear()
    return waiting


def close_overtaken(people: Iterable[str], actor: str) -> list[str]:
    """Open questions about these people are void: their events are planned again and ask anew what is still unclear."""
    ids = set(people)
    rows = IdentityConflict.objects.select_for_update().filter(state=ConflictState.OPEN).order_by("key")
    about = [row for row in rows if row.person_id in ids or ids & {candidate["id"] for candidate in row.candidates}]
    return [event for row in about for event in close(row, Settlement.OVERTAKEN, [], {}, actor)]


def note_settled(
    settlement: str, people: Sequence[Person], facts: dict[str, dict[str, Any]], moved: dict[str, Any], actor: str
) -> IdentityConflict:
    """What a person decided unasked is kept like an answer, so that it can be looked up and undone."""
    now = clock.now()
    return IdentityConflict.objects.create(
        kind=ConflictKind.PEOPLE,
        state=ConflictState.SETTLED,
        key=new_id(),
        candidates=[{"id": person.pk, "facts": facts.get(person.pk, {})} for person in people],
        settlement=settlement,
        chosen=[people[0].pk],
        moved=moved,
        actor=actor[:150],
        opened_at=now,
        settled_at=now,
    )


def mark_undone(conflict: IdentityConflict, actor: str) -> None:
    conflict.state, conflict.undone_by, conflict.undone_at = ConflictState.UNDONE, actor[:150], clock.now()
    conflict.save(update_fields=["state", "undone_by", "undone_at"])


def waits_for(conflict: IdentityConflict, sentence: str) -> str:
    """Why an event waits, in plain words."""
    return f"{sentence} It waits for a person to settle conflict {conflict.pk}."
