"""Which unsent changes of a record the newest one may take in: behind a stuck head, one write is enough."""

from __future__ import annotations

from collections.abc import Iterable

from audit.folding import is_unsent
from audit.models import Change

SAME = ("object", "operation", "mapping", "lane", "order_key", "record_id")


def foldable(change: Change, under_way: Iterable[Change]) -> list[str]:
    """Ids of what waits unsent to write to the same record by the same mapping, oldest first."""
    return [earlier.id for earlier in under_way if is_unsent(earlier) and _writes_the_same(earlier, change)]


def _writes_the_same(earlier: Change, change: Change) -> bool:
    """What makes the record is never taken in; what waits for that is known by it."""
    follows = bool(change.record_id) or (earlier.depends_on_id is not None and change.depends_on_id is not None)
    return bool(change.mapping) and follows and all(getattr(earlier, name) == getattr(change, name) for name in SAME)
