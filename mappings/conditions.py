"""Conditions on a record: read and checked, asked, and said in words.

A condition compares one field, `{field: tags, op: contains_any, value: [a, b]}`, or groups others: `{all: [...]}`,
`{any: [...]}`, `{not: ...}`. What the operators mean is in `operators.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .operators import OPERATORS, Operator, same
from .spelling import did_you_mean
from .values import Lookup, plain, text_of

_DEEPEST = 10
_MOST_IN_A_GROUP = 200
_KEYS = ("field", "op", "value")
_GROUPS = ("all", "any", "not")


@dataclass(frozen=True)
class Comparison:
    """One field compared with one value."""

    field: str
    op: str
    value: Any = None

    @property
    def operator(self) -> Operator:
        return OPERATORS[self.op]


@dataclass(frozen=True)
class Group:
    """`all`: every one holds (also when there is none). `any`: at least one. `not`: none."""

    mode: Literal["all", "any", "not"]
    conditions: tuple[Condition, ...]


Condition = Comparison | Group
ALWAYS = Group("all", ())


# --- reading ----------------------------------------------------------------------------------------------------


def parse_condition(spec: object) -> Condition:
    """Nothing at all is a condition that always holds. Raises ValueError with a plain sentence."""
    return ALWAYS if spec is None or spec == {} else _parsed(spec, _DEEPEST)


def _parsed(spec: object, depth: int) -> Condition:
    if not isinstance(spec, Mapping):
        raise ValueError("A condition is {field: …, op: …, value: …} or a group: all, any or not.")
    if depth == 0:
        raise ValueError(f"Conditions stand at most {_DEEPEST} groups deep.")
    named = {text_of(plain(key)): value for key, value in spec.items()}
    for key in named:
        if key not in _KEYS + _GROUPS:
            raise ValueError(f"A condition has no “{key[:40]}”.{did_you_mean(key, _KEYS + _GROUPS)}")
    groups = [mode for mode in _GROUPS if mode in named]
    return _group(named, groups[0], depth) if groups else _comparison(named)


def _group(spec: dict[str, Any], mode: str, depth: int) -> Condition:
    if len(spec) > 1:
        others = ", ".join(key for key in spec if key != mode)
        raise ValueError(f"“{mode}” stands alone in its condition, not beside {others}.")
    members = spec[mode] if isinstance(spec[mode], list | tuple) or mode != "not" else [spec[mode]]
    if not isinstance(members, list | tuple) or (not members and mode != "all"):
        raise ValueError(f"“{mode}” needs a list of conditions.")
    if len(members) > _MOST_IN_A_GROUP:
        raise ValueError(f"A group holds at most {_MOST_IN_A_GROUP} conditions.")
    return Group(mode, tuple(_parsed(member, depth - 1) for member in members))  # type: ignore[arg-type]


def _comparison(spec: dict[str, Any]) -> Comparison:
    path, op = (text_of(plain(spec.get(key))).strip() for key in ("field", "op"))
    if not path:
        raise ValueError("A condition needs the field it looks at.")
    if op not in OPERATORS:
        raise ValueError(f"There is no operator “{op[:40]}”.{did_you_mean(op, OPERATORS)}")
    try:
        value = OPERATORS[op].read(spec.get("value"), "value" in spec)
    except ValueError as error:
        raise ValueError(f"{path} {op}: {error}") from error
    return Comparison(path, op, value)


def to_json(condition: Condition) -> dict[str, Any]:
    """As it stands in a configuration; `parse_condition` reads it back."""
    if isinstance(condition, Comparison):
        value = {"value": condition.value} if condition.operator.takes_value else {}
        return {"field": condition.field, "op": condition.op, **value}
    return {condition.mode: [to_json(member) for member in condition.conditions]}


# --- asking -----------------------------------------------------------------------------------------------------


def holds(condition: Condition, lookup: Lookup, before_lookup: Lookup | None = None, timezone: str = "UTC") -> bool:
    """`before_lookup` reads what was known before. A field of which nothing was known before has not changed.

    `timezone` is that of days and of times without a zone.
    """
    if isinstance(condition, Group):
        members = (holds(member, lookup, before_lookup, timezone) for member in condition.conditions)
        return _GROUP_TESTS[condition.mode](members)
    value = lookup(condition.field)[1]
    if condition.operator.needs_change and not _changed(condition.field, value, before_lookup):
        return False
    return condition.operator.test(plain(value), condition.value, timezone)


_GROUP_TESTS: dict[str, Callable[[Any], bool]] = {"all": all, "any": any, "not": lambda members: not any(members)}


def _changed(path: str, value: Any, before_lookup: Lookup | None) -> bool:
    known, before = before_lookup(path) if before_lookup else (False, None)
    return known and not same(plain(value), plain(before))


def paths_of(condition: Condition) -> set[str]:
    """The paths of the record that the condition reads."""
    if isinstance(condition, Comparison):
        return {condition.field}
    return {path for member in condition.conditions for path in paths_of(member)}


# --- saying -----------------------------------------------------------------------------------------------------


Said = Callable[[str, str], str]  # (path, one value of it) -> the value in words


def _as_it_is(path: str, text: str) -> str:
    return text


def in_words(condition: Condition, said: Said = _as_it_is) -> str:
    """One plain sentence: "tags contains any of pricing_page_visited, demo_watched"."""
    if isinstance(condition, Comparison):
        value = _value_in_words(condition.field, condition.value, said)
        return f"{condition.field} {condition.operator.words} {value}".rstrip()
    if not condition.conditions:
        return "always"
    members = (_member_in_words(member, said) for member in condition.conditions)
    joined = (" and " if condition.mode == "all" else " or ").join(members)
    return f"not ({joined})" if condition.mode == "not" else joined


def _member_in_words(member: Condition, said: Said) -> str:
    bare = isinstance(member, Comparison) or member.mode == "not" or len(member.conditions) < 2
    return in_words(member, said) if bare else f"({in_words(member, said)})"


def _value_in_words(path: str, value: Any, said: Said) -> str:
    if isinstance(value, list):
        return ", ".join(_value_in_words(path, item, said) for item in value)
    return "“”" if value == "" else said(path, text_of(value))
