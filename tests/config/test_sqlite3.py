"""Who wants to write to SQLite gets the short moment between two transactions of somebody who writes all the time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.db import OperationalError

from config.sqlite3 import base
from config.sqlite3.base import DatabaseWrapper


@pytest.fixture(autouse=True)
def _own_files(django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "some.sqlite3")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE t (n)")
    return tmp_path / "some.sqlite3"


def wrapper(file: Path, **options: Any) -> DatabaseWrapper:
    facts = {"NAME": str(file), "OPTIONS": {**settings.SQLITE_OPTIONS, **options}, "AUTOCOMMIT": True}
    defaults = {"ATOMIC_REQUESTS": False, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "TIME_ZONE": None, "TEST": {}}
    return DatabaseWrapper({**defaults, **facts}, "some")


@pytest.fixture
def database(file: Path) -> Iterator[DatabaseWrapper]:
    made = wrapper(file, timeout=0.2)
    made.inc_thread_sharing()
    yield made
    made.close()


@pytest.fixture
def holder(file: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else who writes."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def test_it_is_the_backend_that_crosswalk_uses() -> None:
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        assert settings.DATABASES["default"]["ENGINE"] == "config.sqlite3"


def test_a_transaction_begins_as_soon_as_the_other_one_ended(
    database: DatabaseWrapper, holder: sqlite3.Connection
) -> None:
    tries: list[float] = []

    def sleep(seconds: float) -> None:
        tries.append(seconds)
        if len(tries) == 3:
            holder.execute("COMMIT")

    with mock.patch.object(base.time, "sleep", sleep):
        database.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    database.rollback()
    assert len(tries) == 3
    assert max(tries) <= 0.002


def test_who_waits_too_long_is_told_so(database: DatabaseWrapper, holder: sqlite3.Connection) -> None:
    with pytest.raises(OperationalError, match="locked"):
        database.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def test_a_single_statement_waits_in_the_same_way(database: DatabaseWrapper, holder: sqlite3.Connection) -> None:
    def let_go(seconds: float) -> None:
        holder.execute("COMMIT")

    with mock.patch.object(base.time, "sleep", let_go), database.cursor() as cursor:
        cursor.execute("INSERT INTO t VALUES (1)")
        assert cursor.execute("SELECT count(*) FROM t").fetchone() == (1,)


def test_rows_written_one_by_one_are_written_once(database: DatabaseWrapper, holder: sqlite3.Connection) -> None:
    with database.cursor() as cursor:
        with pytest.raises(OperationalError, match="locked"):
            cursor.executemany("INSERT INTO t VALUES (%s)", [(1,), (2,)])
        holder.execute("COMMIT")
        cursor.executemany("INSERT INTO t VALUES (%s)", [(1,), (2,)])
        assert cursor.execute("SELECT count(*) FROM t").fetchone() == (2,)


def test_what_is_wrong_for_another_reason_is_said_at_once(database: DatabaseWrapper) -> None:
    refused = pytest.raises(OperationalError, match="no such table")
    with mock.patch.object(base.time, "sleep") as sleep, database.cursor() as cursor, refused:
        cursor.execute("INSERT INTO nowhere VALUES (1)")
    assert not sleep.called


def test_two_who_write_all_the_time_both_get_on(file: Path) -> None:
    done = {"a": 0, "b": 0}

    def write(name: str) -> None:
        own = wrapper(file)
        for _ in range(50):
            own.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
            with own.cursor() as cursor:
                cursor.execute("INSERT INTO t VALUES (1)")
            own.commit()
            own.set_autocommit(True)
            done[name] += 1
        own.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in done]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert done == {"a": 50, "b": 50}
