"""What the audit log is filtered by is what is decided: said exactly, in words, or not at all."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from django.http import QueryDict
from django.test import Client

from audit.admin_changes import ChangeAdmin
from audit.admin_selections import MEANING, filter_of_list, selection_words
from audit.choosing import FilterRefused, choose
from audit.models import Change
from audit.verbs import AT_ONCE, VERBS

from .rows import change, connection, failed, person, staff

pytestmark = pytest.mark.django_db
LOG = "/admin/audit/change/"


def links_on(client: Client, query: str) -> dict[str, dict[str, str]]:
    """verb → the filter it would go by."""
    links = client.get(f"{LOG}?{query}").context["links"]
    found = {link["verb"].name: parse_qs(urlparse(link["url"]).query) for link in links}
    return {verb: {name: values[0] for name, values in wanted.items()} for verb, wanted in found.items()}


# --- from the list ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "state__exact=held",
        "kind__exact=task",
        "connection=salesforce-two",
        "rule=other-rule",
        "error_code=conflict",
        "braked=opt_out",
        "created_at_from=2026-05-10",
        "created_at_to=2026-05-09",
        "created_at_from=2026-05-10&created_at_to=2026-05-10",
        "q=dana@example.com",
        "q= Dana@example.com",
        "q=00Q000000000001",
        "state__exact=held&braked=opt_out&connection=salesforce-main",
        "p=01ABCDEFGHJKMNPQRSTVWXYZ00&state__exact=failed",
    ],
)
def test_a_filter_taken_from_the_list_chooses_what_the_list_shows(admin_client: Client, query: str) -> None:
    old = {"id": "01KR62VY80AMWS43X98K9JRCKY", "created_at": "2026-05-09T10:00:00Z"}
    new = {"id": "01KR8N8N80EPV7R71VZYKRQYE2", "created_at": "2026-05-10T10:00:00Z"}
    failed(**old, error_code="conflict", rule="other-rule")
    failed(**new, connection=connection("salesforce-two"), person=person(record="00Q000000000001"))
    change(state="held", braked="opt_out", operation="opt_out", kind="opt_out")
    change(state="queued", braked="opt_out")
    change(state="held", kind="task")
    shown = admin_client.get(f"{LOG}?{query.replace('p=01ABCDEFGHJKMNPQRSTVWXYZ00&', '')}").context["cl"].result_list
    wanted = filter_of_list(QueryDict(query))
    assert wanted
    assert set(choose(wanted).values_list("pk", flat=True)) == {row.pk for row in shown}
    assert 0 < len(shown) < 5


@pytest.mark.parametrize(
    "query",
    [
        "rule__startswith=a",
        "state__exact=held&person__id=x",
        "connection=a&connection=b",
        "state__exact=failed&braked=delete",
    ],
)
def test_what_cannot_be_said_exactly_chooses_nothing(query: str) -> None:
    assert filter_of_list(QueryDict(query)) is None


def test_every_filter_of_the_list_has_a_meaning() -> None:
    """A filter that nobody gave a meaning takes the buttons away; this says so before an operator does."""
    lookups = {"state": "state__exact", "kind": "kind__exact", "created_at": "created_at_from"}
    names = {entry[0] if isinstance(entry, tuple) else entry.parameter_name for entry in ChangeAdmin.list_filter}
    assert {lookups.get(name, name) for name in names} <= set(MEANING)


def test_the_list_offers_what_fits_what_it_is_filtered_by(admin_client: Client) -> None:
    assert links_on(admin_client, "") == {}
    assert set(links_on(admin_client, "state__exact=applied")) == set()
    assert set(links_on(admin_client, "state__exact=failed")) == {"retry", "cancel"}
    stops = {"braked": "opt_out", "state": "held"}
    assert links_on(admin_client, "braked=opt_out") == {"approve": stops, "reject": stops, "cancel": stops}
    assert set(links_on(admin_client, "connection=salesforce-main")) == set(VERBS)


def test_the_list_offers_nobody_what_they_may_not_do() -> None:
    assert links_on(staff("audit.view_change"), "state__exact=held") == {}
    assert set(links_on(staff("audit.view_change", "audit.retry_change"), "connection=x")) == {"retry"}


# --- the page that asks -----------------------------------------------------------------------------------------


def test_what_waits_for_the_brake_is_approved_by_its_sort(admin_client: Client) -> None:
    stops = [change(state="held", braked="opt_out", held_reason="The brake: look at some.").pk for _ in range(3)]
    change(state="held", braked="delete")
    change(state="held")
    asked = admin_client.get(f"{LOG}decide/approve/?braked=opt_out&state=held")
    page = asked.content.decode()
    assert set(asked.context["ids"].split(",")) == set(stops)
    assert "3 waiting changes, stopped by the brake: opt-outs." in page
    assert page.count("The brake: look at some.") == 3


def test_more_than_one_decision_takes_is_handed_to_a_run_with_what_was_shown(admin_client: Client) -> None:
    ids = [row.pk for row in Change.objects.bulk_create(failed_rows(AT_ONCE + 1))]
    asked = admin_client.get(f"{LOG}decide/retry/?state=failed&connection=salesforce-main")
    page = asked.content.decode()
    assert (asked.context["count"], asked.context["until"], "ids" in asked.context) == (AT_ONCE + 1, ids[-1], False)
    assert f"{AT_ONCE + 1} failed changes of connection salesforce-main." in page
    assert 'action="/admin/mappings/run/decide/retry/"' in page
    assert len(asked.context["samples"]) == 10


def failed_rows(count: int) -> list[Change]:
    where = connection()
    return [
        Change(connection=where, state="failed", object="Lead", operation="upsert", order_key="o") for _ in range(count)
    ]


def test_a_filter_that_is_not_understood_is_said_and_decides_nothing(admin_client: Client) -> None:
    failed()
    page = admin_client.get(f"{LOG}decide/retry/?conection=x", follow=True).content.decode()
    assert "There is no filter conection." in page
    assert Change.objects.get().state == "failed"


def test_without_a_filter_the_page_asks_about_everything_that_fits(admin_client: Client) -> None:
    row = failed()
    change()
    assert admin_client.get(f"{LOG}decide/retry/").context["ids"] == row.pk


# --- in words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "wanted", "count", "words"),
    [
        ("retry", {"state": "failed", "connection": "sf"}, 3214, "3,214 failed changes of connection sf"),
        ("retry", {"error_code": "rate_limited"}, 1, "1 failed change, error rate limited"),
        ("approve", {"braked": "opt_out"}, 2, "2 waiting changes, stopped by the brake: opt-outs"),
        ("cancel", {"rule": "stop"}, 2, "2 changes that were not sent, rule stop"),
        ("cancel", {"state": "queued", "kind": "task,note"}, 1, "1 queued change, kind task, note"),
        ("retry", {"created_after": "2026-05-10T00:00:00+00:00"}, 2, "2 failed changes, made since 2026-05-10"),
        ("retry", {"created_before": "2026-05-10T12:30:00Z"}, 2, "2 failed changes, made before 2026-05-10 12:30"),
        (
            "retry",
            {"created_after": "nonsense", "object": "Lead"},
            2,
            "2 failed changes, made since nonsense, object Lead",
        ),
    ],
)
def test_a_selection_is_said_in_words(verb: str, wanted: dict[str, str], count: int, words: str) -> None:
    assert selection_words(VERBS[verb], wanted, count) == words


# --- the filter itself ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted", [{}, {"rule": ""}, {"state": []}, {"state": "broken"}, {"created_after": "soon"}, {"x": "y"}]
)
def test_a_filter_that_might_mean_everything_is_refused(wanted: dict[str, Any]) -> None:
    with pytest.raises(FilterRefused):
        choose(wanted)


def test_what_is_found_is_not_counted_past_a_bound(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.admin_decisions.BOUND", 2)
    for _ in range(4):
        failed()
    assert "2+ failed changes" in admin_client.get("/admin/audit/change/decide/retry/?state=failed").content.decode()
