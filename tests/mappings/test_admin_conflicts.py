"""Conflicts in the admin: side by side, settled and undone by a button; people merged and separated on their page."""

from __future__ import annotations

import pytest
from django.test import Client

from integrations.conflicts import ask_about_people, ask_about_records, open_conflicts
from integrations.models import ConflictState, EventState, IdentityConflict, Link, Person
from integrations.people import holders_of
from tests.audit.rows import connection, event, person, staff

pytestmark = pytest.mark.django_db
LIST = "/admin/integrations/identityconflict/"
PEOPLE = "/admin/integrations/person/"
NOA = ("email", "noa@example.com")
SETTLE = ("integrations.view_identityconflict", "integrations.settle_identityconflict")


def two_people() -> tuple[Person, Person]:
    return person("דנה כהן", "dana@example.com"), person("Noa Levi", "noa@example.com", record="00Q000000000002")


def about_people() -> IdentityConflict:
    hears = connection("getresponse-main", "getresponse")
    question = ask_about_people(two_people(), hears, "contact", [NOA])
    return next(iter(open_conflicts([(event(state=EventState.FAILED), question)]).values()))


def about_records() -> IdentityConflict:
    records = [
        {"id": name, "name": "Cohen", "addresses": [["email", "dana@example.com"]], "made_at": f"2026-0{number}-01",
         "facts": {"Company": name.upper(), "Email": "dana@example.com"}}
        for number, name in enumerate(("acme", "other"), start=1)
    ]  # fmt: skip
    question = ask_about_records(person(), connection(), "Lead", records)
    return next(iter(open_conflicts([(event(state=EventState.FAILED), question)]).values()))


def page(client: Client, conflict: IdentityConflict) -> str:
    answer: str = client.get(f"{LIST}{conflict.pk}/change/").content.decode()
    return answer


def test_the_list_says_who_it_is_about_and_how_many_events_wait(admin_client: Client) -> None:
    about_people()
    shown = admin_client.get(LIST).content.decode()
    assert "דנה כהן" in shown and "Noa Levi" in shown and "To be settled" in shown


def test_people_stand_side_by_side_with_two_buttons_and_what_waits(admin_client: Client) -> None:
    conflict = about_people()
    shown = page(admin_client, conflict)
    for said in ("dana@example.com", "noa@example.com", "00Q000000000002", "Same person", "Keep apart", "cw-differs"):
        assert said in shown
    assert conflict.events.get().pk in shown


def test_records_stand_side_by_side_and_what_differs_is_marked(admin_client: Client) -> None:
    shown = page(admin_client, about_records())
    assert shown.index("ACME") < shown.index("dana@example.com")
    assert shown.count("cw-differs") == 1
    assert 'type="checkbox"' in shown and "Use what is marked" in shown


def test_same_person_is_one_press_and_undo_another(admin_client: Client) -> None:
    conflict = about_people()
    dana, noa = Person.objects.order_by("pk")
    admin_client.post(f"{LIST}{conflict.pk}/press/same/", {"chosen": [noa.pk]})
    assert list(Person.objects.all()) == [noa]
    conflict.refresh_from_db()
    assert (conflict.state, conflict.actor) == (ConflictState.SETTLED, "admin")
    assert "Undo" in page(admin_client, conflict)
    admin_client.post(f"{LIST}{conflict.pk}/press/undo/")
    assert set(Person.objects.all()) == {dana, noa}


def test_keep_apart_gives_the_address_to_the_marked_one(admin_client: Client) -> None:
    conflict = about_people()
    dana, noa = Person.objects.order_by("pk")
    admin_client.post(f"{LIST}{conflict.pk}/press/apart/", {"chosen": [dana.pk]})
    assert holders_of(NOA) == [dana, noa]


def test_a_record_is_chosen_with_its_box(admin_client: Client) -> None:
    conflict = about_records()
    admin_client.post(f"{LIST}{conflict.pk}/press/records/", {"chosen": ["other"]})
    assert Link.objects.get(preferred=True).record_id == "other"
    assert Link.objects.get(record_id="acme").person.name == "Cohen"


def test_nothing_marked_is_said(admin_client: Client) -> None:
    conflict = about_records()
    shown = admin_client.post(f"{LIST}{conflict.pk}/press/records/", follow=True).content.decode()
    assert "Mark at least one." in shown
    assert not Link.objects.exists()


@pytest.mark.parametrize("verb", ["same", "apart", "undo"])
def test_settling_needs_its_permission_and_a_post(admin_client: Client, verb: str) -> None:
    conflict = about_people()
    assert staff(SETTLE[0]).post(f"{LIST}{conflict.pk}/press/{verb}/").status_code == 403
    assert admin_client.get(f"{LIST}{conflict.pk}/press/{verb}/").status_code == 405
    assert Person.objects.count() == 2


def test_who_may_only_look_sees_no_button() -> None:
    shown = page(staff(SETTLE[0]), about_people())
    assert "Same person:" not in shown and "Keep apart" not in shown


def test_an_event_that_waits_leads_to_its_conflict(admin_client: Client) -> None:
    conflict = about_people()
    shown = admin_client.get(f"/admin/integrations/event/{conflict.events.get().pk}/change/").content.decode()
    assert f"{LIST}{conflict.pk}/change/" in shown


# --- on the page of a person -----------------------------------------------------------------------------------


def test_people_are_merged_by_email_and_the_note_can_be_undone(admin_client: Client) -> None:
    dana, _noa = two_people()
    answer = admin_client.post(f"{PEOPLE}{dana.pk}/press/merge/", {"email": "Noa@example.com"}, follow=True)
    note = IdentityConflict.objects.get()
    assert answer.redirect_chain[-1][0] == f"{LIST}{note.pk}/change/"
    assert list(Person.objects.all()) == [dana]
    admin_client.post(f"{LIST}{note.pk}/press/undo/")
    assert Person.objects.count() == 2


@pytest.mark.parametrize("email", ["dana@example.com", "nobody@example.com", ""])
def test_nobody_is_merged_who_is_not_somebody_else(admin_client: Client, email: str) -> None:
    dana, _noa = two_people()
    shown = admin_client.post(f"{PEOPLE}{dana.pk}/press/merge/", {"email": email}, follow=True).content.decode()
    assert "Nobody else holds this address." in shown
    assert Person.objects.count() == 2


def test_marked_records_are_separated(admin_client: Client) -> None:
    dana = person(record="00Q000000000001")
    second = Link.objects.create(person=dana, connection=connection(), object="Lead", record_id="00Q000000000002")
    assert "Separate what is marked" in admin_client.get(f"{PEOPLE}{dana.pk}/change/").content.decode()
    admin_client.post(f"{PEOPLE}{dana.pk}/press/separate/", {"record": [second.pk]})
    second.refresh_from_db()
    assert second.person != dana


@pytest.mark.parametrize("verb", ["merge", "separate"])
def test_merging_and_separating_need_their_permission(verb: str) -> None:
    dana, _noa = two_people()
    reader = staff("integrations.view_person")
    assert reader.post(f"{PEOPLE}{dana.pk}/press/{verb}/", {"email": "noa@example.com"}).status_code == 403
    assert "Known twice?" not in reader.get(f"{PEOPLE}{dana.pk}/change/").content.decode()
