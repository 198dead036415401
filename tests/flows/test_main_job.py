"""The main job over real sockets: a subscriber becomes a lead, and a stop reaches every record."""

from __future__ import annotations

from audit.models import ChangeState, OptOut
from integrations.models import EventState, Link, Person
from tests.world import World


def test_a_subscriber_becomes_a_lead(world: World) -> None:
    world.main_job()
    contact = world.subscribe("jane@acmecorp.example.com", name="Dr. Jane van der Berg", tags=["demo_watched"])
    world.work()
    [lead] = world.leads
    assert (lead["FirstName"], lead["LastName"], lead["Company"]) == ("Jane", "van der Berg", "acmecorp.example.com")
    assert lead["GetResponse_Contact_ID__c"] == contact["contactId"]
    assert (lead["GetResponse_Tags__c"], lead["Rating"]) == ("demo_watched", "Hot")


def test_every_write_stands_in_the_ledger_with_before_after_and_origin(world: World) -> None:
    world.main_job()
    world.subscribe("madonna@example.com", name="Madonna")
    world.work()
    [change] = world.changes()
    assert (change.state, change.operation, change.created, change.attempts) == (ChangeState.APPLIED, "upsert", True, 1)
    assert change.diff["LastName"] == {
        "before": None, "after": "Madonna", "from": "name", "via": ["last_name"], "synthetic": False,
    }  # fmt: skip
    assert "FirstName" not in change.diff
    [attempt] = change.attempt_rows.all()
    assert attempt.result == "applied"
    assert attempt.exchanges[0]["method"] == "PATCH"
    assert "Bearer sandbox" not in str(attempt.exchanges)


def test_a_fallback_is_written_on_create_only_and_marked(world: World) -> None:
    world.main_job()
    contact = world.subscribe("noname@example.com")
    world.work()
    assert world.changes()[0].diff["LastName"]["synthetic"] is True
    world.sandbox.act("getresponse", "tag", email="noname@example.com", tag="vip")
    world.hear(contact, "subscribe", name="ignored by the read record")
    world.work()
    second = world.changes()[1]
    assert set(second.diff) == {"GetResponse_Tags__c"}


def test_the_same_event_again_changes_nothing(world: World) -> None:
    world.main_job()
    contact = world.subscribe("again@example.com", name="Dana Cohen")
    world.work()
    world.hear(contact, extra="a different body")
    world.work()
    assert len(world.changes()) == 1
    assert "already holds all of it" in world.events()[1].reason


def test_one_address_on_three_lists_is_one_person_and_one_lead(world: World) -> None:
    world.main_job()
    for campaign in ("abc123def", "newsl1"):
        world.subscribe("three@example.com", name="Dana Cohen", campaignId=campaign)
        world.work()
    assert Person.objects.count() == 1
    assert len(world.leads) == 1
    assert Link.objects.filter(connection=world.getresponse).count() == 2


def test_two_lists_in_one_batch_make_one_lead_too(world: World) -> None:
    world.main_job()
    for campaign in ("abc123def", "newsl1"):
        world.subscribe("both@example.com", name="Dana Cohen", campaignId=campaign)
    world.work()
    assert len(world.leads) == 1


def test_an_existing_lead_with_the_address_is_adopted(world: World) -> None:
    world.main_job()
    lead = world.sandbox.create("Lead", LastName="Cohen", Company="Acme", Email="Adopt@example.com")
    contact = world.subscribe("adopt@example.com", name="Dana Cohen")
    world.work()
    [record] = world.leads
    assert record["Id"] == lead
    assert record["GetResponse_Contact_ID__c"] == contact["contactId"]
    assert world.changes()[0].created is not True


def test_two_leads_with_the_address_are_a_conflict_for_a_person(world: World) -> None:
    world.main_job()
    for company in ("Acme", "Other"):
        world.sandbox.create("Lead", LastName="Cohen", Company=company, Email="twice@example.com")
    world.subscribe("twice@example.com", name="Dana Cohen")
    world.work()
    [event] = world.events()
    assert event.state == EventState.FAILED
    assert "2 records of Lead fit" in event.reason
    assert len(world.leads) == 2


def test_a_stop_reaches_the_lead(world: World) -> None:
    world.main_job()
    contact = world.subscribe("stop@example.com", name="Dana Cohen")
    world.work()
    world.hear(contact, "unsubscribe")
    world.work()
    [lead] = world.leads
    assert lead["HasOptedOutOfEmail"] is True
    assert lead["Last_Unsubscribe_Date__c"]
    change = world.changes(kind="opt_out")[0]
    assert change.diff["HasOptedOutOfEmail"]["after"] is True
    assert OptOut.objects.get().evidence["event"] == world.events()[1].id


def test_a_stop_reaches_a_converted_leads_contact(world: World) -> None:
    world.main_job()
    contact = world.subscribe("conv@example.com", name="Dana Cohen")
    world.work()
    world.sandbox.convert("conv@example.com")
    world.hear(contact, "unsubscribe")
    world.work()
    [record] = world.sandbox.records("salesforce", "Contact")
    assert record["HasOptedOutOfEmail"] is True
    lead_change, contact_change = world.changes(kind="opt_out")
    assert (lead_change.state, contact_change.state) == (ChangeState.CANCELLED, ChangeState.APPLIED)
    assert "became Contact" in lead_change.held_reason


def test_with_the_permission_lead_and_contact_are_both_told(world: World) -> None:
    world.main_job()
    world.sandbox.switch("salesforce", edit_converted_leads=True)
    contact = world.subscribe("perm@example.com", name="Dana Cohen")
    world.work()
    world.sandbox.convert("perm@example.com")
    world.hear(contact, "unsubscribe")
    world.work()
    assert [change.state for change in world.changes(kind="opt_out")] == [ChangeState.APPLIED] * 2
    assert world.leads[0]["HasOptedOutOfEmail"] is True
    assert world.sandbox.records("salesforce", "Contact")[0]["HasOptedOutOfEmail"] is True


def test_a_stop_is_told_to_every_record_with_the_address(world: World) -> None:
    world.main_job()
    world.sandbox.create("Lead", LastName="A", Company="A", Email="many@example.com")
    world.sandbox.create("Contact", LastName="B", Email="MANY@example.com")
    contact = world.sandbox.subscribe("many@example.com", name="Dana Cohen")
    world.hear(contact, "unsubscribe")
    world.work()
    assert world.leads[0]["HasOptedOutOfEmail"] is True
    assert world.sandbox.records("salesforce", "Contact")[0]["HasOptedOutOfEmail"] is True


def test_a_lead_made_after_the_stop_is_made_opted_out_in_the_same_write(world: World) -> None:
    world.main_job()
    contact = world.sandbox.subscribe("late@example.com", name="Dana Cohen")
    world.hear(contact, "unsubscribe")
    world.work()
    world.hear(contact, "subscribe")
    world.work()
    [change] = world.changes(object="Lead", operation="upsert")
    assert change.created is True
    assert change.diff["HasOptedOutOfEmail"]["after"] is True
    assert world.leads[0]["HasOptedOutOfEmail"] is True
    assert world.changes(operation="opt_out") == []


def test_a_mapping_never_writes_that_somebody_may_be_mailed(world: World) -> None:
    from tests.world import SUBSCRIBER_TO_LEAD

    world.mapping(fields=[*SUBSCRIBER_TO_LEAD["fields"], {"value": False, "to": "HasOptedOutOfEmail"}])
    world.rule("new-subscriber", "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}})
    world.sandbox.create("Lead", LastName="Cohen", Company="Acme", Email="out@example.com", HasOptedOutOfEmail=True)
    world.subscribe("out@example.com", name="Dana Cohen")
    world.work()
    assert world.leads[0]["HasOptedOutOfEmail"] is True
    assert "only an opt-out or a newer opt-in" in " ".join(world.changes()[0].notes)


def test_set_writes_a_field_that_the_rule_names_and_makes_nobody(world: World) -> None:
    marking = {
        "set": {"connection": "salesforce-main", "object": "Lead", "fields": {"Rating": "Hot", "City": "from {name}"}}
    }
    world.mapping()
    world.rule("new-subscriber", "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}})
    world.rule("mark", "email.opened", marking)
    stranger = world.sandbox.subscribe("stranger@example.com", name="No Lead")
    contact = world.subscribe("opens@example.com", name="Dana Cohen")
    world.work()
    world.hear(contact, "open")
    world.hear(stranger, "open")
    world.work()
    [lead] = world.leads
    assert (lead["Rating"], lead["City"]) == ("Hot", "from Dana Cohen")
    assert "set makes none" in world.events(type="email.opened")[1].reason


def test_a_stop_that_went_to_the_converted_leads_contact_counts_as_told(world: World) -> None:
    from audit.telling import progress_of

    world.main_job()
    contact = world.subscribe("told@example.com", name="Dana Cohen")
    world.work()
    world.sandbox.convert("told@example.com")
    world.hear(contact, "unsubscribe")
    world.work()
    [progress] = progress_of(OptOut.objects.all()).values()
    assert progress.is_done
    assert progress.took is not None


def test_a_replay_uses_todays_mapping_or_then_s(world: World) -> None:
    import copy

    from audit.facts import versions_then
    from integrations.inbox import replay_event
    from mappings.models import MappingVersion, VersionState
    from tests.world import SUBSCRIBER_TO_LEAD

    world.main_job()
    world.sandbox.create("Lead", LastName="Old", Company="Acme", Email="v@example.com")
    world.subscribe("v@example.com", name="Dana Cohen")
    world.work()
    published = MappingVersion.objects.get()
    changed = copy.deepcopy(SUBSCRIBER_TO_LEAD)
    changed["fields"][1] = {"value": "Version Two", "to": "LastName"}
    MappingVersion.objects.filter(pk=published.pk).update(state=VersionState.RETIRED)
    MappingVersion.objects.create(mapping=published.mapping, number=2, state=VersionState.PUBLISHED, spec=changed)
    [event] = world.events()
    replay_event(event, "operator")
    world.work()
    assert world.leads[0]["LastName"] == "Version Two"
    replay_event(event, "operator", versions_then(event))
    world.work()
    assert world.leads[0]["LastName"] == "Cohen"
    assert [change.mapping_version for change in world.changes()] == [1, 2, 1]
