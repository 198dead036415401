"""Asks a question several times, each in a transaction that is rolled back, and keeps its slowest statement's plan."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

TIMES = 5
_BY_KEY = re.compile(r"WHERE \S+\.\"id\" (= %s|IN \([%s, ]+\))( LIMIT 21)?$")  # costs the same in any table


@dataclass(frozen=True)
class Question:
    """Something that is asked of the database again and again."""

    name: str
    ask: Callable[[], object]


@dataclass
class Statement:
    """One statement of an answer, and what it took at the most."""

    sql: str
    params: Any
    seconds: float


@dataclass
class Answer:
    """How long a question took, and how its slowest statement was carried out."""

    name: str
    seconds: float
    statement: str = ""
    plan: list[str] = field(default_factory=list)


def answer(question: Question) -> Answer:
    """The fastest of a few times, after a first time that warms the caches."""
    statements: list[Statement] = []
    _timed(question, statements)
    seconds = min(_timed(question) for _ in range(TIMES))
    slowest = max(statements, key=lambda statement: statement.seconds, default=None)
    if slowest is None:
        return Answer(question.name, seconds)
    return Answer(question.name, seconds, slowest.sql, _plan(slowest))


def _timed(question: Question, statements: list[Statement] | None = None) -> float:
    def listen(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            if statements is not None and sql.startswith(("SELECT", "UPDATE", "DELETE")) and not _BY_KEY.search(sql):
                of_one = params[0] if many else params  # many are written in the same way, one after the other
                statements.append(Statement(sql, of_one, time.perf_counter() - started))

    with transaction.atomic(), connection.execute_wrapper(listen):
        started = time.perf_counter()
        question.ask()
        seconds = time.perf_counter() - started
        transaction.set_rollback(True)
    return seconds


def _plan(statement: Statement) -> list[str]:
    explain = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
    with connection.cursor() as cursor:
        cursor.execute(explain + statement.sql, statement.params)
        return [str(row[-1]) for row in cursor.fetchall()]
