"""Folds changes that were never sent into the newest one of the same record, in the transaction that records it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .models import Change, ChangeState


def is_unsent(change: Change) -> bool:
    return change.state == ChangeState.QUEUED and change.attempts == 0


def fold(changes: Iterable[Change]) -> None:
    """Let each change that goes out write what those that it `folds` were to write, as far as they are unsent still.

    Locks them; `folds` then names those that it takes the places of.
    """
    folding = [change for change in changes if change.folds]
    wanted = {id for change in folding if change.state == ChangeState.QUEUED for id in change.folds}
    rows = Change.objects.select_for_update().in_bulk(wanted) if wanted else {}
    for change in folding:
        taken = [rows[id] for id in change.folds if id in rows and is_unsent(rows[id])]
        change.folds = [each.id for each in taken]
        if taken:
            _take_in(change, taken)


def _take_in(change: Change, taken: Sequence[Change]) -> None:
    change.diff = _merged([*taken, change])
    change.notes = list(dict.fromkeys(note for each in [*taken, change] for note in each.notes))
    change.replaces = taken[-1]
    if change.depends_on_id in change.folds:
        change.depends_on_id = taken[0].depends_on_id


def _merged(changes: Sequence[Change]) -> dict[str, Mapping[str, Any]]:
    """From what the oldest found to what the newest says. What seems to end as it was is written all the same.

    What the oldest found counts on a write before it, which may have failed by now.
    """
    merged: dict[str, Mapping[str, Any]] = {}
    for change in changes:
        for name, entry in change.diff.items():
            merged[name] = {**entry, "before": merged.get(name, entry)["before"]}
    return merged
