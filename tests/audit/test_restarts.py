"""What had to be started again stands on the dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from audit.models import Restart
from audit.restarts import KEPT, note_restart, restarts_since
from config.supervisor.crosswalk import note_for_dashboard
from integrations.models import Connection

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connection_stays")]
SILENT = "no sign of life for 16 s"


@pytest.fixture
def connection_stays() -> Iterator[None]:
    """The parent closes its connection before it forks; a test needs its own."""
    with mock.patch("config.supervisor.crosswalk.close_all"):
        yield


def test_the_dashboard_says_what_was_started_again_and_why(admin_client: Client) -> None:
    Connection.objects.create(name="getresponse-main", vendor="getresponse")
    note_for_dashboard("events", SILENT)
    page = admin_client.get("/admin/").content.decode()
    assert "Started again in the last 24 hours" in page
    assert SILENT in page


def test_a_quiet_day_says_nothing_of_it(admin_client: Client) -> None:
    Connection.objects.create(name="getresponse-main", vendor="getresponse")
    Restart.objects.create(host="a", child="events", reason=SILENT, at=timezone.now() - timedelta(days=2))
    assert "Started again" not in admin_client.get("/admin/").content.decode()


def test_each_process_of_each_host_is_counted_for_itself() -> None:
    for reason in ("ended by itself (signal 9)", SILENT):
        note_restart("events", reason)
    Restart.objects.create(host="another", child="events", reason=SILENT)
    found = {(again.host, again.times, again.reason) for again in restarts_since(timezone.now() - timedelta(hours=1))}
    assert ("another", 1, SILENT) in found
    assert any(times == 2 and reason == SILENT for host, times, reason in found if host != "another")


def test_old_ones_are_forgotten() -> None:
    Restart.objects.create(host="a", child="web", reason=SILENT, at=timezone.now() - KEPT - timedelta(days=1))
    note_restart("web", SILENT)
    assert Restart.objects.count() == 1


def test_a_database_that_is_away_does_not_stop_the_parent(caplog: pytest.LogCaptureFixture) -> None:
    with mock.patch("config.supervisor.crosswalk.note_restart", side_effect=OperationalError("away")):
        note_for_dashboard("web", SILENT)
    assert "OperationalError" in caplog.text
