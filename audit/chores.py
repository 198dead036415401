"""Whose turn it is to do what is done now and then, in one process of all."""

from __future__ import annotations

from datetime import timedelta

from integrations import clock

from .models import Chore


def take_turn(name: str, every: timedelta) -> bool:
    """Whether this process does it now. Mostly one read: this is asked in every round of the bulk lane."""
    now = clock.now()
    if Chore.objects.filter(name=name, due_at__gt=now).exists():
        return False
    Chore.objects.bulk_create([Chore(name=name, due_at=now)], ignore_conflicts=True)
    return Chore.objects.filter(name=name, due_at__lte=now).update(due_at=now + every) == 1
