"""The sandbox's clock, and reading the moments that callers write."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def read_moment(text: str) -> datetime:
    """A date or a date with time in ISO 8601, UTC where it does not say. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
