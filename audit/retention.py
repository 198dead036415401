"""Retention: empties old payloads and deletes old events, in small batches, and never what still waits to be done."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from integrations import clock
from integrations.ids import first_id
from integrations.models import PRUNABLE, Event

from .chores import take_turn
from .hooks.models import HookDelivery
from .models import UNFINISHED, Attempt, AttemptResult, Change, Chore, Notification

BATCH = 500
EVERY = timedelta(hours=1)
GO_ON = timedelta(minutes=1)  # when the time was up before the work was done
TIME_BUDGET = 5.0  # seconds
HOOK_DELIVERIES = timedelta(days=7)  # their length of life
NOTIFICATIONS = timedelta(days=90)
PRUNING, ATTEMPTS = "retention", "retention of attempts"


def prune_due() -> None:
    """Once an hour, in one process: prune what is older than the settings say."""
    if not take_turn(PRUNING, EVERY):
        return
    if not prune(TIME_BUDGET):
        Chore.objects.filter(name=PRUNING).update(due_at=clock.now() + GO_ON)


def prune(seconds: float = float("inf")) -> bool:
    """Prune batch by batch. False when the time was up before everything was pruned."""
    ends = time.monotonic() + seconds
    for step in STEPS:
        while step() == BATCH:
            if time.monotonic() > ends:
                return False
    return True


def _days_ago(days: int) -> datetime:
    return clock.now() - timedelta(days=days)


@transaction.atomic
def empty_events() -> int:
    """What old events said. Their state, reason, ids and hash stay."""
    days = min(settings.PAYLOAD_RETENTION_DAYS, settings.EVENT_RETENTION_DAYS)
    old = Event.objects.filter(PRUNABLE, received_at__lt=_days_ago(days))
    ids = list(old.order_by("received_at").values_list("id", flat=True)[:BATCH])
    old.filter(id__in=ids).update(body=b"", record={}, context={}, pruned_at=clock.now())
    return len(ids)


@transaction.atomic
def delete_events() -> int:
    """Emptied events that are older still, and that no unfinished change came from. Opt-outs keep their evidence."""
    waiting = Change.objects.filter(event=OuterRef("pk"), state__in=UNFINISHED)
    emptied = Event.objects.filter(pruned_at__isnull=False, received_at__lt=_days_ago(settings.EVENT_RETENTION_DAYS))
    old = emptied.filter(~Exists(waiting)).order_by("received_at")
    ids = list(old.values_list("id", flat=True)[:BATCH])
    Event.objects.filter(id__in=ids).delete()
    return len(ids)


@transaction.atomic
def empty_attempts() -> int:
    """The calls of old attempts; results, answers and errors stay. Ids sort by time: a cursor serves as the index."""
    Chore.objects.bulk_create([Chore(name=ATTEMPTS)], ignore_conflicts=True)
    chore = Chore.objects.select_for_update().get(name=ATTEMPTS)
    old = Attempt.objects.filter(id__gt=chore.cursor, id__lt=first_id(_days_ago(settings.PAYLOAD_RETENTION_DAYS)))
    ids = list(old.order_by("id").values_list("id", flat=True)[:BATCH])
    if ids:
        finished = Attempt.objects.filter(id__in=ids).exclude(result=AttemptResult.SENDING)
        finished.exclude(exchanges=[]).update(exchanges=[])
        Chore.objects.filter(name=ATTEMPTS).update(cursor=ids[-1])
    return len(ids)


@transaction.atomic
def delete_hook_deliveries() -> int:
    """What hooks were told, or could not be told in all that time. Ids sort by time."""
    old = HookDelivery.objects.filter(id__lt=first_id(clock.now() - HOOK_DELIVERIES)).order_by("id")
    ids = list(old.values_list("id", flat=True)[:BATCH])
    HookDelivery.objects.filter(id__in=ids).delete()
    return len(ids)


@transaction.atomic
def delete_notifications() -> int:
    """What was told, or could not be told in all that time."""
    old = Notification.objects.filter(id__lt=first_id(clock.now() - NOTIFICATIONS)).order_by("id")
    ids = list(old.values_list("id", flat=True)[:BATCH])
    Notification.objects.filter(id__in=ids).delete()
    return len(ids)


STEPS: tuple[Callable[[], int], ...] = (
    empty_events,
    delete_events,
    empty_attempts,
    delete_hook_deliveries,
    delete_notifications,
)
