"""Any other tool as a source: what it posts becomes a lead, once, and only when it is signed where it has to be."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import ChangeState, OptOut
from integrations.inbox import replay_event
from integrations.models import Connection, EventState, Link, Person
from integrations.tokens import set_token
from integrations.vendors.signatures import new_secret, signed_headers
from mappings.editing.sampling import preview_record, read_record, read_record_by_email, record_of_event
from mappings.models import Mapping, Run
from mappings.publishing import findings_of_mapping
from mappings.runs import start_run
from mappings.spec import parse_mapping
from tests.world import World

URL = "/webhooks/webhook/tool-token/"
TOOL_TO_LEAD: dict[str, Any] = {
    "source": {"connection": "tool", "object": "record"},
    "target": {"connection": "salesforce-main", "object": "Lead"},
    "key": {"field": "GetResponse_Contact_ID__c", "from": "crosswalk.id"},
    "match": ["email"],
    "fields": [
        {"from": "name", "via": ["first_name"], "to": "FirstName"},
        {"from": "name", "via": ["last_name"], "to": "LastName", "fallback": "Unknown"},
        {"from": "email", "to": "Email"},
        {"from": ["answers.0.value", "email"], "via": ["company_or_domain"], "to": "Company"},
        {"from": "not.there", "to": "Title"},
    ],
}
JANE = {"id": "z1", "email": "jane@example.com", "name": "Jane Doe", "answers": [{"value": "Acme"}]}


@pytest.fixture
def tool(world: World) -> Connection:
    """A connection of the webhook vendor, with a mapping to leads and a rule for what is made."""
    connection = Connection(name="tool", vendor="webhook", options={"event": "contact.created"})
    set_token(connection, "tool-token")
    connection.save()
    world.mapping("tool-to-lead", **TOOL_TO_LEAD)
    rule = world.rule("tool", "contact.created", {"upsert": {"mapping": "tool-to-lead"}})
    rule.connection = connection
    rule.save()
    return connection


def sign(connection: Connection) -> str:
    connection.credentials = {"signing_secret": f"{new_secret()} {new_secret()}"}
    connection.save()
    return str(connection.credentials["signing_secret"]).split()[1]


def post(body: Any, secret: str = "", message: str = "msg_1", age: timedelta = timedelta()) -> int:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = signed_headers(secret, message, timezone.now() - age, content) if secret else {}
    return Client().post(URL, data=content, content_type="application/json", headers=headers).status_code


def test_a_signed_call_becomes_a_lead_once(world: World, tool: Connection) -> None:
    secret = sign(tool)
    assert post(JANE, secret) == 200
    world.work()
    assert post(JANE, secret) == 200  # the tool sends it again
    world.work()
    [lead] = world.leads
    assert (lead["FirstName"], lead["LastName"], lead["Company"]) == ("Jane", "Doe", "Acme")
    assert lead["GetResponse_Contact_ID__c"] == "z1"
    [event] = world.events()
    assert (event.state, event.type, event.record_id, event.repeats) == ("planned", "contact.created", "z1", 1)
    assert Link.objects.filter(connection=tool, object="record", record_id="z1").exists()


def test_a_call_that_is_not_signed_rightly_is_refused_and_not_stored(world: World, tool: Connection) -> None:
    secret = sign(tool)
    assert post(JANE) == 401
    assert post(JANE, new_secret()) == 401
    assert post(JANE, secret, age=timedelta(minutes=6)) == 401
    assert world.events() == []
    assert post(JANE, secret, age=timedelta(minutes=4)) == 200


def test_without_a_secret_the_token_is_the_proof(world: World, tool: Connection) -> None:
    assert post(JANE) == 200
    assert Client().post("/webhooks/webhook/wrong/", data=JANE, content_type="application/json").status_code == 404
    assert len(world.events()) == 1


def test_a_form_becomes_a_lead(world: World, tool: Connection) -> None:
    Client().post(
        URL, data="email=dana%40example.com&name=Dana+Cohen", content_type="application/x-www-form-urlencoded"
    )
    world.work()
    [lead] = world.leads
    assert (lead["Email"], lead["Company"]) == ("dana@example.com", "example.com")


def test_an_array_of_fifty_becomes_fifty_leads(world: World, tool: Connection) -> None:
    people = [{"id": n, "email": f"p{n}@example.com", "name": f"P {n}"} for n in range(50)]
    assert post(people) == 200
    world.work()
    assert len(world.leads) == 50
    assert Person.objects.count() == 50
    assert {change.state for change in world.changes()} == {ChangeState.APPLIED}


def test_what_a_call_says_again_changes_nothing(world: World, tool: Connection) -> None:
    post(JANE)
    world.work()
    post({**JANE, "sent": 2})
    world.work()
    assert len(world.changes()) == 1


def test_a_stop_told_by_another_tool_is_a_stop(world: World, tool: Connection) -> None:
    tool.options = {"event_field": "what", "events": "new = contact.created, bye = contact.unsubscribed"}
    tool.save()
    stop = world.rule("bye", "contact.unsubscribed", {"opt_out": {"connections": ["salesforce-main"]}})
    stop.connection = tool
    stop.actions = [{"opt_out": {"connections": ["salesforce-main"], "channels": ["email"]}}]
    stop.save()
    post({**JANE, "what": "new"})
    world.work()
    post({**JANE, "what": "bye"})
    world.work()
    assert world.leads[0]["HasOptedOutOfEmail"] is True
    assert OptOut.objects.get().address == "jane@example.com"


def test_a_call_nobody_can_read_is_kept_and_can_be_replayed_once_the_options_say_how(
    world: World, tool: Connection
) -> None:
    assert post({"who": {"mail-address": "jane@example.com"}, "name": "Jane Doe"}) == 200
    [event] = world.events()
    assert event.state == EventState.QUARANTINED
    assert "does not say who" in event.reason
    tool.options = {**tool.options, "email_field": "who.mail-address"}
    tool.save()
    event.refresh_from_db()
    replay_event(event, "tester")
    world.work()
    assert world.events()[1].state == EventState.PLANNED


# --- setting it up ------------------------------------------------------------------------------------------------


def test_a_mapping_from_a_tool_may_name_any_field_and_is_shown_with_what_came_in(
    world: World, tool: Connection
) -> None:
    spec = parse_mapping("tool-to-lead", TOOL_TO_LEAD)
    findings = findings_of_mapping(spec)
    assert not findings.problems
    assert not findings.warnings
    post(JANE)
    [event] = world.events()
    for record in (
        record_of_event(spec, event),
        read_record(spec, "z1"),
        read_record(spec, event.id),
        read_record_by_email(spec, "Jane@example.com"),
    ):
        after = {row.to: row.after for row in preview_record(spec, record).preview.rows}
        assert (after["LastName"], after["Company"]) == ("Doe", "Acme")


def test_the_preview_page_shows_what_came_in(world: World, tool: Connection, admin_client: Client) -> None:
    url = f"/admin/mappings/mapping/{Mapping.objects.get(name='tool-to-lead').pk}/preview/"
    assert "None of the last 200 events" in admin_client.post(url, {"who": "jane@example.com"}).content.decode()
    post(JANE)
    page = admin_client.post(url, {"who": "jane@example.com"}).content.decode()
    assert "A new record would be made" in page and "Acme" in page


def test_a_resync_says_that_nothing_can_be_read(world: World, tool: Connection) -> None:
    start_run("resync", {"rule": "tool"}, "tester")
    world.work()
    run = Run.objects.get()
    assert run.state == "failed" and "does not offer" in run.message
