"""Hooks in the admin: made with a secret that is shown once, tested, switched on again, removed."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from audit.hooks.models import Hook, HookDelivery, HookState
from integrations.models import Connection
from tests.audit.rows import connection, staff

from .receiver import URL, Receiver, hook

pytestmark = pytest.mark.django_db
LIST = "/admin/audit/hook/"


def page_of(row: Hook) -> str:
    return f"{LIST}{row.pk}/change/"


def press(client: Client, row: Hook, verb: str) -> str:
    return client.post(f"{LIST}{row.pk}/press/{verb}/", follow=True).content.decode()


def test_a_hook_is_made_and_its_secret_shown_once(admin_client: Client) -> None:
    row = connection()
    page = admin_client.get(f"{LIST}add/").content.decode()
    assert "contact.subscribed" in page and "change.held" in page and row.name in page
    made = admin_client.post(
        f"{LIST}add/", {"target_url": URL, "event": "change.failed", "connection": row.pk}, follow=True
    )
    one = Hook.objects.get()
    assert (one.target_url, one.event, one.connection, one.owner.username) == (URL, "change.failed", row, "admin")
    assert one.secret in made.content.decode()
    assert one.secret not in admin_client.get(page_of(one)).content.decode()
    assert one.secret not in admin_client.get(LIST).content.decode()


@pytest.mark.parametrize("url", ["http://tool.example.com/", "https://a:b@tool.example.com/", "tool"])
def test_an_address_that_nothing_can_be_sent_to_is_refused(admin_client: Client, url: str) -> None:
    page = admin_client.post(f"{LIST}add/", {"target_url": url, "event": "change.failed"}).content.decode()
    assert re.search("https://, or|is not taken", page)
    assert not Hook.objects.exists()


def test_the_list_says_how_each_stands(admin_client: Client) -> None:
    hook("contact.created")
    off = hook("change.failed", connection())
    Hook.objects.filter(pk=off.pk).update(state=HookState.OFF, off_reason="Nothing came through for five days.")
    page = admin_client.get(LIST).content.decode()
    assert "not yet" in page and "Nothing came through for five days." in page
    assert "1 hook is switched off" in admin_client.get("/admin/").content.decode()


def test_a_test_says_what_the_tool_answered(admin_client: Client, receiver: Receiver) -> None:
    one = hook("contact.created")
    assert "A sample was sent. Answered 200." in press(admin_client, one, "test")
    receiver.always = 500
    assert "did not come through. Answered 500." in press(admin_client, one, "test")
    assert "Answered 500." in admin_client.get(page_of(one)).content.decode()
    receiver.always = 410
    press(admin_client, one, "test")
    assert not Hook.objects.exists()


def test_what_is_off_is_switched_on_again(admin_client: Client, receiver: Receiver) -> None:
    one = hook("contact.created")
    assert "Switch on again" not in admin_client.get(page_of(one)).content.decode()
    Hook.objects.update(state=HookState.OFF, failures=9)
    HookDelivery.objects.create(hook=one, payload={"type": "contact.created", "data": {"id": "e1"}}, attempts=7)
    page = admin_client.get(page_of(one)).content.decode()
    assert "Switch on again" in page and "e1" in page
    press(admin_client, one, "on")
    one.refresh_from_db()
    assert (one.state, one.failures, one.deliveries.get().attempts) == ("on", 0, 0)


def test_a_hook_is_removed(admin_client: Client) -> None:
    one = hook("contact.created")
    assert "The hook was removed." in press(admin_client, one, "remove")
    assert not Hook.objects.exists()


def test_each_button_needs_its_own_permission(receiver: Receiver) -> None:
    one = hook("contact.created")
    looks = staff("audit.view_hook")
    page = looks.get(page_of(one))
    assert page.status_code == 200 and "Send test" not in page.content.decode()
    for verb in ("test", "on", "remove"):
        assert looks.post(f"{LIST}{one.pk}/press/{verb}/").status_code == 403
    assert looks.get(f"{LIST}add/").status_code == 403
    assert staff("audit.change_hook", "audit.view_hook").post(f"{LIST}{one.pk}/press/remove/").status_code == 403
    assert receiver.calls == []


def test_a_connection_that_is_removed_takes_its_hooks_along() -> None:
    row = connection()
    hook("contact.created", row)
    Connection.objects.all().delete()
    assert not Hook.objects.exists()
