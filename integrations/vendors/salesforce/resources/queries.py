"""SOQL: questions that are built from checked names and escaped values, in as few calls as the URL allows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from ...base import Found, Page, Record
from ...errors import MappingInvalid
from ...payloads import read_time
from ..client import Api

LONGEST_QUERY = 12_000  # encoded; the exact limit of the URL is not published (salesforce.md §2.4)
LONGEST_FIELD_LIST = 6_000
ROWS_PER_PAGE = 1000
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)?")
ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)
UNUSABLE = re.compile("[\x00-\x07\x0b\x0e-\x1f\ud800-\udfff]")
# What a record of this object also tells: where it lives on.
ALWAYS_READ = {"Lead": ("IsConverted", "ConvertedContactId")}

Key = tuple[str, str]  # (field, value)


class Queries:
    """What one org can be asked."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._described: dict[str, list[Record]] = {}

    def describe(self, object: str, fresh: bool = False) -> list[Record]:
        """The object's fields as Salesforce says them; asked once, unless they are to be `fresh`."""
        if fresh or object not in self._described:
            body = self.api.get(self.api.data(f"sobjects/{name(object)}/describe"))
            fields = body.get("fields") if isinstance(body, dict) else None
            self._described[object] = [f for f in fields or [] if isinstance(f, dict)]
        return self._described[object]

    def rows(self, soql: str, deleted: bool = False) -> Iterator[Record]:
        """All rows of a query; pages may be shorter than asked for, so `done` decides."""
        body = self.api.get(self.api.data("queryAll" if deleted else "query"), (("q", soql),))
        while True:
            yield from map(plain, body.get("records") or ())
            following = body.get("nextRecordsUrl")
            if body.get("done", True) or not following:
                return
            body = self.api.get(str(following))

    def find_any(self, object: str, keys: Mapping[str, Sequence[str]], fields: Sequence[str] = ()) -> list[Found]:
        """Records that fit any of the keys, each once. Case counts, except in addresses; Salesforce ignores it."""
        wanted = [(name(field), v) for field, values in keys.items() for v in dict.fromkeys(values) if v]
        selected = names(["Id", *keys, *ALWAYS_READ.get(object, ()), *fields])
        start = f"SELECT {', '.join(selected)} FROM {name(object)} WHERE "
        found: dict[str, Found] = {}
        for condition in conditions(wanted, LONGEST_QUERY - encoded_length(start)):
            for row in self.rows(start + condition):
                if fits(row, keys):
                    found[str(row["Id"])] = found_record(object, row)
        return list(found.values())

    def read(self, object: str, record_ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Record]:
        """Records by id, all fields when none are named. Ids may be given with 15 or 18 characters."""
        asked = {record_id[:15]: record_id for record_id in record_ids if record_id}
        records: dict[str, Record] = {}
        for part in parts(fields or [str(f["name"]) for f in self.describe(object)]):
            for found in self.find_any(object, {"Id": list(asked.values())}, part):
                records.setdefault(asked[found.record_id[:15]], {}).update(found.record)
        return records

    def page(self, object: str, cursor: str, since: datetime | None, filters: Mapping[str, str]) -> Page:
        """By SystemModstamp and Id, so that equal stamps are never lost and nothing shifts (salesforce.md §4)."""
        where = _where(filters)
        if cursor:
            stamp, last_id = cursor.split("|", 1)
            where.append(f"((SystemModstamp = {stamp} AND Id > {literal(last_id)}) OR SystemModstamp > {stamp})")
        elif since:
            where.append(f"SystemModstamp >= {moment(since)}")
        first, *others = parts([str(f["name"]) for f in self.describe(object)])
        soql = f"SELECT {', '.join(names(['Id', 'SystemModstamp', *first]))} FROM {name(object)}"
        soql += f" WHERE {' AND '.join(where)}" if where else ""
        rows = list(self.rows(f"{soql} ORDER BY SystemModstamp, Id LIMIT {ROWS_PER_PAGE}"))
        return Page(self._completed(object, rows, others), self._cursor_after(rows))

    def count(self, object: str, since: datetime | None, filters: Mapping[str, str]) -> int | None:
        """COUNT() answers with no rows and their number as `totalSize` (SOQL reference: COUNT())."""
        where = [*_where(filters), *([f"SystemModstamp >= {moment(since)}"] if since else [])]
        soql = f"SELECT COUNT() FROM {name(object)}" + (f" WHERE {' AND '.join(where)}" if where else "")
        body = self.api.get(self.api.data("query"), (("q", soql),))
        total = body.get("totalSize") if isinstance(body, dict) else None
        return total if isinstance(total, int) else None

    def _completed(self, object: str, rows: list[Record], others: Iterable[Sequence[str]]) -> list[Record]:
        ids = [str(row["Id"]) for row in rows]
        for part in others:
            more = self.read(object, ids, part)
            rows = [{**row, **more.get(str(row["Id"]), {})} for row in rows]
        return rows

    def _cursor_after(self, rows: Sequence[Record]) -> str:
        """ "" when the page was not full: there is nothing after it yet."""
        stamp = read_time(rows[-1].get("SystemModstamp")) if len(rows) >= ROWS_PER_PAGE else None
        return f"{moment(stamp)}|{rows[-1]['Id']}" if stamp else ""


def _where(filters: Mapping[str, str]) -> list[str]:
    return [f"{name(field)} = {literal(value)}" for field, value in filters.items()]


def name(text: str) -> str:
    """A field or object name that may stand in a query or path. Raises MappingInvalid for anything else."""
    if not NAME.fullmatch(text):
        raise MappingInvalid("A Salesforce field or object name holds other signs than letters, digits and _.")
    return text


def names(texts: Iterable[str]) -> list[str]:
    """Each name once: Salesforce refuses a field that is selected twice, in whatever case."""
    first: dict[str, str] = {}
    for text in texts:
        first.setdefault(text.lower(), name(text))
    return list(first.values())


def literal(value: str) -> str:
    return "'" + UNUSABLE.sub("", value).translate(ESCAPES) + "'"


def moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def encoded_length(text: str) -> int:
    return len(quote(text))


def conditions(keys: Sequence[Key], room: int) -> Iterator[str]:
    """WHERE clauses that together cover all keys, each no longer than `room` when encoded."""
    chunk: list[Key] = []
    length = 0
    for key in keys:
        cost = encoded_length(literal(key[1])) + len("%2C%20")
        # a field that is new to the chunk costs its name, IN, the brackets and an OR
        cost += 0 if any(known == key[0] for known, _ in chunk) else len(key[0]) + 30
        if chunk and length + cost > room:
            yield condition(chunk)
            chunk, length = [], 0
        chunk.append(key)
        length += cost
    if chunk:
        yield condition(chunk)


def condition(keys: Sequence[Key]) -> str:
    by_field: dict[str, list[str]] = {}
    for field, value in keys:
        by_field.setdefault(field, []).append(literal(value))
    return " OR ".join(f"{field} IN ({','.join(values)})" for field, values in by_field.items())


def parts(fields: Sequence[str]) -> list[list[str]]:
    """The fields in lists that are short enough for one query each."""
    result: list[list[str]] = [[]]
    length = 0
    for field in fields:
        length += len(field) + len("%2C%20")
        if length > LONGEST_FIELD_LIST and result[-1]:
            result.append([])
            length = len(field)
        result[-1].append(field)
    return result


def fits(row: Record, keys: Mapping[str, Sequence[str]]) -> bool:
    return any(same(row.get(field), value, field) for field, values in keys.items() for value in values)


def same(held: Any, value: str, field: str) -> bool:
    text = str(held) if held is not None else ""
    if field == "Id":
        return bool(value) and text[:15] == value[:15]
    return text.casefold() == value.strip().casefold() if "@" in value else text == value


def found_record(object: str, row: Record) -> Found:
    """A converted lead lives on as its contact."""
    contact_id = row.get("ConvertedContactId") if row.get("IsConverted") else None
    return Found(object, str(row["Id"]), row, ("Contact", str(contact_id)) if contact_id else None)


def plain(row: Any) -> Record:
    """The row without Salesforce's `attributes`."""
    return {key: value for key, value in row.items() if key != "attributes"} if isinstance(row, dict) else {}
