"""How many changes of each hour ended how, or still wait: sealed ones from the tallies, the others from the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Case, Count, F, QuerySet, When
from django.utils import timezone

from integrations.ids import first_id

from .models import UNFINISHED, UNSEALED, Change, Tally

HOURS = 24  # what the chart shows
HOUR = timedelta(hours=1)
Counts = Counter[tuple[datetime, str]]  # (hour, state) → how many


def add_to_tallies(sealed: Iterable[tuple[datetime, str]]) -> None:
    """(when it was recorded, state) of each change of a seal. In the transaction that seals them: once each."""
    counts = Counter((hour_of(recorded), state) for recorded, state in sealed)
    new = [Tally(hour=hour, state=state) for hour, state in sorted(counts)]
    Tally.objects.bulk_create(new, ignore_conflicts=True)
    for (hour, state), count in sorted(counts.items()):
        Tally.objects.filter(hour=hour, state=state).update(count=F("count") + count)


def counts_since(start: datetime) -> Counts:
    """By hour and state, of what was recorded since then. `start` is where an hour begins."""
    counts: Counts = Counter()
    for hour, state, count in Tally.objects.filter(hour__gte=start).values_list("hour", "state", "count"):
        counts[hour_of(hour), state] += count
    recent = Change.objects.filter(pk__gte=first_id(start))
    for rows in (recent.filter(UNSEALED), recent.filter(state__in=UNFINISHED)):
        counts += _counted(rows, start)
    return counts


def hour_of(moment: datetime) -> datetime:
    """Where the hour begins here."""
    return timezone.localtime(moment).replace(minute=0, second=0, microsecond=0)


def _counted(rows: QuerySet[Change], start: datetime) -> Counts:
    """By their ids, which begin with the time: the index of states knows both, and no row is read."""
    hours = [start + number * HOUR for number in range(HOURS)]
    ends = [When(pk__lt=first_id(hour, HOUR), then=number) for number, hour in enumerate(hours[:-1])]
    grouped = rows.order_by().annotate(number=Case(*ends, default=HOURS - 1)).values_list("number", "state")
    return Counter({(hours[number], state): count for number, state, count in grouped.annotate(count=Count("pk"))})
