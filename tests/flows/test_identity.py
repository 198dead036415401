"""Who is who, where only a human can say: the question is asked once, events wait, the answer moves them on."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import OptOut
from integrations.models import ConflictKind, ConflictState, EventState, IdentityConflict, Link, Person, Settlement
from integrations.people import holders_of
from integrations.vendors.errors import Conflict, Unsupported
from mappings.identity.people import merge_people
from mappings.identity.settling import settle, undo
from tests.world import World

NOA = ("email", "noa@example.com")
PHONE = ("phone", "+972501234567")


def subscriber(world: World, name: str, phone: str = "", **facts: Any) -> dict[str, Any]:
    fields = {"customFields": {"phone": phone}} if phone else {}
    contact = world.subscribe(f"{name.split()[0].lower()}@example.com", name=name, **fields, **facts)
    world.work()
    return contact


def of(contact: dict[str, Any]) -> Person:
    return Link.objects.get(record_id=contact["contactId"]).person


def change_email(world: World, contact: dict[str, Any], to: str) -> None:
    changed = world.sandbox.act("getresponse", "change_email", contactId=contact["contactId"], to=to)
    world.hear(changed, "contact_email_changed")
    world.work()


def id_of(person: Person) -> str:
    return Link.objects.get(person=person, object="contact").record_id


def contact_of(world: World, person: Person) -> dict[str, Any]:
    """What GetResponse holds of the person now."""
    contact = world.sandbox.act("getresponse", "rename", contactId=id_of(person), to=person.name)
    assert isinstance(contact, dict)
    return contact


def two_people(world: World) -> tuple[Person, Person]:
    """Dana takes over the address that Noa holds."""
    world.main_job()
    dana, noa = subscriber(world, "Dana Cohen"), subscriber(world, "Noa Levi")
    change_email(world, dana, "noa@example.com")
    return of(dana), of(noa)


def two_leads(world: World) -> tuple[list[str], dict[str, Any]]:
    world.main_job()
    leads = [world.sandbox.create("Lead", LastName="Cohen", Company=c, Email="dana@example.com") for c in ("A", "B")]
    contact = world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    return leads, contact


def the_conflict() -> IdentityConflict:
    return IdentityConflict.objects.get(state=ConflictState.OPEN)


# --- two people hold one address -------------------------------------------------------------------------------


def test_an_address_that_two_people_hold_is_a_question_and_the_event_says_which(world: World) -> None:
    dana, noa = two_people(world)
    conflict = the_conflict()
    assert conflict.kind == ConflictKind.PEOPLE
    assert [candidate["id"] for candidate in conflict.candidates] == [dana.pk, noa.pk]
    assert conflict.candidates[1]["facts"]["email"] == "noa@example.com"
    event = world.events()[-1]
    assert event.state == EventState.FAILED
    assert conflict.pk in event.reason
    assert holders_of(NOA) == [noa]


def test_the_same_question_is_asked_once_and_more_events_join_it(world: World) -> None:
    dana, _noa = two_people(world)
    for extra in ("again", "and again"):
        world.hear(contact_of(world, dana), extra=extra)
        world.work()
    assert the_conflict().events.count() == 3


def test_everything_else_of_these_people_goes_on(world: World) -> None:
    _dana, noa = two_people(world)
    world.hear(world.sandbox.act("getresponse", "rename", contactId=id_of(noa), to="Noa Peretz"))
    world.work()
    assert {lead["LastName"] for lead in world.leads} == {"Cohen", "Peretz"}


def test_a_stop_does_not_wait_for_the_answer_and_holds_for_both(world: World) -> None:
    dana, noa = two_people(world)
    contact = contact_of(world, dana)
    world.hear(contact, "unsubscribe")
    world.work()
    assert {stop.person for stop in OptOut.objects.all()} == {dana, noa}
    assert [lead["HasOptedOutOfEmail"] for lead in world.leads] == [True, True]


def test_kept_apart_each_keeps_their_records_and_nobody_is_asked_again(world: World) -> None:
    dana, noa = two_people(world)
    settle(the_conflict(), Settlement.APART, [noa.pk], "admin")
    world.work()
    assert holders_of(NOA) == [noa, dana]
    assert world.events()[-1].state == EventState.PLANNED
    contact = contact_of(world, dana)
    world.hear(contact, extra="again")
    world.work()
    assert not IdentityConflict.objects.filter(state=ConflictState.OPEN).exists()
    assert of(contact) == dana
    assert len(world.leads) == 2


def test_a_new_record_with_an_address_kept_apart_goes_to_whom_it_belongs(world: World) -> None:
    dana, noa = two_people(world)
    settle(the_conflict(), Settlement.APART, [dana.pk], "admin")
    fresh = world.sandbox.act("getresponse", "subscribe", email="noa@example.com", campaignId="newsl1", name="Dana C.")
    world.hear(fresh)
    world.work()
    assert of(fresh) == dana
    assert not IdentityConflict.objects.filter(state=ConflictState.OPEN).exists()


def test_the_same_person_becomes_one_with_both_records(world: World) -> None:
    dana, noa = two_people(world)
    settle(the_conflict(), Settlement.SAME, [noa.pk], "admin")
    world.work()
    assert list(Person.objects.all()) == [noa]
    assert {event.person for event in world.events()} == {noa}
    assert {change.person for change in world.changes()} == {noa}
    assert world.events()[-1].state == EventState.PLANNED
    assert Link.objects.get(person=noa, object="Lead", preferred=True).record_id == world.leads[0]["Id"]


def test_a_merge_is_undone_with_what_happened_since(world: World) -> None:
    dana, noa = two_people(world)
    before = {link.record_id: link.person_id for link in Link.objects.all()}
    conflict = settle(the_conflict(), Settlement.SAME, [noa.pk], "admin")
    world.work()
    undo(conflict, "admin")
    assert {link.record_id: link.person_id for link in Link.objects.all()} == before
    assert {a.value for a in Person.objects.get(pk=dana.pk).addresses.all()} == {"dana@example.com"}
    assert world.events()[-1].person == dana
    assert not Link.objects.filter(preferred=True).exists()
    conflict.refresh_from_db()
    assert (conflict.state, conflict.undone_by) == (ConflictState.UNDONE, "admin")


def test_keeping_apart_is_undone_and_the_next_event_asks_again(world: World) -> None:
    dana, noa = two_people(world)
    conflict = settle(the_conflict(), Settlement.APART, [dana.pk], "admin")
    undo(conflict, "admin")
    assert holders_of(NOA) == [noa]
    world.work()
    assert the_conflict().pk != conflict.pk


def test_an_undo_that_a_later_decision_stands_in_the_way_of_says_so(world: World) -> None:
    dana, noa = two_people(world)
    conflict = settle(the_conflict(), Settlement.APART, [noa.pk], "admin")
    merge_people(noa, dana, "admin")
    with pytest.raises(Conflict, match="was changed since"):
        undo(conflict, "admin")


def test_a_conflict_is_settled_once(world: World) -> None:
    _dana, noa = two_people(world)
    conflict = the_conflict()
    settle(conflict, Settlement.APART, [noa.pk], "admin")
    with pytest.raises(Conflict, match="settled"):
        settle(conflict, Settlement.SAME, [noa.pk], "admin")


@pytest.mark.parametrize(
    ("settlement", "chosen"), [(Settlement.RECORDS, []), (Settlement.SAME, ["nobody"]), ("rubbish", [])]
)
def test_an_answer_that_fits_no_question_is_refused(world: World, settlement: str, chosen: list[str]) -> None:
    two_people(world)
    with pytest.raises(Unsupported):
        settle(the_conflict(), settlement, chosen, "admin")
    assert the_conflict().events.count() == 1


def test_an_email_of_one_and_a_phone_of_another_is_a_question(world: World) -> None:
    world.main_job()
    dana, noa = subscriber(world, "Dana Cohen"), subscriber(world, "Noa Levi", PHONE[1])
    fresh = subscriber(world, "Dana Cohen", PHONE[1], campaignId="newsl1")
    assert the_conflict().addresses == [list(PHONE)]
    assert not Link.objects.filter(record_id=fresh["contactId"]).exists()
    settle(the_conflict(), Settlement.APART, [], "admin")
    world.work()
    assert of(fresh) == of(dana)
    assert holders_of(PHONE) == [of(noa), of(dana)]


def test_a_merge_by_hand_overtakes_the_open_question(world: World) -> None:
    dana, noa = two_people(world)
    merge_people(noa, dana, "admin")
    world.work()
    assert not IdentityConflict.objects.filter(state=ConflictState.OPEN).exists()
    assert world.events()[-1].state == EventState.PLANNED


# --- several records fit one person ----------------------------------------------------------------------------


def test_several_records_are_shown_with_what_tells_them_apart(world: World) -> None:
    leads, _contact = two_leads(world)
    conflict = the_conflict()
    assert (conflict.kind, conflict.object, str(conflict.connection)) == ("records", "Lead", "salesforce-main")
    assert [candidate["id"] for candidate in conflict.candidates] == leads
    assert [candidate["facts"]["Company"] for candidate in conflict.candidates] == ["A", "B"]
    assert all(candidate["made_at"] and candidate["name"] == "Cohen" for candidate in conflict.candidates)


def test_the_chosen_record_is_written_and_the_others_are_never_asked_about_again(world: World) -> None:
    leads, contact = two_leads(world)
    settle(the_conflict(), Settlement.RECORDS, [leads[1]], "admin")
    world.work()
    assert [lead.get("FirstName") for lead in world.leads] == [None, "Dana"]
    assert world.sandbox.record("salesforce", "Lead", leads[1])["Company"] == "example.com"  # type: ignore[index]
    world.sandbox.act("salesforce", "delete", object="Lead", id=leads[1])
    world.hear(contact, extra="again")
    world.work()
    assert not IdentityConflict.objects.filter(state=ConflictState.OPEN).exists()
    assert world.leads[0].get("FirstName") is None


def test_of_records_that_are_the_same_the_oldest_is_written(world: World) -> None:
    leads, contact = two_leads(world)
    settle(the_conflict(), Settlement.RECORDS, list(reversed(leads)), "admin")
    world.work()
    assert [lead.get("FirstName") for lead in world.leads] == ["Dana", None]
    assert Link.objects.filter(object="Lead", person=of(contact)).count() == 2
    world.hear(contact, "unsubscribe")
    world.work()
    assert [lead["HasOptedOutOfEmail"] for lead in world.leads] == [True, True]


def test_a_stop_is_told_to_the_records_that_were_not_chosen_too(world: World) -> None:
    leads, contact = two_leads(world)
    settle(the_conflict(), Settlement.RECORDS, [leads[1]], "admin")
    world.work()
    world.hear(contact, "unsubscribe")
    world.work()
    assert [lead["HasOptedOutOfEmail"] for lead in world.leads] == [True, True]
    assert len(world.changes(kind="opt_out")) == 2


@pytest.mark.parametrize("several", [False, True])
def test_a_choice_of_records_is_undone_and_the_next_event_asks_again(world: World, several: bool) -> None:
    leads, contact = two_leads(world)
    conflict = settle(the_conflict(), Settlement.RECORDS, leads if several else leads[1:], "admin")
    world.work()
    undo(conflict, "admin")
    assert Person.objects.count() == 1
    assert not Link.objects.filter(object="Lead").exists()
    assert holders_of(("email", "dana@example.com")) == [of(contact)]
    world.hear(contact, extra="again")
    world.work()
    assert the_conflict().pk != conflict.pk


def test_a_record_of_somebody_else_with_the_address_is_a_question_about_people(world: World) -> None:
    world.main_job()
    noa = subscriber(world, "Noa Levi")
    world.sandbox.act("salesforce", "update", id=world.leads[0]["Id"], values={"Email": "dana@example.com"})
    dana = subscriber(world, "Dana Cohen")
    conflict = the_conflict()
    assert {candidate["id"] for candidate in conflict.candidates} == {of(dana).pk, of(noa).pk}
    settle(conflict, Settlement.APART, [of(dana).pk], "admin")
    world.work()
    assert len(world.leads) == 2
    assert Link.objects.get(record_id=world.leads[0]["Id"]).person == of(noa)


def test_actions_elsewhere_do_not_wait_for_the_records_of_one_system(world: World) -> None:
    world.main_job()
    world.rule("note", "contact.subscribed", {"opt_out": {"connections": ["salesforce-main"], "channels": ["email"]}})
    for company in ("A", "B"):
        world.sandbox.create("Lead", LastName="Cohen", Company=company, Email="dana@example.com")
    world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    assert world.events()[0].state == EventState.FAILED
    assert [change.state for change in world.changes(kind="opt_out")] == ["applied", "applied"]
