"""Keeps the sandbox's state in one SQLite file, so that killing the sandbox loses nothing it acknowledged."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Document = dict[str, Any]
Indexes = Mapping[str, Mapping[str, tuple[str, ...]]]  # vendor -> object -> fields that are found without a scan

SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    seq INTEGER PRIMARY KEY, vendor TEXT, object TEXT, id TEXT, body TEXT, UNIQUE (vendor, object, id));
CREATE TABLE IF NOT EXISTS lookups (
    vendor TEXT, object TEXT, field TEXT, value TEXT, id TEXT,
    PRIMARY KEY (vendor, object, field, value, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lookups_by_record ON lookups (vendor, object, id);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS calls (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT, vendor TEXT, method TEXT, path TEXT, query TEXT, status INTEGER,
    request_bytes INTEGER, response_bytes INTEGER, milliseconds INTEGER, note TEXT, headers TEXT);
CREATE TABLE IF NOT EXISTS deliveries (
    n INTEGER PRIMARY KEY AUTOINCREMENT, created TEXT, vendor TEXT, kind TEXT, type TEXT, method TEXT, url TEXT,
    headers TEXT, body TEXT, state TEXT, attempts INTEGER, due REAL, answers TEXT);
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (due) WHERE state = 'waiting';
"""


def lookup_key(value: Any) -> str:
    """How a value is compared in a look-up: both vendors compare text without regard to case."""
    return str(value).casefold().encode("utf-8", "replace").decode()


class Store:
    """One SQLite file, or a private temporary one when `path` is None. Safe to share between threads."""

    def __init__(self, path: str | None = None, indexes: Indexes | None = None) -> None:
        self.indexes = indexes or {}
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path or "", isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA synchronous = {'FULL' if path else 'OFF'}")
        self._connection.executescript(SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is stored together or not at all. May be nested; holds the store's lock."""
        with self._lock:
            name = f"level_{self._depth}"
            self._connection.execute("BEGIN IMMEDIATE" if self._depth == 0 else f"SAVEPOINT {name}")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                undo = "ROLLBACK" if self._depth == 0 else f"ROLLBACK TO {name}; RELEASE {name}"
                for statement in undo.split(";"):
                    self._connection.execute(statement)
                raise
            self._depth -= 1
            self._connection.execute("COMMIT" if self._depth == 0 else f"RELEASE {name}")

    def execute(self, sql: str, values: Iterable[Any] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, tuple(values)).fetchall()

    def setting(self, name: str, default: Any = None) -> Any:
        rows = self.execute("SELECT value FROM settings WHERE name = ?", [name])
        return json.loads(rows[0]["value"]) if rows else default

    def set_setting(self, name: str, value: Any) -> None:
        self.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", [name, json.dumps(value)])

    def next_number(self, name: str) -> int:
        """1, 2, 3 … for each name."""
        with self.transaction():
            number = int(self.setting(f"number.{name}", 0)) + 1
            self.set_setting(f"number.{name}", number)
            return number

    def clear(self) -> None:
        with self.transaction():
            for table in ("records", "lookups", "settings", "calls", "deliveries"):
                self.execute(f"DELETE FROM {table}")

    def shelf(self, vendor: str) -> Shelf:
        return Shelf(self, vendor)


class Shelf:
    """The records of one vendor."""

    def __init__(self, store: Store, vendor: str) -> None:
        self.store = store
        self.vendor = vendor
        self._indexes = store.indexes.get(vendor, {})

    def get(self, object: str, id: str) -> Document | None:
        rows = self.store.execute(
            "SELECT body FROM records WHERE vendor = ? AND object = ? AND id = ?", [self.vendor, object, id]
        )
        return json.loads(rows[0]["body"]) if rows else None

    def put(self, object: str, id: str, body: Document) -> None:
        with self.store.transaction():
            self.store.execute(
                "INSERT INTO records (vendor, object, id, body) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (vendor, object, id) DO UPDATE SET body = excluded.body",
                [self.vendor, object, id, json.dumps(body)],
            )
            self._forget_lookups(object, id)
            for field in self._indexes.get(object, ()):
                if body.get(field) not in (None, ""):
                    self.store.execute(
                        "INSERT INTO lookups VALUES (?, ?, ?, ?, ?)",
                        [self.vendor, object, field, lookup_key(body[field]), id],
                    )

    def remove(self, object: str, id: str) -> None:
        with self.store.transaction():
            where = [self.vendor, object, id]
            self.store.execute("DELETE FROM records WHERE vendor = ? AND object = ? AND id = ?", where)
            self._forget_lookups(object, id)

    def all(self, object: str) -> list[Document]:
        """In the order they were first stored."""
        rows = self.store.execute(
            "SELECT body FROM records WHERE vendor = ? AND object = ? ORDER BY seq", [self.vendor, object]
        )
        return [json.loads(row["body"]) for row in rows]

    def latest(self, object: str, limit: int) -> list[Document]:
        rows = self.store.execute(
            "SELECT body FROM records WHERE vendor = ? AND object = ? ORDER BY seq DESC LIMIT ?",
            [self.vendor, object, limit],
        )
        return [json.loads(row["body"]) for row in rows]

    def count(self, object: str) -> int:
        rows = self.store.execute(
            "SELECT count(*) AS n FROM records WHERE vendor = ? AND object = ?", [self.vendor, object]
        )
        return int(rows[0]["n"])

    def indexed(self, object: str, field: str) -> bool:
        return field in self._indexes.get(object, ())

    def find(self, object: str, field: str, value: Any) -> list[Document]:
        """Records whose `field` equals `value`, without regard to case; quick where the field is indexed."""
        if not self.indexed(object, field):
            key = lookup_key(value)
            return [body for body in self.all(object) if body.get(field) is not None and lookup_key(body[field]) == key]
        rows = self.store.execute(
            "SELECT r.body FROM lookups AS l JOIN records AS r USING (vendor, object, id)"
            " WHERE l.vendor = ? AND l.object = ? AND l.field = ? AND l.value = ? ORDER BY r.seq",
            [self.vendor, object, field, lookup_key(value)],
        )
        return [json.loads(row["body"]) for row in rows]

    def _forget_lookups(self, object: str, id: str) -> None:
        self.store.execute("DELETE FROM lookups WHERE vendor = ? AND object = ? AND id = ?", [self.vendor, object, id])
