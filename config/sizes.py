"""Tells SQLite to plan every query as for large tables, so that a page that is fast on the first day stays so.

SQLite knows nothing of its tables until somebody has them analyzed, and then what they were like on that day. It reads
that from its own table `sqlite_stat1` at the start of each connection; here it is written after each migrate.
PostgreSQL looks for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connections, models, transaction

from audit.models import Attempt, Change, OptOut
from integrations.models import Address, Event, IdentityConflict, Link, Person

ROWS = 3_000_000
PART = 100_000  # rows of an index that holds some only
GROWING: tuple[type[models.Model], ...] = (Address, Attempt, Change, Event, IdentityConflict, Link, OptOut, Person)
# How many rows share a value, where it is more than a few. What tells rows apart best is what an answer begins with.
FEW = 10
SHARED = {
    **dict.fromkeys(("state", "channel", "scope"), 400_000),
    **dict.fromkeys(("kind", "object", "operation", "settlement"), 300_000),
    "connection_id": 200_000,
    **dict.fromkeys(("rule", "mapping", "mapping_version", "type"), 50_000),
    "lane": 30_000,
    **dict.fromkeys(("error_code", "braked", "actor", "run_id"), 1_000),
}

Row = tuple[str, str, str]  # as sqlite_stat1 has them: table, index, numbers


def tell_sizes(using: str, **_about: Any) -> None:
    """Receives post_migrate: a migration that builds a table anew has SQLite forget it. May be repeated."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    tables = [model._meta.db_table for model in GROWING]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        wanted = [row for table in tables for row in _sizes_of(cursor, table)]
        if wanted and not set(wanted) <= _known(cursor):
            cursor.execute(f"DELETE FROM sqlite_stat1 WHERE tbl IN ({', '.join(['%s'] * len(tables))})", tables)
            cursor.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (%s, %s, %s)", wanted)
            cursor.execute("ANALYZE sqlite_schema")  # this connection reads them too


def _known(cursor: Any) -> set[Row]:
    cursor.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'")
    if cursor.fetchone() is None:
        cursor.execute("ANALYZE sqlite_schema")  # makes the table
    cursor.execute("SELECT tbl, idx, stat FROM sqlite_stat1")
    return set(cursor.fetchall())


def _sizes_of(cursor: Any, table: str) -> Iterator[Row]:
    cursor.execute(f"PRAGMA index_list('{table}')")
    for _number, index, is_unique, _origin, is_partial in cursor.fetchall():
        cursor.execute(f"PRAGMA index_info('{index}')")
        columns = [column for _place, _id, column in cursor.fetchall()]
        yield (
            table,
            index,
            " ".join(map(str, _numbers(columns, is_unique, PART if is_partial else ROWS))),
        )


def _numbers(columns: list[str], is_unique: bool, rows: int) -> Iterator[int]:
    """Rows in all, then how many share the first column, the first two, and so on."""
    yield rows
    shared = rows
    for place, column in enumerate(columns, 1):
        is_one = column == "id" or (is_unique and place == len(columns))
        shared = 1 if is_one else min(shared, SHARED.get(column, FEW))
        yield shared
