"""Reads the keys of one action: each type of key with its reader, and the source's fields it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..texts import check, paths_of
from .actions import ActionForm, ActionKey
from .reading import Scalar, Table, unknown
from .spans import span_of

_LATER = re.compile(r"\+\d{1,4}[smhd]")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def read_parameters(form: ActionForm, table: Table) -> dict[str, Any]:
    """The action's keys in the types they have, defaults filled in."""
    read = {key.name: _READERS[key.type](table, key) for key in form.keys}
    if form.either and sum(map(table.has, form.either)) != 1:
        table.refuse("", f"{form.name} needs either {' or '.join(form.either)}.")
    return {name: value for name, value in read.items() if value not in (None, "", [], {})}


def paths_in(form: ActionForm, params: Mapping[str, Any]) -> set[str]:
    """The paths of the source's record that the action reads."""
    found = (_PATHS[key.type](params[key.name]) for key in form.keys if key.name in params and key.type in _PATHS)
    return set().union(*found)


def _text(table: Table, key: ActionKey) -> str:
    text = table.text(key.name, required=key.required)
    for problem in check(text):
        table.refuse(key.name, problem)
    return text


def _texts(table: Table, key: ActionKey) -> list[str]:
    texts = list(table.texts(key.name, required=key.required))
    for problem in [problem for text in texts for problem in check(text)]:
        table.refuse(key.name, problem)
    return texts


def _choices(table: Table, key: ActionKey) -> list[str]:
    chosen = list(table.texts(key.name, key.default or (), key.required))
    for word in chosen:
        if word not in key.choices:
            table.refuse(key.name, unknown(word, f"one of {', '.join(key.choices)}", key.choices))
    return chosen


def _values(table: Table, key: ActionKey) -> dict[str, Any]:
    fields = table.table(key.name, key.name, required=key.required)
    if table.has(key.name) and not fields.data:
        table.refuse(key.name, f"{key.name} is empty.")
    for name, value in fields.data.items():
        if not isinstance(value, Scalar):
            fields.refuse(name, "A value is text, a number, true or false.")
        for problem in check(value) if isinstance(value, str) else ():
            fields.refuse(name, problem)
    return dict(fields.data)


def _choice(table: Table, key: ActionKey) -> str:
    return table.choice(key.name, key.choices)


def _span(table: Table, key: ActionKey) -> str:
    span = table.text(key.name, required=key.required).strip()
    try:
        span_of(span or "1s")
    except ValueError as error:
        table.refuse(key.name, str(error))
    return span


def _due(table: Table, key: ActionKey) -> str:
    due = table.text(key.name, required=key.required).strip()
    if due.startswith("+") and not _LATER.fullmatch(due):
        table.refuse(key.name, f"'{due[:40]}' is not a time from now. Write for example +2d or +4h.")
    if "{" in due:
        _text(table, key)
    return due


def _plain_table(table: Table, key: ActionKey) -> dict[str, Any]:
    data = dict(table.table(key.name, key.name, required=key.required).data)
    for problem in [problem for text in _texts_in(data) for problem in check(text)]:
        table.refuse(key.name, problem)
    return data


def _texts_in(value: Any) -> Iterator[str]:
    """Every text of a table, however deep; names of keys take no placeholders."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts_in(inner)


def _written(table: Table, key: ActionKey) -> str:
    return table.text(key.name, required=key.required)


_READERS: dict[str, Callable[[Table, ActionKey], Any]] = {
    **dict.fromkeys(("mapping", "connection", "name", "path"), _written),
    "connections": lambda table, key: list(table.texts(key.name, required=key.required)),
    "choices": _choices,
    "text": _text,
    "texts": _texts,
    "due": _due,
    "number": lambda table, key: table.number(key.name, key.default, key.required),
    "choice": _choice,
    "span": _span,
    "values": _values,
    "table": _plain_table,
}


def words_of(recipients: str) -> list[str]:
    """The single recipients of a text, which stand between commas."""
    return [word.strip() for word in re.split(r"[,;\n]", recipients) if word.strip()]


def paths_of_due(due: str) -> set[str]:
    """A time from now and a day read nothing; anything else is a field, or a text with fields."""
    if "{" in due:
        return paths_of(due)
    return set() if not due or due.startswith("+") or _DAY.match(due) else {due}


_PATHS: dict[str, Callable[[Any], set[str]]] = {
    "text": paths_of,
    "texts": lambda texts: set().union(*map(paths_of, texts)),
    "path": lambda path: {path},
    "due": paths_of_due,
    "table": lambda table: set().union(*map(paths_of, _texts_in(table))),
    "values": lambda fields: set().union(*(paths_of(value) for value in fields.values() if isinstance(value, str))),
}
