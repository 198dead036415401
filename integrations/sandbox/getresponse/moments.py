"""How GetResponse writes moments: one way in its API, another in its webhooks."""

from __future__ import annotations

from datetime import UTC, datetime


def as_getresponse(moment: datetime) -> str:
    """2017-12-19T13:11:48+0000: no colon in the offset (fact sheet §2.1)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def as_webhook(moment: datetime) -> str:
    """2021-04-27T12:56:00+00:00: webhooks have the colon."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")
