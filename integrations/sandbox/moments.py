"""How the simulated vendors write moments."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def as_getresponse(moment: datetime) -> str:
    """2017-12-19T13:11:48+0000: no colon in the offset (fact sheet §2.1)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def as_webhook(moment: datetime) -> str:
    """2021-04-27T12:56:00+00:00: webhooks have the colon."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def as_salesforce(moment: datetime) -> str:
    """2026-01-02T03:04:05.000+0000."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def read_moment(text: str) -> datetime:
    """A date or a date with time in ISO 8601, UTC where it does not say. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
