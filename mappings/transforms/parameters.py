"""Are the parameters of a transform what it takes: each type with its check, and what is said when it is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from ..phones import REGIONS
from ..spelling import did_you_mean
from ..values import plain, text_of
from .base import Parameter, Transform

_LONGEST_TEXT = 2_000
_LARGEST_LENGTH = 1_000_000
_MOST_ENTRIES = 1_000
_YAML_WORDS = {True: ("true", "yes", "on"), False: ("false", "no", "off")}  # YAML reads an unquoted yes as true


def checked(transform: Transform, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters in the types they have. Raises ValueError with a plain sentence."""
    for name in given:
        if not transform.parameter(name):
            known = [parameter.name for parameter in transform.parameters]
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise ValueError(f"{transform.name} has no parameter {_shown(name)}: {has}.{did_you_mean(name, known)}")
    for parameter in transform.parameters:
        if parameter.required and given.get(parameter.name) is None:
            raise ValueError(f"{transform.name} needs {parameter.name}: {parameter.help}")
    return {name: _checked(transform, name, value) for name, value in given.items() if value is not None}


def _checked(transform: Transform, name: str, value: Any) -> Any:
    parameter = transform.parameter(name)
    assert parameter is not None
    try:
        return _CHECKS[parameter.type](value, parameter)
    except ValueError as error:
        raise ValueError(f"{transform.name}: {name} must be {error}, not {_shown(value)}.") from error


def _shown(value: Any) -> str:
    shown = "a list" if isinstance(value, list) else "a table" if isinstance(value, Mapping) else text_of(plain(value))
    return f"“{shown[:40]}”" if isinstance(value, str) else shown[:40]


def _text(value: Any, parameter: Parameter) -> str:
    if isinstance(value, list | Mapping) or len(text_of(plain(value))) > _LONGEST_TEXT:
        raise ValueError(f"a text of at most {_LONGEST_TEXT:,} characters")
    if parameter.nonblank and value == "":
        raise ValueError("a text that is not empty")
    return text_of(plain(value))


def _whole_number(value: Any, parameter: Parameter) -> int:
    text = text_of(plain(value)).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal() and 0 < len(text) < 8):
        raise ValueError("a whole number")
    if not 0 < int(text) <= _LARGEST_LENGTH:
        raise ValueError(f"between 1 and {_LARGEST_LENGTH:,}")
    return int(text)


def _value(value: Any, parameter: Parameter) -> Any:
    if isinstance(value, list | Mapping):
        raise ValueError("a text, a number, true or false")
    return plain(value)


def _choice(value: Any, parameter: Parameter) -> str:
    if value not in parameter.choices:
        raise ValueError(" or ".join(f"“{choice}”" for choice in parameter.choices))
    return str(value)


def _table(value: Any, parameter: Parameter) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not value or len(value) > _MOST_ENTRIES:
        raise ValueError(f"a table of 1 to {_MOST_ENTRIES:,} entries")
    return {word: _value(entry, parameter) for key, entry in value.items() for word in _words(key)}


def _words(key: Any) -> tuple[str, ...]:
    return _YAML_WORDS[key] if isinstance(key, bool) else (text_of(plain(key)).strip(),)


def _region(value: Any, parameter: Parameter) -> str:
    region = text_of(plain(value)).strip().upper()
    if region not in REGIONS:
        raise ValueError("a country's two-letter code such as IL")
    return region


def _time_zone(value: Any, parameter: Parameter) -> str:
    try:
        return ZoneInfo(text_of(plain(value)).strip()).key
    except (ValueError, OSError, KeyError) as error:
        raise ValueError("a time zone such as Asia/Jerusalem") from error


def _text_with_fields(value: Any, parameter: Parameter) -> str:
    from ..texts import check  # placeholders apply transforms, so that module builds on this package

    problems = check(_text(value, parameter))
    if problems:
        raise ValueError(f"a text with fields that can be read ({problems[0]})")
    return text_of(plain(value))


_CHECKS: dict[str, Callable[[Any, Parameter], Any]] = {
    "text": _text,
    "whole number": _whole_number,
    "value": _value,
    "choice": _choice,
    "table": _table,
    "region": _region,
    "time zone": _time_zone,
    "text with fields": _text_with_fields,
}
