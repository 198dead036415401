"""The operators of conditions: what each compares, and which value it can be given.

Values are compared as numbers when both are numbers, else as text. `equals` and `in` look at the exact text;
`contains…`, `starts_with` and `ends_with` take no account of case. A list holds what one of its items is; an item with
a name, a tag for example, is known by its name and by its ids ({tagId: m7E2, name: hot}). A field that is missing is
like an empty one. Against a day alone, `before` and `after` compare days.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from .moments import Moment, moment_in, zone_of
from .patterns import pattern_of
from .transforms.numbers import number_in
from .values import is_blank, items_of, plain, text_of

Test = Callable[[Any, Any, str], bool]  # (the record's value, the condition's, time zone)
Kind = Literal["none", "value", "text", "texts", "list", "pattern", "number", "moment"]

_LONGEST_TEXT = 2_000
_MOST_VALUES = 1_000


# --- comparing --------------------------------------------------------------------------------------------------


def _known_as(item: Any) -> set[str]:
    """The texts that one item answers to."""
    if not isinstance(item, dict):
        return {text_of(item)}
    return {text_of(value) for key, value in item.items() if key in ("name", "id") or key.endswith("Id")} - {""}


def _is(item: Any, wanted: Any) -> bool:
    if _is_number(item) and _is_number(wanted):
        return bool(item == wanted)
    return text_of(wanted) in _known_as(item)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def equals(value: Any, wanted: Any, timezone: str = "") -> bool:
    """A list equals another with the same items in any order, and one value when it is its only item."""
    if is_blank(wanted):
        return is_blank(value)
    items, expected = items_of(value), items_of(wanted)
    return (
        len(items) == len(expected)
        and all(any(_is(item, one) for item in items) for one in expected)
        and all(any(_is(item, one) for one in expected) for item in items)
    )


def is_in(value: Any, wanted: list[Any], timezone: str = "") -> bool:
    items = items_of(value) or [""]
    return any(_is(item, one) for item in items for one in wanted)


def same(value: Any, other: Any) -> bool:
    """Nothing changed: the same data, a list in any order; blank is blank in all its forms."""
    if is_blank(value) or is_blank(other):
        return is_blank(value) and is_blank(other)
    if isinstance(value, list) and isinstance(other, list):
        return sorted(map(repr, value)) == sorted(map(repr, other))
    return bool(value == other) if isinstance(value, dict | list) else text_of(value) == text_of(other)


def contains(value: Any, wanted: Any, timezone: str = "") -> bool:
    sought = text_of(wanted).casefold()
    if isinstance(value, list | dict):
        return any(sought == known.casefold() for item in items_of(value) for known in _known_as(item))
    return sought in text_of(value).casefold()


def _contains_any(value: Any, wanted: list[Any], timezone: str) -> bool:
    return any(contains(value, one) for one in wanted)


def _contains_all(value: Any, wanted: list[Any], timezone: str) -> bool:
    return all(contains(value, one) for one in wanted)


def _on_texts(test: Callable[[str, str], bool]) -> Test:
    """Any text of the value, without regard to case."""

    def tested(value: Any, wanted: Any, timezone: str) -> bool:
        sought = text_of(wanted).casefold()
        return any(test(known.casefold(), sought) for item in items_of(value) for known in _known_as(item))

    return tested


def _matches(value: Any, wanted: str, timezone: str) -> bool:
    pattern = pattern_of(wanted)
    return any(pattern.found_in(known) for item in items_of(value) or [""] for known in _known_as(item))


def _as_numbers(test: Callable[[float, float], bool]) -> Test:
    """False when the record's value is no number."""

    def tested(value: Any, wanted: Any, timezone: str) -> bool:
        number, limit = number_in(_only(value)), number_in(wanted)
        return number is not None and limit is not None and test(number, limit)

    return tested


def _as_moments(test: Callable[[Any, Any], bool]) -> Test:
    """False when the record's value is no date."""

    def tested(value: Any, wanted: Any, timezone: str) -> bool:
        moment, limit = moment_in(_only(value), timezone), moment_in(wanted, timezone)
        return bool(moment and limit and test(*_comparable(moment, limit, timezone)))

    return tested


def _comparable(moment: Moment, limit: Moment, timezone: str) -> tuple[Any, Any]:
    if moment.day_only or limit.day_only:
        zone = zone_of(timezone)
        return moment.day(zone), limit.day(zone)
    return moment.at, limit.at


def _only(value: Any) -> Any:
    items = items_of(value)
    return items[0] if len(items) == 1 else None


# --- reading a condition's value --------------------------------------------------------------------------------


def _one(value: Any) -> Any:
    value = plain(value)
    if value is None or isinstance(value, list | dict):
        raise ValueError(
            "needs one value; for an empty field there is is_empty, for several values in or contains_any."
        )
    if len(text_of(value)) > _LONGEST_TEXT:
        raise ValueError(f"a value has at most {_LONGEST_TEXT:,} characters.")
    return value


def _text(value: Any) -> Any:
    value = _one(value)
    if is_blank(value):
        raise ValueError("needs a value that is not empty.")
    return value


def _one_or_several(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: [read(one) for one in _some(value)] if isinstance(value, list | tuple) else read(value)


def _list_of(read: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    return lambda value: [read(one) for one in _some(value if isinstance(value, list | tuple) else [value])]


def _some(values: list[Any] | tuple[Any, ...]) -> list[Any]:
    if not 0 < len(values) <= _MOST_VALUES:
        raise ValueError(f"needs a list of 1 to {_MOST_VALUES:,} values.")
    return list(values)


def _number(value: Any) -> Any:
    if number_in(_one(value)) is None:
        raise ValueError("needs a number; for dates there are before and after.")
    return plain(value)


def _moment(value: Any) -> Any:
    if moment_in(_one(value)) is None:
        raise ValueError("needs a date such as 2026-04-21 or 2026-04-21T09:15:00Z.")
    return plain(value)


def _pattern(value: Any) -> str:
    text = text_of(_text(value))
    pattern_of(text)
    return text


_READ: dict[Kind, Callable[[Any], Any]] = {
    "value": _one_or_several(_one),
    "text": _text,
    "texts": _list_of(_text),
    "list": _list_of(_one),
    "pattern": _pattern,
    "number": _number,
    "moment": _moment,
}


# --- the table --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Operator:
    name: str
    words: str
    kind: Kind
    test: Test
    needs_change: bool = False

    @property
    def takes_value(self) -> bool:
        return self.kind != "none"

    def read(self, value: Any, given: bool) -> Any:
        """The value in its form. Raises ValueError with the rest of a sentence."""
        if not self.takes_value:
            if given and value is not None:
                raise ValueError("takes no value.")
            return None
        if not given:
            raise ValueError("needs a value.")
        return _READ[self.kind](value)


def _not(test: Test) -> Test:
    return lambda value, wanted, timezone: not test(value, wanted, timezone)


def _contains_none_of(value: Any, wanted: list[Any], timezone: str) -> bool:
    return not _contains_any(value, wanted, timezone)


_TABLE = (
    Operator("equals", "equals", "value", equals),
    Operator("not_equals", "does not equal", "value", _not(equals)),
    Operator("contains", "contains", "text", contains),
    Operator("contains_any", "contains any of", "texts", _contains_any),
    Operator("contains_all", "contains all of", "texts", _contains_all),
    Operator("not_contains", "does not contain", "texts", _contains_none_of),
    Operator("in", "is one of", "list", is_in),
    Operator("not_in", "is not one of", "list", _not(is_in)),
    Operator("is_empty", "is empty", "none", lambda value, wanted, timezone: is_blank(value)),
    Operator("is_not_empty", "is not empty", "none", lambda value, wanted, timezone: not is_blank(value)),
    Operator("starts_with", "starts with", "text", _on_texts(str.startswith)),
    Operator("ends_with", "ends with", "text", _on_texts(str.endswith)),
    Operator("matches", "matches the pattern", "pattern", _matches),
    Operator("greater", "is greater than", "number", _as_numbers(lambda number, limit: number > limit)),
    Operator("less", "is less than", "number", _as_numbers(lambda number, limit: number < limit)),
    Operator("before", "is before", "moment", _as_moments(lambda moment, limit: moment < limit)),
    Operator("after", "is after", "moment", _as_moments(lambda moment, limit: moment > limit)),
    Operator("changed", "changed", "none", lambda value, wanted, timezone: True, needs_change=True),
    Operator("changed_to", "changed to", "value", equals, needs_change=True),
)
OPERATORS: dict[str, Operator] = {operator.name: operator for operator in _TABLE}
