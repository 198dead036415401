"""Lengths of time as rules write them: 30m, 1h, 2d."""

from __future__ import annotations

import re
from datetime import timedelta

UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
LONGEST = timedelta(days=30)
_SPAN = re.compile(r"([1-9]\d{0,6})([smhd])")


def span_of(text: str) -> timedelta:
    """Raises ValueError with a plain sentence."""
    match = _SPAN.fullmatch(text)
    if not match:
        raise ValueError(f"'{text[:40]}' is not a length of time. Write a number and s, m, h or d, for example 1h.")
    span = int(match[1]) * UNITS[match[2]]
    if span > LONGEST:
        raise ValueError(f"'{text}' is too long: 30d is the most.")
    return span
