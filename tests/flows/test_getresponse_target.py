"""GetResponse as a target: leads become contacts on a list, and a stop heard elsewhere blocks the address there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from audit.delivery import since_when
from audit.models import Attempt, Change, ChangeState, OptOut
from audit.optouts import cover_new_records, is_subscribing
from integrations.ids import new_id
from integrations.models import Event, EventSource, EventState, Link, Person
from integrations.sandbox.getresponse.moments import as_getresponse
from integrations.sandbox.getresponse.seed import DOUBLE_LIST, MAIN_LIST, NEWSLETTER_LIST
from integrations.vendors.getresponse.resources import creating
from mappings.editing.sampling import preview_record
from mappings.identity.people import merge_people
from mappings.models import MappingVersion
from mappings.spec import parse_mapping
from tests.world import World

DANA = "dana@example.com"
LIST = "campaign.campaignId"
LEAD_TO_CONTACT: dict[str, Any] = {
    "source": {"connection": "salesforce-main", "object": "Lead", "read": "never"},
    "target": {"connection": "getresponse-main", "object": "contact"},
    "match": ["email"],
    "fields": [
        {"from": "LastName", "to": "name"},
        {"from": "Email", "to": "email"},
        {"value": NEWSLETTER_LIST, "to": LIST},
        {"from": "Company", "to": "customFields.company"},
        {"from": "Topics", "via": [{"split": ";"}], "to": "tags"},
    ],
}
STOP = {"opt_out": {"connections": ["getresponse-main", "salesforce-main"], "channels": ["email"]}}
UPSERT = {"upsert": {"mapping": "lead-to-contact"}}


class Outbound(World):
    """Events of Salesforce, with GetResponse as the target."""

    def start(self, list_id: str = NEWSLETTER_LIST) -> None:
        fields = [{**row, **({"value": list_id} if row["to"] == LIST else {})} for row in LEAD_TO_CONTACT["fields"]]
        self.mapping("lead-to-contact", **{**LEAD_TO_CONTACT, "key": None, "fields": fields})
        self.lead_rule("lead-changed", "contact.updated", UPSERT)
        self.lead_rule("lead-stopped", "opt_out.changed", STOP)

    @property
    def spec(self) -> Any:
        return MappingVersion.objects.get(mapping__name="lead-to-contact").spec

    def lead_rule(self, name: str, event: str, *actions: dict[str, Any]) -> None:
        rule = self.rule(name, event, *actions)
        rule.connection = self.salesforce
        rule.save()

    def lead(self, email: str = DANA, **values: Any) -> str:
        return self.sandbox.create("Lead", **{"LastName": "Cohen", "Company": "Acme", "Email": email, **values})

    def hear_of(self, lead_id: str, type: str = "contact.updated", **values: Any) -> Event:
        """What a look at Salesforce brings."""
        record = {"Id": lead_id, "Email": DANA, "LastName": "Cohen", "Company": "Acme", "Topics": "vip", **values}
        now = timezone.now()
        return Event.objects.create(
            connection=self.salesforce, type=type, vendor_type="Lead", object="Lead", record_id=lead_id, record=record,
            source=EventSource.WEBHOOK, occurred_at=now, received_at=now, state=EventState.NEW,
            dedupe_key=new_id(), order_key=lead_id,
        )  # fmt: skip

    @property
    def contacts(self) -> list[dict[str, Any]]:
        return self.sandbox.records("getresponse", "contact")

    @property
    def masks(self) -> list[str]:
        masks: list[str] = self.sandbox.records("getresponse", "blocklist")[0]["masks"]
        return masks

    def settle_accepted(self) -> None:
        self.work()
        self.let_time_pass()
        self.work()


@pytest.fixture
def outbound(sandbox: Any, db: None) -> Outbound:
    return Outbound(sandbox)


def test_a_lead_becomes_a_contact_that_is_accepted_first_and_found_later(outbound: Outbound) -> None:
    outbound.start()
    outbound.hear_of(outbound.lead())
    outbound.work()
    [change] = outbound.changes()
    assert (change.state, change.error_code, change.unknown_outcome) == (ChangeState.QUEUED, "accepted", True)
    outbound.let_time_pass()
    outbound.work()
    [change], [contact] = outbound.changes(), outbound.contacts
    assert (change.state, change.created, change.record_id) == (ChangeState.APPLIED, True, contact["contactId"])
    assert (contact["email"], contact["campaignId"], contact["tags"]) == (DANA, NEWSLETTER_LIST, ["tgVip"])
    assert Link.objects.get(connection=outbound.getresponse).record_id == contact["contactId"]


def test_those_that_were_accepted_are_looked_for_together(outbound: Outbound) -> None:
    outbound.start()
    for number in range(3):
        email = f"p{number}@example.com"
        outbound.hear_of(outbound.lead(email), Email=email)
    outbound.settle_accepted()
    assert len(outbound.contacts) == 3
    assert [(a.number, a.rows) for a in Attempt.objects.order_by("number")] == [(1, 3)] * 3 + [(2, 3)] * 3


def test_one_that_a_worker_died_of_is_looked_for_alone(outbound: Outbound) -> None:
    outbound.start()
    for number in range(3):
        email = f"p{number}@example.com"
        outbound.hear_of(outbound.lead(email), Email=email)
    outbound.work()
    crashed = outbound.changes()[0]
    past = timezone.now() - timedelta(hours=1)
    Change.objects.filter(pk=crashed.pk).update(state=ChangeState.SENDING, lease="dead", lease_until=past)
    Change.objects.update(next_attempt_at=timezone.now())
    outbound.work()
    assert {a.change_id == crashed.pk: a.rows for a in Attempt.objects.filter(number=2)} == {True: 1, False: 2}


def test_the_same_lead_again_changes_nothing_there(outbound: Outbound) -> None:
    outbound.start()
    lead = outbound.lead()
    outbound.hear_of(lead)
    outbound.settle_accepted()
    outbound.sandbox.act("getresponse", "tag", email=DANA, tag="demo_watched")
    again = outbound.hear_of(lead)
    outbound.work()
    again.refresh_from_db()
    assert "already holds all of it" in again.reason
    assert len(outbound.changes()) == 1


def test_a_new_tag_is_added_and_what_others_gave_stays(outbound: Outbound) -> None:
    outbound.start()
    lead = outbound.lead()
    outbound.hear_of(lead)
    outbound.settle_accepted()
    outbound.sandbox.act("getresponse", "tag", email=DANA, tag="demo_watched")
    outbound.hear_of(lead, Topics="vip;met_at_event", Company="Acme 2")
    outbound.work()
    change = outbound.changes()[-1]
    assert change.diff["tags"]["after"] == ["vip", "demo_watched", "met_at_event"]
    assert set(change.diff) == {"tags", "customFields.company"}
    assert outbound.contacts[0]["tags"] == ["tgVip", "tgDemo", "tgEvent"]


def test_a_contact_on_another_list_is_never_moved_by_an_upsert(outbound: Outbound) -> None:
    outbound.start()
    outbound.sandbox.subscribe(DANA, campaignId=MAIN_LIST, name="Dana")
    outbound.hear_of(outbound.lead())
    outbound.settle_accepted()
    assert {(c["campaignId"], c["name"]) for c in outbound.contacts} == {
        (MAIN_LIST, "Dana"),
        (NEWSLETTER_LIST, "Cohen"),
    }


def test_a_contact_that_arrived_on_another_list_meanwhile_is_not_moved_either(outbound: Outbound) -> None:
    outbound.start()
    outbound.sandbox.switch("getresponse", create_delay=5)
    outbound.hear_of(outbound.lead())
    outbound.work()
    other = outbound.sandbox.subscribe(DANA, campaignId=MAIN_LIST)
    Link.objects.create(
        person=outbound.changes()[0].person, connection=outbound.getresponse, object="contact",
        record_id=other["contactId"], snapshot={LIST: MAIN_LIST},
    )  # fmt: skip
    for _round in range(6):
        outbound.let_time_pass()
        outbound.work()
    assert sorted(c["campaignId"] for c in outbound.contacts) == sorted([MAIN_LIST, NEWSLETTER_LIST])


def test_who_is_on_three_lists_is_no_question_when_the_mapping_names_one(outbound: Outbound) -> None:
    outbound.start()
    for list_id in (MAIN_LIST, NEWSLETTER_LIST, DOUBLE_LIST):
        outbound.sandbox.subscribe(DANA, campaignId=list_id)
    event = outbound.hear_of(outbound.lead())
    outbound.work()
    event.refresh_from_db()
    assert event.state == EventState.PLANNED
    assert {c["campaignId"]: c["name"] for c in outbound.contacts}[NEWSLETTER_LIST] == "Cohen"


def test_a_preview_shows_the_contact_on_the_list_that_the_mapping_names(outbound: Outbound) -> None:
    outbound.start()
    for list_id in (MAIN_LIST, NEWSLETTER_LIST):
        outbound.sandbox.subscribe(DANA, campaignId=list_id, name=list_id)
    spec = parse_mapping("lead-to-contact", outbound.spec)
    sample = preview_record(spec, {"Email": DANA, "LastName": "Cohen"})
    assert sample.target is not None
    assert {row.to: row.before for row in sample.preview.rows}["name"] == NEWSLETTER_LIST


def test_a_rule_moves_a_contact_only_by_set(outbound: Outbound) -> None:
    move = {"set": {"connection": "getresponse-main", "object": "contact", "fields": {LIST: NEWSLETTER_LIST}}}
    outbound.lead_rule("move", "contact.updated", move)
    contact = outbound.sandbox.subscribe(DANA, campaignId=MAIN_LIST)
    outbound.hear_of(outbound.lead())
    outbound.work()
    assert [(c["contactId"], c["campaignId"]) for c in outbound.contacts] == [(contact["contactId"], NEWSLETTER_LIST)]


@pytest.fixture
def ten_minutes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was accepted has had its time to appear."""
    monkeypatch.setattr(creating, "ARRIVES_WITHIN", timedelta(0))


@pytest.mark.usefixtures("ten_minutes_later")
def test_a_contact_that_was_never_made_fails_and_a_retry_sends_it_again(outbound: Outbound) -> None:
    outbound.start()
    outbound.sandbox.switch("getresponse", create_mode="late_reject")
    outbound.hear_of(outbound.lead())
    outbound.settle_accepted()
    [change] = outbound.changes()
    assert (change.state, change.error_code, change.unknown_outcome) == (ChangeState.FAILED, "rejected", False)
    assert "did not make it" in (change.error or {})["message"]
    outbound.sandbox.switch("getresponse", create_mode="normal")
    Change.objects.filter(pk=change.pk).update(state=ChangeState.QUEUED, tries=0)
    outbound.settle_accepted()
    assert (outbound.changes()[0].state, len(outbound.contacts)) == (ChangeState.APPLIED, 1)


UNKNOWN, ACCEPTED, REFUSED = ({"code": code} for code in ("outcome_unknown", "accepted", "rejected"))


@pytest.mark.parametrize(
    ("earlier", "since", "unanswered"),
    [
        ([UNKNOWN, UNKNOWN], 1, True),
        ([None], 1, True),  # the worker died
        ([UNKNOWN, ACCEPTED, ACCEPTED], 2, False),
        ([ACCEPTED, UNKNOWN], 1, False),
        ([ACCEPTED, REFUSED, UNKNOWN], 3, True),
        ([ACCEPTED, REFUSED, ACCEPTED, UNKNOWN], 3, False),
    ],
)
def test_a_record_may_be_there_since_the_vendor_took_it(
    outbound: Outbound, earlier: list[dict[str, str] | None], since: int, unanswered: bool
) -> None:
    facts = {"object": "contact", "operation": "create", "order_key": "o", "identity": "i"}
    change = Change.objects.create(connection=outbound.getresponse, **facts)
    began = timezone.now() - timedelta(hours=1)
    for number, error in enumerate(earlier, 1):
        at = began + timedelta(minutes=number)
        Attempt.objects.create(change=change, number=number, error=error, started_at=at, result="later")
    assert since_when(change) == (began + timedelta(minutes=since), unanswered)


@pytest.mark.usefixtures("ten_minutes_later")
def test_a_double_opt_in_is_applied_and_says_that_it_waits(outbound: Outbound) -> None:
    outbound.start(DOUBLE_LIST)
    outbound.hear_of(outbound.lead())
    outbound.settle_accepted()
    [change] = outbound.changes()
    assert change.state == ChangeState.APPLIED
    assert Attempt.objects.filter(change=change).order_by("-number")[0].response["unconfirmed"] is True


# --- opt-outs ---------------------------------------------------------------------------------------------------------


def test_a_stop_heard_at_salesforce_blocks_the_address_also_of_who_has_no_contact(outbound: Outbound) -> None:
    outbound.start()
    event = outbound.hear_of(outbound.lead(), "opt_out.changed")
    outbound.work()
    event.refresh_from_db()
    assert event.state == EventState.PLANNED
    assert outbound.masks == ["blocked@example.com", "@blocked.example.com", DANA]
    [change] = outbound.changes(connection=outbound.getresponse)
    assert (change.object, change.record_id, change.lane) == ("blocklist", DANA, "optouts")
    assert change.diff["blocked"] == {
        "before": False, "after": True, "from": "opt-out", "via": [], "synthetic": False,
    }  # fmt: skip
    assert change.state == ChangeState.APPLIED


def test_a_stop_blocks_every_address_of_the_person(outbound: Outbound) -> None:
    outbound.start()
    lead = outbound.lead()
    outbound.hear_of(lead, Email="old@example.com")
    outbound.settle_accepted()
    outbound.hear_of(lead, "opt_out.changed")
    outbound.work()
    assert set(outbound.masks) >= {DANA, "old@example.com"}


def test_a_stop_that_cannot_be_looked_up_there_is_told_as_soon_as_the_vendor_is_back(outbound: Outbound) -> None:
    outbound.start()
    outbound.sandbox.switch("getresponse", down="always")
    event = outbound.hear_of(outbound.lead(), "opt_out.changed")
    outbound.work()
    [change] = outbound.changes(connection=outbound.getresponse)
    assert (change.record_id, change.state) == (DANA, ChangeState.QUEUED)
    outbound.sandbox.switch("getresponse", down=0)
    outbound.let_time_pass()
    outbound.work()
    event.refresh_from_db()
    [change] = outbound.changes(connection=outbound.getresponse)
    assert (event.state, change.state, DANA in outbound.masks) == (EventState.PLANNED, ChangeState.APPLIED, True)


def test_a_stop_reaches_the_address_that_a_merge_brings(outbound: Outbound) -> None:
    outbound.start()
    outbound.hear_of(outbound.lead(), "opt_out.changed")
    outbound.hear_of(outbound.lead("other@example.com"), Email="other@example.com")
    outbound.work()
    keep, absorbed = (Person.objects.get(addresses__value=address) for address in (DANA, "other@example.com"))
    merge_people(keep, absorbed, "a person")
    outbound.work()
    assert set(outbound.masks) >= {DANA, "other@example.com"}


def test_who_is_put_on_a_list_while_they_say_stop_is_blocked_all_the_same(outbound: Outbound) -> None:
    outbound.start()
    outbound.hear_of(outbound.lead())
    outbound.work()
    [change] = outbound.changes()
    stop = OptOut.objects.create(person=change.person, address=DANA, channel="email", event=change.event,
                                 connection=outbound.salesforce, heard_at=timezone.now())  # fmt: skip
    change.created, change.record_id = True, "p1"
    with transaction.atomic():
        cover_new_records([change])
    [told] = outbound.changes(opt_out=stop)
    assert (told.object, told.record_id, told.lane) == ("blocklist", DANA, "optouts")


def test_a_stop_that_is_held_there_already_is_noted(outbound: Outbound) -> None:
    outbound.start()
    outbound.hear_of(outbound.lead("blocked@example.com"), "opt_out.changed", Email="blocked@example.com")
    outbound.work()
    assert outbound.changes(connection=outbound.getresponse) == []
    [noted] = [e for e in OptOut.objects.get().already if e["connection"] == "getresponse-main"]
    assert (noted["object"], noted["record_id"]) == ("blocklist", "blocked@example.com")


def test_nobody_who_said_stop_is_put_on_a_list_and_who_is_there_is_still_updated(outbound: Outbound) -> None:
    outbound.start()
    outbound.sandbox.subscribe("there@example.com", campaignId=NEWSLETTER_LIST)
    leads = {email: outbound.lead(email) for email in (DANA, "there@example.com")}
    for email, lead in leads.items():
        outbound.hear_of(lead, "opt_out.changed", Email=email)
    outbound.work()
    for email, lead in leads.items():
        outbound.hear_of(lead, Email=email)
    outbound.work()
    made, changed = outbound.changes(operation="upsert")
    assert (made.state, "opted out" in made.held_reason) == (ChangeState.HELD, True)
    assert changed.state == ChangeState.APPLIED
    assert [c["email"] for c in outbound.contacts] == ["there@example.com"]
    assert outbound.contacts[0]["name"] == "Cohen"


def test_moving_somebody_to_a_list_subscribes_them_and_an_update_does_not(outbound: Outbound) -> None:
    facts = {"connection": outbound.getresponse, "object": "contact", "operation": "update", "record_id": "p1"}
    assert is_subscribing(Change(**facts, diff={LIST: {}}))
    assert not is_subscribing(Change(**facts, diff={"name": {}}))
    assert is_subscribing(Change(**{**facts, "operation": "upsert", "record_id": ""}, diff={"name": {}}))
    assert not is_subscribing(Change(**{**facts, "operation": "remove_from_campaign"}, diff={}))


def test_an_opt_in_that_a_person_allows_takes_the_address_off_the_blocklist(outbound: Outbound) -> None:
    outbound.start()
    outbound.hear_of(outbound.lead(), "opt_out.changed")
    outbound.work()
    outbound.rule("again", "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}}, opt_in="lift")
    outbound.mapping()
    later = as_getresponse(timezone.now() + timedelta(minutes=1))
    outbound.sandbox.act("getresponse", "subscribe", email=DANA, createdOn=later)
    [contact] = outbound.contacts
    outbound.hear(contact)
    outbound.work()
    assert outbound.masks == ["blocked@example.com", "@blocked.example.com"]


# --- lists ------------------------------------------------------------------------------------------------------------


def test_a_known_person_is_put_on_another_list_and_taken_off_again(outbound: Outbound) -> None:
    facts = {"connection": "getresponse-main", "campaign": NEWSLETTER_LIST}
    outbound.lead_rule("join", "contact.updated", {"add_to_campaign": facts})
    outbound.lead_rule("leave", "contact.deleted", {"remove_from_campaign": facts})
    outbound.mapping("lead-to-contact", **LEAD_TO_CONTACT | {"key": None})
    outbound.rule("link", "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}})
    outbound.mapping()
    outbound.subscribe(DANA, name="Dana", campaignId=MAIN_LIST)
    outbound.work()
    [lead] = outbound.leads
    outbound.hear_of(lead["Id"])
    outbound.settle_accepted()
    assert sorted(c["campaignId"] for c in outbound.contacts) == sorted([MAIN_LIST, NEWSLETTER_LIST])
    outbound.hear_of(lead["Id"], "contact.deleted")
    outbound.work()
    assert [c["campaignId"] for c in outbound.contacts] == [MAIN_LIST]


# --- calls ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_workflow_is_started_by_an_event_but_not_for_who_said_stop(outbound: Outbound, is_stopped: bool) -> None:
    outbound.start()
    contact = outbound.sandbox.subscribe(DANA, campaignId=NEWSLETTER_LIST)
    lead = outbound.lead()
    if is_stopped:
        outbound.hear_of(lead, "opt_out.changed")
        outbound.work()
    params = {"name": "task_completed", "contactId": "{contact}"}
    call = {"connection": "getresponse-main", "operation": "trigger_custom_event", "params": params}
    outbound.lead_rule("task-done", "task.completed", {"call": call})
    outbound.hear_of(lead, "task.completed", contact=contact["contactId"])
    outbound.work()
    [change] = outbound.changes(operation="call")
    assert change.state == (ChangeState.HELD if is_stopped else ChangeState.APPLIED)
    events = outbound.sandbox.records("getresponse", "customEvent")
    assert [event["contactId"] for event in events] == ([] if is_stopped else [contact["contactId"]])
