"""The chart adds up tallies of what is sealed and counts the rest: no change twice, and none left out."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from audit.dashboard import hourly
from audit.models import Change, Tally
from audit.sealing import seal_waiting
from audit.tallies import add_to_tallies, counts_since, hour_of
from integrations.ids import first_id

from .rows import change, failed

pytestmark = pytest.mark.django_db


def make(hours_ago: int, **facts: str) -> Change:
    when = hour_of(timezone.now()) - timedelta(hours=hours_ago)
    return change(id=first_id(when, timedelta(seconds=Change.objects.count())), created_at=when, **facts)


def test_the_chart_is_the_same_before_and_after_sealing() -> None:
    for hours_ago, state in [(0, "applied"), (0, "applied"), (0, "rejected"), (3, "applied"), (3, "queued")]:
        make(hours_ago, state=state)
    failed()
    before = hourly()
    assert seal_waiting() == 4
    assert Tally.objects.count() == 3
    assert hourly() == before


def test_what_is_sealed_later_is_added_to_its_hour() -> None:
    for _ in range(2):
        make(1)
        seal_waiting()
        seal_waiting()
    assert list(Tally.objects.values_list("state", "count")) == [("applied", 2)]


def test_an_hour_is_one_of_this_time_zone() -> None:
    start = datetime.fromisoformat("2026-05-10T00:00:00+00:00")
    with timezone.override("Asia/Kolkata"):
        add_to_tallies([(start + timedelta(minutes=minutes), "applied") for minutes in (0, 29, 30)])
        counts = counts_since(start - timedelta(hours=1))
    assert {(f"{hour:%H:%M}", count) for (hour, _state), count in counts.items()} == {("05:00", 2), ("06:00", 1)}
