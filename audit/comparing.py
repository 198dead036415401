"""Whether two values are the same to a vendor: dates in any spelling, 1 and 1.0, nothing and an empty text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

_MOMENT = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")


def same_value(one: Any, other: Any) -> bool:
    """True when writing `other` over `one` would change nothing."""
    return bool(_plain(one) == _plain(other))


def is_blank(value: Any) -> bool:
    """Nothing, an empty or white text, or an empty list. False and 0 are values."""
    return value is None or value == [] or value == {} or (isinstance(value, str) and not value.strip())


def _plain(value: Any) -> Any:
    if is_blank(value):
        return None
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, int | float):
        return ("number", float(value))
    if isinstance(value, str) and _MOMENT.match(value):
        return _moment(value)
    if isinstance(value, list):
        return ("list", tuple(map(repr, map(_plain, value))))
    return value


def _moment(text: str) -> Any:
    try:
        when = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", text.strip().replace("Z", "+00:00")))
    except ValueError:
        return text
    return when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC)
