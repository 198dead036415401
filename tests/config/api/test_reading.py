"""Pages, filters, permissions, and the cost of a page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from audit.models import Change
from integrations.ids import first_id

from . import ledger
from .conftest import Caller

pytestmark = pytest.mark.django_db
LISTS = ("connections", "events", "changes", "people", "optouts", "runs", "rules", "mappings", "operations")


@pytest.mark.parametrize("name", LISTS)
def test_nobody_reads_without_a_token(name: str) -> None:
    answer = APIClient().get(f"/api/v1/{name}/")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")


@pytest.mark.parametrize("name", LISTS)
def test_staff_without_the_permission_are_refused(caller: Caller, name: str) -> None:
    assert caller().get(f"/api/v1/{name}/").status_code == 403


@pytest.mark.parametrize("name", LISTS)
def test_an_empty_installation_answers_an_empty_page(api: APIClient, name: str) -> None:
    page = api.get(f"/api/v1/{name}/").json()
    assert set(page) == {"next", "previous", "results"}
    assert page["results"] == [] or name == "operations"


def test_a_user_who_is_not_staff_is_refused_whatever_they_may(caller: Caller) -> None:
    assert caller("audit.view_change", staff=False).get("/api/v1/changes/").status_code == 403
    assert caller("audit.view_change").get("/api/v1/changes/").status_code == 200


def test_a_timeline_shows_only_what_the_caller_may_see(caller: Caller) -> None:
    who = ledger.person()
    ledger.event(who)
    ledger.change(who)
    page = caller("integrations.view_person", "integrations.view_event").get(f"/api/v1/people/{who.id}/timeline/")
    assert [entry["what"] for entry in page.json()["results"]] == ["event"]


def test_pages_follow_each_other_newest_first_and_hold_each_row_once(api: APIClient) -> None:
    made = [ledger.change().id for _ in range(7)]
    url, seen = "/api/v1/changes/?page_size=3", []
    while url:
        page = api.get(url).json()
        seen.append([row["id"] for row in page["results"]])
        url = page["next"]
        ledger.change()  # what is new does not shift what follows
    assert sum(seen, []) == sorted(made, reverse=True)
    assert [len(rows) for rows in seen] == [3, 3, 1]


def test_a_page_never_holds_more_than_500(api: APIClient) -> None:
    rows = [
        Change(connection=ledger.connection(), object="Lead", operation="upsert", order_key="o") for _ in range(501)
    ]
    Change.objects.bulk_create(rows)
    assert len(api.get("/api/v1/changes/", {"page_size": 9999}).json()["results"]) == 500


def test_changes_are_filtered_by_their_fields(api: APIClient) -> None:
    who = ledger.person()
    event = ledger.event(who)
    day = datetime(2026, 4, 2, tzinfo=UTC)
    facts = {"event": event, "rule": "stop", "kind": "opt_out"}
    wanted = ledger.failed(who, id=first_id(day), created_at=day, **facts)
    ledger.change(ledger.person("x@example.com"), object="Task", rule="other", kind="task")
    filters: dict[str, Any] = {
        "state": "failed", "object": "Lead", "kind": "opt_out", "rule": "stop", "person": who.id, "event": event.id,
        "email": "Dana@Example.com", "created_before": "2026-04-03",
    }  # fmt: skip
    for name, value in filters.items():
        found = [row["id"] for row in api.get("/api/v1/changes/", {name: value}).json()["results"]]
        assert found == [wanted.id], name
    assert len(api.get("/api/v1/changes/", {"connection": "salesforce-main"}).json()["results"]) == 2
    assert api.get("/api/v1/changes/", {"connection": "nobody"}).json()["results"] == []
    assert len(api.get("/api/v1/changes/", {"state": "failed,queued"}).json()["results"]) == 2


def test_spans_that_touch_hold_each_change_once(api: APIClient) -> None:
    ledger.change(id=first_id(datetime(2026, 4, 2, tzinfo=UTC)), created_at=datetime(2026, 4, 2, tzinfo=UTC))
    spans = [{"created_before": "2026-04-02T00:00:00Z"}, {"created_after": "2026-04-02T00:00:00Z"}]
    assert [len(api.get("/api/v1/changes/", span).json()["results"]) for span in spans] == [0, 1]


@pytest.mark.parametrize(("name", "value"), [("state", "bogus"), ("created_after", "yesterday"), ("kind", "cake")])
def test_a_filter_nobody_can_read_is_refused(api: APIClient, name: str, value: str) -> None:
    answer = api.get("/api/v1/changes/", {name: value})
    assert (answer.status_code, list(answer.json())) == (400, [name])


def _fill(many: int) -> None:
    for number in range(many):
        who = ledger.person(f"p{number}@example.com")
        ledger.link(who, f"00Q{number}")
        event = ledger.event(who)
        stop = ledger.opt_out(who, event=event, address=f"p{number}@example.com")
        ledger.change(who, event=event, opt_out=stop, operation="opt_out")


@pytest.mark.parametrize(
    ("name", "most"), [("changes", 4), ("events", 5), ("people", 6), ("optouts", 5), ("connections", 4)]
)
def test_a_page_costs_the_same_number_of_queries_however_full(
    api: APIClient, name: str, most: int, django_assert_max_num_queries: Any
) -> None:
    _fill(12)
    with django_assert_max_num_queries(most):
        assert api.get(f"/api/v1/{name}/").json()["results"]


def test_a_timeline_costs_the_same_however_long(api: APIClient, django_assert_max_num_queries: Any) -> None:
    who = ledger.person()
    for _ in range(12):
        ledger.change(who, event=ledger.event(who))
    with django_assert_max_num_queries(10):
        assert len(api.get(f"/api/v1/people/{who.id}/timeline/").json()["results"]) == 24


@pytest.mark.parametrize(
    ("path", "status"), [("changes/%00/", 404), ("people/%00/timeline/", 404), ("changes/?person=%00", 400)]
)
def test_what_no_database_takes_is_refused(api: APIClient, path: str, status: int) -> None:
    assert api.get(f"/api/v1/{path}").status_code == status


def test_a_cursor_that_is_none_is_refused(api: APIClient) -> None:
    who = ledger.person()
    assert api.get(f"/api/v1/people/{who.id}/timeline/?cursor=%00").status_code == 400
