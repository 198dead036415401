"""Reads a day or a time that a person typed on the command line."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import datetime

from django.utils import timezone


def moment_given(text: str) -> datetime:
    """'2026-01-31' or '2026-01-31T08:00'; without a zone, the installation's own."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(
            f"'{text}' is not a day or time. Write it like 2026-01-31 or 2026-01-31T08:00."
        ) from error
    return moment if moment.tzinfo else timezone.make_aware(moment)
