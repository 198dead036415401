"""Transforms of lists: joined into text, made from text, one of them taken, their names, their words in a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..values import is_blank, items_of, text_of
from .base import Example, Noted, Parameter, Transform


def join(value: Any, separator: str) -> Any:
    """A list becomes text, blanks left out; any other value stays as it is."""
    if not isinstance(value, list):
        return value
    texts = [text_of(item) for item in items_of(value)]
    return _noting(separator.join(filter(None, texts)), texts.count(""), "without a name could not be joined")


def split(value: Any, separator: str) -> Any:
    if isinstance(value, list | dict):
        return value
    return [part.strip() for part in text_of(value).split(separator) if part.strip()]


def first(value: Any) -> Any:
    return value if not isinstance(value, list) else next(iter(items_of(value)), None)


def last(value: Any) -> Any:
    return value if not isinstance(value, list) else next(reversed(items_of(value)), None)


def names(value: Any) -> Any:
    """Objects become their names, texts stay; what has no name is left out."""
    found = [item.get("name") if isinstance(item, dict) else item for item in items_of(value)]
    kept = items_of(found)
    return _noting(kept, len(found) - len(kept), "without a name dropped")


def _noting(value: Any, lost: int, how: str) -> Any:
    return Noted(value, f"{lost} {'entry' if lost == 1 else 'entries'} {how}.") if lost else value


def map_values(value: Any, table: Mapping[str, Any], otherwise: Any) -> Any:
    """The value's entry, exact or else in any case; a list item by item. Blank stays blank unless "" has an entry."""
    if isinstance(value, list):
        return _mapped_list(value, table, otherwise)
    if isinstance(value, dict) or (is_blank(value) and "" not in table):
        return value
    key = text_of(value).strip()
    if key in table:
        return table[key]
    folded = {name.casefold(): entry for name, entry in table.items()}
    if key.casefold() in folded:
        return folded[key.casefold()]
    return (
        otherwise if otherwise is not None else Noted(value, f"No entry in the table for “{key[:40]}”: kept as it is.")
    )


def _mapped_list(values: list[Any], table: Mapping[str, Any], otherwise: Any) -> Any:
    mapped = [map_values(item, table, otherwise) for item in values]
    notes = dict.fromkeys(item.note for item in mapped if isinstance(item, Noted))
    plain = [item.value if isinstance(item, Noted) else item for item in mapped]
    return Noted(plain, " ".join(notes)) if notes else plain


TAGS = [{"tagId": "m7E2", "name": "hot"}, {"tagId": "kL6N", "name": "new"}]

TRANSFORMS = (
    Transform(
        "join",
        "Join",
        "Makes one text of a list.",
        "any",
        join,
        (
            Example({"join": ";"}, ["hot", "new"], "hot;new"),
            Example("join", ["hot", "", "new"], "hot, new"),
            Example("join", "hot", "hot"),
        ),
        (Parameter("separator", "text", "What stands between two entries.", default=", "),),
    ),
    Transform(
        "split",
        "Split",
        "Makes a list of one text; entries are trimmed, empty ones left out.",
        "any",
        split,
        (Example("split", "hot, new,,", ["hot", "new"]), Example({"split": "|"}, "a|b", ["a", "b"])),
        (Parameter("separator", "text", "What stands between two entries.", default=",", nonblank=True),),
    ),
    Transform(
        "first",
        "First of a list",
        "The first entry that is not blank.",
        "any",
        first,
        (Example("first", ["", "hot", "new"], "hot"), Example("first", [], None)),
    ),
    Transform(
        "last",
        "Last of a list",
        "The last entry that is not blank.",
        "any",
        last,
        (Example("last", ["hot", "new", ""], "new"), Example("last", "hot", "hot")),
    ),
    Transform(
        "names",
        "Names",
        "The names of a list of things, for example of tags.",
        "any",
        names,
        (Example("names", TAGS, ["hot", "new"]), Example("names", ["hot"], ["hot"]), Example("names", None, [])),
    ),
    Transform(
        "map_values",
        "Table",
        "Gives the table's entry for the value. Without “else” a value that is not in the table stays, with a note.",
        "any",
        map_values,
        (
            Example({"map_values": {"gold": "Hot", "silver": "Warm"}}, "Gold", "Hot"),
            Example({"map_values": {"gold": "Hot"}, "else": "Cold"}, "bronze", "Cold"),
            Example({"map_values": {"1": "One"}}, [1, 2], ["One", 2]),
        ),
        (
            Parameter("table", "table", "The value on the left, what it becomes on the right.", required=True),
            Parameter("else", "value", "What every other value becomes."),
        ),
    ),
)
