"""Where a measured installation keeps its data: an SQLite file, or a PostgreSQL database of its own with Redis."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import psycopg
import redis
from cryptography.fernet import Fernet
from psycopg import sql

TOP = Path(__file__).resolve().parent.parent
SERVER = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/9")
DATABASE = "crosswalk_bench"  # made and dropped by the benchmark; nothing else is touched


class Place(Protocol):
    """One kind of store, made anew for each measure."""

    label: str

    def make(self, home: Path) -> Mapping[str, str]:
        """Empty, with the environment that leads there."""
        ...

    def drop(self) -> None: ...


@dataclass
class Sqlite:
    label: str = "SQLite"

    def make(self, home: Path) -> Mapping[str, str]:
        return {"DATABASE_URL": f"sqlite:///{home / 'crosswalk.sqlite3'}", "REDIS_URL": ""}

    def drop(self) -> None:
        """It goes with its folder."""


@dataclass
class Postgres:
    """A server where the user may create databases, and a Redis of which only the queue's own keys are deleted."""

    server: str = SERVER
    redis_url: str = REDIS  # empty: the queue is in the database too
    label: str = "PostgreSQL + Redis"
    database: str = DATABASE

    def make(self, home: Path) -> Mapping[str, str]:
        self.drop()
        self._execute("CREATE DATABASE {}")
        url = urlsplit(self.server)._replace(path=f"/{self.database}").geturl()
        return {"DATABASE_URL": url, "REDIS_URL": self.redis_url}

    def drop(self) -> None:
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        if self.redis_url:
            broker = redis.Redis.from_url(self.redis_url)
            for key in broker.scan_iter("django_q:*"):
                broker.delete(key)

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.server, autocommit=True, connect_timeout=3) as server:
            server.execute(sql.SQL(statement).format(sql.Identifier(self.database)))


@dataclass
class Home:
    """A folder on the disk of the repository, because an in-memory /tmp would make SQLite's syncs free."""

    path: Path = field(default_factory=lambda: _new_folder())

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def _new_folder() -> Path:
    (TOP / "var").mkdir(exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="bench-", dir=TOP / "var"))


def environment(store: Mapping[str, str], home: Path, port: int) -> dict[str, str]:
    """As in production; nothing of the caller's own settings counts."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        **store,
        "DEBUG": "0",
        "SECRET_KEY": "a-key-for-the-benchmark-only-0123456789abcdefghijklmnop",
        "CREDENTIAL_KEYS": Fernet.generate_key().decode(),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CROSSWALK_RUNTIME_DIR": str(home / "run"),
    }
