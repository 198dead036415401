"""The ledger, out: one line per change or opt-out, oldest first, in constant memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TextIO

from django.db.models import Model, Prefetch, QuerySet

from .facts import change_facts, opt_out_facts
from .models import Change, OptOut

_PAGE = 500
_FLAT = ("diff", "error", "notes", "systems", "evidence")


def export_changes(out: TextIO, format: str, since: datetime | None = None) -> int:
    """Write changes as JSON lines or CSV. Returns how many."""
    rows = Change.objects.select_related("connection")
    rows = rows.filter(created_at__gte=since) if since else rows
    return _write(out, format, (change_facts(change) for change in _each(rows)))


def export_opt_outs(out: TextIO, format: str, since: datetime | None = None) -> int:
    """Write the register of opt-outs as JSON lines or CSV. Returns how many."""
    changes = Prefetch("changes", Change.objects.select_related("connection").order_by("id"))
    rows = OptOut.objects.select_related("connection").prefetch_related(changes)
    rows = rows.filter(received_at__gte=since) if since else rows
    return _write(out, format, (opt_out_facts(opt_out) for opt_out in _each(rows)))


def _each(rows: QuerySet[Any]) -> Iterator[Any]:
    """Keyset paging: rows that arrive meanwhile neither shift nor repeat others."""
    last = ""
    while True:
        page: list[Model] = list(rows.filter(id__gt=last).order_by("id")[:_PAGE])
        yield from page
        if len(page) < _PAGE:
            return
        last = str(page[-1].pk)


def _write(out: TextIO, format: str, rows: Iterator[dict[str, Any]]) -> int:
    count = 0
    put = _json_line if format == "jsonl" else _Sheet()
    for row in rows:
        put(out, row)
        count += 1
    return count


def _json_line(out: TextIO, row: dict[str, Any]) -> None:
    out.write(json.dumps(row, ensure_ascii=False) + "\n")


class _Sheet:
    """A CSV file whose first row names the columns."""

    def __init__(self) -> None:
        self.writer: csv.DictWriter[str] | None = None

    def __call__(self, out: TextIO, row: dict[str, Any]) -> None:
        if self.writer is None:
            self.writer = csv.DictWriter(out, fieldnames=list(row))
            self.writer.writeheader()
        self.writer.writerow({key: _cell(key, value) for key, value in row.items()})


def _cell(key: str, value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    if key in _FLAT:
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" else value
