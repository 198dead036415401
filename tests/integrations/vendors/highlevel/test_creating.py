"""Contacts are made once: who is there is changed instead, and what HighLevel refused may have been made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integrations.vendors.errors import Conflict, FieldHidden, OutcomeUnknown, Rejected
from integrations.vendors.highlevel.resources.creating import emails_of, is_somebody_else

from .location import DANA, SimulatedLocation, create

ALL_OF_IT = {
    "firstName": "Dana",
    "lastName": "Cohen",
    "phone": "+972501234567",
    "companyName": "Acme",
    "country": "IL",
    "dateOfBirth": "1990-09-25",
    "tags": ["VIP", "Demo watched"],
    "customFields.company": "Acme",
    "customFields.score": "7.5",
    "customFields.topics": "crm;sms",
    "customFields.Job Title": "",
}


def test_a_contact_is_made_with_all_that_is_given(location: SimulatedLocation) -> None:
    outcome = location.write_one(create(**ALL_OF_IT))
    assert (outcome.error, outcome.created) == (None, True)
    contact = location.contact(outcome.record_id)
    assert (contact["firstName"], contact["companyName"], contact["country"]) == ("Dana", "Acme", "IL")
    assert contact["tags"] == ["vip", "demo watched"]
    assert location.custom(outcome.record_id) == {"company": "Acme", "score": 7.5, "topics": ["crm", "sms"]}


def test_a_contact_of_somebody_who_said_stop_is_made_with_it(location: SimulatedLocation) -> None:
    outcome = location.write_one(create(**{"dnd.email": True}))
    assert location.statuses(outcome.record_id) == {"Email": "active"}
    assert location.contact(outcome.record_id)["dnd"] is False


def test_a_stop_that_a_new_contact_does_not_show_is_written_again(location: SimulatedLocation) -> None:
    location.sandbox.switch("highlevel", dnd_ignored=1)
    outcome = location.write_one(create(**{"dnd.email": True, "dnd.sms": True}))
    assert (outcome.error, outcome.created) == (None, True)
    assert location.statuses(outcome.record_id) == {"Email": "active", "SMS": "active"}


def test_a_contact_whose_stop_cannot_be_seen_is_not_done_yet(location: SimulatedLocation) -> None:
    location.sandbox.switch("highlevel", dnd_ignored=2)
    started = datetime.now(UTC)
    write = create(**{"dnd.email": True})
    outcome = location.write_one(write)
    assert isinstance(outcome.error, OutcomeUnknown)
    again = location.write_one(replace(write, retry=True, first_attempt_at=started))
    assert (again.error, len(location.contacts())) == (None, 1)
    assert location.statuses(again.record_id) == {"Email": "active"}


def test_a_duplicate_is_adopted_and_changed(location: SimulatedLocation) -> None:
    """Only what an update takes; its tags stay, others are added."""
    id = location.make("other@example.com", phone="+972501234567", tags=["old"])
    outcome = location.write_one(create(**{**ALL_OF_IT, "email": "", "operation": "upsert"}))
    assert (outcome.error, outcome.record_id, outcome.created) == (None, id, False)
    contact = location.contact(id)
    assert (contact["firstName"], contact["email"]) == ("Dana", "other@example.com")
    assert contact["tags"] == ["old", "vip", "demo watched"]
    assert "companyName" not in contact
    assert len(location.contacts()) == 1


def test_whoever_shares_only_the_phone_is_not_taken_over(location: SimulatedLocation) -> None:
    other = location.make("other@example.com", phone="+972501234567", firstName="Omer")
    outcome = location.write_one(create(phone="+972501234567", firstName="Dana"))
    assert isinstance(outcome.error, Conflict)
    assert outcome.error.record_ids == (other,)
    assert (location.contact(other)["firstName"], location.contact(other)["email"]) == ("Omer", "other@example.com")


def test_a_contact_with_the_phone_and_no_address_gets_it(location: SimulatedLocation) -> None:
    id = location.make("", phone="+972501234567")
    outcome = location.write_one(create(phone="+972501234567"))
    assert (outcome.error, outcome.record_id) == (None, id)
    assert location.contact(id)["email"] == DANA


def test_the_further_address_of_a_contact_does_not_take_the_place_of_its_first() -> None:
    contact = {"email": "first@example.com", "additionalEmails": [{"email": "Dana@example.com"}, None]}
    assert emails_of(contact) == {"first@example.com", DANA}
    assert not is_somebody_else({"email": DANA}, contact)
    assert is_somebody_else({"email": "third@example.com"}, contact)
    assert not is_somebody_else({"phone": "+972501234567"}, contact)


def test_an_adopted_contact_is_stopped_where_the_new_one_would_have_been(location: SimulatedLocation) -> None:
    id = location.make()
    outcome = location.write_one(create(firstName="Dana", **{"dnd.email": True}))
    assert (outcome.error, outcome.record_id) == (None, id)
    assert location.statuses(id) == {"Email": "active"}


def test_a_create_that_said_422_and_still_happened_is_a_success(location: SimulatedLocation) -> None:
    location.sandbox.switch("highlevel", refuse_but_create=1)
    outcome = location.write_one(create())
    assert (outcome.error, outcome.created) == (None, True)
    assert [contact["id"] for contact in location.contacts()] == [outcome.record_id]


def test_after_a_refusal_that_could_not_be_looked_up_nobody_tries_blindly(location: SimulatedLocation) -> None:
    location.sandbox.switch("highlevel", refuse_but_create=1, fail_path="/search/duplicate")
    started = datetime.now(UTC)
    outcome = location.write_one(create())
    assert isinstance(outcome.error, OutcomeUnknown)
    again = location.write_one(replace(create(), retry=True, first_attempt_at=started))
    assert (again.error, again.created, len(location.contacts())) == (None, True, 1)


def test_a_create_that_was_really_refused_is_rejected(location: SimulatedLocation) -> None:
    """Somebody with the phone has been there for long: that is not what we just made."""
    old = location.make("old@example.com", phone="+972501234567")
    record = location.contact(old)
    location.sandbox.store.shelf("highlevel").put("contact", old, {**record, "dateAdded": "2020-01-01T00:00:00.000Z"})
    outcome = location.write_one(create(email="no address", phone="+972501234567"))
    assert isinstance(outcome.error, Rejected)
    assert outcome.error.fields == ("email",)


def test_after_a_lost_answer_nobody_is_made_twice(location: SimulatedLocation) -> None:
    """Not even where HighLevel allows several contacts with one address."""
    location.sandbox.switch("highlevel", allow_duplicates=True, timeout_after_write=1, timeout_style="drop")
    started = datetime.now(UTC)
    with pytest.raises(OutcomeUnknown):
        location.write_one(create())
    again = location.write_one(replace(create(), retry=True, first_attempt_at=started, unanswered=True))
    assert (again.error, again.created) == (None, True)
    assert [contact["id"] for contact in location.contacts()] == [again.record_id]


def test_after_an_answer_that_never_left_it_is_sent_again(location: SimulatedLocation) -> None:
    since = datetime.now(UTC) - timedelta(minutes=5)
    outcome = location.write_one(replace(create(), retry=True, first_attempt_at=since, unanswered=True))
    assert (outcome.error, outcome.created) == (None, True)


def test_a_field_that_highlevel_does_not_take_is_left_out_by_name(location: SimulatedLocation) -> None:
    """So that the engine sends the rest without it."""
    outcome = location.write_one(create(lastActivity="2026-01-01"))
    assert isinstance(outcome.error, FieldHidden)
    assert outcome.error.fields == ("lastActivity",)
    assert location.calls("/contacts/") == []


def test_a_contact_without_address_is_not_sent(location: SimulatedLocation) -> None:
    outcome = location.write_one(create(email="", firstName="Nobody"))
    assert isinstance(outcome.error, Rejected)
    assert location.calls("/contacts/") == []


def test_a_custom_field_that_is_not_there_is_said(location: SimulatedLocation) -> None:
    outcome = location.write_one(create(**{"customFields.shoe": "44"}))
    assert isinstance(outcome.error, Rejected)
    assert "shoe" in outcome.error.message


def test_one_of_several_that_fails_spoils_no_other(location: SimulatedLocation) -> None:
    writes = [create("c1"), create("c2", email="no address"), create("c3", email="omer@example.com")]
    outcomes = location.write(*writes)
    assert [outcome.error is None for outcome in outcomes] == [True, False, True]


def test_two_writes_for_one_address_make_one_contact(location: SimulatedLocation) -> None:
    first, second = location.write(create("c1", firstName="Dana"), create("c2", lastName="Cohen"))
    assert first.record_id == second.record_id
    assert (first.created, second.created) == (True, False)
    assert location.contact(first.record_id)["email"] == DANA
