"""What is wrong with a mapping, a rule or a configuration file, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, in a plain sentence. `path` leads to it: ("fields", 2, "to")."""

    path: Path
    message: str

    def __str__(self) -> str:
        return f"{written(self.path)}: {self.message}" if self.path else self.message

    def under(self, *prefix: str | int) -> Problem:
        return replace(self, path=(*prefix, *self.path))


def written(path: Path) -> str:
    """("fields", 2, "to") → fields[2].to"""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return steps.removeprefix(".")


class SpecError(ValueError):
    """Everything that is wrong, all at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = list(problems)
