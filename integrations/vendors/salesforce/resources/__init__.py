"""One Salesforce org as the engine sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ...base import Account, Check, Client, Field, Found, Glance, Look, Outcome, Page, Record, Services, Write
from ...errors import MappingInvalid, NotFound
from ...lookups import Entry
from ..client import NO_ACCESS, Api
from ..fields import described_field
from .bulk import Bulk
from .calls import Calls
from .checks import Checks
from .choices import Choices
from .lookups import Lookups
from .queries import Queries
from .watching import Watching
from .writer import Writer


class Salesforce(Client):
    """Any object can be described, read, found and paged; capabilities say which can be written."""

    def __init__(self, account: Account, services: Services) -> None:
        super().__init__(account, services)
        self.api = Api(account, services)
        self.queries = Queries(self.api)

    def check(self, url: str = "") -> list[Check]:
        return Checks(self.api, self.queries).run()

    def describe(self, object: str) -> list[Field]:
        """Raises NotFound for an object that does not exist or that we may not see."""
        try:
            return [described_field(field) for field in self.queries.describe(object)]
        except (NotFound, MappingInvalid) as error:
            message = f"{self.account.name} has no object {object} that the integration user may see."
            raise NotFound(message, vendor_code=error.vendor_code, help=NO_ACCESS) from error

    def look_up(self, key: str) -> Iterator[Entry]:
        return Choices(self.queries).entries(key)

    def read(self, object: str, record_ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Record]:
        return self.queries.read(object, record_ids, fields)

    def find(self, object: str, field: str, values: Sequence[str], fields: Sequence[str] = ()) -> list[Found]:
        return self.queries.find_any(object, {field: values}, fields)

    def find_any(self, object: str, keys: Mapping[str, Sequence[str]], fields: Sequence[str] = ()) -> list[Found]:
        """Records that fit any of the keys ({field: values}), each once, in as few queries as the URL allows."""
        return self.queries.find_any(object, keys, fields)

    def page(
        self,
        object: str,
        cursor: str = "",
        since: datetime | None = None,
        filters: Mapping[str, str] | None = None,
    ) -> Page:
        return self.queries.page(object, cursor, since, filters or {})

    def watch(self, look: Look) -> Glance:
        return Watching(self.queries).glance(look)

    def open_load(self, writes: Sequence[Write]) -> str:
        return self._bulk().open(writes)

    def fill_load(self, load: str, writes: Sequence[Write]) -> None:
        self._bulk().fill(load, writes)

    def look_at_load(self, load: str, writes: Sequence[Write]) -> list[Outcome] | None:
        return self._bulk().look(load, writes)

    def count(self, object: str, since: datetime | None = None, filters: Mapping[str, str] | None = None) -> int | None:
        return self.queries.count(object, since, filters or {})

    def call(self, operation: str, params: Mapping[str, Any], body: Any) -> Any:
        return Calls(self.api).run(operation, params, body)

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        return Writer(self.api, self.queries).carry_out(writes)

    def _bulk(self) -> Bulk:
        return Bulk(self.api, Lookups(self.api, self.queries))
