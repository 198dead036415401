"""Folds what waits unsent for a record into the newest change of it: behind a stuck head, one write is enough."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from audit.comparing import same_value
from audit.models import Change, ChangeState

from ...mapper import Diff


def fold(change: Change, under_way: Iterable[Change]) -> None:
    """Let the change write what the unsent ones before it were to write; it takes their places when it is recorded."""
    unsent = [earlier for earlier in under_way if _waits_unsent(earlier) and _writes_the_same(earlier, change)]
    if not unsent:
        return
    change.diff = _merged([*unsent, change]) or change.diff
    change.notes = list(dict.fromkeys(note for each in [*unsent, change] for note in each.notes))
    change.folds = [earlier.id for earlier in unsent]
    change.replaces = unsent[-1]
    if change.depends_on_id in change.folds:
        change.depends_on = unsent[0].depends_on


def _waits_unsent(change: Change) -> bool:
    """It was never tried, and is not what makes the record."""
    return (
        change.state == ChangeState.QUEUED and change.attempts == 0 and bool(change.record_id or change.depends_on_id)
    )


def _writes_the_same(earlier: Change, change: Change) -> bool:
    """To the same record, by the same mapping; one that the lead itself is still made for is known by that."""
    names = ("object", "operation", "mapping", "lane", "order_key", "record_id")
    is_same = all(getattr(earlier, name) == getattr(change, name) for name in names)
    return is_same and bool(change.mapping) and (bool(change.record_id) or change.depends_on_id is not None)


def _merged(changes: Sequence[Change]) -> Diff:
    """From what the oldest found to what the newest says; what ends as it was needs no write."""
    merged: dict[str, dict[str, Any]] = {}
    for change in changes:
        for name, entry in change.diff.items():
            merged[name] = {**entry, "before": merged.get(name, entry)["before"]}
    return {name: entry for name, entry in merged.items() if not same_value(entry["before"], entry["after"])}
