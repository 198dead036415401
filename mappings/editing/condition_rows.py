"""Conditions as rows of a table: a top group and up to three groups in it; deeper ones are JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..operators import OPERATORS
from .typing import typed_value, written_value

GROUPS = ("A", "B", "C")
MODES = ("all", "any", "not")
Row = dict[str, str]


@dataclass
class Rows:
    """`mode` is how the top group counts, `modes` how each inner one does; a row's `group` is "" at the top."""

    mode: str = "all"
    rows: list[Row] = field(default_factory=list)
    modes: dict[str, str] = field(default_factory=dict)


def rows_of(condition: Any) -> Rows | None:
    """The condition as rows; None when it is deeper than the table can show."""
    if not condition:
        return Rows()
    if _is_comparison(condition):
        return Rows(rows=[_row(condition, "")])
    mode, members = _group(condition)
    inner = [member for member in members if not _is_comparison(member)]
    if mode not in MODES or len(inner) > len(GROUPS) or not all(_is_flat(member) for member in inner):
        return None
    return _collected(mode, members)


def _collected(mode: str, members: Sequence[Any]) -> Rows:
    found, letters = Rows(mode), iter(GROUPS)
    for member in members:
        if _is_comparison(member):
            found.rows.append(_row(member, ""))
            continue
        letter = next(letters)
        found.modes[letter], inside = _group(member)
        found.rows += [_row(each, letter) for each in inside]
    return found


def condition_of(rows: Rows) -> dict[str, Any]:
    """The rows as a condition; {} without rows. An inner group stands where its first row stands."""
    members: list[dict[str, Any]] = []
    groups: dict[str, dict[str, Any]] = {}
    for row in rows.rows:
        if not row["group"]:
            members.append(_comparison(row))
            continue
        if row["group"] not in groups:
            groups[row["group"]] = {rows.modes.get(row["group"], "any"): []}
            members.append(groups[row["group"]])
        next(iter(groups[row["group"]].values())).append(_comparison(row))
    return {rows.mode: members} if members else {}


def _comparison(row: Row) -> dict[str, Any]:
    takes_value = row["op"] not in OPERATORS or OPERATORS[row["op"]].takes_value
    value = {"value": typed_value(row["op"], row["value"])} if takes_value else {}
    return {"field": row["field"], "op": row["op"], **value}


def _row(comparison: Mapping[str, Any], group: str) -> Row:
    op = str(comparison["op"])
    value = written_value(op, comparison.get("value"))
    return {"field": str(comparison["field"]), "op": op, "value": value, "group": group}


def _is_comparison(member: Any) -> bool:
    return isinstance(member, Mapping) and "field" in member and "op" in member


def _group(group: Any) -> tuple[str, list[Any]]:
    if not isinstance(group, Mapping) or len(group) != 1:
        return "", []
    mode, members = next(iter(group.items()))
    return str(mode), members if isinstance(members, list) else [members]


def _is_flat(group: Any) -> bool:
    mode, members = _group(group)
    return mode in MODES and bool(members) and all(_is_comparison(member) for member in members)
