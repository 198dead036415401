"""Verifies the chain of seals against the ledger, seal by seal in constant memory, and names what does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from integrations import clock
from integrations.models import Person

from .guards import missing_guards
from .models import UNSEALED, Change, Seal
from .sealing import COLUMNS, FACTS, START, Entry, digest_of, hash_of

OVERDUE = timedelta(minutes=10)  # a change is sealed within a minute; this long is not explained by a busy machine
_AFTER = len(FACTS)
_PERSON, _EVENT, _DECIDED_BY = (2, 3, 4)  # places in an entry
Row = Sequence[Any]


@dataclass(frozen=True)
class Flaw:
    """One thing that is not as it was sealed."""

    subject: str  # "Change 01J…" or "Seal 12"
    wrong: str

    def __str__(self) -> str:
        return f"{self.subject} {self.wrong}"


class Inspection:
    """One pass over the chain. `seals` and `changes` count what was seen, `digest` is that of the last seal."""

    def __init__(self, since: datetime | None = None, noted: str = "") -> None:
        """`noted`: a digest that somebody wrote down elsewhere, and that must still be in the chain."""
        self.since, self.noted = since, noted
        self.seals = self.changes = 0
        self.digest = START

    def flaws(self) -> Iterator[Flaw]:
        """All that is wrong, oldest first."""
        yield from (
            Flaw("The database", f"lacks the guard {name}: run migrate.") for name in missing_guards(connection)
        )
        number = self._begin()
        while (seal := Seal.objects.filter(number__gt=number).order_by("number").first()) is not None:
            yield from _gap(number, seal.number)
            yield from self._flaws_of(seal, follows=seal.number == number + 1)
            number = seal.number
        yield from _beyond(number)
        if self.noted and not Seal.objects.filter(digest=self.noted).exists():
            yield Flaw("The chain", f"lost the digest {self.noted}: it was cut short or made anew.")
        yield from _overdue()

    @property
    def waiting(self) -> int:
        """Final changes that have no seal yet."""
        return Change.objects.filter(UNSEALED).count()

    def _begin(self) -> int:
        """The number of the seal to start after, which is trusted; 0 for the whole chain."""
        if self.since is None:
            return 0
        earlier = Seal.objects.filter(sealed_at__lt=self.since).order_by("-number")
        number, self.digest = earlier.values_list("number", "digest").first() or (0, START)
        return number

    def _flaws_of(self, seal: Seal, follows: bool) -> Iterator[Flaw]:
        if follows and seal.previous != self.digest:
            yield Flaw(f"Seal {seal.number}", f"does not hold the digest of seal {seal.number - 1}.")
        if seal.count != len(seal.entries) or seal.digest != digest_of(seal):
            yield Flaw(f"Seal {seal.number}", "was altered: its digest is not that of what it holds.")
        yield from _disorder(seal)
        yield from _flaws_inside(seal)
        self.digest, self.seals, self.changes = seal.digest, self.seals + 1, self.changes + seal.count


def _gap(before: int, after: int) -> Iterator[Flaw]:
    for number in range(before + 1, after):
        yield Flaw(f"Seal {number}", "is missing.")
    orphans = Change.objects.filter(seal_number__gt=before, seal_number__lt=after).order_by("seal_number", "id")
    yield from _orphans(orphans.values_list("id", "seal_number").iterator())


def _beyond(last: int) -> Iterator[Flaw]:
    orphans = Change.objects.filter(seal_number__gt=last).order_by("seal_number", "id")
    yield from _orphans(orphans.values_list("id", "seal_number").iterator())


def _orphans(changes: Iterator[tuple[str, int | None]]) -> Iterator[Flaw]:
    for id, number in changes:
        yield Flaw(f"Change {id}", f"names seal {number}, which does not exist.")


def _overdue() -> Iterator[Flaw]:
    unsealed = Change.objects.filter(UNSEALED)
    old = unsealed.filter(applied_at__lt=clock.now() - OVERDUE).order_by("id")
    for id in old.values_list("id", flat=True).iterator():
        yield Flaw(f"Change {id}", "was applied a while ago and has no seal: it was added by hand, or no worker runs.")


def _disorder(seal: Seal) -> Iterator[Flaw]:
    """A seal holds its changes by id."""
    for one, next in zip(seal.entries, seal.entries[1:], strict=False):
        if next[0] <= one[0]:
            yield Flaw(f"Change {next[0]}", f"is out of order in seal {seal.number}.")


def _flaws_inside(seal: Seal) -> Iterator[Flaw]:
    marked = Change.objects.filter(seal_number=seal.number).values_list(*COLUMNS)
    rows = {row[0]: row for row in marked.iterator()}
    entries: dict[str, Entry] = {entry[0]: entry for entry in seal.entries}
    yield from _lost(seal.number, sorted(entries.keys() - rows.keys()))
    for id in sorted(rows.keys() - entries.keys()):
        yield Flaw(f"Change {id}", f"names seal {seal.number}, which does not hold it: it was added or moved.")
    people = _people_still_there(entries, rows)
    for id in sorted(entries.keys() & rows.keys()):
        yield from _flaws_between(seal.number, entries[id], rows[id], people)


def _lost(number: int, ids: Sequence[str]) -> Iterator[Flaw]:
    elsewhere = dict(Change.objects.filter(id__in=ids).values_list("id", "seal_number")) if ids else {}
    for id in ids:
        if id in elsewhere:
            yield Flaw(f"Change {id}", f"is held by seal {number} and names {_seal_name(elsewhere[id])}.")
        else:
            yield Flaw(f"Change {id}", f"is missing: seal {number} holds it, the ledger does not.")


def _seal_name(number: int | None) -> str:
    return "no seal" if number is None else f"seal {number}"


def _flaws_between(number: int, entry: Entry, row: Row, people: set[str]) -> Iterator[Flaw]:
    """References are compared with the seal's own; they may have been let go of, or gone over to another person."""
    subject = f"Change {entry[0]}"
    if hash_of([*row[:_AFTER], *entry[_PERSON:]]) != entry[1]:
        yield Flaw(subject, f"was changed after seal {number} was made.")
    person, event, decided_by = row[_AFTER:]
    if event not in (None, entry[_EVENT]) or decided_by not in (None, entry[_DECIDED_BY]):
        yield Flaw(subject, f"names another event or another person who decided than seal {number} does.")
    if person != entry[_PERSON] and (person is None or entry[_PERSON] is None or entry[_PERSON] in people):
        yield Flaw(subject, f"belongs to another person than seal {number} says, who was not merged.")


def _people_still_there(entries: dict[str, Entry], rows: dict[str, Row]) -> set[str]:
    """Of the people whose changes now belong to somebody else, those who were not merged into them."""
    left = {entry[_PERSON] for id, entry in entries.items() if id in rows and rows[id][_AFTER] != entry[_PERSON]}
    return set(Person.objects.filter(pk__in=left - {None}).values_list("pk", flat=True)) if left else set()
