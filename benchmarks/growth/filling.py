"""Fills an empty database with years of work, by SQL: the database makes the rows, nobody sends them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection
from django.db.models import Field
from django.utils import timezone

from config.sizes import GROWING, tell_sizes

from .dialects import DIALECTS, Dialect
from .story import Story
from .tables import Table, tables

_CHUNK = 100_000
_LARGE = [f"'{model._meta.db_table}'" for model in GROWING]


def fill(story: Story) -> None:
    """Everything of a story, then what the database wants to know about it."""
    dialect = DIALECTS[connection.vendor]
    with connection.cursor() as cursor:
        for statement in dialect.fast:
            cursor.execute(statement)
        indexes = _take_indexes(cursor, dialect)
        for table in tables(story, dialect):
            for statement in _inserts(table, dialect):
                cursor.execute(statement)
        for statement in indexes:
            cursor.execute(statement)
        tell_sizes("default")
        if dialect.analyze:
            cursor.execute(dialect.analyze)
    connection.close()


def _take_indexes(cursor: Any, dialect: Dialect) -> list[str]:
    """Drop those of the large tables. Returns how they are made again, which is faster once for all rows."""
    table = "tbl_name" if connection.vendor == "sqlite" else "tablename"
    cursor.execute(dialect.indexes.format(f"{table} IN ({', '.join(_LARGE)})"))
    found = cursor.fetchall()
    for name, _statement in found:
        cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
    return [statement for _name, statement in found]


def _inserts(table: Table, dialect: Dialect) -> Iterator[str]:
    fields = table.model._meta.concrete_fields
    known = {field.column: _value(field, table.columns, dialect) for field in fields}
    columns = {column: value for column, value in known.items() if value}
    names = ", ".join(map(connection.ops.quote_name, columns))
    quoted = connection.ops.quote_name(table.model._meta.db_table)
    for first in range(1, table.count + 1, _CHUNK):
        series = dialect.series.format(first, min(first + _CHUNK - 1, table.count))
        where = f" WHERE {table.where}" if table.where else ""
        yield f"INSERT INTO {quoted} ({names}) SELECT {', '.join(columns.values())} FROM {series}{where}"


def _value(field: Field[Any, Any], columns: Mapping[str, str], dialect: Dialect) -> str:
    """The expression of a column: what the table says, else the field's default; nothing for a number given out."""
    if field.column in columns:
        return columns[field.column]
    if field.primary_key:
        return ""
    return _literal(field.get_default(), dialect)


def _literal(value: Any, dialect: Dialect) -> str:
    if isinstance(value, bytes):
        return dialect.bytes.format("''")
    if isinstance(value, (dict, list)):
        return dialect.json.format(f"'{json.dumps(value)}'")
    if isinstance(value, str):
        return f"'{value}'"
    if hasattr(value, "isoformat"):
        return dialect.moment.format(int(timezone.now().timestamp() * 1000))
    return "NULL" if value is None else str(value)
