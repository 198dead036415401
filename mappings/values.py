"""What a value of any shape says: as plain data, as text, as one value, as items, and whether it is blank.

Values come from vendors and from people, so every function here takes anything and raises nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

Lookup = Callable[[str], tuple[bool, Any]]  # path -> (is it there, value)

_DEEPEST = 32  # levels of nesting that are read; what lies deeper is dropped
_WIDEST_NUMBER = 1024  # bits
_JOINING = frozenset("\u200d\u20e3") | frozenset(
    map(chr, [*range(0xFE00, 0xFE10), *range(0x1F3FB, 0x1F400), *range(0xE0020, 0xE0080)])
)


def plain(value: object, depth: int = _DEEPEST) -> Any:
    """The value as JSON can hold it: bytes become text, dates ISO text, NaN and what lies too deep None."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, int | float | Decimal):
        return _plain_number(value)
    if isinstance(value, bytes | bytearray):
        return storable(bytes(value).decode("utf-8", "replace"))
    if isinstance(value, date):
        return value.isoformat()
    return _plain_collection(value, depth - 1)


def _plain_number(value: int | float | Decimal) -> int | float | None:
    if isinstance(value, int):
        return int(value) if value.bit_length() <= _WIDEST_NUMBER else None
    number = float(value)
    return number if isfinite(number) else None


def _plain_collection(value: object, depth: int) -> Any:
    if depth <= 0:
        return None
    if isinstance(value, Mapping):
        return {text_of(plain(key)): plain(item, depth) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, depth) for item in value]
    return storable(str(value))


def storable(text: str) -> str:
    """The text without NUL and lone surrogates, which no database and no vendor takes."""
    if text.isascii():
        return text.replace("\0", "")
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def is_blank(value: object) -> bool:
    """None, empty, white space only, and what holds nothing else, are blank; 0 and False are not."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list | tuple | set | frozenset):
            waiting.extend(item)
        elif item is not None and not (isinstance(item, str | bytes) and not item.strip()):
            return False
    return True


def text_of(value: object) -> str:
    """One value as text: true and false as in JSON, 3.0 as 3, a list joined by "; ", an object by its name."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dict):
        return text_of(value["name"]) if "name" in value else ""
    if isinstance(value, list):
        return "; ".join(filter(None, map(text_of, value)))
    return str(value)


def items_of(value: object) -> list[Any]:
    """The non-blank items of a list; any other value is a list of itself; blank is none."""
    items: Iterable[Any] = value if isinstance(value, list) else [value]
    return [item for item in items if not is_blank(item)]


def value_at(record: object, path: str) -> tuple[bool, Any]:
    """Walk a dotted path through dicts and, by number, lists. A key that itself holds dots is found first."""
    if isinstance(record, Mapping):
        if path in record:
            return True, record[path]
        head, _, rest = path.partition(".")
        return value_at(record[head], rest) if rest and head in record else (False, None)
    if isinstance(record, list):
        head, _, rest = path.partition(".")
        if head.isdecimal() and len(head) < 6 and int(head) < len(record):
            item = record[int(head)]
            return value_at(item, rest) if rest else (True, item)
    return False, None


def cut(text: str, length: int) -> str:
    """At most `length` code points, without taking an accent, a skin tone or half a flag from its character."""
    if len(text) <= length:
        return text
    end = length
    while end > 0 and _belongs_together(text, end):
        end -= 1
    return text[: end or length].rstrip()


def _belongs_together(text: str, position: int) -> bool:
    before, after = text[position - 1], text[position]
    if after in _JOINING or before == "\u200d" or unicodedata.category(after).startswith("M"):
        return True
    return _is_flag_letter(before) and _is_flag_letter(after) and _flag_letters_before(text, position) % 2 == 1


def _flag_letters_before(text: str, position: int) -> int:
    start = position
    while start > 0 and _is_flag_letter(text[start - 1]):
        start -= 1
    return position - start


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
