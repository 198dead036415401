"""What hooks are told of: recorded with what happened, for who listens, and at no cost where nobody does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from audit import decisions
from audit.facts import change_facts
from audit.hooks import recording
from audit.hooks.models import Hook, HookDelivery
from audit.ledger import MAX_TRIES, claim_changes
from audit.models import Change
from integrations.inbox import replay_event
from integrations.models import Event
from mappings.planning.planner import plan_due
from mappings.runs import start_run
from tests.world import World

from .receiver import Receiver, hook

LEAD = {"upsert": {"mapping": "subscriber-to-lead"}}


@pytest.fixture
def api(django_user_model: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(django_user_model.objects.create_superuser("root"))
    return client


def test_an_event_is_told_as_the_api_shows_it(world: World, receiver: Receiver, api: APIClient) -> None:
    world.main_job()
    hook("contact.subscribed")
    world.subscribe("jane@example.com", name="Jane Doe")
    world.work()
    [payload] = receiver.payloads
    shown = api.get(f"/api/v1/events/{Event.objects.get().pk}/").json()
    assert payload["type"] == "contact.subscribed"
    assert payload["data"] == shown
    assert len(shown["changes"]) == 1 and shown["state"] == "planned"


def test_an_event_is_told_where_no_rule_listens(world: World, receiver: Receiver) -> None:
    hook("contact.subscribed")
    world.subscribe("jane@example.com")
    world.work()
    assert receiver.payloads[0]["data"]["state"] == "ignored"


def test_a_change_is_told_when_it_is_applied_as_the_api_shows_it(
    world: World, receiver: Receiver, api: APIClient
) -> None:
    world.main_job()
    hook("change.applied")
    world.subscribe("jane@example.com", name="Jane Doe")
    world.work()
    [payload] = receiver.payloads
    change = Change.objects.get()
    assert payload["data"] == change_facts(change) == api.get("/api/v1/changes/").json()["results"][0]
    assert payload["data"]["applied_at"]


def test_a_change_is_told_when_it_fails_each_time_it_does(world: World, receiver: Receiver) -> None:
    world.main_job()
    for event in ("change.failed", "change.applied"):
        hook(event)
    world.sandbox.switch("salesforce", validation_rule="Lead.LastName=Refused", validation_message="No, says sales.")
    world.subscribe("r@example.com", name="Mr Refused")
    world.work()
    [failed] = world.changes()
    decisions.retry([failed.id], None)
    world.work()
    assert receiver.types == ["change.failed"] * 2
    assert [payload["data"]["error"]["code"] for payload in receiver.payloads] == ["rejected"] * 2


def test_a_change_that_kills_every_worker_is_told_as_failed(world: World, receiver: Receiver) -> None:
    world.main_job()
    hook("change.failed")
    world.subscribe("s@example.com", name="Dana Cohen")
    plan_due("events")
    for _life in range(MAX_TRIES + 1):
        Change.objects.exclude(lease="").update(lease_until=timezone.now() - timedelta(seconds=1))
        claim_changes("events", 10)
    world.work()
    [payload] = receiver.payloads
    assert (payload["data"]["state"], payload["data"]["error"]["code"]) == ("failed", "crashed")


def test_a_change_is_told_when_it_waits_for_a_person(world: World, receiver: Receiver) -> None:
    world.mapping()
    world.rule("careful", "contact.subscribed", LEAD, approve="always")
    hook("change.held")
    world.subscribe("jane@example.com", name="Jane Doe")
    world.work()
    [payload] = receiver.payloads
    assert (payload["type"], payload["data"]["state"]) == ("change.held", "held")
    assert payload["data"]["held_reason"]


def test_a_stop_is_told_once_when_it_is_registered(world: World, receiver: Receiver) -> None:
    world.main_job()
    hook("opt_out.registered")
    contact = world.subscribe("jane@example.com", name="Jane Doe")
    world.hear(contact, "unsubscribe")
    world.work()
    world.hear(contact, "unsubscribe", again=True)
    world.work()
    [payload] = receiver.payloads
    assert payload["data"]["address"] == "jane@example.com"
    assert payload["data"]["targets"] == ["salesforce-main"]


def test_a_hook_hears_its_own_event_at_its_own_connection_only(world: World, receiver: Receiver) -> None:
    world.main_job()
    hook("contact.unsubscribed")
    hook("contact.subscribed", world.salesforce)
    hook("change.applied", world.salesforce)
    hook("change.applied", world.getresponse)
    world.subscribe("jane@example.com", name="Jane Doe")
    world.work()
    assert receiver.types == ["change.applied"]


def test_what_is_looked_at_again_is_no_news(world: World, receiver: Receiver) -> None:
    world.main_job()
    hook("contact.subscribed")
    world.subscribe("jane@example.com", name="Jane Doe")
    world.work()
    start_run("resync", {"rule": "new-subscriber"}, "tester")
    replay_event(world.events()[0], "tester")
    world.work()
    assert len(world.events()) == 3
    assert receiver.types == ["contact.subscribed"]


def test_a_replay_is_news_where_nobody_could_plan_the_event_before(world: World, receiver: Receiver) -> None:
    hook("contact.subscribed")
    world.subscribe("jane@example.com", name="Jane Doe")
    Event.objects.update(state="failed")
    replay_event(world.events()[0], "tester")
    world.work()
    assert receiver.types == ["contact.subscribed"]


def test_nothing_is_told_of_what_was_rolled_back(world: World, receiver: Receiver, monkeypatch: Any) -> None:
    world.main_job()
    hook("contact.subscribed")
    world.subscribe("jane@example.com")
    monkeypatch.setattr("mappings.planning.planner.wake_for", _fail)
    world.work()
    assert HookDelivery.objects.count() == 0


def _fail(changes: Any) -> None:
    raise ValueError("A fault at the end of the transaction.")


def test_a_hook_removed_at_that_very_moment_undoes_nothing(world: World, receiver: Receiver, monkeypatch: Any) -> None:
    world.main_job()
    gone = hook("contact.subscribed")
    monkeypatch.setattr(recording, "listening", lambda: [gone])
    Hook.objects.all().delete()
    gone.pk = "01J00000000000000000000000"
    world.subscribe("jane@example.com", name="Jane Doe")
    world.work()
    assert world.leads and receiver.calls == []


# --- what it costs --------------------------------------------------------------------------------------------------


def _hook_queries(world: World, people: int, prefix: str) -> int:
    """How many statements about hooks it takes to plan that many events together."""
    for n in range(people):
        world.hear(world.sandbox.subscribe(f"{prefix}{n}@example.com", name=f"P {n}"))
    with CaptureQueriesContext(database) as captured:
        plan_due("events")
    return len([query for query in captured.captured_queries if "audit_hook" in query["sql"]])


def test_where_nobody_listens_nothing_is_asked(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HOOK_SECONDS = 60.0
    monkeypatch.setattr(recording, "_heard", (0.0, []))
    world.main_job()
    assert _hook_queries(world, 1, "first") == 1
    assert _hook_queries(world, 30, "later") == 0


def test_what_is_told_takes_no_more_statements_for_many_than_for_one(world: World) -> None:
    world.main_job()
    for event in ("contact.subscribed", "change.held"):
        hook(event)
    assert _hook_queries(world, 30, "many") == _hook_queries(world, 1, "one")
    assert HookDelivery.objects.count() == 31
