"""The contacts of a location: read, found and listed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ...base import Field, Found, Page, Record
from ...errors import Unavailable, Unsupported
from ..client import Api
from ..fields import STANDARD_FIELDS, by_field, custom_field, iso
from .names import Names
from .rows import ID, contact_path, elements

OWN_ID = "id"
DUPLICATES_BY = {"email": "email", "phone": "number"}  # it is not called phone there (highlevel.md §2.1)
SEARCHED_BY = (OWN_ID, *DUPLICATES_BY)
FEW = 5  # so many are looked for exactly, at three calls each; a trial account allows 25 in 10 seconds (§4)
PER_SEARCH = 50  # values in one search; HighLevel names no limit
PER_PAGE = 100  # at most 500 by the documentation, 100 by those who use it (§2.2)
DEEPEST = 10_000  # records that numbered pages reach (§2.2)
FILTERS = {"source": "eq", "assignedTo": "eq", "email": "eq", "phone": "eq", "tags": "contains"}
BUSINESS = "businessId"


class Contacts:
    def __init__(self, api: Api, names: Names) -> None:
        self.api = api
        self.names = names

    def describe(self) -> list[Field]:
        return [*STANDARD_FIELDS, *map(custom_field, self.names.definitions)]

    def read(self, record_ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Record]:
        """One call each, several at once. A contact that is gone is absent."""
        ids = [i for i in dict.fromkeys(record_ids) if ID.fullmatch(i)]
        bodies = self.api.get_many([(contact_path(record_id), ()) for record_id in ids])
        found = {i: contact_of(body) for i, body in zip(ids, bodies, strict=True) if body is not None}
        return {i: by_field(self._whole(contact), fields) for i, contact in found.items()}

    def find_any(self, keys: Mapping[str, Sequence[str]], fields: Sequence[str] = ()) -> list[Found]:
        """A few are looked for in the index, which lags, and by the duplicate search, which does not; then read.

        Of many there is one search for each fifty, and what that shows is believed (§2.2).
        """
        unknown = sorted(set(keys) - set(SEARCHED_BY))
        if unknown:
            raise Unsupported(f"HighLevel cannot search contacts by {', '.join(unknown)}.")
        wanted = {field: _cleaned(values) for field, values in keys.items()}
        few = sum(map(len, wanted.values())) <= FEW
        records = self._few(wanted) if few else self._many(wanted)
        return [Found("contact", record_id, by_field(record, fields)) for record_id, record in records.items()]

    def duplicates(self, wanted: Mapping[str, Sequence[str]]) -> list[Record]:
        """The contact that HighLevel itself would take for the same, of each e-mail and phone."""
        asked = [(field, value) for field in DUPLICATES_BY for value in wanted.get(field, ())]
        bodies = self.api.get_many([("/contacts/search/duplicate", self._duplicate(*each)) for each in asked])
        return [hit for body in bodies if isinstance(hit := (body or {}).get("contact"), dict) and hit.get(OWN_ID)]

    def page(self, cursor: str, since: datetime | None, filters: Mapping[str, str]) -> Page:
        """Oldest first: by when they were made, or since when they were changed."""
        given = {name: value for name, value in filters.items() if value}
        unknown = sorted(set(given) - {*FILTERS, BUSINESS})
        if unknown or (BUSINESS in given and (since or len(given) > 1)):
            raise Unsupported(f"HighLevel cannot filter contacts by {', '.join(unknown or given)}.")
        if BUSINESS in given:
            return self._of_business(given[BUSINESS], int(cursor or 0))
        sort = "dateUpdated" if since else "dateAdded"
        conditions = [condition(name, value, FILTERS[name]) for name, value in given.items()]
        if since:
            conditions.append(condition("dateUpdated", {"gte": iso(since)}, "range"))
        page = self.listing(conditions, sort, json.loads(cursor) if cursor else None)
        return replace(page, records=list(map(self.names.named, page.records)))

    # --- the calls ----------------------------------------------------------------------------------------------------

    def _few(self, wanted: Mapping[str, Sequence[str]]) -> dict[str, Record]:
        addresses = {field: values for field, values in wanted.items() if field != OWN_ID}
        hits = [*self._search(addresses), *self.duplicates(addresses)]
        found = [str(hit[OWN_ID]) for hit in hits if _fits(hit, addresses)]
        return self.read([*wanted.get(OWN_ID, ()), *found])

    def _many(self, wanted: Mapping[str, Sequence[str]]) -> dict[str, Record]:
        hits = [hit for hit in self._search(wanted) if _fits(hit, wanted)]
        records = {str(hit[OWN_ID]): self.names.named(_as_read(hit)) for hit in hits}
        return records | self.read([i for i in wanted.get(OWN_ID, ()) if i not in records])

    def _search(self, wanted: Mapping[str, Sequence[str]]) -> list[Record]:
        conditions = [condition(field, value) for field, values in wanted.items() for value in values]
        hits: list[Record] = []
        for start in range(0, len(conditions), PER_SEARCH):
            hits += self._all_of({"group": "OR", "filters": conditions[start : start + PER_SEARCH]})
        return hits

    def _all_of(self, group: Record) -> list[Record]:
        found: list[Record] = []
        for number in range(1, DEEPEST // PER_PAGE + 1):
            rows = elements(self._searched({"filters": [group], "page": number}), "contacts")
            found += [row for row in rows if row.get(OWN_ID)]
            if len(rows) < PER_PAGE:
                break
        return found

    def listing(self, conditions: Sequence[Record], sort: str, after: Any = None) -> Page:
        """One page in ascending order, custom fields without names.

        The next begins where the last contact of this one says, never together with a number (§2.2).
        """
        asked: Record = {"sort": [{"field": sort, "direction": "asc"}]}
        asked |= {"filters": list(conditions)} if conditions else {}
        asked |= {"searchAfter": after} if after else {}
        body = self._searched(asked)
        rows = [row for row in elements(body, "contacts") if row.get(OWN_ID)]
        following = rows[-1].get("searchAfter") if len(rows) >= PER_PAGE else None
        total = body.get("total")
        cursor = json.dumps(following) if following else ""
        return Page(list(map(_as_read, rows)), cursor, total if type(total) is int else None)

    def _searched(self, asked: Record) -> Record:
        body = {"locationId": self.api.location, "pageLimit": PER_PAGE, **asked}
        found: Record = self.api.search("/contacts/search", body)
        return found

    def _of_business(self, business_id: str, skip: int) -> Page:
        query = [("locationId", self.api.location), ("limit", str(PER_PAGE)), ("skip", str(skip))]
        if not ID.fullmatch(business_id):
            return Page([])
        body = self.api.get(f"/contacts/business/{business_id}", query)
        rows = [row for row in elements(body, "contacts") if row.get(OWN_ID)]
        cursor = str(skip + PER_PAGE) if len(rows) >= PER_PAGE else ""
        return Page([self.names.named(_as_read(row)) for row in rows], cursor)

    def _duplicate(self, field: str, value: str) -> list[tuple[str, str]]:
        return [("locationId", self.api.location), (DUPLICATES_BY[field], value)]

    def _whole(self, record: Record) -> Record:
        """In a full record, what is absent is known to be not set (§2.1)."""
        return self.names.named({"dnd": False, "dndSettings": {}, "tags": [], **record})


def condition(field: str, value: Any, operator: str = "eq") -> Record:
    return {"field": field, "operator": operator, "value": value.lower() if field == "email" else value}


def contact_of(body: Any) -> Record:
    contact = body.get("contact") if isinstance(body, dict) else None
    if not isinstance(contact, dict):
        raise Unavailable("HighLevel answered with something that is not a contact.")
    return contact


def same_value(field: str, held: Any, wanted: str) -> bool:
    if not isinstance(held, str):
        return False
    if field == "phone":
        return re.sub(r"[^\d+]", "", held) == re.sub(r"[^\d+]", "", wanted)
    return held.strip().casefold() == wanted.casefold() if field == "email" else held == wanted


def _fits(hit: Record, wanted: Mapping[str, Sequence[str]]) -> bool:
    """Compared again: what the search takes for equal is not written anywhere."""
    return any(same_value(field, hit.get(field), value) for field, values in wanted.items() for value in values)


def _cleaned(values: Iterable[str]) -> list[str]:
    return [value for value in dict.fromkeys(each.strip() for each in values) if value]


def _as_read(row: Record) -> Record:
    """A row of a listing in the words of a full record (§2.1, reading quirks)."""
    record = {name: value for name, value in row.items() if name != "searchAfter"}
    if "address" in record and "address1" not in record:
        record["address1"] = record.pop("address")
    for name in ("firstName", "lastName"):
        record[name] = record.get(f"{name}Raw") or record.get(name)
    born = record.get("dateOfBirth")
    if isinstance(born, int):
        record["dateOfBirth"] = datetime.fromtimestamp(born / 1000, UTC).date().isoformat()
    return record
