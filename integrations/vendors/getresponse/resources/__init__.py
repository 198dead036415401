"""One GetResponse account as the engine sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ...base import Account, Callback, Check, Client, Field, Found, Glance, Look, Outcome, Page, Record, Services, Write
from ...errors import Unsupported
from ...lookups import Entry
from ..client import Api, next_page
from . import blocklist
from .blocklist import Blocklist
from .callbacks import Callbacks
from .calls import Calls
from .checks import Checks
from .choices import Choices
from .contacts import Contacts, elements_of
from .names import Names
from .removals import Removals
from .watching import Watching
from .wording import our_tag
from .writing import Writer

LISTINGS = {"campaign": "campaigns", "tag": "tags"}


class GetResponse(Client):
    """Contacts are read, found, paged and written; lists and tags are paged; addresses are blocked and let in again."""

    def __init__(self, account: Account, services: Services) -> None:
        super().__init__(account, services)
        self.api = Api(account, services)
        self.contacts = Contacts(self.api)
        self.names = Names(self.api)
        self.blocklist = Blocklist(self.api)

    def check(self, url: str = "") -> list[Check]:
        return Checks(self.api, url).run()

    def describe(self, object: str) -> list[Field]:
        if object == blocklist.OBJECT:
            return list(blocklist.FIELDS)
        self._only_contacts(object, "describe")
        return self.contacts.describe()

    def look_up(self, key: str) -> Iterator[Entry]:
        return Choices(self.api).entries(key)

    def read(self, object: str, record_ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Record]:
        self._only_contacts(object, "read")
        return self.contacts.read(record_ids, fields)

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str] = ()) -> list[Found]:
        return self.find_any(object, {field: values}, fields)

    def find_any(self, object: str, keys: Mapping[str, Sequence[str]], fields: Sequence[str] = ()) -> list[Found]:
        """Records that fit any of the keys ({field: values}), each once."""
        if object == blocklist.OBJECT:
            return [hit for field, values in keys.items() for hit in self.blocklist.find(field, values)]
        self._only_contacts(object, "find")
        return [self._in_our_words(found) for found in self.contacts.find_any(keys, fields)]

    def _in_our_words(self, found: Found) -> Found:
        """Tags under the names that the connection gives them."""
        tags = found.record.get("tags")
        if not isinstance(tags, list) or not self.names.tag_names:
            return found
        ours = [our_tag(tag, self.names.tag_names) if isinstance(tag, str) else tag for tag in tags]
        return replace(found, record={**found.record, "tags": ours})

    def page(
        self,
        object: str,
        cursor: str = "",
        since: datetime | None = None,
        filters: Mapping[str, str] | None = None,
    ) -> Page:
        if object in LISTINGS:
            return self._listing(LISTINGS[object], int(cursor or 1))
        self._only_contacts(object, "page")
        return self.contacts.page(cursor, since, filters or {})

    def watch(self, look: Look) -> Glance:
        return Watching(self.api).look(look)

    def removed(self, emails: Sequence[str]) -> dict[str, tuple[str, datetime | None]]:
        """(GetResponse's reason, when) of each address that was removed from a list; others are absent."""
        return Removals(self.api).find(emails)

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        return Writer(self.api, self.names).carry_out(writes)

    def call(self, operation: str, params: Mapping[str, Any], body: Any) -> Any:
        return Calls(self.api).run(operation, params, body)

    def callbacks(self, url: str) -> list[Callback]:
        return Callbacks(self.api).current(url)

    def register_callback(self, url: str, force: bool = False) -> Callback:
        return Callbacks(self.api).register(url, force)

    def remove_callback(self, callback_id: str) -> None:
        Callbacks(self.api).remove()

    def _listing(self, path: str, page: int) -> Page:
        answer = self.api.get(path, [("page", str(page)), ("perPage", "1000")])
        records = elements_of(answer.json)
        return Page(records, str(next_page(answer, page, len(records)) or ""))

    def _only_contacts(self, object: str, what: str) -> None:
        if object != "contact":
            raise Unsupported(f"GetResponse does not offer {what} for {object}.")
