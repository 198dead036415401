"""The org as one user sees it: records, switches, and what field-level security hides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..store import Document, Shelf
from ..switches import Values
from ..vendor import Call, Hand
from .schema import FIELDS, Field

INTEGRATION_USER, ADMINISTRATOR = "0055e0000000001AAA", "0055e0000000002AAA"


@dataclass(frozen=True)
class Org:
    """`strikes` asks a count switch whether it strikes now. An administrator sees and may everything."""

    shelf: Shelf
    switches: Values
    strikes: Callable[[str], bool]
    allow_duplicates: bool = False
    as_admin: bool = False

    @property
    def user(self) -> str:
        return ADMINISTRATOR if self.as_admin else INTEGRATION_USER

    def field(self, object: str, name: str) -> Field | None:
        """The field, or None when there is none or the user does not see it."""
        field = FIELDS[object].get(name.lower())
        return None if field is None or self._listed(object, field, "hidden_fields") else field

    def exists(self, object: str, name: str) -> bool:
        return name.lower() in FIELDS[object]

    def fields(self, object: str) -> list[Field]:
        return [field for field in FIELDS[object].values() if not self._listed(object, field, "hidden_fields")]

    def may_write(self, object: str, field: Field, creating: bool) -> bool:
        open_now = field.createable if creating else field.updateable
        return open_now and not self._listed(object, field, "readonly_fields")

    def is_restricted(self, object: str, field: Field) -> bool:
        return f"{object}.{field.name}" in self.switches["restricted_picklists"]

    def get(self, object: str, id: str) -> Document | None:
        """The record unless it is deleted."""
        record = self.shelf.get(object, id)
        return None if record is None or record["IsDeleted"] else record

    def find(self, object: str, field: str, value: str) -> list[Document]:
        return [record for record in self.shelf.find(object, field, value) if not record["IsDeleted"]]

    def _listed(self, object: str, field: Field, switch: str) -> bool:
        return not self.as_admin and f"{object}.{field.name}" in self.switches[switch]


def org_of(call: Call) -> Org:
    allowed = "allowsave=true" in call.request.headers.get("Sforce-Duplicate-Rule-Header", "").lower().replace(" ", "")
    return Org(call.shelf, call.switches, call.consume, allow_duplicates=allowed)


def org_of_hand(hand: Hand) -> Org:
    return Org(hand.shelf, hand.switches, lambda switch: False, allow_duplicates=True, as_admin=True)
