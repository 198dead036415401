"""Subscribing a URL over the API, as Zapier, Make and n8n do it."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from audit.hooks.models import Hook, HookDelivery
from config.api.serializers.hooks import HOOK_EVENTS
from integrations.vendors.signatures import keys_of

from . import ledger
from .conftest import Caller

pytestmark = pytest.mark.django_db
HOOKS = "/api/v1/hooks/"
URL = "https://hooks.example.com/1"


def test_a_url_is_subscribed_seen_and_unsubscribed(api: APIClient) -> None:
    ledger.connection()
    wanted = {"target_url": URL, "event": "change.applied", "connection": "salesforce-main"}
    answer = api.post(HOOKS, wanted, format="json")
    made = answer.json()
    assert answer.status_code == 201
    assert set(made) == {"id", "target_url", "event", "connection", "secret", "created_at"}
    assert made["secret"].startswith("whsec_") and len(keys_of(made["secret"])[0]) == 24
    [row] = api.get(HOOKS).json()["results"]
    assert row == api.get(f"{HOOKS}{made['id']}/").json()
    assert (row["target_url"], row["event"], row["connection"], row["state"]) == (*wanted.values(), "on")
    assert "secret" not in row
    assert api.delete(f"{HOOKS}{made['id']}/").status_code == 204
    assert api.get(HOOKS).json()["results"] == []
    assert api.delete(f"{HOOKS}{made['id']}/").status_code == 404


def test_the_secret_is_never_shown_again(api: APIClient) -> None:
    secret = api.post(HOOKS, {"target_url": URL, "event": "contact.created"}, format="json").json()["secret"]
    assert secret not in api.get(HOOKS).content.decode()


def test_unsubscribing_takes_what_waits_along(api: APIClient) -> None:
    made = api.post(HOOKS, {"target_url": URL, "event": "contact.created"}, format="json").json()
    HookDelivery.objects.create(hook_id=made["id"], payload={})
    api.delete(f"{HOOKS}{made['id']}/")
    assert not HookDelivery.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target_url": "http://hooks.example.com/1"}, "target_url"),
        ({"target_url": "ftp://hooks.example.com/1"}, "target_url"),
        ({"target_url": "hooks"}, "target_url"),
        ({"target_url": "https://user:word@hooks.example.com/"}, "target_url"),
        ({"target_url": ""}, "target_url"),
        ({"event": "contact.levitated"}, "event"),
        ({"connection": "nowhere"}, "connection"),
    ],
)
def test_what_cannot_be_told_is_refused(api: APIClient, change: dict[str, Any], field: str) -> None:
    answer = api.post(HOOKS, {"target_url": URL, "event": "contact.created", **change}, format="json")
    assert answer.status_code == 400
    assert list(answer.json()) == [field]
    assert not Hook.objects.exists()


def test_a_tool_on_this_machine_may_go_without_https(api: APIClient) -> None:
    wanted = {"target_url": "http://127.0.0.1:5678/webhook/1", "event": "contact.created"}
    assert api.post(HOOKS, wanted, format="json").status_code == 201


@pytest.mark.parametrize("event", HOOK_EVENTS)
def test_there_is_a_sample_of_everything(api: APIClient, event: str) -> None:
    [sample] = api.get(f"{HOOKS}samples/", {"event": event}).json()
    assert sample["type"] == event
    assert sample["data"]["id"] and sample["timestamp"].endswith("Z")


def test_a_sample_has_the_fields_of_the_real_thing(api: APIClient) -> None:
    event = ledger.event(ledger.person())
    ledger.change(event=event)
    for name, path in (("contact.subscribed", "events"), ("change.failed", "changes")):
        [sample] = api.get(f"{HOOKS}samples/", {"event": name}).json()
        assert set(sample["data"]) == set(api.get(f"/api/v1/{path}/").json()["results"][0])


def test_a_sample_of_nothing_is_refused(api: APIClient) -> None:
    for query in ({}, {"event": "contact.levitated"}):
        assert api.get(f"{HOOKS}samples/", query).status_code == 400


def test_each_act_needs_its_own_permission(caller: Caller) -> None:
    wanted = {"target_url": URL, "event": "contact.created"}
    made = caller("audit.add_hook").post(HOOKS, wanted, format="json")
    assert made.status_code == 201
    page = f"{HOOKS}{made.json()['id']}/"
    sees, adds, deletes = caller("audit.view_hook"), caller("audit.add_hook"), caller("audit.delete_hook")
    assert [client.get(HOOKS).status_code for client in (sees, adds, deletes)] == [200, 403, 403]
    assert sees.get(f"{HOOKS}samples/", {"event": "contact.created"}).status_code == 200
    assert sees.post(HOOKS, wanted, format="json").status_code == 403
    assert [client.delete(page).status_code for client in (sees, adds, deletes)] == [403, 403, 204]
    assert caller("audit.view_hook", staff=False).get(HOOKS).status_code == 403


def test_a_hook_belongs_to_who_made_it(api: APIClient) -> None:
    api.post(HOOKS, {"target_url": URL, "event": "contact.created"}, format="json")
    owner = Hook.objects.get().owner
    assert owner is not None and owner.is_superuser
