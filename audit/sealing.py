"""Seals changes that reached a final state: batch after batch, each seal holding the digest of the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from integrations import clock

from .models import UNSEALED, Change, Seal
from .tallies import add_to_tallies

BATCH = 500
ROUND = 40  # batches: what one call seals at the most
PAUSE = timedelta(seconds=30)  # between rounds: a burst is over before it is sealed, and no change gets a seal alone
START = "0" * 64  # stands before the first seal

# What a seal vouches for. The order is part of every hash: add at the end, and only with a new kind of seal.
FACTS = (
    "id",
    "state",
    "connection_id",
    "object",
    "operation",
    "kind",
    "record_id",
    "key_field",
    "external_id",
    "opt_out_id",
    "rule",
    "mapping",
    "mapping_version",
    "diff",
    "params",
    "notes",
    "error",
    "attempts",
    "created",
    "actor",
    "decided_at",
    "comment",
    "held_reason",
    "depends_on_id",
    "replaces_id",
    "run_id",
    "created_at",
    "applied_at",
)
# These may change later (people are merged, events pruned, users deleted): the seal keeps them as they were.
REFERENCES = ("person_id", "event_id", "decided_by_id")
COLUMNS = FACTS + REFERENCES
_CREATED_AT, _STATE = FACTS.index("created_at"), FACTS.index("state")

Entry = list[Any]  # [change id, hash, *references]


def seal_due() -> int:
    """Seal what waits, unless a round of sealing is just over. Returns how many changes were sealed."""
    last = Seal.objects.order_by("-number").values_list("sealed_at", flat=True).first()
    lately = last is not None and timedelta() <= clock.now() - last < PAUSE
    return 0 if lately or not Change.objects.filter(UNSEALED).exists() else seal_waiting()


def seal_waiting() -> int:
    """Seal what waits. May run in several processes at once: one of them seals, the others find nothing."""
    sealed = 0
    for _ in range(ROUND):
        count = _seal_batch()
        sealed += count
        if count < BATCH:
            break
    return sealed


@transaction.atomic
def _seal_batch() -> int:
    """The head is read before the rows: what another process seals in between makes this seal void, not overlap."""
    head = Seal.objects.order_by("-number").values_list("number", "digest").first()
    number, previous = head or (0, START)
    unsealed = Change.objects.filter(UNSEALED)
    rows = list(unsealed.order_by("id").values_list(*COLUMNS)[:BATCH])
    if not rows:
        return 0
    seal = make_seal(number + 1, previous, rows, clock.now())
    Seal.objects.bulk_create([seal], ignore_conflicts=True)
    if not Seal.objects.filter(number=seal.number, digest=seal.digest).exists():
        return 0  # another process made this one
    marked = unsealed.filter(id__in=[row[0] for row in rows]).update(seal_number=seal.number)
    if marked != seal.count:
        raise IntegrityError(f"Seal {seal.number} holds {seal.count} changes, and {marked} were there to be marked.")
    add_to_tallies((row[_CREATED_AT], row[_STATE]) for row in rows)
    return seal.count


def make_seal(number: int, previous: str, rows: Iterable[Sequence[Any]], sealed_at: datetime) -> Seal:
    """The seal of these rows of COLUMNS. Not saved."""
    entries = [entry_of(row) for row in rows]
    seal = Seal(number=number, previous=previous, count=len(entries), entries=entries, sealed_at=sealed_at)
    seal.digest = digest_of(seal)
    return seal


def entry_of(row: Sequence[Any]) -> Entry:
    """What a seal keeps of one row of COLUMNS."""
    return [row[0], hash_of(row), *row[len(FACTS) :]]


def hash_of(row: Sequence[Any]) -> str:
    """SHA-256 over the facts of one row of COLUMNS."""
    return _sha256([list(row)])


def digest_of(seal: Seal) -> str:
    """SHA-256 over the digest before and everything this seal holds, in order."""
    return _sha256([seal.previous, seal.number, seal.sealed_at, seal.count, seal.entries])


def _sha256(facts: list[Any]) -> str:
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=datetime.isoformat)
    return hashlib.sha256(text.encode()).hexdigest()
