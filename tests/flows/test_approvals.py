"""What waits for a person: rules that ask, campaigns of people who said stop, and a newer opt-in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from audit import decisions
from audit.models import ChangeState, OptOut, OptOutState
from integrations.sandbox.salesforce.seed import CAMPAIGN
from mappings.runs import start_run
from tests.world import OPT_OUT, World

UPSERT = {"upsert": {"mapping": "subscriber-to-lead"}}


def test_a_rule_that_asks_holds_every_change_until_somebody_approves(world: World) -> None:
    world.mapping()
    world.rule("ask", "contact.subscribed", UPSERT, approve="always")
    world.subscribe("held@example.com", name="Dana Cohen")
    world.work()
    [change] = world.changes()
    assert change.state == ChangeState.HELD
    assert world.leads == []
    decisions.approve([change.id], None, "looks right")
    world.work()
    assert len(world.leads) == 1


def test_a_rejected_change_is_final_and_cancels_what_follows(world: World) -> None:
    world.mapping()
    joining = {"add_to_campaign": {"connection": "salesforce-main", "campaign": CAMPAIGN, "status": "Registered"}}
    world.rule("ask", "contact.subscribed", UPSERT, joining, approve="always")
    world.subscribe("no@example.com", name="Dana Cohen")
    world.work()
    lead, member = world.changes()
    decisions.reject([lead.id], None)
    world.work()
    lead.refresh_from_db()
    member.refresh_from_db()
    assert (lead.state, member.state) == (ChangeState.REJECTED, ChangeState.CANCELLED)
    assert decisions.approve([lead.id], None).done == []
    assert world.leads == []


def test_over_a_number_only_the_rest_waits(world: World) -> None:
    world.mapping()
    world.rule("brake", "contact.subscribed", UPSERT, approve={"over": 2})
    for number in range(4):
        world.subscribe(f"n{number}@example.com", name=f"Person {number}")
    world.work()
    assert [change.state for change in world.changes()].count(ChangeState.HELD) == 2
    assert len(world.leads) == 2


def test_a_lead_joins_the_campaign_once_it_is_made(world: World) -> None:
    world.mapping()
    joining = {"add_to_campaign": {"connection": "salesforce-main", "campaign": CAMPAIGN, "status": "Registered"}}
    world.rule("join", "contact.subscribed", UPSERT, joining)
    contact = world.subscribe("member@example.com", name="Dana Cohen")
    world.work()
    assert [change.error for change in world.changes()] == [None, None]
    [member] = world.sandbox.records("salesforce", "CampaignMember")
    assert member["LeadId"] == world.leads[0]["Id"]
    assert member["Status"] == "Registered"
    world.hear(contact, extra="again")
    world.work()
    assert len(world.changes(kind="campaign")) == 1
    assert "already" in world.events()[1].reason


def test_who_said_stop_is_not_added_to_a_campaign(world: World) -> None:
    world.mapping()
    joining = {"add_to_campaign": {"connection": "salesforce-main", "campaign": CAMPAIGN, "status": "Registered"}}
    world.rule("join", "contact.subscribed", UPSERT, joining)
    world.rule("stop", "contact.unsubscribed", OPT_OUT)
    contact = world.sandbox.subscribe("stopped@example.com", name="Dana Cohen", origin="import")
    world.hear(contact, "unsubscribe")
    world.work()
    world.hear(contact)
    world.work()
    [member] = world.changes(kind="campaign")
    assert member.state == ChangeState.HELD
    assert "opted out" in member.held_reason
    assert "opted out" in decisions.approve([member.id], None).refused[member.id]
    assert world.sandbox.records("salesforce", "CampaignMember") == []


def opted_out_then_back(world: World, origin: str = "www", **rule: str) -> None:
    world.mapping()
    world.rule("join", "contact.subscribed", UPSERT, **rule)
    world.rule("stop", "contact.unsubscribed", OPT_OUT)
    contact = world.subscribe("back@example.com", name="Dana Cohen")
    world.work()
    world.hear(contact, "unsubscribe")
    world.work()
    OptOut.objects.update(heard_at=timezone.now() - timedelta(days=30))
    world.sandbox.act("getresponse", "leave", email="back@example.com")
    again = world.sandbox.subscribe("back@example.com", name="Dana Cohen", origin=origin)
    world.hear(again)
    world.work()


def test_a_newer_opt_in_of_the_person_waits_for_approval_and_then_lifts(world: World) -> None:
    opted_out_then_back(world)
    assert world.leads[0]["HasOptedOutOfEmail"] is True
    [ask] = world.changes(operation="opt_in")
    assert ask.state == ChangeState.HELD
    decisions.approve([ask.id], None)
    world.work()
    assert world.leads[0]["HasOptedOutOfEmail"] is False
    assert OptOut.objects.get().state == OptOutState.LIFTED


def test_a_rule_may_lift_by_itself(world: World) -> None:
    opted_out_then_back(world, opt_in="lift")
    assert world.leads[0]["HasOptedOutOfEmail"] is False


def test_an_import_is_no_opt_in(world: World) -> None:
    opted_out_then_back(world, origin="import", opt_in="lift")
    assert world.leads[0]["HasOptedOutOfEmail"] is True
    assert world.changes(operation="opt_in") == []
    assert OptOut.objects.get().state == OptOutState.OPEN


def test_the_brake_stops_a_burst_of_stops_but_not_their_register(world: World, settings: Any) -> None:
    settings.BRAKE_PER_HOUR = {"opt_out": 2}
    world.main_job()
    contacts = [world.subscribe(f"burst{n}@example.com", name=f"Person {n}") for n in range(4)]
    world.work()
    for contact in contacts:
        world.hear(contact, "unsubscribe")
    world.work()
    assert sum(lead["HasOptedOutOfEmail"] for lead in world.leads) == 2
    assert OptOut.objects.count() == 4
    held = world.changes(state="held")
    assert all("brake" in change.held_reason for change in held)
    assert len(decisions.approve([change.id for change in held], None).done) == 2
    world.work()
    assert all(lead["HasOptedOutOfEmail"] for lead in world.leads)


def test_what_the_brake_stopped_is_approved_by_its_sort_in_the_background(world: World, settings: Any) -> None:
    settings.BRAKE_PER_HOUR = {"opt_out": 1}
    world.mapping()
    world.rule("ask", "contact.subscribed", UPSERT, approve={"over": 3})
    world.rule("stop", "contact.unsubscribed", OPT_OUT)
    contacts = [world.subscribe(f"burst{n}@example.com", name=f"Person {n}") for n in range(3)]
    world.work()
    world.subscribe("waits@example.com", name="Dana Cohen")
    for contact in contacts:
        world.hear(contact, "unsubscribe")
    world.work()
    assert len(world.changes(state="held")) == 3
    run = start_run("approve", {"state": "held", "braked": "opt_out"}, "dana", comment="a real burst")
    world.work()
    run.refresh_from_db()
    assert (run.state, run.done, run.refused) == ("done", 2, 0)
    assert all(lead["HasOptedOutOfEmail"] for lead in world.leads)
    assert [change.rule for change in world.changes(state="held")] == ["ask"]


def test_the_brake_counts_what_a_run_makes_and_not_what_people_do(world: World, settings: Any) -> None:
    settings.BRAKE_PER_HOUR = {"create": 3}
    world.main_job()
    for number in range(5):
        world.subscribe(f"own{number}@example.com", name=f"Own {number}")
    world.work()
    assert len(world.leads) == 5
    for number in range(5):
        world.sandbox.subscribe(f"run{number}@example.com", name=f"Run {number}")
    start_run("resync", {"rule": "new-subscriber"}, "somebody")
    world.work(rounds=40)
    assert len(world.leads) == 8
    assert len(world.changes(state="held")) == 2
