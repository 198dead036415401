"""Only what is given is changed; what belongs to somebody else is left out and said; tags are added, never replaced."""

from __future__ import annotations

from integrations.vendors.errors import Conflict, FieldHidden, NotFound, Rejected
from integrations.vendors.highlevel.resources.bodies import tag_list

from .location import SimulatedLocation, create, fields, update


def test_only_what_is_given_changes(location: SimulatedLocation) -> None:
    id = location.make(firstName="Dana", lastName="Cohen", tags=["old"], customFields={"company": "Acme", "score": 1})
    values = {"firstName": "Dina", "customFields.company": "Bolt", "tags": ["NEW"]}
    outcome = location.write_one(fields(id, values))
    assert (outcome.error, outcome.record_id, outcome.created) == (None, id, False)
    contact = location.contact(id)
    assert (contact["firstName"], contact["lastName"], contact["tags"]) == ("Dina", "Cohen", ["old", "new"])
    assert location.custom(id) == {"company": "Bolt", "score": 1}


def test_a_field_is_emptied(location: SimulatedLocation) -> None:
    id = location.make(city="Haifa", customFields={"company": "Acme", "topics": ["crm"]})
    values = {"city": None, "customFields.company": None, "customFields.topics": None}
    assert location.write_one(fields(id, values)).error is None
    assert location.contact(id)["city"] is None
    assert location.custom(id) == {"company": "", "topics": []}


def test_fields_that_only_a_new_contact_takes_are_left_out_by_name(location: SimulatedLocation) -> None:
    outcome = location.write_one(update(location.make(), companyName="Acme", gender="female", firstName="Dana"))
    assert isinstance(outcome.error, FieldHidden)
    assert outcome.error.fields == ("companyName", "gender")


def test_an_address_of_somebody_else_is_left_out_and_the_rest_written(location: SimulatedLocation) -> None:
    id, other = location.make(), location.make("other@example.com", phone="+972501234567")
    outcome = location.write_one(update(id, phone="+972501234567", firstName="Dana"))
    assert isinstance(outcome.error, Conflict)
    assert outcome.error.record_ids == (other,)
    contact = location.contact(id)
    assert (contact["firstName"], contact.get("phone")) == ("Dana", None)


def test_a_contact_that_is_gone_is_said_to_be_gone(location: SimulatedLocation) -> None:
    outcome = location.write_one(update("gone00000000000000", firstName="Dana"))
    assert isinstance(outcome.error, NotFound)
    assert isinstance(location.write_one(update("", firstName="Dana")).error, NotFound)


def test_deleting_twice_is_as_good_as_once(location: SimulatedLocation) -> None:
    id = location.make()
    assert location.write_one(update(id, operation="delete")).error is None
    again = location.write_one(update(id, operation="delete"))
    assert (again.error, again.response) == (None, {"already": True})
    assert location.contacts() == []


def test_a_value_nobody_can_send_is_refused(location: SimulatedLocation) -> None:
    assert isinstance(location.write_one(create(firstName=float("nan"))).error, Rejected)
    assert location.calls("/contacts/") == []


# --- tags -----------------------------------------------------------------------------------------------------------


def test_tags_are_added_and_removed_by_name_whatever_their_letters(location: SimulatedLocation) -> None:
    id = location.make(tags=["old"])
    assert location.write_one(update(id, operation="add_tags", tags=["VIP", "לקוח"])).error is None
    assert location.contact(id)["tags"] == ["old", "vip", "לקוח"]
    assert location.write_one(update(id, operation="remove_tags", tags=["Old", "never there"])).error is None
    assert location.contact(id)["tags"] == ["vip", "לקוח"]
    assert location.calls(f"/contacts/{id}/tags") == [f"POST /contacts/{id}/tags", f"DELETE /contacts/{id}/tags"]


def test_tags_are_sent_in_the_letters_that_highlevel_keeps_them_in() -> None:
    assert tag_list("VIP; vip ;Hot") == tag_list([{"name": "Vip"}, "HOT", None]) == ["vip", "hot"]


def test_the_same_tags_for_many_are_one_call_and_each_row_says_for_itself(location: SimulatedLocation) -> None:
    ids = [location.make("a@example.com"), "gone00000000000000", location.make("b@example.com")]
    writes = [update(id, f"u{n}", "add_tags", tags=["vip"]) for n, id in enumerate(ids)]
    outcomes = location.write(*writes, update(ids[0], "u9", "add_tags", tags=["other"]))
    assert [type(outcome.error) for outcome in outcomes] == [type(None), NotFound, type(None), type(None)]
    assert location.contact(ids[0])["tags"] == ["vip", "other"]
    assert location.contact(ids[2])["tags"] == ["vip"]
    assert len(location.calls("/contacts/bulk")) == 1


def test_a_rule_without_a_tag_is_refused(location: SimulatedLocation) -> None:
    assert isinstance(location.write_one(update(location.make(), operation="add_tags", tags=[" "])).error, Rejected)
