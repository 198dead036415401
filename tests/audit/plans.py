"""How the database means to answer the queries of one call: which index it uses where the tables are large."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection


def of(act: Callable[[], Any]) -> list[str]:
    """Lines of the plans of all that `act` reads."""
    return [line for _sql, lines in by_statement(act) for line in lines]


def by_statement(act: Callable[[], Any]) -> list[tuple[str, list[str]]]:
    """What `act` reads and how, asked with parameters as Django does; SQLite plans these otherwise.

    Call it in a transaction: PostgreSQL is told that its empty tables are large.
    """
    asked: list[tuple[str, Any]] = []

    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        with connection.execute_wrapper(listen):
            act()
        return [(sql, _plan(cursor, sql, params)) for sql, params in asked if sql.startswith("SELECT")]


def _plan(cursor: Any, sql: str, params: Any) -> list[str]:
    cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}", params)
    return [str(row[-1]) for row in cursor.fetchall()]
