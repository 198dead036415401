"""How far a person's stop has got."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.telling import progress_of

from .rows import connection, opt_out, person, told

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("states", "system", "done"),
    [
        (["applied"], "told", True),
        (["applied", "queued"], "waiting", False),
        (["applied", "sending"], "waiting", False),
        (["applied", "held"], "waiting", False),
        (["applied", "failed", "queued"], "failed", False),
        (["cancelled"], "failed", False),
        ([], "nobody", True),
    ],
)
def test_a_system_is_as_far_as_the_worst_of_its_records(states: list[str], system: str, done: bool) -> None:
    stop = opt_out()
    for state in states:
        told(stop, state=state)
    progress = progress_of([stop])[stop.pk]
    assert [each.state for each in progress.systems] == [system]
    assert progress.is_done is done


def test_the_time_it_took_ends_with_the_last_record_told() -> None:
    stop = opt_out()
    told(stop, timedelta(seconds=2))
    told(stop, timedelta(seconds=9), object="Contact")
    assert progress_of([stop])[stop.pk].took == timedelta(seconds=9)


def test_nothing_took_any_time_while_one_record_waits() -> None:
    stop = opt_out()
    told(stop)
    told(stop, None, object="Contact")
    assert progress_of([stop])[stop.pk].took is None


def test_a_record_that_held_it_before_counts_as_told() -> None:
    at = timezone.now().isoformat()
    already = {"connection": "salesforce-main", "object": "Contact", "record_id": "003", "at": at}
    stop = opt_out(already=[already])
    (system,) = progress_of([stop])[stop.pk].systems
    assert (system.state, system.records[0].change) == ("told", None)


@pytest.mark.parametrize(("minutes", "state", "late"), [(14, "open", False), (16, "open", True), (16, "lifted", False)])
def test_an_opt_out_is_overdue_after_a_quarter_of_an_hour(minutes: int, state: str, late: bool) -> None:
    stop = opt_out(ago=timedelta(minutes=minutes), state=state)
    told(stop, None)
    assert progress_of([stop])[stop.pk].is_overdue is late


def test_a_told_opt_out_is_never_overdue() -> None:
    stop = opt_out(ago=timedelta(hours=2))
    told(stop)
    assert not progress_of([stop])[stop.pk].is_overdue


def test_many_opt_outs_cost_two_queries(django_assert_num_queries: object) -> None:
    connection()
    stops = [opt_out(person(email=f"x{number}@example.com")) for number in range(5)]
    for stop in stops:
        told(stop)
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert len(progress_of(stops)) == 5
