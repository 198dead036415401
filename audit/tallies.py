"""How many changes of each hour ended how, or still wait: sealed ones from the tallies, the others from the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, F, QuerySet
from django.db.models.functions import TruncHour
from django.utils import timezone

from integrations.ids import first_id

from .models import UNFINISHED, UNSEALED, Change, Tally

Counts = Counter[tuple[datetime, str]]  # (hour, state) → how many


def add_to_tallies(sealed: Iterable[tuple[datetime, str]]) -> None:
    """(when it was recorded, state) of each change of a seal. In the transaction that seals them: once each."""
    counts = Counter((hour_of(recorded), state) for recorded, state in sealed)
    new = [Tally(hour=hour, state=state) for hour, state in sorted(counts)]
    Tally.objects.bulk_create(new, ignore_conflicts=True)
    for (hour, state), count in sorted(counts.items()):
        Tally.objects.filter(hour=hour, state=state).update(count=F("count") + count)


def counts_since(start: datetime) -> Counts:
    """By hour and state, of what was recorded since then."""
    counts: Counts = Counter()
    for hour, state, count in Tally.objects.filter(hour__gte=start).values_list("hour", "state", "count"):
        counts[hour_of(hour), state] += count
    recent = Change.objects.filter(pk__gte=first_id(start))
    for hour, state, count in [*_counted(recent.filter(UNSEALED)), *_counted(recent.filter(state__in=UNFINISHED))]:
        counts[hour, state] += count
    return counts


def hour_of(moment: datetime) -> datetime:
    """Where the hour begins here."""
    return timezone.localtime(moment).replace(minute=0, second=0, microsecond=0)


def _counted(rows: QuerySet[Change]) -> Iterable[tuple[datetime, str, int]]:
    hours = rows.order_by().annotate(hour=TruncHour("created_at")).values_list("hour", "state")
    return hours.annotate(count=Count("pk"))
