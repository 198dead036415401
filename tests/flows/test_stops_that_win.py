"""A stop wins over whatever was on its way, whichever came first and by which door."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from audit import delivery
from audit.models import Change, ChangeState, OptOut, OptOutState
from audit.optouts import lift_opt_out
from integrations.models import Connection, Event, EventSource
from integrations.sandbox.getresponse.moments import as_getresponse
from integrations.sandbox.getresponse.seed import NEWSLETTER_LIST
from mappings.models import Rule
from mappings.planning.case import Case
from mappings.planning.forbidding import hold_for_source
from mappings.planning.planner import plan_due
from tests.flows.test_getresponse_target import DANA, LEAD_TO_CONTACT, UPSERT, Outbound


@pytest.fixture
def outbound(sandbox: Any, db: None) -> Outbound:
    return Outbound(sandbox)


def hear_stop(outbound: Outbound, lead: str, **values: Any) -> Event:
    """Heard on the lane of stops, as it comes from a look."""
    event = outbound.hear_of(lead, "opt_out.changed", **values)
    event.lane = "optouts"
    event.save()
    return event


def sign_up_again(outbound: Outbound, seconds: float = 1) -> None:
    """The person's own newer opt-in at GetResponse, which a rule lets lift the stop."""
    outbound.mapping()
    outbound.rule("again", "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}}, opt_in="lift")
    when = as_getresponse(timezone.now() + timedelta(seconds=seconds))
    outbound.sandbox.act("getresponse", "subscribe", email=DANA, createdOn=when)
    outbound.hear(outbound.contacts[0])


# --- an opt-in and the next stop --------------------------------------------------------------------------------------


def test_a_stop_that_overtakes_the_lifting_of_the_last_one_stays(outbound: Outbound) -> None:
    outbound.start()
    lead = outbound.lead()
    hear_stop(outbound, lead)
    outbound.work()
    sign_up_again(outbound)
    plan_due("events")  # lifted, and told to nobody yet
    hear_stop(outbound, lead)
    outbound.work()
    assert OptOut.objects.filter(state=OptOutState.OPEN).count() == 1
    assert {c.state for c in outbound.changes(operation="opt_in")} == {ChangeState.CANCELLED}
    assert DANA in outbound.masks and outbound.leads[0]["HasOptedOutOfEmail"]


def test_a_stop_that_comes_while_the_lifting_is_sent_is_told_again(outbound: Outbound) -> None:
    outbound.start()
    lead = outbound.lead()
    hear_stop(outbound, lead)
    outbound.work()
    sign_up_again(outbound)
    plan_due("events")
    hear_stop(outbound, lead)
    with mock.patch.object(delivery, "_without_overtaken", list):  # it was on its way already
        outbound.work()
    assert {c.state for c in outbound.changes(operation="opt_in")} == {ChangeState.APPLIED}
    assert DANA in outbound.masks and outbound.leads[0]["HasOptedOutOfEmail"]


def test_an_opt_in_that_nothing_overtook_is_sent(outbound: Outbound) -> None:
    outbound.start()
    hear_stop(outbound, outbound.lead())
    outbound.work()
    sign_up_again(outbound)
    outbound.work()
    assert {c.state for c in outbound.changes(operation="opt_in")} == {ChangeState.APPLIED}
    assert DANA not in outbound.masks


def test_a_newer_stop_of_all_channels_is_not_lifted_by_what_answers_the_older_one(outbound: Outbound) -> None:
    outbound.start()
    hear_stop(outbound, outbound.lead())
    outbound.work()
    [stop] = OptOut.objects.all()
    everything = {"channel": "all", "address": DANA, "heard_at": timezone.now() + timedelta(hours=1)}
    OptOut.objects.create(person=stop.person, connection=outbound.salesforce, targets=stop.targets, **everything)
    sign_up_again(outbound, seconds=60)
    outbound.work()
    assert OptOut.objects.filter(state=OptOutState.OPEN).count() == 2
    assert DANA in outbound.masks


# --- what was on its way when the stop came ---------------------------------------------------------------------------


def test_who_was_accepted_before_the_stop_is_blocked_though_the_record_is_looked_for_no_more(
    outbound: Outbound,
) -> None:
    outbound.start()
    outbound.hear_of(outbound.lead())
    outbound.work()
    [accepted] = outbound.changes()
    OptOut.objects.create(
        person=accepted.person, address=DANA, connection=outbound.getresponse, heard_at=timezone.now(),
        targets=["salesforce-main"],
    )  # fmt: skip
    outbound.settle_accepted()
    accepted.refresh_from_db()
    assert (accepted.state, len(outbound.contacts)) == (ChangeState.HELD, 1)
    assert DANA in outbound.masks


# --- a stop that stands in the record that is read --------------------------------------------------------------------


def test_a_lead_that_says_stop_is_put_on_no_list_though_nobody_told_of_the_stop(outbound: Outbound) -> None:
    outbound.start()
    outbound.hear_of(outbound.lead(), HasOptedOutOfEmail=True)
    outbound.settle_accepted()
    [change] = outbound.changes()
    assert (change.state, "says stop" in change.held_reason) == (ChangeState.HELD, True)
    assert outbound.contacts == []


def test_the_box_is_read_with_what_a_mapping_needs(outbound: Outbound) -> None:
    fields = [row for row in LEAD_TO_CONTACT["fields"] if row.get("from") != "Topics"]
    outbound.mapping("lead-to-contact", **{**LEAD_TO_CONTACT, "key": None, "fields": fields})
    outbound.lead_rule("lead-changed", "contact.updated", UPSERT)
    event = outbound.hear_of(outbound.lead(HasOptedOutOfEmail=True))
    Event.objects.filter(pk=event.pk).update(source=EventSource.POLL)  # of which the record is read
    outbound.settle_accepted()
    assert (outbound.changes()[0].state, outbound.contacts) == (ChangeState.HELD, [])


def test_a_contact_that_is_there_is_still_updated_for_a_lead_that_says_stop(outbound: Outbound) -> None:
    outbound.start()
    outbound.sandbox.subscribe(DANA, campaignId=NEWSLETTER_LIST, name="Dana")
    outbound.hear_of(outbound.lead(), HasOptedOutOfEmail=True)
    outbound.work()
    assert outbound.contacts[0]["name"] == "Cohen"


@pytest.mark.parametrize(("channel", "state"), [("Email", ChangeState.HELD), ("SMS", ChangeState.QUEUED)])
def test_only_a_stop_of_a_channel_that_the_target_has_holds(outbound: Outbound, channel: str, state: str) -> None:
    highlevel = Connection(name="hl", vendor="highlevel")
    event = Event(connection=highlevel, object="contact", record_id="h1")
    case = Case(event, [], {"dndSettings": {channel: {"status": "active"}}})
    case.changes.append(Change(connection=outbound.getresponse, object="contact", operation="upsert"))
    hold_for_source([case])
    assert case.changes[0].state == state


# --- another address --------------------------------------------------------------------------------------------------


@pytest.fixture
def moving(outbound: Outbound) -> Outbound:
    """Somebody on a list has said stop, and their lead has another address now."""
    outbound.start()
    lead = outbound.lead()
    outbound.hear_of(lead)
    outbound.settle_accepted()
    hear_stop(outbound, lead)
    outbound.work()
    outbound.hear_of(lead, Email="new@example.com")
    return outbound


def test_a_contact_gets_no_new_address_before_that_is_blocked(moving: Outbound) -> None:
    plan_due("events")
    delivery.deliver_due("events")  # ahead of the lane of stops
    [contact] = moving.contacts
    assert (contact["email"], moving.changes()[-1].state) == (DANA, ChangeState.HELD)


def test_a_contact_gets_the_new_address_once_that_is_blocked(moving: Outbound) -> None:
    moving.work()
    [contact] = moving.contacts
    assert contact["email"] == "new@example.com" and "new@example.com" in moving.masks


def test_lifting_a_stop_lets_nothing_go_that_waits_for_an_approval(outbound: Outbound) -> None:
    outbound.start()
    Rule.objects.filter(name="lead-changed").update(approve="always")
    outbound.hear_of(outbound.lead())
    outbound.work()
    [waiting] = outbound.changes()
    stop = OptOut.objects.create(person=waiting.person, connection=outbound.salesforce, heard_at=timezone.now())
    lift_opt_out(stop, {})
    waiting.refresh_from_db()
    assert waiting.state == ChangeState.HELD


# --- calls ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("connection", "operation", "params"),
    [
        ("getresponse-main", "trigger_custom_event", {"name": "demo", "contactId": "c1"}),
        ("getresponse-main", "start_autoresponder", {"contactId": "c1", "dayOfCycle": "0"}),
        ("salesforce-main", "run_standard_action", {"action": "emailSimple", "inputs": []}),
    ],
)
def test_what_mails_people_is_not_called_for_somebody_who_said_stop(
    outbound: Outbound, connection: str, operation: str, params: dict[str, Any]
) -> None:
    outbound.start()
    lead = outbound.lead()
    hear_stop(outbound, lead)
    outbound.work()
    call = {"call": {"connection": connection, "operation": operation, "params": params}}
    outbound.lead_rule("mail", "contact.created", call)
    outbound.hear_of(lead, "contact.created")
    outbound.work()
    assert [c.state for c in outbound.changes(operation="call")] == [ChangeState.HELD]
