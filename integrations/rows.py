"""Writes many changed rows back at once. Django's bulk_update builds a CASE per row and field: 2 ms a row, not 0.1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Field, Model


def update_rows(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Write these fields of rows of one model, each row found by its primary key. For any field but a binary one."""
    if not rows:
        return
    meta = rows[0]._meta
    fields = [meta.get_field(name) for name in names]
    write = _in_one_document if connection.vendor == "postgresql" else _one_by_one
    write(rows, meta.db_table, meta.pk, fields)


def _in_one_document(rows: Sequence[Model], table: str, key: Any, fields: Sequence[Any]) -> None:
    """PostgreSQL takes all rows as one JSON document: one statement to send, to parse and to plan."""
    columns = [key, *fields]
    document = json.dumps([{f.column: getattr(row, f.attname) for f in columns} for row in rows], default=str)
    types = ", ".join(f"{_quoted(field)} {field.db_type(connection)}" for field in columns)
    values = ", ".join(f"{_quoted(field)} = new.{_quoted(field)}" for field in fields)
    name = connection.ops.quote_name(table)
    source = f"jsonb_to_recordset(%s::jsonb) AS new({types})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {name} SET {values} FROM {source} WHERE {name}.{_quoted(key)} = new.{_quoted(key)}", [document]
        )


def _one_by_one(rows: Sequence[Model], table: str, key: Any, fields: Sequence[Any]) -> None:
    """SQLite is a library: a statement costs no way to a server, and is prepared once for all rows."""
    values = ", ".join(f"{_quoted(field)} = %s" for field in fields)
    statement = f"UPDATE {connection.ops.quote_name(table)} SET {values} WHERE {_quoted(key)} = %s"
    columns = [*fields, key]
    with connection.cursor() as cursor:
        cursor.executemany(
            statement, [[f.get_db_prep_save(getattr(row, f.attname), connection) for f in columns] for row in rows]
        )


def _quoted(field: Field[Any, Any]) -> str:
    return connection.ops.quote_name(str(field.column))
