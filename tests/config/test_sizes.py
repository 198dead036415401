"""SQLite plans as for large tables from the first day on."""

from __future__ import annotations

import pytest
from django.db import connection

from config.sizes import GROWING, tell_sizes

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL looks for itself"),
]


def sizes() -> dict[tuple[str, str], str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tbl, idx, stat FROM sqlite_stat1")
        return {(table, index): numbers for table, index, numbers in cursor.fetchall()}


def test_after_migrate_each_index_of_what_grows_has_its_size() -> None:
    assert {table for table, _index in sizes()} >= {model._meta.db_table for model in GROWING}
    assert sizes()["audit_change", "change_state"] == "3000000 400000 1"
    assert sizes()["audit_change", "sqlite_autoindex_audit_change_1"] == "3000000 1"


def test_what_a_rebuilt_table_lost_is_told_again() -> None:
    before = sizes()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sqlite_stat1 WHERE tbl = 'audit_change'")
    tell_sizes("default")
    assert sizes() == before
