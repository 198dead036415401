"""What was to follow a change follows the one that takes its place, and holds nobody up meanwhile."""

from __future__ import annotations

import pytest

from audit import decisions
from audit.models import Change, ChangeState
from tests.world import World

CAMPAIGN = "7015e0000000001AAA"
UPSERT = {"upsert": {"mapping": "subscriber-to-lead"}}
JOINING = {"add_to_campaign": {"connection": "salesforce-main", "campaign": CAMPAIGN, "status": "Registered"}}
REFUSED = "Lead.LastName=Refused"


@pytest.fixture
def joining(world: World) -> World:
    world.mapping()
    world.rule("arrive", "contact.subscribed", UPSERT, JOINING)
    world.rule("update", "contact.tagged", UPSERT)
    return world


def test_a_lead_converted_before_our_answer_came_leaves_nobody_waiting(joining: World) -> None:
    """The lead was made, the answer was lost, and a salesperson was quicker than our second try."""
    joining.sandbox.switch("salesforce", timeout_after_write=1, timeout_style="drop")
    contact = joining.subscribe("join@example.com", name="Dana Cohen")
    joining.work()
    contact_id = joining.sandbox.convert("join@example.com")["contact"]
    joining.let_time_pass()
    joining.work()
    [member] = joining.sandbox.records("salesforce", "CampaignMember")
    assert member["ContactId"] == contact_id
    assert not joining.changes(state__in=["queued", "sending", "held"])
    joining.hear(contact, "tag_applied")
    joining.work()
    assert not joining.changes(state__in=["queued", "sending", "held"])


def test_a_membership_joins_with_the_lead_that_a_newer_event_made(joining: World) -> None:
    """The first lead was refused; the person corrects their name, and the lead is made by that event."""
    joining.sandbox.switch("salesforce", validation_rule=REFUSED)
    contact = joining.subscribe("late@example.com", name="Mr Refused")
    joining.work()
    renamed = joining.sandbox.act("getresponse", "rename", contactId=contact["contactId"], to="Dana Cohen")
    joining.hear(renamed, "tag_applied")
    joining.work()
    first, membership, second = joining.changes()
    assert (first.state, second.state, second.replaces) == (ChangeState.CANCELLED, ChangeState.APPLIED, first)
    assert (membership.state, membership.depends_on) == (ChangeState.APPLIED, second)
    assert [lead["LastName"] for lead in joining.leads] == ["Cohen"]


def test_what_waits_for_a_refused_lead_holds_no_other_change_of_the_person_up(joining: World) -> None:
    joining.subscribe("known@example.com", name="Dana Cohen")
    joining.work()
    [lead, _membership] = joining.changes()
    names = ("connection", "object", "operation", "kind", "person", "order_key", "record_id")
    same = {name: getattr(lead, name) for name in names}
    refused = Change.objects.create(**same, state=ChangeState.FAILED)
    Change.objects.create(**same, depends_on=refused)
    title = {"before": None, "after": "CEO", "from": "", "via": [], "synthetic": False}
    later = Change.objects.create(**same, diff={"Title": title})
    joining.work()
    later.refresh_from_db()
    assert later.state == ChangeState.APPLIED


def test_a_replacement_that_finds_nothing_to_make_leaves_the_old_change_as_it_is(joining: World) -> None:
    joining.rule("only-known", "email.opened", {"update": {"mapping": "subscriber-to-lead"}})
    joining.sandbox.switch("salesforce", validation_rule=REFUSED)
    contact = joining.subscribe("stay@example.com", name="Mr Refused")
    joining.work()
    joining.hear(contact, "open")
    joining.work()
    first, membership = joining.changes()
    assert (first.state, membership.state) == (ChangeState.FAILED, ChangeState.QUEUED)
    joining.sandbox.switch("salesforce", validation_rule="")
    decisions.retry([first.id], None)
    joining.work()
    assert {change.state for change in joining.changes()} == {ChangeState.APPLIED}
