"""Deciding about many changes in the admin: asked with samples, started, watched and stopped."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from audit.models import Change
from audit.verbs import AT_ONCE, VERBS
from mappings.admin_runs import what_words
from mappings.models import Run, RunState
from mappings.runs import advance_runs
from tests.audit.rows import ERROR, connection, staff

pytestmark = pytest.mark.django_db
RUNS = "/admin/mappings/run/"
LOG = "/admin/audit/change/"


def many(count: int = AT_ONCE + 1, **facts: Any) -> list[str]:
    basics = {"connection": connection(), "object": "Lead", "operation": "upsert", "order_key": "o"}
    basics |= {"state": "failed", "error": ERROR, "error_code": "rejected"} | facts
    return [row.pk for row in Change.objects.bulk_create([Change(**basics) for _ in range(count)])]


def start(client: Client, verb: str = "retry", query: str = "state=failed", **sent: str) -> Any:
    return client.post(f"{RUNS}decide/{verb}/", {"filter": query, **sent})


def page_of(client: Client, run: Run) -> str:
    page = client.get(f"{RUNS}{run.pk}/change/")
    assert page.status_code == 200
    return page.content.decode()


def test_what_was_asked_about_is_started_and_its_page_shows_how_far_it_is(admin_client: Client) -> None:
    ids = many()
    asked = admin_client.get(f"{LOG}decide/retry/?state=failed&connection=salesforce-main").context
    many(1)  # came in while somebody looked
    answer = start(admin_client, query=asked["filter"], until=asked["until"], comment="mended")
    run = Run.objects.get()
    assert answer["Location"] == f"{RUNS}{run.pk}/change/"
    assert (run.total, run.until, run.comment, run.actor) == (AT_ONCE + 1, ids[-1], "mended", "admin")
    assert run.user == User.objects.get()
    advance_runs()
    page = page_of(admin_client, run)
    assert "Retry of 201 failed changes of connection salesforce-main: running" in page
    assert "200 of 201 changes" in page
    assert 'http-equiv="refresh"' in page
    assert "Retry of 201 failed changes of connection salesforce-main" in admin_client.get(RUNS).content.decode()


def test_a_run_says_how_many_were_left_alone_and_why(admin_client: Client) -> None:
    run = Run.objects.create(
        kind="approve", state=RunState.DONE, scope={"state": "held", "braked": "opt_out"}, done=3195, refused=19,
        total=3214, reasons={f"Reason {n}.": n for n in range(1, 7)},
    )  # fmt: skip
    page = page_of(admin_client, run)
    assert "Approval of 3,214 waiting changes, stopped by the brake: opt-outs: done" in page
    assert "3,214 of 3,214 changes, 19 of them left alone" in page
    assert ("Reason 6." in page, "Reason 2." in page, "Reason 1." in page) == (True, True, False)
    assert "refresh" not in page


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_its_own_permission_to_start_to_see_and_to_stop(verb: str) -> None:
    many(state=VERBS[verb].states[0])
    other = "audit.decide_change" if verb == "retry" else "audit.retry_change"
    stranger, allowed = staff(other, "audit.view_change"), staff(VERBS[verb].permission)
    query = f"state={VERBS[verb].states[0]}"
    assert start(stranger, verb, query).status_code == 403
    assert not Run.objects.exists()
    assert start(allowed, verb, query).status_code == 302
    run = Run.objects.get()
    assert "Stop" in page_of(allowed, run)
    assert ">Stop<" not in page_of(stranger, run)
    assert stranger.post(f"{RUNS}{run.pk}/press/stop/").status_code == 403
    assert allowed.post(f"{RUNS}{run.pk}/press/stop/").status_code == 302
    run.refresh_from_db()
    assert run.state == RunState.STOPPED


def test_who_may_do_nothing_of_the_kind_sees_no_runs() -> None:
    assert staff("audit.view_change").get(RUNS).status_code == 403


def test_a_run_is_stopped_by_a_button_that_is_gone_then(admin_client: Client) -> None:
    ids = many()
    start(admin_client)
    run = Run.objects.get()
    page = admin_client.post(f"{RUNS}{run.pk}/press/stop/", follow=True).content.decode()
    assert "What was done until then stays done." in page
    assert "Stopped by admin." in page
    assert "/press/stop/" not in page
    assert advance_runs() == 0
    assert not Change.objects.filter(pk__in=ids).exclude(state="failed").exists()


def test_what_cannot_be_started_says_why(admin_client: Client) -> None:
    for query, said in (("state=failed", "nothing here that this fits"), ("", "every change"), ("x=y", "no filter x")):
        page = admin_client.post(f"{RUNS}decide/retry/", {"filter": query}, follow=True).content.decode()
        assert said in page
    assert not Run.objects.exists()


def test_a_run_is_started_by_post_only_and_not_by_a_forged_one(admin_client: Client) -> None:
    many()
    assert admin_client.get(f"{RUNS}decide/retry/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = admin_client.cookies
    assert start(strict).status_code == 403
    assert start(admin_client, "resync").status_code == 403
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("kind", "scope", "words"),
    [
        (
            "retry",
            {"connection": "sf", "error_code": "rate_limited"},
            "Retry of 7 failed changes of connection sf, error rate limited",
        ),
        ("cancel", {"rule": "stop"}, "Cancellation of 7 changes that were not sent, rule stop"),
        ("reject", {"kind": "task"}, "Rejection of 7 waiting changes, kind task"),
        ("resync", {"rule": "stop"}, "Resync of all records of rule stop"),
    ],
)
def test_a_run_says_in_words_what_it_is(kind: str, scope: dict[str, str], words: str) -> None:
    assert what_words(Run(kind=kind, scope=scope, total=7)) == words


def test_a_change_that_a_run_decided_says_who_and_when_and_why(admin_client: Client) -> None:
    ids = many()
    start(admin_client, comment="vendor mended it")
    advance_runs()
    page = admin_client.get(f"{LOG}{ids[0]}/change/").content.decode()
    facts = page[page.index("Decided by") :][:400]
    assert "admin" in facts
    assert "<time" in facts
    assert "vendor mended it" in facts
