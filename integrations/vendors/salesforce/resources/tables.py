"""Writes as the CSV of a bulk load, and which row of its results belongs to which write. Pure (salesforce.md §2.3)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...base import Record, Write
from .batches import verb_of

CLEAR = "#N/A"  # an empty cell leaves the field as it is
ERROR = re.compile(r"(?P<code>[A-Z][A-Z_]+)\s*:(?P<message>.*?)(?::(?P<fields>[\w, ]*?)\s*(?:--)?)?", re.DOTALL)

Cells = tuple[str, ...]


def table_of(writes: Sequence[Write]) -> str:
    """One line for each write; the columns are all the fields that any of them has."""
    columns = columns_of(writes)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(_cells(write, columns) for write in writes)
    return text.getvalue()


def columns_of(writes: Iterable[Write]) -> list[str]:
    return list(dict.fromkeys(name for write in writes for name in _row(write)))


def rows_of(text: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(text, newline=""))


def joined(writes: Sequence[Write], rows: Iterable[Mapping[str, str]]) -> Iterator[tuple[Write, Mapping[str, str]]]:
    """Each result with its write. Their order is not kept."""
    columns = columns_of(writes)
    waiting: dict[str, list[Write]] = {}
    for write in writes:
        waiting.setdefault(_told_by(write, _cells(write, columns), columns), []).append(write)
    for row in rows:
        cells = tuple(str(row.get(column) or "") for column in columns)
        fitting = waiting.get(_told_by(writes[0], cells, columns))
        if fitting:
            yield fitting.pop(0), row


def error_of(text: str) -> Record:
    """The cell sf__Error, as an error of a single record: REQUIRED_FIELD_MISSING:Required …: [Company]:Company --"""
    found = ERROR.fullmatch(text.strip())
    if found is None:
        return {"message": text}
    fields = [name.strip() for name in (found["fields"] or "").split(",") if name.strip()]
    return {"errorCode": found["code"], "message": found["message"].strip(), "fields": fields}


def _row(write: Write) -> Record:
    """What is written, with the id or key under its own name."""
    values = {name: value for name, value in write.values.items() if name.lower() != "id"}
    if write.key and verb_of(write) == "upsert":
        return {**values, write.key[0]: write.key[1]}
    return {"Id": write.record_id, **values}


def _cells(write: Write, columns: Sequence[str]) -> Cells:
    row = _row(write)
    return tuple(_cell(row[column]) if column in row else "" for column in columns)


def _cell(value: Any) -> str:
    if value is None or value == "":
        return CLEAR
    return str(value).lower() if isinstance(value, bool) else str(value)


def _told_by(write: Write, cells: Cells, columns: Sequence[str]) -> str:
    """What tells one row of a job from the others: its id or its key."""
    name = write.key[0] if write.key and verb_of(write) == "upsert" else "Id"
    cell = cells[columns.index(name)]
    return cell[:15] if name == "Id" else cell.casefold()
