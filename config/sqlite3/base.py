"""Asks often for SQLite's one write lock.

SQLite itself waits longer and longer between two tries, up to a tenth of a second: while workers write nearly without a
pause, a webhook would meet the short moments in between by chance only, and give up after its twenty seconds.
"""

from __future__ import annotations

import random
import sqlite3
import time

from django.db.backends.sqlite3 import base

TRY_AGAIN = (0.0005, 0.002)  # seconds, between these
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT)


class DatabaseWrapper(base.DatabaseWrapper):
    """Everything as Django has it, but for how a transaction begins."""

    transaction_mode: str | None

    def _start_transaction_under_autocommit(self) -> None:
        patience = float(self.settings_dict["OPTIONS"].get("timeout", 5.0))
        connection, until = self.connection, time.monotonic() + patience
        with self.wrap_database_errors:
            connection.execute("PRAGMA busy_timeout = 0")
            try:
                while not self._begins(until):
                    time.sleep(random.uniform(*TRY_AGAIN))
            finally:
                connection.execute(f"PRAGMA busy_timeout = {round(patience * 1000)}")

    def _begins(self, until: float) -> bool:
        """Whether the transaction has begun. Raises what SQLite raised once the time is up."""
        try:
            self.connection.execute(f"BEGIN {self.transaction_mode or ''}")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode not in BUSY or time.monotonic() > until:
                raise
            return False
        return True
