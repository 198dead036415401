"""Where the installation under test keeps its data: an SQLite file, or a PostgreSQL database of its own with Redis."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import psycopg
import redis
from psycopg import sql

# Made and dropped here; nothing else of the server is touched. With other names, several suites run beside each other.
DATABASE = os.environ.get("FAULT_DATABASE") or "crosswalk_faults"
REDIS_DATABASE = int(os.environ.get("FAULT_REDIS_DATABASE") or 11)  # emptied again and again
LOCKED_SECONDS = 1.0
# Found before PostgreSQL's own function of that name, so that the server's clock can be set.
CLOCK = """
CREATE TABLE fault_clock AS SELECT 0.0::float8 AS off;
CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT pg_catalog.clock_timestamp() + off * interval ''1 second'' FROM public.fault_clock';
"""
WATCHER = "crosswalk-faults-watcher"  # the test's own database connections, which no fault ends


class Place(Protocol):
    """One kind of store. `environment` leads Crosswalk there, once it is made."""

    label: str
    has_server: bool  # which several machines share; without, there is one machine only

    def make(self, home: Path) -> Mapping[str, str]: ...

    def set_clock(self, seconds: float) -> None:
        """The server's is off by so much."""
        ...

    def lose_queue(self) -> None:
        """What the queue keeps outside of the database."""
        ...

    def interrupt(self) -> None:
        """Nobody can use the database for a moment."""
        ...

    def drop(self) -> None: ...


@dataclass
class Sqlite:
    label: str = "SQLite"
    file: Path = Path()
    has_server: bool = False

    def make(self, home: Path) -> Mapping[str, str]:
        self.file = home / "crosswalk.sqlite3"
        return {"DATABASE_URL": f"sqlite:///{self.file}", "REDIS_URL": ""}

    def set_clock(self, seconds: float) -> None:
        """There is no server: everything goes by the clock of the machine."""

    def lose_queue(self) -> None:
        """The queue is in the database."""

    def interrupt(self) -> None:
        """There is no server to restart; somebody else writes and takes their time."""
        with closing(sqlite3.connect(self.file, isolation_level=None, timeout=30)) as other:
            other.execute("BEGIN IMMEDIATE")
            threading.Event().wait(LOCKED_SECONDS)

    def drop(self) -> None:
        """It goes with its folder."""


@dataclass
class Postgres:
    server: str
    redis_url: str
    label: str = "PostgreSQL + Redis"
    has_server: bool = True

    def make(self, home: Path) -> Mapping[str, str]:
        self.drop()
        name = sql.Identifier(DATABASE)
        self._execute(sql.SQL("CREATE DATABASE {}").format(name))
        self._execute(sql.SQL("ALTER DATABASE {} SET search_path = public, pg_catalog").format(name))
        self._execute(sql.SQL(CLOCK), self._url)
        return {"DATABASE_URL": self._url, "REDIS_URL": self.redis_url}

    def set_clock(self, seconds: float) -> None:
        self._execute(sql.SQL("UPDATE fault_clock SET off = {}").format(seconds), self._url)

    def lose_queue(self) -> None:
        if self.redis_url:
            with redis.Redis.from_url(self.redis_url) as broker:
                broker.flushdb()

    def interrupt(self) -> None:
        """Every connection that Crosswalk has is ended, as a restart of the server does."""
        self._execute(
            sql.SQL(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {} AND application_name <> {}"
            ).format(DATABASE, WATCHER)
        )

    def drop(self) -> None:
        self.lose_queue()
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))

    @property
    def _url(self) -> str:
        return urlsplit(self.server)._replace(path=f"/{DATABASE}").geturl()

    def _execute(self, statement: sql.Composable, url: str = "") -> None:
        with psycopg.connect(
            url or self.server, autocommit=True, connect_timeout=3, application_name=WATCHER
        ) as server:
            server.execute(statement)


def place_of_this_run() -> Place:
    """The kind of store that the other tests of this run use, beside theirs."""
    server, broker = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    if not server.startswith("postgres"):
        return Sqlite()
    own_broker = urlsplit(broker)._replace(path=f"/{REDIS_DATABASE}").geturl() if broker else ""
    return Postgres(server, own_broker)
