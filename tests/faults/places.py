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

DATABASE = "crosswalk_faults"  # made and dropped here; nothing else of the server is touched
REDIS_DATABASE = 11  # emptied again and again
LOCKED_SECONDS = 1.0
WATCHER = "crosswalk-faults-watcher"  # the test's own database connections, which no fault ends


class Place(Protocol):
    """One kind of store. `environment` leads Crosswalk there, once it is made."""

    label: str

    def make(self, home: Path) -> Mapping[str, str]: ...

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

    def make(self, home: Path) -> Mapping[str, str]:
        self.file = home / "crosswalk.sqlite3"
        return {"DATABASE_URL": f"sqlite:///{self.file}", "REDIS_URL": ""}

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

    def make(self, home: Path) -> Mapping[str, str]:
        self.drop()
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        return {"DATABASE_URL": self._url, "REDIS_URL": self.redis_url}

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

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.server, autocommit=True, connect_timeout=3) as server:
            server.execute(statement)


def place_of_this_run() -> Place:
    """The kind of store that the other tests of this run use, beside theirs."""
    server, broker = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    if not server.startswith("postgres"):
        return Sqlite()
    own_broker = urlsplit(broker)._replace(path=f"/{REDIS_DATABASE}").geturl() if broker else ""
    return Postgres(server, own_broker)
