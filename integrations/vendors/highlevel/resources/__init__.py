"""One location of HighLevel as the engine sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ...base import Account, Check, Client, Field, Found, Glance, Look, Outcome, Page, Record, Services, Write
from ...errors import Unsupported
from ...lookups import Entry
from ..client import Api
from ..fields import FIELDS
from . import calls, choices, watching
from .checks import Checks
from .contacts import Contacts
from .listings import PAGES, READS
from .names import Names
from .writing import Writer


class HighLevel(Client):
    """Contacts are read, found, paged and written; tasks and notes are written by way of them."""

    def __init__(self, account: Account, services: Services) -> None:
        super().__init__(account, services)
        self.api = Api(account, services)
        self.names = Names(self.api)
        self.contacts = Contacts(self.api, self.names)

    def check(self, url: str = "") -> list[Check]:
        return Checks(self.api).run()

    def describe(self, object: str) -> list[Field]:
        if object in FIELDS:
            return list(FIELDS[object])
        self._only_contacts(object, "describe")
        return self.contacts.describe()

    def look_up(self, key: str) -> Iterator[Entry]:
        return choices.entries(self.api, key)

    def read(self, object: str, record_ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Record]:
        if object in READS:
            return READS[object](self.api, record_ids)
        self._only_contacts(object, "read")
        return self.contacts.read(record_ids, fields)

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str] = ()) -> list[Found]:
        return self.find_any(object, {field: values}, fields)

    def find_any(self, object: str, keys: Mapping[str, Sequence[str]], fields: Sequence[str] = ()) -> list[Found]:
        """Contacts that fit any of the keys ({field: values}), each once."""
        self._only_contacts(object, "find")
        return self.contacts.find_any(keys, fields)

    def page(
        self,
        object: str,
        cursor: str = "",
        since: datetime | None = None,
        filters: Mapping[str, str] | None = None,
    ) -> Page:
        if object in PAGES:
            return PAGES[object](self.api, cursor)
        self._only_contacts(object, "page")
        return self.contacts.page(cursor, since, filters or {})

    def watch(self, look: Look) -> Glance:
        return watching.glance(self.api, self.contacts, look)

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        return Writer(self.api, self.names, self.contacts).carry_out(writes)

    def call(self, operation: str, params: Mapping[str, Any], body: Any) -> Any:
        return calls.run(self.api, operation, params, body)

    def _only_contacts(self, object: str, what: str) -> None:
        if object != "contact":
            raise Unsupported(f"HighLevel does not offer {what} for {object}.")
