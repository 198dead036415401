"""Two people become one, one becomes two: nothing is lost, and who said stop is left alone in every case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from audit import decisions
from audit.ledger import order_key
from audit.models import Change, ChangeState, OptOut, OptOutState
from audit.sealing import seal_waiting
from audit.telling import progress_of
from integrations.models import Address, IdentityConflict, Link, Person, Settlement
from integrations.vendors.errors import Conflict, Unsupported
from mappings.identity.people import merge_people, separate
from mappings.identity.settling import undo
from tests.world import World


def subscriber(world: World, name: str, **facts: Any) -> tuple[Person, dict[str, Any]]:
    contact = world.subscribe(f"{name.split()[0].lower()}@example.com", name=name, **facts)
    world.work()
    return Link.objects.get(record_id=contact["contactId"]).person, contact


def couple(world: World) -> tuple[Person, Person, dict[str, Any]]:
    """Dana, Noa, and Noa's contact."""
    world.main_job()
    dana, _contact = subscriber(world, "Dana Cohen")
    noa, contact = subscriber(world, "Noa Levi")
    return dana, noa, contact


def opted_out(world: World) -> list[bool]:
    return [lead["HasOptedOutOfEmail"] for lead in world.leads]


def test_a_stop_of_either_becomes_a_stop_of_the_merged_person_and_the_others_records_are_told(world: World) -> None:
    dana, noa, contact = couple(world)
    world.hear(contact, "unsubscribe")
    world.work()
    assert opted_out(world) == [False, True]
    merge_people(dana, noa, "admin")
    world.work()
    assert opted_out(world) == [True, True]
    stop = OptOut.objects.get()
    assert (stop.person, stop.state) == (dana, OptOutState.OPEN)
    assert progress_of([stop])[stop.pk].is_done


def test_what_both_said_is_one_opt_out_with_both_evidences(world: World) -> None:
    dana, noa, contact = couple(world)
    world.hear(contact, "unsubscribe")
    world.work()
    theirs = OptOut.objects.get()
    earlier = theirs.heard_at - timedelta(days=3)
    facts = {"connection": world.getresponse, "address": theirs.address, "heard_at": earlier}
    mine = OptOut.objects.create(person=dana, targets=["elsewhere"], evidence={"event": "older"}, **facts)
    heard_last = theirs.heard_at
    merge_people(dana, noa, "admin")
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (theirs.person, theirs.state, theirs.joined_to) == (dana, OptOutState.JOINED, mine)
    assert (mine.heard_at, mine.heard_last_at) == (earlier, heard_last)
    assert mine.targets == ["elsewhere", "salesforce-main"]
    assert mine.evidence == {"event": "older", "joined": [theirs.evidence]}
    told = [record.record_id for system in progress_of([mine])[mine.pk].systems for record in system.records]
    assert world.leads[1]["Id"] in told


def test_only_an_opt_in_newer_than_the_last_stop_lifts_a_joined_one(world: World) -> None:
    dana, noa, contact = couple(world)
    world.hear(contact, "unsubscribe")
    world.work()
    theirs = OptOut.objects.get()
    facts = {"connection": world.getresponse, "address": theirs.address}
    OptOut.objects.create(person=dana, heard_at=timezone.now() - timedelta(days=3), **facts)
    merge_people(dana, noa, "admin")
    world.hear({**contact, "createdOn": (timezone.now() - timedelta(days=1)).isoformat()}, origin="www")
    world.work()
    assert "no newer opt-in" in world.events()[-1].reason


def opt_in_that_waits(world: World, contact: dict[str, Any]) -> Change:
    """A sign-up by form after the stop, which a person is asked about."""
    world.hear(contact, "unsubscribe")
    world.work()
    OptOut.objects.update(heard_at=timezone.now() - timedelta(hours=2), heard_last_at=None)
    world.sandbox.act("getresponse", "unsubscribe", contactId=contact["contactId"])
    world.subscribe(contact["email"], name="Noa Levi", createdOn=moment(-1))
    world.work()
    [asked] = world.changes(operation="opt_in")
    return asked


def moment(hours: int) -> str:
    return (timezone.now() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S+0000")


def test_an_opt_in_that_waits_lifts_the_stop_its_own_was_joined_to(world: World) -> None:
    dana, noa, contact = couple(world)
    asked = opt_in_that_waits(world, contact)
    facts = {"connection": world.getresponse, "address": contact["email"]}
    mine = OptOut.objects.create(person=dana, heard_at=timezone.now() - timedelta(hours=3), **facts)
    merge_people(dana, noa, "admin")
    assert decisions.approve([asked.pk], None).done == [asked.pk]
    mine.refresh_from_db()
    assert mine.state == OptOutState.LIFTED


@pytest.mark.parametrize("address", ["noa@example.com", "dana@example.com"])
def test_an_opt_in_that_waits_lifts_nothing_once_the_person_said_stop_later(world: World, address: str) -> None:
    dana, noa, contact = couple(world)
    asked = opt_in_that_waits(world, contact)
    mine = OptOut.objects.create(person=dana, connection=world.getresponse, address=address, heard_at=timezone.now())
    merge_people(dana, noa, "admin")
    assert "said stop since" in decisions.approve([asked.pk], None).refused[asked.pk]
    mine.refresh_from_db()
    assert mine.state == OptOutState.OPEN


def test_sealed_changes_follow_their_person_and_the_chain_stays_whole(world: World) -> None:

    dana, noa, _contact = couple(world)
    seal_waiting()
    merge_people(dana, noa, "admin")
    assert set(Change.objects.values_list("person", flat=True)) == {dana.pk}
    call_command("audit", "verify")


def test_changes_that_wait_stand_in_the_merged_persons_line_and_final_ones_stay_as_they_are(world: World) -> None:
    dana, noa, _contact = couple(world)
    applied = {change.pk: change.order_key for change in world.changes()}
    line = order_key(world.salesforce, noa.pk)
    facts = {"connection": world.salesforce, "object": "Lead", "operation": "update", "order_key": line}
    waits = Change.objects.create(person=noa, record_id=world.leads[1]["Id"], diff={}, **facts)
    merge_people(dana, noa, "admin")
    waits.refresh_from_db()
    assert waits.order_key == order_key(world.salesforce, dana.pk)
    assert {change.pk: change.order_key for change in world.changes(state="applied")} == applied


def test_nobody_is_merged_with_themselves(world: World) -> None:
    dana, _noa, _contact = couple(world)
    with pytest.raises(Unsupported):
        merge_people(dana, dana, "admin")


def test_somebody_who_was_merged_already_is_known_no_longer(world: World) -> None:
    dana, noa, _contact = couple(world)
    gone = Person.objects.get(pk=noa.pk)
    merge_people(dana, noa, "admin")
    with pytest.raises(Conflict, match="known no longer"):
        merge_people(dana, gone, "admin")


def test_after_an_undone_merge_a_stop_holds_for_both(world: World) -> None:
    dana, noa, contact = couple(world)
    world.hear(contact, "unsubscribe")
    world.work()
    note = merge_people(dana, noa, "admin")
    world.work()
    undo(note, "admin")
    assert {stop.person_id for stop in OptOut.objects.filter(state=OptOutState.OPEN)} == {dana.pk, noa.pk}
    assert all(progress.is_done for progress in progress_of(OptOut.objects.all()).values())


def test_joined_opt_outs_stand_alone_again_after_an_undone_merge(world: World) -> None:
    dana, noa, contact = couple(world)
    world.hear(contact, "unsubscribe")
    world.work()
    theirs = OptOut.objects.get()
    OptOut.objects.create(person=dana, connection=world.getresponse, address=theirs.address, heard_at=theirs.heard_at)
    undo(merge_people(dana, noa, "admin"), "admin")
    theirs.refresh_from_db()
    assert (theirs.person_id, theirs.state, theirs.joined_to) == (noa.pk, OptOutState.OPEN, None)


def test_a_record_is_separated_with_its_history_and_its_address(world: World) -> None:
    dana, noa, contact = couple(world)
    merge_people(dana, noa, "admin")
    links = list(Link.objects.filter(record_id__in=[contact["contactId"], world.leads[1]["Id"]]))
    note = separate(dana, links, "admin")
    made = Person.objects.exclude(pk=dana.pk).get()
    assert note.settlement == Settlement.SEPARATED
    assert {link.record_id for link in made.links.all()} == {contact["contactId"], world.leads[1]["Id"]}
    assert [address.value for address in made.addresses.all()] == ["noa@example.com"]
    assert [event.record_id for event in made.events.all()] == [contact["contactId"]]
    assert [change.record_id for change in made.changes.all()] == [world.leads[1]["Id"]]
    world.hear(world.sandbox.act("getresponse", "rename", contactId=contact["contactId"], to="Noa Peretz"))
    world.work()
    assert [lead["LastName"] for lead in world.leads] == ["Cohen", "Peretz"]


def test_an_address_that_both_have_is_held_by_both(world: World) -> None:
    world.main_job()
    dana, _contact = subscriber(world, "Dana Cohen")
    _same, second = subscriber(world, "Dana Cohen", campaignId="newsl1")
    separate(dana, list(Link.objects.filter(record_id=second["contactId"])), "admin")
    assert Address.objects.filter(value="dana@example.com").count() == 2
    world.hear(second, extra="again")
    world.work()
    assert len(world.leads) == 2


def test_opt_outs_stay_with_both_when_a_person_is_separated(world: World) -> None:
    dana, noa, contact = couple(world)
    merge_people(dana, noa, "admin")
    world.hear(contact, "unsubscribe")
    world.work()
    separate(dana, list(Link.objects.filter(record_id=world.leads[0]["Id"])), "admin")
    made = Person.objects.exclude(pk=dana.pk).get()
    assert {stop.person for stop in OptOut.objects.filter(state=OptOutState.OPEN)} == {dana, made}
    assert not Change.objects.exclude(state=ChangeState.APPLIED).exists()


def test_a_separation_is_undone(world: World) -> None:
    dana, noa, contact = couple(world)
    merge_people(dana, noa, "admin")
    undo(separate(dana, list(Link.objects.filter(record_id=contact["contactId"])), "admin"), "admin")
    assert list(Person.objects.all()) == [dana]
    assert dana.links.count() == 4


@pytest.mark.parametrize("which", ["none", "all"])
def test_a_separation_leaves_something_on_both_sides(world: World, which: str) -> None:
    dana, _noa, _contact = couple(world)
    with pytest.raises(Unsupported):
        separate(dana, list(dana.links.all()) if which == "all" else [], "admin")
    assert not IdentityConflict.objects.exists()
