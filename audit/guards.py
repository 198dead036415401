"""Guards at the database itself: triggers that refuse to edit or delete what is final, whoever asks.

They are put up after every migrate, not by one migration: on SQLite a later migration that rebuilds a table would
silently drop them. They are lifted only while migrations of this room run, and while the database is emptied.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True)
class Guard:
    """What is refused on one table once a row is final, and the columns that may still be touched."""

    table: str
    final: str  # over OLD
    sentence: str
    free: frozenset[str] = field(default_factory=frozenset)
    once: frozenset[str] = field(default_factory=frozenset)  # from nothing to a value, once
    erasable: frozenset[str] = field(default_factory=frozenset)  # from a value to nothing


GUARDS = (
    Guard(
        "audit_change",
        "OLD.state IN ('applied', 'cancelled', 'rejected')",
        "An applied, cancelled or rejected change is never edited or deleted: record a new change instead.",
        free=frozenset({"read_back_at", "person_id"}),  # people are merged
        once=frozenset({"seal_number"}),
        erasable=frozenset({"event_id", "decided_by_id"}),  # old events are pruned, users are deleted
    ),
    Guard(
        "audit_attempt",
        "OLD.result <> 'sending'",
        "A finished attempt is never edited or deleted.",
        free=frozenset({"exchanges"}),  # emptied by retention
    ),
    Guard("audit_seal", "TRUE", "A seal is never edited or deleted."),
)


class Trigger(NamedTuple):
    name: str  # ends with a hash of what it does, so that an older one is known as such
    table: str
    sql: str


@dataclass(frozen=True)
class Dialect:
    """How one database says it."""

    differs: str
    create: str
    drop: str
    existing: str
    prepare: str = ""


DIALECTS = {
    "sqlite": Dialect(
        differs="IS NOT",
        create="CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW WHEN {when} "
        "BEGIN SELECT RAISE(ABORT, '{sentence}'); END",
        drop="DROP TRIGGER IF EXISTS {name}",
        existing="SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
    ),
    "postgresql": Dialect(
        differs="IS DISTINCT FROM",
        prepare="CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$",
        create="CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW WHEN ({when}) "
        "EXECUTE FUNCTION audit_refuse('{sentence}')",
        drop="DROP TRIGGER IF EXISTS {name} ON {table}",
        existing="SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE NOT tgisinternal AND tgenabled <> 'D' AND pg_table_is_visible(tgrelid)",
    ),
}


def missing_guards(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of triggers that should be in the database and are not."""
    existing = {name for name, _table in _existing(connection)}
    return [trigger.name for trigger in _wanted(connection) if trigger.name not in existing]


def put_up_guards(connection: BaseDatabaseWrapper) -> None:
    """May be repeated: when all are there it locks nothing."""
    if not missing_guards(connection):
        return
    dialect = DIALECTS[connection.vendor]
    with transaction.atomic(using=connection.alias):
        lift_guards(connection)
        _run(connection, [dialect.prepare, *(trigger.sql for trigger in _wanted(connection))])


def lift_guards(connection: BaseDatabaseWrapper) -> None:
    drop = DIALECTS[connection.vendor].drop
    _run(connection, [drop.format(name=name, table=table) for name, table in _existing(connection)])


@contextmanager
def guards_lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    lift_guards(connection)
    try:
        yield
    finally:
        put_up_guards(connection)


def before_migrate(using: str, plan: Sequence[tuple[Any, bool]], **_about: Any) -> None:
    """Receives pre_migrate: a migration of this room may have to rebuild a table or rewrite a column."""
    if any(migration.app_label == "audit" for migration, _backwards in plan):
        lift_guards(connections[using])


def after_migrate(using: str, **_about: Any) -> None:
    """Receives post_migrate, which also follows the making of a test database."""
    put_up_guards(connections[using])


def _existing(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(DIALECTS[connection.vendor].existing)
        rows = cursor.fetchall()
    ours = {guard.table for guard in GUARDS}
    return [(name, table) for name, table in rows if table in ours and name.startswith("guard_")]


def _wanted(connection: BaseDatabaseWrapper) -> list[Trigger]:
    """As the tables are now, so that any step of the migrations can be guarded."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        described = {
            guard: [column.name for column in connection.introspection.get_table_description(cursor, guard.table)]
            for guard in GUARDS
            if guard.table in tables
        }
    dialect = DIALECTS[connection.vendor]
    return [_trigger(dialect, guard, verb, cols) for guard, cols in described.items() for verb in ("UPDATE", "DELETE")]


def _trigger(dialect: Dialect, guard: Guard, verb: str, columns: Sequence[str]) -> Trigger:
    when = guard.final if verb == "DELETE" else f"{guard.final} AND ({_edited(dialect, guard, columns)})"
    facts = {"verb": verb, "table": guard.table, "when": when, "sentence": guard.sentence}
    mark = hashlib.sha256(repr(sorted(facts.items())).encode()).hexdigest()[:8]
    name = f"guard_{guard.table}_{verb.lower()}_{mark}"
    return Trigger(name, guard.table, dialect.create.format(name=name, **facts))


def _edited(dialect: Dialect, guard: Guard, columns: Sequence[str]) -> str:
    """True when a column that stays as it is would become another; quoted, for a column may be called `object`."""
    return " OR ".join(
        f'OLD."{column}" {dialect.differs} NEW."{column}"{_but(guard, column)}'
        for column in columns
        if column not in guard.free
    )


def _but(guard: Guard, column: str) -> str:
    if column in guard.once:
        return f' AND OLD."{column}" IS NOT NULL'
    return f' AND NEW."{column}" IS NOT NULL' if column in guard.erasable else ""


def _run(connection: BaseDatabaseWrapper, statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for statement in filter(None, statements):
            cursor.execute(statement)
