"""Transforms into numbers and into yes or no, and how both are read from text."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from ..values import plain
from .base import Example, Noted, Parameter, Transform

YES = frozenset(
    {"true", "yes", "y", "on", "1", "t", "ja", "oui", "si", "sí", "sim", "да", "כן", "נכון", "אמת", "نعم", "✓"}
)
NO = frozenset({"false", "no", "n", "off", "0", "f", "nein", "non", "nao", "não", "нет", "לא", "שקר", "لا", "✗"})
_LONGEST = 40
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+")
_IGNORED_CATEGORIES = frozenset({"Sc", "Zs", "Cf"})  # currency signs, spaces, direction marks


def number_in(value: object, decimal: str = "") -> int | float | None:
    """None when it is no number. `decimal` is the decimal mark: ".", "," or "" for what it looks like."""
    value = plain(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and len(value) <= _LONGEST:
        return _from_text(value, decimal)
    return value if isinstance(value, int | float) else None


def _from_text(text: str, decimal: str) -> int | float | None:
    digits = "".join(character for character in text if unicodedata.category(character) not in _IGNORED_CATEGORIES)
    digits = _with_point(digits.replace("'", "").replace("−", "-").removesuffix("%"), decimal)
    if not _NUMBER.fullmatch(digits):
        return None
    return float(digits) if "." in digits else int(digits)


def _with_point(text: str, decimal: str) -> str:
    """The decimal mark as a point, no marks of thousands. "1,234" alone is more than a thousand, "1.234" is not."""
    if (decimal or _decimal_mark(text)) == ",":
        return text.replace(".", "").replace(",", ".")
    return text.replace(",", "")


def _decimal_mark(text: str) -> str:
    if "," in text and "." in text:
        return max(",.", key=text.rfind)
    if text.count(".") > 1:
        return ","
    return "." if "," not in text or _THOUSANDS.fullmatch(text) else ","


def boolean_in(value: object) -> bool | None:
    """None when it is neither yes nor no."""
    value = plain(value)
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold() if isinstance(value, str | int | float) else ""
    word = word.removesuffix(".0")
    return True if word in YES else False if word in NO else None


def number(value: Any, decimal: str) -> Any:
    read = number_in(value, decimal)
    return read if read is not None else Noted(None, "Dropped: not a number.")


def boolean(value: Any) -> Any:
    read = boolean_in(value)
    return read if read is not None else Noted(None, "Dropped: neither yes nor no.")


TRANSFORMS = (
    Transform(
        "number",
        "Number",
        "A number, also with currency signs, spaces and marks of thousands; what is none is dropped.",
        "one",
        number,
        (
            Example("number", "₪ 1,234.50", 1234.5),
            Example("number", "1.234,50", 1234.5),
            Example("number", "12", 12),
            Example({"number": ","}, "1,234", 1.234),
            Example("number", "many", None),
        ),
        (Parameter("decimal", "choice", "The decimal mark. Else what it looks like.", default="", choices=(".", ",")),),
    ),
    Transform(
        "boolean",
        "Yes or no",
        "True for yes, true, 1, כן and the like, false for no, false, 0, לא; anything else is dropped.",
        "one",
        boolean,
        (
            Example("boolean", "Yes", True),
            Example("boolean", "לא", False),
            Example("boolean", 1, True),
            Example("boolean", "maybe", None),
        ),
    ),
)
