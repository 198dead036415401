"""Asks often for SQLite's one write lock.

SQLite itself waits longer and longer between two tries, up to a tenth of a second: while workers write nearly without a
pause, a webhook or the queue would meet the short moments in between by chance only, and give up after seconds.
"""

from __future__ import annotations

import random
import sqlite3
import time
from typing import Any

from django.db.backends.sqlite3 import base

TRY_AGAIN = (0.0005, 0.002)  # seconds, between these
OWN_PATIENCE = 2  # milliseconds that SQLite itself waits
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT)


class PatientCursor(base.SQLiteCursorWrapper):
    """Tries a statement again while somebody else writes: one that was refused so has done nothing."""

    patience = 0.0  # seconds

    def execute(self, query: str, params: Any = None) -> Any:
        until = time.monotonic() + self.patience
        while True:
            try:
                return super().execute(query, params)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode not in BUSY or time.monotonic() > until:
                    raise
            time.sleep(random.uniform(*TRY_AGAIN))

    def executemany(self, query: str, param_list: Any) -> Any:
        """Outside of a transaction each row is a statement of its own, and SQLite waits for each as it always does."""
        if self.connection.in_transaction:
            return super().executemany(query, param_list)
        self.connection.execute(f"PRAGMA busy_timeout = {round(self.patience * 1000)}")
        try:
            return super().executemany(query, param_list)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {OWN_PATIENCE}")


class DatabaseWrapper(base.DatabaseWrapper):
    """Everything as Django has it, but for who waits for the lock, and how."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.execute(f"PRAGMA busy_timeout = {OWN_PATIENCE}")
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = self.connection.cursor(factory=PatientCursor)
        cursor.patience = float(self.settings_dict["OPTIONS"].get("timeout", 5.0))
        return cursor
