"""Old payloads go, in small batches, and nothing that still waits to be done is touched."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import retention
from audit.models import Attempt, AttemptResult, Change, Chore, OptOut
from audit.retention import delete_events, empty_attempts, empty_events, prune, prune_due
from audit.sealing import seal_waiting
from audit.verifying import Inspection
from config.tasks import work_off
from integrations.inbox import replay_event
from integrations.models import Event, EventSource
from integrations.vendors.errors import Unreadable

from . import plans, rows

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _days(settings: Any) -> None:
    settings.PAYLOAD_RETENTION_DAYS, settings.EVENT_RETENTION_DAYS = 90, 400


def event(days: int, **facts: Any) -> Event:
    """An event that came so many days ago."""
    said = {"record": {"email": "dana@example.com"}, "context": {"list": "News"}, "body_hash": "abc"}
    return rows.event(received_at=NOW - timedelta(days=days), **{**said, **facts})


def attempt(days: int, **facts: Any) -> Attempt:
    defaults: dict[str, Any] = {"number": 1, "batch": "b", "result": AttemptResult.APPLIED, "exchanges": [{"url": "/"}]}
    with time_machine.travel(NOW - timedelta(days=days)):
        return Attempt.objects.create(**{**defaults, "change": rows.change(), **facts})


def again(row: Any) -> Any:
    return type(row).objects.filter(pk=row.pk).first()


@pytest.mark.parametrize("state", ["planned", "ignored"])
def test_an_old_event_forgets_what_it_said_and_keeps_its_hash(state: str) -> None:
    old = event(91, state=state, reason="no rule listens")
    prune()
    kept = again(old)
    assert (bytes(kept.body), kept.record, kept.context) == (b"", {}, {})
    assert (kept.body_hash, kept.state, kept.reason) == ("abc", state, "no rule listens")


@pytest.mark.parametrize(("days", "state"), [(89, "planned"), (500, "new"), (500, "failed"), (500, "quarantined")])
def test_a_young_event_and_one_that_waits_for_somebody_keep_everything(days: int, state: str) -> None:
    kept = event(days, state=state)
    before = Event.objects.values().get(pk=kept.pk)
    prune()
    assert Event.objects.values().get(pk=kept.pk) == before


def test_events_go_after_their_time_and_the_ledger_stays_unbroken() -> None:
    old, younger = event(401), event(399)
    change, stop = rows.change(event=old), rows.opt_out(event=old, evidence={"event": old.pk})
    replay = event(10, replay_of=old)
    seal_waiting()
    prune()
    assert again(old) is None and again(younger) is not None
    assert (again(change).event, again(replay).replay_of) == (None, None)
    assert OptOut.objects.get(pk=stop.pk).evidence == {"event": old.pk}
    assert list(Inspection().flaws()) == []


@pytest.mark.parametrize("state", ["held", "queued", "sending", "failed"])
def test_an_event_stays_as_long_as_a_change_of_it_is_unfinished(state: str) -> None:
    old = event(500)
    change = rows.change(event=old, state=state)
    prune()
    assert again(old) is not None
    Change.objects.filter(pk=change.pk).update(state="cancelled")
    prune()
    assert again(old) is None


def test_bodies_never_outlive_their_events(settings: Any) -> None:
    settings.EVENT_RETENTION_DAYS, settings.PAYLOAD_RETENTION_DAYS = 30, 90
    old = event(31)
    prune()
    assert again(old) is None


@pytest.mark.parametrize("source", EventSource.values)
def test_a_pruned_event_cannot_be_replayed_whatever_its_source(source: str) -> None:
    old = event(91, source=source, body=b"" if source == EventSource.POLL else b"{}")
    prune()
    with pytest.raises(Unreadable, match="pruned"):
        replay_event(again(old), "dana")


def test_an_old_attempt_forgets_its_calls_and_keeps_its_result() -> None:
    error = {"code": "rejected"}
    old, young = attempt(91, result=AttemptResult.FAILED, error=error, response={"id": "00Q"}), attempt(89)
    prune()
    kept = again(old)
    assert (kept.exchanges, kept.result, kept.error, kept.response) == ([], "failed", error, {"id": "00Q"})
    assert again(young).exchanges == [{"url": "/"}]


def test_attempts_go_on_where_the_last_round_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for days in (95, 94, 93):
        attempt(days)
    assert [empty_attempts(), empty_attempts(), empty_attempts()] == [2, 1, 0]
    assert not Attempt.objects.exclude(exchanges=[]).exists()


def test_attempts_that_grow_old_later_are_emptied_later() -> None:
    made = attempt(80)
    prune()
    assert again(made).exchanges
    with time_machine.travel(NOW + timedelta(days=11)):
        prune()
    assert again(made).exchanges == []


def test_all_batches_of_all_kinds_are_pruned_in_one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for days in (401, 402, 403, 404, 405, 100, 101):
        event(days), attempt(days)
    assert prune()
    assert (Event.objects.count(), Event.objects.filter(pruned_at=None).count()) == (2, 0)
    assert not Attempt.objects.exclude(exchanges=[]).exists()


def test_a_round_ends_when_its_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        event(100)
    assert prune(seconds=-1) is False
    assert Event.objects.filter(pruned_at=None).count() == 3


def test_it_is_done_once_an_hour_by_whoever_comes_first() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        rounds = []
        for minutes in (0, 1, 58, 2):
            clock.shift(timedelta(minutes=minutes))
            event(100)
            prune_due()
            rounds.append(Event.objects.filter(pruned_at=None).count())
    assert rounds == [0, 1, 2, 0]


def test_what_is_left_over_is_gone_on_with_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "TIME_BUDGET", -1.0)
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        event(100)
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(3):
            prune_due()
            clock.shift(61)
    assert not Event.objects.filter(pruned_at=None).exists()


def test_the_bulk_lane_does_it_beside_its_work() -> None:
    old, change = event(100), rows.change()
    assert [work_off(lane) for lane in ("events", "optouts")] == [0, 0]
    assert again(old).pruned_at is None
    assert work_off("bulk") == 0
    assert again(old).pruned_at is not None and again(change).seal_number == 1


def test_asking_whether_it_is_time_costs_one_query() -> None:
    prune_due()
    with CaptureQueriesContext(connection) as asked:
        prune_due()
    assert len(asked) == 1
    assert Chore.objects.filter(name=retention.PRUNING).exists()


@pytest.mark.parametrize(
    ("step", "index"), [(empty_events, "event_prunable"), (delete_events, "event_pruned"), (empty_attempts, "pkey")]
)
def test_what_is_old_is_found_by_an_index(step: Any, index: str) -> None:
    index = "autoindex_audit_attempt" if index == "pkey" and connection.vendor == "sqlite" else index
    table = "audit_attempt" if step is empty_attempts else "integrations_event"
    plan = plans.of(step)
    scans = [line for line in plan if f"Seq Scan on {table}" in line or f"SCAN {table}" in line]
    assert any(index in line for line in plan) and all(index in line for line in scans)
