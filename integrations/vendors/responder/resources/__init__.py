"""One Responder Live account as the engine sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ...base import Account, Callback, Check, Client, Field, Found, Glance, Look, Outcome, Page, Record, Services, Write
from ...errors import Unsupported
from ...lookups import Entry
from ..client import Api
from ..fields import ID, LISTS, by_field
from .callbacks import Callbacks
from .calls import Calls
from .checks import Checks
from .choices import Choices
from .names import LIST_PATH, TAG_PATH, Names
from .scanning import Scan
from .subscribers import OBJECT, Subscribers
from .writing import Writer

LISTINGS = {"list": LIST_PATH, "tag": TAG_PATH}
NO_SINCE = "Responder Live cannot list who changed since a time. Leave the time empty: all are listed."


class Responder(Client):
    """Subscribers are read, found, paged and written; lists and tags are paged."""

    def __init__(self, account: Account, services: Services) -> None:
        super().__init__(account, services)
        self.api = Api(account, services)
        self.names = Names(self.api)
        self.subscribers = Subscribers(self.api, self.names)

    def check(self, url: str = "") -> list[Check]:
        return Checks(self.api, self.names, self.subscribers, url).run()

    def describe(self, object: str) -> list[Field]:
        self._only_subscribers(object, "describe")
        return self.subscribers.describe()

    def look_up(self, key: str) -> Iterator[Entry]:
        return Choices(self.names).entries(key)

    def read(self, object: str, record_ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Record]:
        self._only_subscribers(object, "read")
        return {id: by_field(record, fields) for id, record in self.subscribers.read(record_ids).items()}

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str] = ()) -> list[Found]:
        return self.find_any(object, {field: values}, fields)

    def find_any(self, object: str, keys: Mapping[str, Sequence[str]], fields: Sequence[str] = ()) -> list[Found]:
        """Records that fit any of the keys ({field: values}), each once."""
        self._only_subscribers(object, "find")
        return self.subscribers.find_any(keys, fields)

    def page(
        self,
        object: str,
        cursor: str = "",
        since: datetime | None = None,
        filters: Mapping[str, str] | None = None,
    ) -> Page:
        if object in LISTINGS:
            rows, following, total = self.api.page(LISTINGS[object], int(cursor or 0))
            return Page([{**row, ID: str(row.get(ID))} for row in rows], str(following or ""), total)
        self._only_subscribers(object, "page")
        unknown = sorted(set(filters or {}) - {LISTS})
        if unknown or since:
            names = ", ".join(unknown) or "time"
            raise Unsupported(f"Responder Live cannot filter subscribers by {names}.", help=NO_SINCE if since else "")
        return self.subscribers.page(cursor, (filters or {}).get(LISTS, ""))

    def watch(self, look: Look) -> Glance:
        return Scan(self.subscribers).look(look)

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        return Writer(self.api, self.names, self.subscribers).carry_out(writes)

    def call(self, operation: str, params: Mapping[str, Any], body: Any) -> Any:
        return Calls(self.api).run(operation, params, body)

    def callbacks(self, url: str) -> list[Callback]:
        return Callbacks(self.api, self.names).current(url)

    def register_callback(self, url: str, force: bool = False) -> Callback:
        return Callbacks(self.api, self.names).register(url)

    def remove_callback(self, callback_id: str) -> None:
        Callbacks(self.api, self.names).remove(callback_id)

    def _only_subscribers(self, object: str, what: str) -> None:
        if object != OBJECT:
            raise Unsupported(f"Responder Live does not offer {what} for {object}.")
