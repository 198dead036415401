"""How Salesforce writes moments."""

from __future__ import annotations

from datetime import UTC, datetime


def as_salesforce(moment: datetime) -> str:
    """2026-01-02T03:04:05.000+0000."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"
