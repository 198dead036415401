"""Contacts of GetResponse: one contact is one address on one list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from ...base import Field, Found, Page, Record
from ...errors import Unavailable, Unsupported
from ...http import Answer
from ..client import PER_PAGE, Api, leading_integer, next_page
from ..fields import STANDARD_FIELDS, api_field, by_field, custom_field

SEARCHED_BY = ("email", "name")
OWN_ID = "contactId"
FILTERS = ("campaignId", "email", "name", "origin")
IN_DETAIL_ONLY = {"tags", "customFieldValues", "geolocation"}  # a listing never has them (getresponse.md §2.1)
ID = re.compile(r"[A-Za-z0-9_-]+")


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
        query = fields_query(fields)
        answers = (
            self.api.get_many([(f"contacts/{quote(record_id, safe='')}", query) for record_id in ids]) if ids else []
        )
        return {i: contact_of(answer) for i, answer in zip(ids, answers, strict=True) if answer is not None}

    def find_any(self, keys: Mapping[str, Sequence[str]], fields: Sequence[str] = ()) -> list[Found]:
        """One search for each value, and one read for each id that the searches did not bring."""
        unknown = sorted(set(keys) - {*SEARCHED_BY, OWN_ID})
        if unknown:
            raise Unsupported(f"GetResponse cannot search contacts by {', '.join(unknown)}.")
        records: dict[str, Record] = {}
        for field in (field for field in SEARCHED_BY if field in keys):
            wanted = [v for v in dict.fromkeys(value.strip() for value in keys[field]) if v]
            hits = self._search(field, wanted, fields) if wanted else []
            records |= {str(hit[OWN_ID]): hit for hit in hits}
        if IN_DETAIL_ONLY & set(map(api_field, fields)):
            records = self.read([*records, *keys.get(OWN_ID, ())], fields)
        else:
            records |= self.read([i for i in keys.get(OWN_ID, ()) if i not in records], fields)
        return [Found("contact", record_id, by_field(record, fields)) for record_id, record in records.items()]

    def page(self, cursor: str, since: datetime | None, filters: Mapping[str, str]) -> Page:
        """Each page begins at the time the last one ended with, so some contacts are listed twice and none is missed.

        Numbered pages alone shift when contacts are removed meanwhile (getresponse.md §5, Paging).
        """
        start, _bar, number = cursor.rpartition("|")
        unknown = sorted(set(filters) - set(FILTERS))
        if unknown:
            raise Unsupported(f"GetResponse cannot filter contacts by {', '.join(unknown)}.")
        query = [(f"query[{name}]", value) for name, value in filters.items() if value]
        if since:
            query.append(("query[changedOn][from]", written(since)))
        query += [("query[createdOn][from]", start)] if start else []
        return self._page(query, start, leading_integer(number) or 1)

    def _page(self, query: Sequence[tuple[str, str]], start: str, page: int) -> Page:
        paging = [("sort[createdOn]", "ASC"), ("page", str(page)), ("perPage", str(PER_PAGE))]
        answer = self.api.get("contacts", [*query, *paging])
        records = elements_of(answer.json)
        following = next_page(answer, page, len(records))
        cursor = cursor_after(records, start, following) if following else ""
        return Page(records, cursor, leading_integer(answer.headers.get("TotalCount")))

    def _search(self, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """Compared again, because the search is a LIKE.

        One page is all: an address is on a list once, and no account has a thousand lists.
        """
        asked = fields_query([*fields, field]) if fields else []
        paging = [("additionalFlags", "exactMatch"), ("page", "1"), ("perPage", str(PER_PAGE))]
        answers = self.api.get_many([("contacts", [(f"query[{field}]", value), *paging, *asked]) for value in values])
        pairs = zip(values, answers, strict=True)
        hits = [(value, hit) for value, answer in pairs if answer for hit in elements_of(answer.json)]
        return [hit for value, hit in hits if hit.get(OWN_ID) and same_text(hit.get(field), value)]


def written(moment: datetime) -> str:
    """A moment as GetResponse writes it: no colon in the offset (getresponse.md §2.1)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def cursor_after(records: Sequence[Record], start: str, following: int) -> str:
    """From the last one's time on; of very many made in the same second, the next page of those."""
    last = str(records[-1].get("createdOn") or start)
    if last != start:
        return f"{last}|1"
    return f"{start}|{following}" if start else str(following)


def contact_of(answer: Answer) -> Record:
    if not isinstance(answer.json, dict):
        raise Unavailable("GetResponse answered with something that is not a contact.")
    return answer.json


def fields_query(fields: Sequence[str]) -> list[tuple[str, str]]:
    names = dict.fromkeys(map(api_field, fields))
    return [("fields", ",".join(names))] if names else []


def elements_of(body: Any) -> list[Record]:
    return [element for element in body if isinstance(element, dict)] if isinstance(body, list) else []


def same_text(left: Any, right: str) -> bool:
    return isinstance(left, str) and left.strip().casefold() == right.casefold()
