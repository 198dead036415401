"""A sealed ledger, and what somebody does to it who owns the database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from audit.guards import guards_lifted
from audit.models import Change, Seal
from audit.sealing import digest_of, seal_waiting
from audit.verifying import Inspection

from . import rows


def flaws(since: datetime | None = None) -> list[str]:
    return [str(flaw) for flaw in Inspection(since).flaws()]


def ledger(count: int = 7) -> list[Change]:
    """So many sealed changes, three to a seal."""
    made = [rows.change(person=rows.person(email=""), applied_at=timezone.now()) for _ in range(count)]
    assert seal_waiting() == count
    return [Change.objects.get(pk=change.pk) for change in made]


def tamper(change: Change, **facts: Any) -> None:
    """What somebody does who owns the database."""
    with guards_lifted(connection):
        Change.objects.filter(pk=change.pk).update(**facts)


def forge(number: int, **facts: Any) -> Seal:
    """A seal rewritten, its digest made to fit."""
    seal = Seal.objects.get(number=number)
    for name, value in facts.items():
        setattr(seal, name, value)
    seal.count, seal.digest = len(seal.entries), digest_of(seal)
    with guards_lifted(connection):
        seal.save()
    return seal
