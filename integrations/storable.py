"""Makes any parsed value safe to store: what a database or JSON refuses is dropped, the rest stays as it is."""

from __future__ import annotations

import json
import math
import re
from typing import Any

_LARGEST = 2**63
# What JSON text holds when something may have to be dropped: NUL, surrogates, numbers without end or of many digits.
_SUSPECT = re.compile(r"\\u0000|\\ud[89a-f]|NaN|Infinity|\d{19}")


def storable_text(text: str, limit: int | None = None) -> str:
    """Without NUL and lone surrogates, which PostgreSQL refuses, and cut to `limit` characters."""
    clean = text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
    return clean if limit is None else clean[:limit]


def storable(value: Any) -> Any:
    """A JSON-able copy of a parsed value. That nothing of it has to be dropped is quick to see in its text."""
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return _cleaned(value)
    return _cleaned(value) if _SUSPECT.search(text) else json.loads(text)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, dict):
        return {storable_text(str(key)): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value if -_LARGEST <= value < _LARGEST else str(value)
    return value if value is None or isinstance(value, bool) else str(value)
