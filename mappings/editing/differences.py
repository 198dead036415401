"""What is different between two versions of a mapping, in words a person can check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..conditions import in_words, parse_condition
from .field_rows import DEFAULTS
from .typing import written, written_steps

Spec = Mapping[str, Any]
HEAD_DEFAULTS = {"match": ["email"], "conflict": "source", "converted": "contact", "prefer": "lead"}
_WORDS = {
    "from": "from",
    "via": "via",
    "value": "value",
    "fallback": "fallback",
    "write": "write",
    "blank": "when blank",
    "if": "only if",
    "conflict": "conflict",
}


@dataclass(frozen=True)
class Difference:
    """One thing: `before` is "" when it is new, `after` is "" when it is gone."""

    what: str
    before: str
    after: str


def differences(before: Spec, after: Spec) -> list[Difference]:
    """Of two mappings as they are stored; fields are told apart by their name and their place among namesakes."""
    heads = _head(before), _head(after)
    found = [
        Difference(key, *(_said(head.get(key)) for head in heads))
        for key in ("source", "target", "key", "match", "conflict", "converted", "prefer")
        if heads[0].get(key) != heads[1].get(key)
    ]
    old, new = _by_name(before), _by_name(after)
    for name in [*new, *(name for name in old if name not in new)]:
        if old.get(name) != new.get(name):
            found.append(Difference(name[0], _row_said(old.get(name)), _row_said(new.get(name))))
    if not found and [*old] != [*new]:
        found.append(Difference("fields", ", ".join(n for n, _ in old), ", ".join(n for n, _ in new)))
    return found


def _head(spec: Spec) -> Spec:
    """Without what is at its default: writing it out is no difference."""
    head = {key: value for key, value in spec.items() if HEAD_DEFAULTS.get(key) != value}
    source = {key: value for key, value in (spec.get("source") or {}).items() if (key, value) != ("read", "auto")}
    return head | ({"source": source} if source else {})


def _plain_row(row: Spec) -> Spec:
    return {key: value for key, value in row.items() if DEFAULTS.get(key) != value}


def _by_name(spec: Spec) -> dict[tuple[str, int], Spec]:
    rows: dict[tuple[str, int], Spec] = {}
    for row in spec.get("fields", []):
        name, place = str(row.get("to", "")), 0
        while (name, place) in rows:
            place += 1
        rows[name, place] = _plain_row(row)
    return rows


def _row_said(row: Spec | None) -> str:
    if row is None:
        return ""
    return "; ".join(f"{words} {_key_said(key, row[key])}" for key, words in _WORDS.items() if key in row)


def _key_said(key: str, value: Any) -> str:
    """Transforms and conditions as a person reads them, if they can be read."""
    if key == "via":
        return written_steps(value).replace("\n", " → ")
    if key == "if":
        try:
            return in_words(parse_condition(value))
        except ValueError:
            return written(value)
    return _said(value)


def _said(value: Any) -> str:
    """A value in the way it is typed."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    return written(value)
