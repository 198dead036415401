"""A load as people see it, and as the ledger keeps it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.ledger import LOAD_TRIES, claim_changes, claim_load, loadable
from audit.loading import load_due
from audit.models import Attempt, AttemptResult, Change, ChangeState, Kind, Load
from config.mending import mend

from .rows import change, connection, person

pytestmark = pytest.mark.django_db


def loaded(state: str = "sending", **facts: Any) -> Change:
    """One of 2,345 changes in a load."""
    load = Load.objects.create(connection=connection(), object="Lead", operation="upsert", rows=2345, job="750x")
    made = change(state=state, lease=load.pk if state == "sending" else "", attempts=1, **facts)
    Attempt.objects.create(change=made, number=1, batch=load.pk, rows=2345, result=facts.get("result", "sending"))
    return made


def upsert(number: int = 1, **facts: Any) -> Change:
    key = {"key_field": "GetResponse_Contact_ID__c", "external_id": f"key{number}"}
    return change(**{"lane": "bulk", "state": "queued", "order_key": f"person{number}", **key, **facts})


# --- as people see it -------------------------------------------------------------------------------------------


def test_the_list_says_that_a_change_is_in_a_load(admin_client: Client) -> None:
    loaded()
    page = admin_client.get(reverse("admin:audit_change_changelist")).content.decode()
    assert "In a load of 2,345 rows" in page


@pytest.mark.parametrize("state", ["sending", "applied"])
def test_a_changes_page_says_which_load_it_went_in(admin_client: Client, state: str) -> None:
    made = loaded(state)
    page = admin_client.get(reverse("admin:audit_change_change", args=[made.pk])).content.decode()
    assert page.count("In a load of 2,345 rows") == (2 if state == "sending" else 1)


def test_a_list_without_loads_costs_no_query_for_them(admin_client: Client) -> None:
    change(state="queued")
    with CaptureQueriesContext(
        database,
    ) as made:
        admin_client.get(reverse("admin:audit_change_changelist"))
    assert not [query for query in made.captured_queries if "audit_load" in query["sql"]]


# --- as the ledger keeps it -------------------------------------------------------------------------------------

EXTRAS: dict[str, Callable[[], dict[str, Any]]] = {
    "no key and no record": lambda: {"key_field": "", "external_id": ""},
    "a create": lambda: {"operation": "create"},
    "a deletion": lambda: {"operation": "delete"},
    "an opt-out": lambda: {"operation": "opt_out", "kind": Kind.OPT_OUT},
    "a task": lambda: {"kind": Kind.TASK},
    "not due": lambda: {"next_attempt_at": timezone.now() + timedelta(minutes=5)},
    "another lane": lambda: {"lane": "events"},
    "tried often": lambda: {"tries": LOAD_TRIES},
    "stopped a worker": lambda: {"unknown_outcome": True},
    "held": lambda: {"state": "held"},
    "waits for another": lambda: {"depends_on": change(state="failed")},
}


@pytest.mark.parametrize("extra", EXTRAS)
def test_only_what_may_be_repeated_goes_in_a_load(extra: str) -> None:
    made = upsert()
    upsert(2, **EXTRAS[extra]())
    assert list(loadable().values_list("pk", flat=True)) == [made.pk]


@pytest.mark.parametrize("facts", [{"unknown_outcome": True, "error_code": "outcome_unknown"}, {"record_id": "00Q1"}])
def test_what_no_answer_came_for_and_what_is_known_may_go_too(facts: dict[str, Any]) -> None:
    made = upsert(**facts)
    assert list(loadable().values_list("pk", flat=True)) == [made.pk]


def test_the_attempt_is_counted_and_written_before_anything_is_sent() -> None:
    made = [upsert(number) for number in range(3)]
    load = Load(connection=connection(), object="Lead", operation="upsert")
    assert claim_load(load, Q(), least=3) == 3
    for row in Change.objects.filter(pk__in=[each.pk for each in made]):
        assert (row.state, row.attempts, row.tries, row.lease, row.lease_until) == ("sending", 1, 1, load.pk, None)
        [attempt] = row.attempt_rows.all()
        assert (attempt.number, attempt.batch, attempt.rows, attempt.result) == (1, load.pk, 3, AttemptResult.SENDING)


def test_too_few_are_left_where_they_are() -> None:
    made = upsert()
    assert claim_load(Load(connection=connection(), object="Lead", operation="upsert"), Q(), least=2) == 0
    made.refresh_from_db()
    assert (made.state, made.attempts, Load.objects.count()) == ("queued", 0, 0)


def test_what_is_in_a_load_is_taken_by_nobody_else_and_holds_its_person_up() -> None:
    who = person()
    loaded(lane="bulk", person=who)
    upsert(2, order_key="one", person=who, lane="events")
    assert claim_changes("bulk", 10) == claim_changes("events", 10) == []
    mend("bulk")
    assert Change.objects.get(state=ChangeState.SENDING).lease_until is None


def test_a_round_in_which_no_load_pays_costs_three_queries() -> None:
    upsert()
    with CaptureQueriesContext(database) as made:
        assert load_due() == 0
    assert len(made.captured_queries) == 3


def test_a_look_that_a_clock_put_off_comes_at_once() -> None:
    load = Load.objects.create(connection=connection(), object="Lead", operation="upsert", job="750x")
    ahead = timezone.now() + timedelta(hours=3)
    Load.objects.update(next_attempt_at=ahead, postponed_at=ahead, lease="x", lease_until=ahead)
    mend("bulk")
    load.refresh_from_db()
    assert load.next_attempt_at <= timezone.now()
    assert load.lease_until is not None and load.lease_until < timezone.now() + timedelta(minutes=1)
