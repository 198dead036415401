"""What a location calls its custom fields, and which ids are workflows: asked for once per client."""

from __future__ import annotations

from functools import cached_property

from ...base import Record
from ...errors import Rejected
from ..client import Api
from ..fields import CUSTOM, custom_entries
from .rows import elements

NO_SUCH_FIELD = "Make the custom field in HighLevel, or take it out of the mapping. Then press Retry."
TOLD = ("name", "fieldKey", "dataType")  # of a definition, put beside each value


class Names:
    def __init__(self, api: Api) -> None:
        self.api = api

    def custom_field(self, path: str) -> Record:
        """The definition of `customFields.NAME`, exact case first. Raises Rejected when there is none."""
        name = path.removeprefix(CUSTOM)
        keys = (name.casefold(), f"contact.{name.casefold()}")
        exact = [d for d in self.definitions if d["name"] == name]
        close = [d for d in self.definitions if str(d["name"]).casefold() == keys[0]]
        keyed = [d for d in self.definitions if str(d.get("fieldKey")).casefold() in keys]
        found = next(iter(exact or close or keyed), None)
        if found is None:
            raise Rejected(f"HighLevel has no custom field {name}.", fields=[path], help=NO_SUCH_FIELD)
        return found

    def named(self, record: Record) -> Record:
        """The contact with the name of each custom field beside its value: HighLevel gives ids only (§2.7)."""
        entries = list(custom_entries(record))
        return {**record, "customFields": [self._named_entry(entry) for entry in entries]} if entries else record

    def _named_entry(self, entry: Record) -> Record:
        known = next((d for d in self.definitions if d["id"] == entry.get("id")), {})
        return {**entry, **{fact: known[fact] for fact in TOLD if fact in known}}

    def is_workflow(self, id: str) -> bool:
        return id in self._workflows

    @cached_property
    def definitions(self) -> list[Record]:
        path = f"/locations/{self.api.location}/customFields"
        found = elements(self.api.get(path, [("model", "contact")]), "customFields")
        return [each for each in found if each.get("id") and each.get("name")]

    @cached_property
    def _workflows(self) -> set[str]:
        body = self.api.get("/workflows/", [("locationId", self.api.location)])
        return {str(each.get("id")) for each in elements(body, "workflows")}
