"""What a person chooses from in a GetResponse account: its lists and its tags."""

from __future__ import annotations

from collections.abc import Iterator

from ...base import Record
from ...errors import Unsupported
from ...lookups import Entry
from ..client import Api

# Each look-up: its path, and the field that holds the id (getresponse.md §3).
PATHS = {"lists": ("campaigns", "campaignId"), "tags": ("tags", "tagId")}


class Choices:
    def __init__(self, api: Api) -> None:
        self.api = api

    def entries(self, key: str) -> Iterator[Entry]:
        if key not in PATHS:
            raise Unsupported(f"GetResponse has no look-up {key}.")
        path, id_field = PATHS[key]
        elements = (element for element in self.api.pages(path) if isinstance(element, dict))
        return (_entry(element, id_field) for element in elements if element.get(id_field))


def _entry(element: Record, id_field: str) -> Entry:
    facts = ("default",) if element.get("isDefault") in ("true", True) else ()
    return Entry(str(element[id_field]), str(element.get("name") or ""), facts)
