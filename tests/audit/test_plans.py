"""Claiming reads what is due and nothing else, however much the ledger holds: the database's own plan says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.models import QuerySet

from audit.ledger import _due
from audit.models import OF_A_RUN, Change, ChangeState
from integrations.inbox import _waiting, held

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _as_if_large() -> Iterator[None]:
    """Tables of tests are empty: PostgreSQL would read them whole. On SQLite nothing has to be said."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    yield


def plan_of(rows: QuerySet[object]) -> str:
    return str(rows.explain())


@pytest.mark.parametrize("lane", ["optouts", "events", "bulk"])
def test_due_changes_are_found_by_the_index_of_those_in_line(lane: str) -> None:
    assert "change_queue" in plan_of(_due(lane).order_by("next_attempt_at", "id"))


@pytest.mark.parametrize("lane", ["events", "bulk"])
def test_earlier_changes_of_a_person_are_found_by_the_index_of_those_in_line(lane: str) -> None:
    assert "change_order" in plan_of(_due(lane).order_by("next_attempt_at", "id"))


@pytest.mark.parametrize("lane", ["optouts", "events", "bulk"])
def test_waiting_events_are_found_by_the_index_of_those_that_are_new(lane: str) -> None:
    assert "event_queue" in plan_of(_waiting(lane).order_by("occurred_at", "id"))


@pytest.mark.parametrize("lane", ["optouts", "events", "bulk"])
def test_what_a_worker_holds_is_found_without_reading_the_inbox(lane: str) -> None:
    plan = plan_of(held(lane, "a lease").order_by())
    assert "event_queue" in plan or "event_order" in plan  # each holds what is new, and nothing else


def test_what_a_run_did_is_counted_without_reading_the_ledger() -> None:
    mine = Change.objects.filter(OF_A_RUN, run_id="01RUN").order_by()
    assert "change_run" in plan_of(mine.values("kind", "state", "created"))
    assert "change_run" in plan_of(mine.values("event"))


def test_what_is_being_sent_is_found_without_reading_the_ledger() -> None:
    assert "change_state" in plan_of(Change.objects.filter(lease="a lease", state=ChangeState.SENDING).order_by())
