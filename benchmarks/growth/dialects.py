"""How each database says what the filling needs: SQL expressions over expressions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # of a ULID


@dataclass(frozen=True)
class Dialect:
    """`{0}`, `{1}` stand for the expressions given."""

    series: str  # from, to; one column n
    moment: str  # of milliseconds since 1970
    json: str  # of a text
    bytes: str  # of a text
    sha256: str  # of a text
    fast: tuple[str, ...]  # what may be risked while filling
    indexes: str  # names and statements of those that may be made afterwards
    analyze: str  # as it happens by itself in time


DIALECTS = {
    "sqlite": Dialect(
        series="(WITH RECURSIVE step(n) AS (SELECT {0} UNION ALL SELECT n + 1 FROM step WHERE n < {1}) "
        "SELECT n FROM step) AS series",
        moment="STRFTIME('%Y-%m-%d %H:%M:%f', ({0}) / 1000.0, 'unixepoch')",
        json="{0}",
        bytes="CAST({0} AS BLOB)",
        sha256="SHA256({0})",  # Django's own function
        fast=("PRAGMA synchronous = OFF", "PRAGMA cache_size = -2000000", "PRAGMA temp_store = MEMORY"),
        indexes="SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND {0}",
        analyze="",  # it goes by what `config.sizes` told it
    ),
    "postgresql": Dialect(
        series="GENERATE_SERIES({0}::bigint, {1}::bigint) AS series(n)",
        moment="TO_TIMESTAMP(({0}) / 1000.0)",
        json="({0})::jsonb",
        bytes="CONVERT_TO({0}, 'UTF8')",
        sha256="ENCODE(SHA256(CONVERT_TO({0}, 'UTF8')), 'hex')",
        fast=(
            "SET synchronous_commit = off",
            "SET jit = off",
            "SET maintenance_work_mem = '1GB'",
            "SET session_replication_role = replica",  # nothing is checked row by row
        ),
        indexes="SELECT indexname, indexdef FROM pg_indexes WHERE {0} AND NOT EXISTS (SELECT FROM pg_constraint "
        "WHERE conindid = (quote_ident(schemaname) || '.' || quote_ident(indexname))::regclass)",
        analyze="VACUUM ANALYZE",
    ),
}


def padded(number: str, width: int) -> str:
    """The number as text of so many digits."""
    return f"SUBSTR(CAST({10**width} + ({number}) AS TEXT), 2)"


def ulid(moment: str, number: str) -> str:
    """An id as ours are: ten characters of time, then what tells it from others of that time."""
    digits = [f"SUBSTR('{_DIGITS}', CAST((({moment}) >> {bits}) & 31 AS INTEGER) + 1, 1)" for bits in range(45, -1, -5)]
    return f"{' || '.join(digits)} || {padded(number, 16)}"


def one_of(number: str, texts: Sequence[str]) -> str:
    """One of these texts after the other."""
    cases = " ".join(f"WHEN {place} THEN '{text}'" for place, text in enumerate(texts))
    return f"CASE ({number}) % {len(texts)} {cases} END"


def either(*cases: tuple[str, str], otherwise: str) -> str:
    """(condition, expression), the first that holds."""
    return f"CASE {' '.join(f'WHEN {condition} THEN {value}' for condition, value in cases)} ELSE {otherwise} END"
