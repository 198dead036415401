"""What a person chooses from in a Responder Live account: its lists and tags."""

from __future__ import annotations

from collections.abc import Iterator

from ...base import Record
from ...errors import Unsupported
from ...lookups import Entry
from ..fields import plain_text
from .names import Names, is_computed, is_on


class Choices:
    def __init__(self, names: Names) -> None:
        self.names = names

    def entries(self, key: str) -> Iterator[Entry]:
        if key == "lists":
            return (Entry(id, plain_text(row.get("name")), _facts(row)) for id, row in self.names.lists.items())
        if key == "tags":
            return (Entry(id, name) for id, name in self.names.tags.items())
        raise Unsupported(f"Responder Live has no look-up {key}.")


def _facts(row: Record) -> tuple[str, ...]:
    return ("everybody",) * is_on(row.get("is_all_lists")) + ("dynamic",) * is_computed(row)
