"""Reads one table of a configuration key by key and collects every problem on the way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..conditions import Condition, parse_condition
from ..spelling import did_you_mean
from ..values import is_blank, text_of
from .problems import Path, Problem

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
Scalar = str | int | float | bool | None


def kind_of(value: object) -> str:
    """What a person would call it, without saying what is in it: it may be a secret."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    kinds = {Mapping: "a table", list: "a list", int: "a number", float: "a number", str: "text"}
    return next((word for kind, word in kinds.items() if isinstance(value, kind)), "something else")


def unknown(word: object, what: str, known: Iterable[str]) -> str:
    """'Emial' is not a field of Lead. Did you mean Email?"""
    return f"'{text_of(word)[:60]}' is not {what}.{did_you_mean(word, known)}"


def name_problem(name: str, longest: int = 120) -> str:
    if NAME.fullmatch(name) and len(name) <= longest:
        return ""
    return f"'{name[:60]}' is not a name: use up to {longest} lower-case letters, digits and dashes."


class Table:
    """One table under reading. A value of the wrong kind is noted as a problem and read as if it were absent."""

    def __init__(self, data: object, path: Path, problems: list[Problem], what: str, keys: Sequence[str] = ()) -> None:
        self.path = path
        self.problems = problems
        self.data: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        if not isinstance(data, Mapping):
            self.refuse("", f"{what} is a table, not {kind_of(data)}.")
        for key in self.data:
            if keys and key not in keys:
                self.refuse(key, unknown(key, f"a key of {what}", keys))

    def refuse(self, key: str | int, message: str) -> None:
        self.problems.append(Problem((*self.path, key) if key != "" else self.path, message))

    def has(self, key: str) -> bool:
        return self.data.get(key) is not None

    def text(self, key: str, default: str = "", required: bool = False) -> str:
        value = self.data.get(key)
        if value is None or (required and is_blank(value)):
            if required:
                self.refuse(key, f"{key} is missing.")
            return default
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.refuse(key, f"{key} must be text, not {kind_of(value)}.")
            return default
        return text_of(value)

    def choice(self, key: str, choices: Sequence[str], default: str = "") -> str:
        value = self.text(key, default)
        if value == default or value in choices:
            return value
        self.refuse(key, unknown(value, f"one of {', '.join(choices)}", choices))
        return default

    def flag(self, key: str, default: bool) -> bool:
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            self.refuse(key, f"{key} must be true or false, not {kind_of(value)}.")
            return default
        return value

    def number(self, key: str, default: int | float | None = None, required: bool = False) -> int | float | None:
        value = self.data.get(key)
        if value is None:
            if required:
                self.refuse(key, f"{key} is missing.")
            return default
        if isinstance(value, str) and value.strip().isdecimal():
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(key, f"{key} must be a number, not {kind_of(value)}.")
            return default
        return value

    def texts(self, key: str, default: Sequence[str] = (), required: bool = False) -> tuple[str, ...]:
        """A list of texts; one text alone needs no list."""
        value = self.data.get(key)
        if value is None or value == []:
            if required:
                self.refuse(key, f"{key} is missing.")
            return tuple(default)
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str | int | float) and not isinstance(item, bool | None) for item in items):
            self.refuse(key, f"{key} must be text or a list of texts.")
            return tuple(default)
        return tuple(map(text_of, items))

    def constant(self, key: str) -> Any:
        """Text, number, true, false, nothing, or a list of these."""
        value = self.data.get(key)
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, Scalar) for item in items):
            self.refuse(key, f"{key} must be text, a number, true, false, or a list of these, not {kind_of(value)}.")
            return None
        return value

    def items(self, key: str, required: bool = False) -> list[Any]:
        value = self.data.get(key)
        if value is not None and not isinstance(value, list):
            self.refuse(key, f"{key} must be a list, not {kind_of(value)}.")
            return []
        if required and not value:
            self.refuse(key, f"{key} is missing or empty.")
        return value or []

    def table(self, key: str, what: str, keys: Sequence[str] = (), required: bool = False) -> Table:
        if required and not self.has(key):
            self.refuse(key, f"{key} is missing.")
        return Table(self.data[key] if self.has(key) else {}, (*self.path, key), self.problems, what, keys)

    def condition(self, key: str) -> Condition | None:
        if not self.data.get(key):
            return None
        try:
            return parse_condition(self.data[key])
        except ValueError as error:
            self.refuse(key, str(error))
            return None
