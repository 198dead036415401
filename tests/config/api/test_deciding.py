"""What a program may do: retry, approve, reject, undo, replay, test, start a run, preview."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from audit.models import Change
from audit.verbs import AT_ONCE
from integrations.models import Event
from mappings.models import Run
from mappings.runs import advance_runs
from tests.world import World

from . import ledger
from .conftest import Caller

pytestmark = pytest.mark.django_db


def _post(api: APIClient, path: str, body: Any = None) -> Any:
    return api.post(f"/api/v1/{path}", body or {}, format="json")


def test_a_failed_change_is_retried_and_is_the_answer(api: APIClient) -> None:
    change = ledger.failed()
    answer = _post(api, f"changes/{change.id}/retry/", {"comment": "mended"})
    assert (answer.status_code, answer.json()["id"], answer.json()["state"]) == (200, change.id, "queued")
    assert Change.objects.get().comment == "mended"


@pytest.mark.parametrize(("verb", "state"), [("approve", "queued"), ("reject", "rejected"), ("cancel", "cancelled")])
def test_a_held_change_is_decided(api: APIClient, verb: str, state: str) -> None:
    change = ledger.change(state="held")
    assert _post(api, f"changes/{change.id}/{verb}/").json()["state"] == state


def test_a_decision_that_does_not_fit_the_state_is_refused_with_the_reason(api: APIClient) -> None:
    change = ledger.change(state="applied")
    answer = _post(api, f"changes/{change.id}/retry/")
    assert answer.status_code == 400
    assert "Only a failed change can be retried" in answer.json()["change"][0]


def test_a_change_says_who_decided_and_when(api: APIClient) -> None:
    change = ledger.change(state="held")
    _post(api, f"changes/{change.id}/approve/", {"comment": "looks right"})
    answer = api.get(f"/api/v1/changes/{change.id}/").json()
    assert (answer["decided_by"], answer["comment"]) == (User.objects.get().username, "looks right")
    assert answer["decided_at"]


@pytest.mark.parametrize("verb", ["retry", "approve", "reject", "cancel", "undo"])
def test_a_decision_needs_its_own_permission(caller: Caller, verb: str) -> None:
    change = ledger.failed()
    client = caller("audit.view_change", "audit.add_change", "audit.change_change")
    assert _post(client, f"changes/{change.id}/{verb}/").status_code == 403
    assert Change.objects.get().state == "failed"


def test_many_are_retried_by_a_filter(api: APIClient) -> None:
    wanted = [ledger.failed(rule="stop") for _ in range(2)]
    ledger.change(rule="stop", state="applied")
    other = ledger.failed(rule="other")
    answer = _post(api, "changes/retry/", {"filter": {"rule": "stop"}, "comment": ""}).json()
    assert (answer["matched"], answer["done"], answer["refused"], answer["more"]) == (3, 2, 1, False)
    assert list(answer["reasons"].values()) == [1]
    assert set(Change.objects.filter(state="queued").values_list("id", flat=True)) == {row.id for row in wanted}
    other.refresh_from_db()
    assert other.state == "failed"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"filter": {}},
        {"filter": {"kind": "contact", "conection": "x"}},
        {"filter": {"state": "bogus"}},
        {"filter": {"kind": "contact", "rule": ""}},
    ],
)
def test_a_bulk_filter_that_might_mean_everything_is_refused(api: APIClient, body: Any) -> None:
    ledger.failed()
    answer = _post(api, "changes/retry/", body)
    assert (answer.status_code, list(answer.json())) == (400, ["filter"])
    assert Change.objects.get().state == "failed"


def test_what_the_brake_stopped_is_approved_by_its_sort(api: APIClient) -> None:
    stops = [ledger.change(state="held", braked="opt_out") for _ in range(2)]
    other = ledger.change(state="held", braked="delete")
    assert _post(api, "changes/approve/", {"filter": {"state": "held", "braked": "opt_out"}}).json()["done"] == 2
    assert set(Change.objects.filter(state="queued").values_list("id", flat=True)) == {row.id for row in stops}
    other.refresh_from_db()
    assert other.state == "held"


@pytest.mark.parametrize("verb", ["retry", "approve", "reject", "cancel"])
def test_a_bulk_decision_needs_its_permission(caller: Caller, verb: str) -> None:
    change = ledger.change(state="held")
    client = caller("audit.view_change", "audit.add_change", "audit.change_change")
    assert _post(client, f"changes/{verb}/", {"filter": {"state": "held"}}).status_code == 403
    change.refresh_from_db()
    assert change.state == "held"


def test_more_than_a_page_is_decided_by_a_run(api: APIClient) -> None:
    rows = ledger.many_failed(AT_ONCE + 1, rule="stop")
    ledger.failed(rule="other")
    body = {"filter": {"rule": "stop", "state": ["failed", "held"]}, "comment": "mended"}
    answer = _post(api, "changes/retry/", body)
    assert (answer.status_code, answer["Location"].partition("/api/")[2]) == (202, f"v1/runs/{answer.json()['id']}/")
    assert (answer.json()["kind"], answer.json()["total"]) == ("retry", AT_ONCE + 1)
    assert answer.json()["scope"] == {"rule": "stop", "state": "failed,held"}
    assert not Change.objects.filter(state="queued").exists()
    while advance_runs():
        pass
    run = api.get(answer["Location"]).json()
    assert (run["state"], run["done"], run["refused"], run["reasons"]) == ("done", AT_ONCE + 1, 0, {})
    decided = Change.objects.filter(state="queued", comment="mended", decided_by=User.objects.get())
    assert set(decided.values_list("id", flat=True)) == {row.id for row in rows}


def test_a_run_of_a_filter_that_fits_nothing_is_refused(api: APIClient) -> None:
    ledger.many_failed(AT_ONCE + 1)
    answer = _post(api, "changes/approve/", {"filter": {"state": "failed"}})
    assert (answer.status_code, list(answer.json())) == (400, ["filter"])
    assert not Run.objects.exists()


def test_an_undo_that_cannot_be_is_refused_with_the_reason(api: APIClient) -> None:
    change = ledger.change(state="queued")
    answer = _post(api, f"changes/{change.id}/undo/")
    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == "Only an applied change can be undone."


def test_an_applied_change_is_undone_by_a_new_one(api: APIClient, world: World) -> None:
    world.main_job()
    contact = world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    world.sandbox.act("getresponse", "tag", email="dana@example.com", tag="vip")
    world.hear(contact, "tag_applied")
    world.rule("tagged", "contact.tagged", {"upsert": {"mapping": "subscriber-to-lead"}})
    world.hear(contact, "tag_applied", later="once more")
    world.work()
    update = world.changes()[-1]
    answer = _post(api, f"changes/{update.id}/undo/")
    assert answer.status_code == 201, answer.json()
    assert answer.json()["diff"]["GetResponse_Tags__c"]["from"] == "undo"
    world.work()
    assert not world.leads[0].get("GetResponse_Tags__c")


def test_an_event_is_replayed_as_a_new_one(api: APIClient, world: World) -> None:
    world.subscribe("dana@example.com", name="Dana Cohen")
    old = Event.objects.get()
    answer = _post(api, f"events/{old.id}/replay/")
    assert (answer.status_code, answer.json()["type"]) == (201, "contact.subscribed")
    assert Event.objects.get(id=answer.json()["id"]).replay_of == old


def test_an_event_that_still_cannot_be_read_is_not_replayed(api: APIClient) -> None:
    event = ledger.event(state="quarantined", body=b"not JSON")
    answer = _post(api, f"events/{event.id}/replay/")
    assert (answer.status_code, list(answer.json())) == (400, ["event"])
    assert Event.objects.count() == 1


def test_a_connection_is_tested_over_the_wire(api: APIClient, world: World) -> None:
    report = _post(api, "connections/getresponse-main/test/").json()
    assert (report["connection"], report["ok"]) == ("getresponse-main", True)
    assert all(set(check) == {"name", "ok", "detail", "help", "required"} for check in report["checks"])


def test_a_resync_is_started_by_email(api: APIClient, world: World) -> None:
    world.main_job()
    answer = _post(api, "runs/", {"kind": "resync", "scope": {"email": "dana@example.com"}})
    assert (answer.status_code, answer.json()["state"]) == (201, "queued")
    assert Run.objects.get().scope == {"email": "dana@example.com"}
    assert api.get("/api/v1/runs/").json()["results"][0]["id"] == answer.json()["id"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"scope": {}},
        {"scope": {"email": "a@example.com", "rule": "r"}},
        {"scope": {"rule": "nobody"}},
        {"scope": {"connection": "nobody"}},
        {"scope": {"email": "a@example.com"}, "kind": "dance"},
    ],
)
def test_a_run_without_one_known_scope_is_refused(api: APIClient, body: Any) -> None:
    assert _post(api, "runs/", body).status_code == 400
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("verb", "state"), [("retry", "failed"), ("approve", "held"), ("reject", "held"), ("cancel", "held")]
)
def test_a_decision_is_started_as_a_run_with_a_filter_as_its_scope(caller: Caller, verb: str, state: str) -> None:
    ledger.change(state=state, rule="stop")
    body = {"kind": verb, "scope": {"rule": "stop", "state": state}, "comment": "mended"}
    both = {"audit.retry_change", "audit.decide_change"}
    own = "audit.retry_change" if verb == "retry" else "audit.decide_change"
    stranger, allowed = caller("mappings.add_run", *(both - {own})), caller(own)
    assert _post(stranger, "runs/", body).status_code == 403
    answer = _post(allowed, "runs/", body)
    assert (answer.status_code, answer.json()["kind"], answer.json()["comment"]) == (201, verb, "mended")
    run = Run.objects.get()
    assert (run.total, run.user) == (1, User.objects.get(username=run.actor))
    assert _post(stranger, f"runs/{run.id}/stop/").status_code == 403
    assert _post(allowed, f"runs/{run.id}/stop/").json()["state"] == "stopped"
    assert _post(allowed, f"runs/{run.id}/stop/").status_code == 400
    assert allowed.get("/api/v1/runs/").status_code == 200


@pytest.mark.parametrize("scope", [{}, {"rule": ""}, {"conection": "x"}, {"state": "applied"}])
def test_a_decision_with_a_filter_that_is_not_understood_starts_nothing(api: APIClient, scope: Any) -> None:
    ledger.failed()
    answer = _post(api, "runs/", {"kind": "retry", "scope": scope})
    assert (answer.status_code, list(answer.json())) == (400, ["scope"])
    assert not Run.objects.exists()


@pytest.mark.parametrize("body", [[], "retry", {"kind": ["retry"], "scope": {"rule": "x"}}])
def test_what_is_no_run_at_all_is_refused(api: APIClient, body: Any) -> None:
    assert api.post("/api/v1/runs/", body, format="json").status_code == 400


def test_a_run_needs_its_permission(caller: Caller) -> None:
    assert _post(caller("mappings.view_run"), "runs/", {"scope": {"email": "a@example.com"}}).status_code == 403


def test_a_preview_shows_before_and_after_and_writes_nothing(api: APIClient, world: World) -> None:
    world.mapping()
    contact = world.sandbox.subscribe("dana@acme.example.com", name="Dr. Dana Cohen")
    answer = _post(api, "mappings/subscriber-to-lead/preview/", {"record_id": contact["contactId"]})
    assert answer.status_code == 200, answer.json()
    rows = {row["to"]: row for row in answer.json()["rows"]}
    assert (rows["FirstName"]["before"], rows["FirstName"]["after"], rows["FirstName"]["from"]) == (
        None,
        "Dana",
        "name",
    )
    assert (answer.json()["target_record"], answer.json()["version"]) == (None, 1)
    assert not world.leads
    assert not world.changes()


def test_a_preview_by_email_shows_what_the_target_holds_now(api: APIClient, world: World) -> None:
    world.main_job()
    world.subscribe("dana@acme.example.com", name="Dana Cohen")
    world.work()
    answer = _post(api, "mappings/subscriber-to-lead/preview/", {"email": "dana@acme.example.com"}).json()
    rows = {row["to"]: row for row in answer["rows"]}
    assert (rows["LastName"]["before"], rows["LastName"]["changes"]) == ("Cohen", False)
    assert answer["target_record"]["LastName"] == "Cohen"


def test_a_preview_of_an_event_or_of_a_record_as_given(api: APIClient, world: World) -> None:
    world.mapping()
    world.subscribe("dana@acme.example.com", name="Dana Cohen")
    event = Event.objects.get()
    by_event = _post(api, "mappings/subscriber-to-lead/preview/", {"event": event.id}).json()
    record = {"contactId": "x", "name": "Dana Cohen", "email": "dana@acme.example.com"}
    by_record = _post(api, "mappings/subscriber-to-lead/preview/", {"record": record}).json()
    for answer in (by_event, by_record):
        assert {row["to"]: row["after"] for row in answer["rows"]}["LastName"] == "Cohen"


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 400), ({"email": "a@example.com", "record_id": "x"}, 400), ({"email": "nobody@example.com"}, 409),
     ({"record_id": "nobody"}, 409), ({"event": "nobody"}, 404), ({"record": {}, "version": 99}, 404)],
)  # fmt: skip
def test_a_preview_that_cannot_be_says_why(api: APIClient, world: World, body: Any, status: int) -> None:
    world.mapping()
    assert _post(api, "mappings/subscriber-to-lead/preview/", body).status_code == status


def test_a_preview_needs_the_right_to_change_mappings(caller: Caller) -> None:
    assert _post(caller("mappings.view_mapping"), "mappings/x/preview/", {"record": {}}).status_code == 403
