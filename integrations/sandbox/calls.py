"""The log of calls made to the simulated vendors: what tests count and people read."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Request

from .moments import now
from .store import Store

KEPT = 20_000
TELLING_HEADERS = ("sforce-", "x-domain", "x-time-zone", "content-type", "user-agent", "accept")


class CallLog:
    """The last 20,000 calls, numbered from 1 and never renumbered. Holds no credentials and no bodies."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def note(self, vendor: str, request: Request, status: int, size: int, milliseconds: int, note: str) -> None:
        """`status` 0 means that the caller got no answer."""
        told = {name.lower(): value for name, value in request.headers if name.lower().startswith(TELLING_HEADERS)}
        path, query = request.path, request.query_string.decode("latin-1")
        body_size = len(request.get_data(cache=True))
        row = [now().isoformat(), vendor, request.method, path, query, status, body_size, size, milliseconds, note]
        rows = self._store.execute(
            "INSERT INTO calls (at, vendor, method, path, query, status, request_bytes, response_bytes, milliseconds,"
            " note, headers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING n",
            [*row, json.dumps(told)],
        )
        if rows[0]["n"] % 500 == 0:
            self._store.execute("DELETE FROM calls WHERE n <= ?", [rows[0]["n"] - KEPT])

    def entries(self, vendor: str = "", after: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
        rows = self._store.execute(
            "SELECT * FROM calls WHERE n > ? AND ? IN ('', vendor) ORDER BY n LIMIT ?", [after, vendor, limit]
        )
        return [_entry(dict(row)) for row in rows]

    def latest(self, limit: int) -> list[dict[str, Any]]:
        rows = self._store.execute("SELECT * FROM calls ORDER BY n DESC LIMIT ?", [limit])
        return [_entry(dict(row)) for row in rows]


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"headers": json.loads(row["headers"])}
