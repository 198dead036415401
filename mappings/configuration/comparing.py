"""Where two pieces of configuration differ, as paths a person finds again: fields[3].via"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..spec.problems import Path, written

_MOST_NAMED = 6


def changed_paths(before: object, after: object) -> list[str]:
    return [written(path) for path in _differences(before, after, ())]


def _differences(before: object, after: object, path: Path) -> Iterator[Path]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from _differences(before.get(key), after.get(key), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and _has_entries(before, after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(old, new, (*path, index))
    elif before != after:
        yield path


def _has_entries(before: list[Any], after: list[Any]) -> bool:
    """Lists of tables of one length are compared entry by entry; others are one thing."""
    return len(before) == len(after) and all(isinstance(item, Mapping) for item in [*before, *after])


def named(paths: list[str]) -> str:
    """The first few, and how many more there are."""
    shown, more = paths[:_MOST_NAMED], len(paths) - _MOST_NAMED
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
