"""Reads what a vendor sent: a hostile body into plain storable data, and values out of it by dotted path."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from .errors import Unreadable

DEEPEST = 64
# The smallest real event is about 40 bytes: more elements than this within 1 MB are not events.
MOST_ELEMENTS = 25_000
MOST_PARAMETERS = 200
LONGEST_NUMBER = 18  # digits that fit 64 bits; longer ones are kept as text
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL refuses both in JSON
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def decode(body: bytes) -> str:
    """The body as text. Raises Unreadable when it is not UTF-8."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("The body is not UTF-8 text.") from error


def read_json(body: bytes) -> Any:
    """The body as plain data that any database stores. Raises Unreadable with a plain reason."""
    text = decode(body)
    if not text.strip():
        raise Unreadable("The body is empty.")
    try:
        data = json.loads(text, parse_int=_read_int, parse_float=_read_float, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise Unreadable(f"The body is nested deeper than {DEEPEST} levels.") from error
    except ValueError as error:
        raise Unreadable("The body is not JSON.") from error
    return storable(data)


def read_elements(body: Any) -> list[Any]:
    """The elements of a JSON body: those of an array, or the one object. Raises Unreadable for anything else."""
    if isinstance(body, dict):
        return [body]
    if not isinstance(body, list):
        raise Unreadable("The body is JSON, but neither an object nor an array.")
    if not body:
        raise Unreadable("The body is an empty array.")
    if len(body) > MOST_ELEMENTS:
        raise Unreadable(f"The array has more than {MOST_ELEMENTS} elements: these are not events.")
    return body


def read_form(body: bytes) -> list[tuple[str, str]]:
    """The fields of a URL-encoded form, in order. Raises Unreadable."""
    try:
        return parse_qsl(decode(body), keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict")
    except UnicodeDecodeError as error:
        raise Unreadable("The form is not UTF-8 text.") from error
    except ValueError as error:
        raise Unreadable(f"The form has more than {MOST_PARAMETERS} fields.") from error


def storable(value: Any, depth: int = 0) -> Any:
    """The same data without NUL characters and lone surrogates. Raises Unreadable when nested too deep."""
    if isinstance(value, str):
        return clean(value)
    if not isinstance(value, (dict, list)):
        return value
    if depth >= DEEPEST:
        raise Unreadable(f"The body is nested deeper than {DEEPEST} levels.")
    if isinstance(value, list):
        return [storable(item, depth + 1) for item in value]
    return {clean(key): storable(item, depth + 1) for key, item in value.items()}


def clean(text: str) -> str:
    return UNSTORABLE.sub(REPLACEMENT, text)


def look_up(record: Any, path: str) -> tuple[bool, Any]:
    """(is it there, value) by a dotted path through dicts, and through lists by index."""
    value = record
    for step in path.split("."):
        there, value = _step(value, step)
        if not there:
            return False, None
    return True, value


def read_time(text: Any) -> datetime | None:
    """An ISO 8601 moment in UTC; a time without a zone is UTC. None when it is not one."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _step(value: Any, step: str) -> tuple[bool, Any]:
    if isinstance(value, dict):
        return step in value, value.get(step)
    if isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < 10 and int(step) < len(value):
        return True, value[int(step)]
    return False, None


def _read_int(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


def _read_float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
