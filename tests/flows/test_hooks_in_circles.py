"""Hooks that lead back to our own webhook URL: what goes round comes to an end, and nothing is written twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from audit.models import Change
from integrations.models import Connection, Event
from integrations.receive import VIA
from integrations.tokens import set_token
from tests.audit.hooks.receiver import Receiver, hook
from tests.world import World


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().listening() as receiver:
        yield receiver


@pytest.fixture
def tool(world: World) -> Connection:
    options = {"event_field": "type", "id_field": "data.id"}
    connection = Connection(name="ourselves", vendor="webhook", options=options)
    set_token(connection, "our-token")
    connection.save()
    return connection


def bring(receiver: Receiver, taken: int, keep_header: bool = True) -> int:
    """What the hooks sent arrives at our own webhook URL. Returns how many calls there were in all."""
    for call in receiver.calls[taken:]:
        headers = {name: value for name, value in call.headers.items() if keep_header or name != "crosswalk-hook"}
        wanted = {name: str(value) for name, value in headers.items() if name.startswith(("webhook", "crosswalk"))}
        answer: Any = Client().post(
            "/webhooks/webhook/our-token/", data=call.body, content_type="application/json", headers=wanted
        )
        assert answer.status_code == 200
    return len(receiver.calls)


def go_round(world: World, receiver: Receiver, keep_header: bool = True) -> None:
    taken = 0
    for _turn in range(10):
        world.work()
        if taken == len(receiver.calls):
            return
        taken = bring(receiver, taken, keep_header)
    raise AssertionError("It goes round for ever.")


def test_a_signed_call_of_our_own_is_taken(world: World, receiver: Receiver, tool: Connection) -> None:
    one = hook("contact.subscribed")
    tool.credentials = {"signing_secret": one.secret}
    tool.save()
    world.subscribe("jane@example.com")
    world.work()
    bring(receiver, 0)
    told = Event.objects.get(connection=tool)
    assert (told.type, told.vendor_event_id) == ("contact.subscribed", receiver.calls[0].headers["webhook-id"])
    assert told.context[VIA] == [one.pk]


def test_a_hook_at_our_own_connection_is_told_once(world: World, receiver: Receiver, tool: Connection) -> None:
    world.main_job()
    hook("contact.subscribed")
    hook("contact.subscribed", tool)
    world.subscribe("jane@example.com", name="Jane Doe")
    go_round(world, receiver)
    assert len(receiver.calls) == 2  # of the subscriber, and of what the first one brought
    assert Change.objects.count() == 1


def test_it_ends_as_well_where_a_tool_between_forgets_where_it_came_from(
    world: World, receiver: Receiver, tool: Connection
) -> None:
    world.main_job()
    hook("contact.subscribed")
    world.subscribe("jane@example.com", name="Jane Doe")
    go_round(world, receiver, keep_header=False)
    assert len(receiver.calls) == 1


def test_a_change_that_leads_to_a_change_does_not_go_round(world: World, receiver: Receiver, tool: Connection) -> None:
    """A rule that writes something new at each call: only that a hook is not told what it brought ends it."""
    world.main_job()
    tool.options = {"event": "contact.updated", "id_field": "data.id", "email_field": "data.diff.Email.after"}
    tool.save()
    world.mapping(
        "counter",
        source={"connection": "ourselves", "object": "record"},
        key=None,
        fields=[{"from": "timestamp", "to": "Title"}, {"value": "x", "to": "LastName", "write": "create"}],
    )
    rule = world.rule("counter", "contact.updated", {"upsert": {"mapping": "counter"}})
    rule.connection = tool
    rule.save()
    hook("change.applied")
    world.subscribe("jane@example.com", name="Jane Doe")
    go_round(world, receiver)
    assert [change.mapping for change in world.changes()] == ["subscriber-to-lead", "counter"]
    assert len(receiver.calls) == 1
    assert len(world.leads) == 1
