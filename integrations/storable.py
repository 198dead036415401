"""Makes any parsed value safe to store: what a database or JSON refuses is dropped, the rest stays as it is."""

from __future__ import annotations

import math
from typing import Any

_LARGEST = 2**63


def storable_text(text: str, limit: int | None = None) -> str:
    """Without NUL and lone surrogates, which PostgreSQL refuses, and cut to `limit` characters."""
    clean = text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
    return clean if limit is None else clean[:limit]


def storable(value: Any) -> Any:
    """A JSON-able copy of a parsed value."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, dict):
        return {storable_text(str(key)): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value if -_LARGEST <= value < _LARGEST else str(value)
    return value if value is None or isinstance(value, bool) else str(value)
