"""Alerts: told when it begins, to whom it is switched on for, not again and again, and when it is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from audit.models import Alert, Change, Chore, Notification, Restart
from audit.notifications.alerts import ALERTING, Trouble, alert_due, tell
from audit.notifications.models import AlertKind, NotificationChannel
from config.tasks import TROUBLES, work_off
from integrations.health import note_failure
from integrations.models import Connection
from integrations.vendors.errors import AuthenticationFailed, Unavailable
from mappings.models import Run, RunKind, RunState
from tests.audit.rows import ERROR, change, connection, failed, opt_out, told
from tests.clocks import Passing

from .team import channel

pytestmark = pytest.mark.django_db
ALL = tuple(AlertKind.values)


def look() -> list[tuple[str, str]]:
    """A minute later: what is new to be told, by channel and subject."""
    before = set(Notification.objects.values_list("pk", flat=True))
    Chore.objects.filter(name=ALERTING).update(due_at=timezone.now())
    alert_due(TROUBLES)
    rows = Notification.objects.exclude(pk__in=before).order_by("pk")
    return [(row.to, row.subject) for row in rows]


def stop(name: str = "salesforce-main") -> Connection:
    row = connection(name)
    note_failure(row, AuthenticationFailed("The key was refused.", help="Enter a new one."))
    return row


def test_a_stopped_connection_is_told_once_with_what_to_do_and_where(settings: Any) -> None:
    channel("ops", "ops@example.com", *ALL)
    row = stop()
    assert look() == [("ops", "Crosswalk: salesforce-main is stopped")]
    body = Notification.objects.get().body
    assert "The key was refused. Enter a new one." in body and "press Test connection" in body
    assert body.endswith(f"https://crosswalk.example.com/admin/integrations/connection/{row.pk}/change/")
    assert look() == []


def test_it_is_said_when_it_is_over() -> None:
    channel("ops", "ops@example.com", *ALL)
    stop()
    look()
    Connection.objects.update(blocked=False)
    assert look() == [("ops", "Crosswalk: over: salesforce-main is stopped")]
    assert "this is over. It lasted" in Notification.objects.order_by("pk")[1].body
    assert look() == [] and not Alert.objects.exists()
    stop()
    assert look() == [("ops", "Crosswalk: salesforce-main is stopped")]


def test_each_connection_is_a_trouble_of_its_own() -> None:
    channel("ops", "ops@example.com", *ALL)
    stop()
    stop("salesforce-two")
    assert len(look()) == 2
    Connection.objects.filter(name="salesforce-two").update(blocked=False)
    assert look() == [("ops", "Crosswalk: over: salesforce-two is stopped")]


def test_a_vendor_that_is_down_for_a_while_is_no_alert() -> None:
    channel("ops", "ops@example.com", *ALL)
    note_failure(connection(), Unavailable("Away."))
    assert look() == []


def test_only_who_has_it_switched_on_is_told_also_later() -> None:
    channel("ops", "ops@example.com", AlertKind.CONNECTION)
    channel("sales", "sales@example.com", AlertKind.FAILED)
    stop()
    assert [to for to, _subject in look()] == ["ops"]
    NotificationChannel.objects.filter(name="sales").update(alerts=[AlertKind.CONNECTION])
    assert look() == [("sales", "Crosswalk: salesforce-main is stopped")]
    NotificationChannel.objects.filter(name="ops").update(alerts=[])
    Connection.objects.update(blocked=False)
    assert [to for to, _subject in look()] == ["sales"]


def test_a_channel_that_is_gone_is_told_nothing() -> None:
    row = channel("ops", "ops@example.com", *ALL)
    stop()
    look()
    row.delete()
    Connection.objects.update(blocked=False)
    assert look() == [] and not Alert.objects.exists()


def test_failures_are_grouped_by_cause_and_told_at_most_once_an_hour() -> None:
    channel("ops", "ops@example.com", *ALL)
    failed()
    assert look() == [("ops", "Crosswalk: 1 change failed")]
    for _time in range(3):
        failed()
    failed(error={**ERROR, "message": "Two leads have it."}, error_code="conflict")
    assert look() == []
    Alert.objects.update(told_at=timezone.now() - timedelta(minutes=61))
    assert look() == [("ops", "Crosswalk: 5 changes failed")]
    body = Notification.objects.order_by("-pk")[0].body
    assert f"4 × salesforce-main: {ERROR['message']} {ERROR['help']}\n1 × salesforce-main: Two leads" in body
    Alert.objects.update(told_at=timezone.now() - timedelta(minutes=61))
    assert look() == []  # nothing new failed
    Change.objects.filter(state="failed").update(state="cancelled")
    assert look() == [("ops", "Crosswalk: over: 5 changes failed")]


def test_a_wrong_clock_silences_nobody_for_long() -> None:
    channel("ops", "ops@example.com", *ALL)
    failed()
    look()
    Alert.objects.update(told_at=timezone.now() + timedelta(days=3))
    failed()
    assert len(look()) == 1


def test_an_opt_out_is_overdue_after_what_was_promised() -> None:
    channel("ops", "ops@example.com", *ALL)
    late = opt_out(ago=timedelta(minutes=16))
    told(late, None)
    told(opt_out(ago=timedelta(minutes=14)), None)
    assert look() == [("ops", "Crosswalk: 1 opt-out is overdue")]
    assert "dana@example.com" not in Notification.objects.get().body
    Change.objects.filter(opt_out=late).update(state="applied", applied_at=timezone.now())
    assert look() == [("ops", "Crosswalk: over: 1 opt-out is overdue")]


def test_a_run_at_the_brake_and_a_burst_are_told() -> None:
    channel("ops", "ops@example.com", *ALL)
    run = Run.objects.create(kind=RunKind.BACKFILL, state=RunState.WAITING, message="Stopped at the brake: 5 wait.")
    change(state="held", braked="create", run_id=run.pk)
    assert look() == [("ops", "Crosswalk: a backfill waits for you")]
    assert f"/admin/mappings/run/{run.pk}/change/" in Notification.objects.get().body
    change(state="held", braked="opt_out")
    change(state="held")
    assert look() == [("ops", "Crosswalk: the brake holds 1 change")]
    Run.objects.update(state=RunState.QUEUED)
    assert look() == [("ops", "Crosswalk: over: a backfill waits for you")]


def test_a_worker_that_is_started_again_and_again_is_told() -> None:
    channel("ops", "ops@example.com", *ALL)
    for minutes in (50, 30, 70):
        Restart.objects.create(
            host="one", child="events", reason="no sign of life", at=timezone.now() - timedelta(minutes=minutes)
        )
    Restart.objects.create(host="two", child="events", reason="no sign of life")
    assert look() == []
    Restart.objects.create(host="one", child="events", reason="ended by itself")
    assert look() == [("ops", "Crosswalk: events of one is started again and again")]
    assert "3 times within an hour, the last time: ended by itself." in Notification.objects.get().body
    Restart.objects.all().delete()
    assert len(look()) == 1


def test_where_nobody_listens_nothing_is_told_nor_kept(django_assert_max_num_queries: Any) -> None:
    stop()
    failed()
    with django_assert_max_num_queries(8):
        assert look() == []
    assert not Alert.objects.exists()


def test_it_is_looked_for_once_a_minute(passing: Passing) -> None:
    channel("ops", "ops@example.com", *ALL)
    work_off("bulk")
    stop()
    work_off("bulk")
    assert not Notification.objects.exists()
    with passing.later(timedelta(minutes=1)):
        work_off("bulk")
    assert Notification.objects.filter(alert=AlertKind.CONNECTION).count() == 1


def test_what_is_not_recorded_counts_as_not_told() -> None:
    channel("ops", "ops@example.com", *ALL)
    trouble = Trouble(AlertKind.FAILED, "k", "t", "x", "/")
    listeners = {kind: ["ops"] for kind in ALL}
    recording = "audit.notifications.alerts.record_notifications"
    with mock.patch(recording, side_effect=SystemExit), pytest.raises(SystemExit):
        tell([trouble], listeners)
    tell([trouble], listeners)
    assert Notification.objects.count() == 1
