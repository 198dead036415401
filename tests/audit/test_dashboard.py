"""The dashboard answers first whether everything is in step."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.dashboard import bounded_rows, causes, hourly, quantile
from integrations.models import Health

from .rows import ERROR, change, connection, event, failed, opt_out, person, staff, told

pytestmark = pytest.mark.django_db


def shown(client: Client) -> str:
    page = client.get("/admin/")
    assert page.status_code == 200
    return page.content.decode()


def test_an_empty_installation_leads_to_the_first_connection(admin_client: Client) -> None:
    page = shown(admin_client)
    assert "Nothing is connected yet" in page
    assert "/admin/integrations/connection/add/" in page


def test_when_nothing_is_wrong_everything_is_in_step(admin_client: Client) -> None:
    told(opt_out())
    change()
    assert "Everything is in step" in shown(admin_client)


def _blocked() -> None:
    connection(health=Health.BLOCKED)


def _old_event() -> None:
    event(state="new", received_at=timezone.now() - timedelta(minutes=3))


def _waiting_stop() -> None:
    told(opt_out(), None)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (failed, "1 change failed"),
        (lambda: change(state="held"), "1 change waits for approval"),
        (_old_event, "the oldest event has waited 3 min"),
        (_waiting_stop, "1 opt-out is not told everywhere"),
        (_blocked, "salesforce-main: Stopped: needs a person"),
    ],
)
def test_what_is_in_the_way_stands_in_the_first_line(admin_client: Client, make: Any, said: str) -> None:
    make()
    page = shown(admin_client)
    assert "Not everything is in step" in page
    assert said in page


def test_a_young_event_is_not_in_the_way(admin_client: Client) -> None:
    event(state="new")
    assert "Everything is in step" in shown(admin_client)


def test_an_opt_out_later_than_a_quarter_of_an_hour_is_red(admin_client: Client) -> None:
    told(opt_out(ago=timedelta(hours=1)), None)
    page = admin_client.get("/admin/")
    assert page.context["opt_outs"]["overdue"] == 1
    assert page.context["tone"] == "bad"


def test_opt_outs_show_how_long_they_took(admin_client: Client) -> None:
    for seconds in range(1, 21):
        told(opt_out(), timedelta(seconds=seconds))
    numbers = admin_client.get("/admin/").context["opt_outs"]
    assert (numbers["count"], numbers["p50"], numbers["p95"], numbers["worst"]) == ("20", "10 s", "19 s", "20 s")


@pytest.mark.parametrize(
    ("seconds", "share", "expected"), [([], 0.5, None), ([7], 0.95, 7), ([1, 2], 0.5, 1), ([1, 2, 3], 0.95, 3)]
)
def test_a_quantile_is_one_of_the_values(seconds: list[int], share: float, expected: int | None) -> None:
    found = quantile([timedelta(seconds=each) for each in seconds], share)
    assert found == (None if expected is None else timedelta(seconds=expected))


def test_failures_are_grouped_by_cause_and_connection(admin_client: Client) -> None:
    failed()
    failed()
    failed(connection=connection("salesforce-two"))
    failed(error={**ERROR, "code": "conflict"}, error_code="conflict")
    found = {(cause["connection"], cause["code"]): cause["count"] for cause in causes()}
    expected = {
        ("salesforce-main", "rejected"): 2,
        ("salesforce-two", "rejected"): 1,
        ("salesforce-main", "conflict"): 1,
    }
    assert found == expected
    page = shown(admin_client)
    assert ERROR["help"] in page
    assert "Retry all 2" in page


def test_the_link_of_a_cause_leads_to_its_changes(admin_client: Client) -> None:
    kept, other = failed(), failed(error_code="conflict")
    page = admin_client.get(causes()[0]["log"]).content.decode()
    assert (kept.pk in page) != (other.pk in page)


def test_the_chart_counts_per_hour_and_result() -> None:
    change()
    change()
    failed()
    change(created_at=timezone.now() - timedelta(days=3), id="00000000000000000000000001")
    chart = hourly()
    last = {each["label"]: each["data"][-1] for each in chart["datasets"]}
    assert (last["Applied"], last["Failed"], len(chart["labels"])) == (2, 1, 24)
    assert sum(sum(each["data"]) for each in chart["datasets"]) == 3


def test_the_latest_changes_say_who_and_what(admin_client: Client) -> None:
    change(person=person(), created=True)
    page = shown(admin_client)
    assert "Lead made at salesforce-main" in page
    assert "דנה כהן" in page
    assert '<bdi dir="ltr">dana@example.com</bdi>' in page


def test_who_may_not_see_changes_sees_none() -> None:
    failed(person=person())
    page = shown(staff("integrations.view_connection"))
    assert "dana@example.com" not in page
    assert ERROR["message"] not in page
    assert "salesforce-main" in page


def test_who_may_see_nothing_sees_nothing() -> None:
    failed(person=person())
    assert "salesforce-main" not in shown(staff())


def test_the_number_of_queries_does_not_grow(admin_client: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        change(person=person(email=f"grow{number}@example.com"))
        failed(person=person(email=f"f{number}@example.com"))
        told(opt_out())
    with django_assert_max_num_queries(25):
        shown(admin_client)


def test_a_full_page_of_opt_outs_says_that_there_are_more() -> None:
    assert bounded_rows([None] * 500) == "500+"  # type: ignore[list-item]
