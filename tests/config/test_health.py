"""The health pages: what they say, to whom, and what they never do."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from audit.models import Change, ChangeState, Kind
from config.health import healthz, metrics, readyz
from integrations.models import Connection, Event, EventState

ask = RequestFactory().get
SECRET = "metrics-token-of-this-test"


@pytest.fixture
def connection() -> Connection:
    return Connection.objects.create(name="getresponse-main", vendor="getresponse")


def add_event(connection: Connection, key: str, **values: Any) -> Event:
    now = timezone.now()
    return Event.objects.create(
        connection=connection, dedupe_key=key, order_key=key, **({"occurred_at": now, "received_at": now} | values)
    )


def add_change(connection: Connection, **values: Any) -> Change:
    return Change.objects.create(
        **({"connection": connection, "object": "Lead", "operation": "upsert", "order_key": "lead"} | values)
    )


def body_of(response: HttpResponse) -> dict[str, Any]:
    return dict(json.loads(response.content))


def numbers() -> dict[tuple[str, ...], float]:
    """{(metric, label value...): number} as Prometheus reads the page."""
    page = metrics(ask("/metrics")).content.decode()
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    return {(sample.name.removeprefix("crosswalk_"), *sample.labels.values()): sample.value for sample in samples}


def test_the_process_is_up_without_any_database() -> None:
    assert body_of(healthz(ask("/healthz"))) == {"status": "ok"}


@pytest.mark.parametrize("view", [healthz, readyz, metrics])
def test_only_reading_is_allowed(view: Any) -> None:
    assert view(RequestFactory().post("/")).status_code == 405


@pytest.mark.django_db
def test_ready_when_database_and_queue_answer_and_nothing_waits() -> None:
    response = readyz(ask("/readyz"))
    assert response.status_code == 200
    assert body_of(response) == {
        "status": "ok",
        "database": "ok",
        "queue": "ok",
        "oldest_unplanned_event_seconds": 0.0,
    }


@pytest.mark.django_db
def test_ready_says_how_long_the_oldest_unplanned_event_waits(connection: Connection) -> None:
    add_event(connection, "a", received_at=timezone.now() - timedelta(seconds=90))
    add_event(connection, "b", received_at=timezone.now() - timedelta(days=1), state=EventState.PLANNED)
    assert 90 <= body_of(readyz(ask("/readyz")))["oldest_unplanned_event_seconds"] < 120


@pytest.mark.django_db
@pytest.mark.parametrize(("part", "asks"), [("database", "_ask_database"), ("queue", "_ask_queue")])
def test_not_ready_names_the_part_that_is_down_and_no_address(part: str, asks: str) -> None:
    with patch(f"config.health.{asks}", side_effect=OperationalError("cannot reach db.example.com, password hunter2")):
        response = readyz(ask("/readyz"))
    assert response.status_code == 503
    assert body_of(response)[part] == "OperationalError"
    assert b"example.com" not in response.content and b"hunter2" not in response.content


@pytest.mark.django_db
def test_metrics_count_what_waits(connection: Connection) -> None:
    old = timezone.now() - timedelta(minutes=10)
    add_event(connection, "a", received_at=old)
    add_event(connection, "b", state=EventState.QUARANTINED)
    add_event(connection, "c", state=EventState.PLANNED)
    add_change(connection, created_at=old)
    add_change(connection, kind=Kind.OPT_OUT, state=ChangeState.FAILED, created_at=old)
    add_change(connection, kind=Kind.OPT_OUT, state=ChangeState.HELD)
    add_change(connection, state=ChangeState.APPLIED, applied_at=timezone.now())
    found = numbers()
    assert 600 <= found.pop(("oldest_unplanned_event_seconds",)) < 660
    assert 600 <= found.pop(("oldest_queued_change_seconds",)) < 660
    assert found == {
        ("events", "new"): 1, ("events", "failed"): 0, ("events", "quarantined"): 1,
        ("changes", "held"): 1, ("changes", "queued"): 1, ("changes", "sending"): 0, ("changes", "failed"): 1,
        ("recent_events", "webhook"): 3, ("opt_outs_in_force",): 0,
        ("opt_out_changes_waiting",): 2, ("opt_out_changes_overdue",): 1, ("recent_changes_applied",): 1,
    }  # fmt: skip


@pytest.mark.django_db
def test_metrics_cost_the_same_however_much_waits(connection: Connection, django_assert_num_queries: Any) -> None:
    for number in range(30):
        add_event(connection, str(number))
        add_change(connection, order_key=str(number))
    with django_assert_num_queries(14):
        metrics(ask("/metrics"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "address", "headers", "status"),
    [
        ("", "127.0.0.1", {}, 200),
        ("", "::1", {}, 200),
        ("", "203.0.113.7", {}, 403),
        ("", "", {}, 403),
        ("", "127.0.0.1", {"HTTP_X_FORWARDED_FOR": "203.0.113.7"}, 403),
        ("", "127.0.0.1", {"HTTP_FORWARDED": "for=203.0.113.7"}, 403),
        (SECRET, "127.0.0.1", {}, 403),
        (SECRET, "127.0.0.1", {"HTTP_AUTHORIZATION": "Bearer wrong"}, 403),
        (SECRET, "127.0.0.1", {"HTTP_AUTHORIZATION": "Bearer é"}, 403),
        (SECRET, "203.0.113.7", {"HTTP_AUTHORIZATION": f"Bearer {SECRET}"}, 200),
    ],
)
def test_metrics_are_for_the_token_or_for_this_machine(
    token: str, address: str, headers: dict[str, str], status: int
) -> None:
    with override_settings(METRICS_TOKEN=token):
        response = metrics(ask("/metrics", REMOTE_ADDR=address, **headers))
    assert response.status_code == status
    assert (b"crosswalk_events" in response.content) is (status == 200)


@pytest.mark.django_db
def test_metrics_without_a_database_say_so() -> None:
    with patch("config.health._events", side_effect=OperationalError("secret address")):
        response = metrics(ask("/metrics"))
    assert (response.status_code, response.content) == (503, b"The database does not answer.\n")
