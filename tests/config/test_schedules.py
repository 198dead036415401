"""The sweep does not depend on the queue's own rows: what was lost is put back."""

from __future__ import annotations

import pytest
from django.conf import settings
from django_q.models import Schedule

from config.schedules import put_back_schedules

pytestmark = pytest.mark.django_db


def test_after_a_migration_every_lane_has_its_sweep() -> None:
    assert set(Schedule.objects.values_list("cluster", flat=True)) == set(settings.LANES)


def test_lost_schedules_are_put_back_once() -> None:
    Schedule.objects.all().delete()
    put_back_schedules()
    put_back_schedules()
    assert Schedule.objects.count() == len(settings.LANES)
    assert {row.func for row in Schedule.objects.all()} == {"config.tasks.drain"}


def test_two_workers_that_started_at_once_leave_one_schedule_and_hinder_no_later_one() -> None:
    put_back_schedules()
    for row in Schedule.objects.all():
        row.pk = None
        row.save()
    put_back_schedules()
    assert sorted(Schedule.objects.values_list("name", flat=True)) == sorted(f"sweep {lane}" for lane in settings.LANES)
