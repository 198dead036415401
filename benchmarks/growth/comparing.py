"""The table: what each question takes of a small and of a large database, and what grows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .asking import Answer

FACTOR, GRACE = 3, 0.02  # what grows takes more than so many times as long, and so many seconds more
PLANS = 12  # of the slowest, when nothing grows
_LIST = re.compile(r"\((%s(?:, %s){5,})\)")
_VALUES = re.compile(r"\{([^{},]*,[^{},]*),[^{}]*\}")


@dataclass(frozen=True)
class Comparison:
    small: Answer
    large: Answer

    @property
    def grows(self) -> bool:
        return self.large.seconds > FACTOR * self.small.seconds + GRACE

    def cells(self) -> tuple[str, ...]:
        times = (f"{1000 * answer.seconds:.1f} ms" for answer in (self.small, self.large))
        ratio = self.large.seconds / self.small.seconds
        return self.small.name, *times, f"{ratio:.1f}", "grows" if self.grows else ""


HEAD = ("what", "small", "large", "ratio", "")


def text(found: Sequence[Comparison]) -> str:
    rows = [HEAD, *(each.cells() for each in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def plans(found: Sequence[Comparison]) -> str:
    """How the slowest statement of each is carried out: of what grows, and of the claims."""
    slowest = sorted(found, key=lambda each: each.large.seconds - FACTOR * each.small.seconds, reverse=True)[:PLANS]
    shown = [each for each in found if each in slowest or each.grows or each.small.name.startswith("claim")]
    return "\n\n".join(_plan(each.large) for each in shown)


def _plan(answer: Answer) -> str:
    """Without the long lists of ids."""
    statement = _LIST.sub("(…)", answer.statement)
    lines = [_VALUES.sub(r"{\1, …}", line) for line in answer.plan]
    return "\n".join([answer.name, f"  {statement}", *(f"    {line}" for line in lines)])
