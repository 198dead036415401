"""Salesforce says by SOAP that a record changed: it is stored, acknowledged in its own words, and read again."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.test import Client

from integrations.models import Connection, Event, EventState
from integrations.tokens import set_token
from integrations.vendors.salesforce.webhooks import ACKNOWLEDGEMENT
from tests.payloads import payload
from tests.world import World

TOKEN = "salesforce-token"
BODY = payload("salesforce", "outbound_lead").inbound.body.decode()


@pytest.fixture
def connected(world: World) -> World:
    set_token(world.salesforce, TOKEN)
    world.salesforce.save()
    return world


def post(body: str = BODY) -> Any:
    return Client().post(f"/webhooks/salesforce/{TOKEN}/", data=body, content_type="text/xml; charset=utf-8")


def test_a_message_is_stored_once_and_acknowledged_each_time(connected: World) -> None:
    for _delivery in range(2):
        answer = post()
        assert (answer.status_code, answer.content.decode(), answer["Content-Type"]) == (200, *ACKNOWLEDGEMENT)
    event = Event.objects.get()
    assert (event.type, event.object, event.repeats) == ("contact.updated", "Lead", 1)


def test_what_cannot_be_read_is_kept_and_acknowledged_too(connected: World) -> None:
    assert post("<nonsense").content.decode() == ACKNOWLEDGEMENT[0]
    assert Event.objects.get().state == EventState.QUARANTINED


def test_what_cannot_be_stored_is_not_acknowledged(connected: World) -> None:
    with mock.patch("integrations.views.receive", side_effect=OperationalError):
        answer = post()
    assert (answer.status_code, b"Ack" in answer.content) == (503, False)


@pytest.mark.parametrize("end", ["</SessionId>", ""])
def test_a_session_that_comes_along_is_never_stored(connected: World, end: str) -> None:
    head, tail = BODY.split('<SessionId xsi:nil="true"/>')
    post(f"{head}<SessionId>00D5e!a.secret.session{end}{tail if end else ''}")
    assert b"secret" not in bytes(Event.objects.get().body)


def test_the_record_is_read_again_and_carried_over(connected: World) -> None:
    """By a rule of the Salesforce connection, here to its own contacts."""
    connected.mapping(
        "lead-to-contact",
        source={"connection": "salesforce-main", "object": "Lead", "read": "auto"},
        target={"connection": "salesforce-main", "object": "Contact"},
        key={"field": "GetResponse_Contact_ID__c", "from": "Id"},
        fields=[{"from": "LastName", "to": "LastName"}, {"from": "Email", "to": "Email"}],
    )
    rule = connected.rule("copy", "contact.updated", {"upsert": {"mapping": "lead-to-contact"}})
    rule.connection = Connection.objects.get(name="salesforce-main")
    rule.save()
    lead = connected.sandbox.create("Lead", LastName="Cohen", Company="Acme", Email="dana@example.com")
    post(BODY.replace("00Q000000000001AAA", lead))
    connected.work()
    (contact,) = connected.sandbox.records("salesforce", "Contact")
    assert (contact["LastName"], contact["Email"]) == ("Cohen", "dana@example.com")
