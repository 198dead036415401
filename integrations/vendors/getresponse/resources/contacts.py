"""Contacts of GetResponse: one contact is one address on one list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from ...base import Field, Found, Page, Record
from ...errors import NotFound, Unavailable, Unsupported
from ..capabilities import CAPABILITIES
from ..client import PER_PAGE, Api, leading_integer, next_page
from ..fields import STANDARD_FIELDS, api_field, custom_field

SEARCHED_BY = ("email", "name")
FILTERS = ("campaignId", "email", "name", "origin")
IN_DETAIL_ONLY = {"tags", "customFieldValues", "geolocation"}  # a listing never has them (getresponse.md §2.1)
ID = re.compile(r"[A-Za-z0-9_-]+")

Given = TypeVar("Given")
Got = TypeVar("Got")


class Contacts:
    """The contacts of one account."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def describe(self) -> list[Field]:
        definitions = [d for d in self.api.pages("custom-fields") if isinstance(d, dict) and d.get("name")]
        return [*STANDARD_FIELDS, *map(custom_field, definitions)]

    def read(self, record_ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Record]:
        """One call each, several at once. A removed contact is absent: GetResponse shows it to nobody."""
        ids = [i for i in dict.fromkeys(record_ids) if ID.fullmatch(i)]
        records = in_parallel(lambda record_id: self._read_one(record_id, fields), ids)
        return {record_id: record for record_id, record in zip(ids, records, strict=True) if record is not None}

    def find(self, field: str, values: Sequence[str], fields: Sequence[str] = ()) -> list[Found]:
        """One search for each value. The search is a LIKE without its flag, so every hit is compared again."""
        if field not in SEARCHED_BY:
            raise Unsupported(f"GetResponse cannot search contacts by {field}.")
        wanted = [v for v in dict.fromkeys(value.strip() for value in values) if v]
        hits = [hit for hits in in_parallel(lambda v: self._search(field, v, fields), wanted) for hit in hits]
        records = {str(hit["contactId"]): hit for hit in hits}
        if IN_DETAIL_ONLY & set(map(api_field, fields)):
            records = self.read(list(records), fields)
        return [Found("contact", record_id, record) for record_id, record in records.items()]

    def page(self, cursor: str, since: datetime | None, filters: Mapping[str, str]) -> Page:
        page = leading_integer(cursor) or 1
        unknown = sorted(set(filters) - set(FILTERS))
        if unknown:
            raise Unsupported(f"GetResponse cannot filter contacts by {', '.join(unknown)}.")
        query = [(f"query[{name}]", value) for name, value in filters.items() if value]
        if since:
            query.append(("query[changedOn][from]", since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")))
        return self._page(query, page)

    def _page(self, query: Sequence[tuple[str, str]], page: int) -> Page:
        paging = [("sort[createdOn]", "ASC"), ("page", str(page)), ("perPage", str(PER_PAGE))]
        answer = self.api.get("contacts", [*query, *paging])
        records = elements_of(answer.json)
        following = next_page(answer, page, len(records))
        return Page(records, str(following or ""), leading_integer(answer.headers.get("TotalCount")))

    def _read_one(self, record_id: str, fields: Sequence[str]) -> Record | None:
        try:
            record = self.api.get(f"contacts/{quote(record_id, safe='')}", fields_query(fields)).json
        except NotFound:
            return None
        if not isinstance(record, dict):
            raise Unavailable("GetResponse answered with something that is not a contact.")
        return record

    def _search(self, field: str, value: str, fields: Sequence[str]) -> list[Record]:
        query = [(f"query[{field}]", value), ("additionalFlags", "exactMatch")]
        asked = fields_query([*fields, field]) if fields else []
        hits = [e for e in self.api.pages("contacts", [*query, *asked]) if isinstance(e, dict)]
        return [h for h in hits if h.get("contactId") and same_text(h.get(field), value)]


def in_parallel(call: Callable[[Given], Got], given: Sequence[Given]) -> list[Got]:
    """The answers in the order of `given`; the first failure ends it."""
    if len(given) <= 1:
        return [call(one) for one in given]
    with ThreadPoolExecutor(min(CAPABILITIES.parallel, len(given))) as pool:
        futures = [pool.submit(call, one) for one in given]
        try:
            return [future.result() for future in futures]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def fields_query(fields: Sequence[str]) -> list[tuple[str, str]]:
    names = dict.fromkeys(map(api_field, fields))
    return [("fields", ",".join(names))] if names else []


def elements_of(body: Any) -> list[Record]:
    return [element for element in body if isinstance(element, dict)] if isinstance(body, list) else []


def same_text(left: Any, right: str) -> bool:
    return isinstance(left, str) and left.strip().casefold() == right.casefold()
