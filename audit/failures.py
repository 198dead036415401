"""What failed, by cause: the same error at the same connection is one cause."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from .models import Change, ChangeState

ROWS = 2000


@dataclass(frozen=True)
class Cause:
    """`newest` is the id of the newest change that failed by it, `error` what it says."""

    code: str
    connection: str
    count: int
    newest: str
    error: dict[str, Any]


def causes_of_failure(most: int) -> list[Cause]:
    """The most frequent first; three queries."""
    failed = Change.objects.filter(state=ChangeState.FAILED).order_by("-pk")
    rows = list(failed.values_list("error_code", "connection__name", "pk")[:ROWS])
    groups = Counter((code, name) for code, name, _pk in rows).most_common(most)
    newest = {(code, name): pk for code, name, pk in reversed(rows)}
    samples = Change.objects.only("error").in_bulk([newest[group] for group, _count in groups])
    return [Cause(*group, count, newest[group], samples[newest[group]].error or {}) for group, count in groups]
