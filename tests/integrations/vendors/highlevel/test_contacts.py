"""Contacts are read with names beside their custom fields, found exactly, and listed page after page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from integrations.vendors.errors import Unsupported
from integrations.vendors.highlevel import VENDOR
from integrations.vendors.highlevel.resources import contacts

from .location import DANA, SimulatedLocation

FULL = {"firstName": "דנה", "lastName": "כהן", "address1": "Herzl 1", "dateOfBirth": "1990-09-25"}


def test_a_contact_is_read_with_custom_fields_by_name(location: SimulatedLocation) -> None:
    id = location.make(**FULL, tags=["vip"], customFields={"company": "Acme", "topics": ["crm", "sms"], "score": 7})
    record = location.client().read("contact", [id, "gone00000000000000"])[id]
    assert VENDOR.path(record, "firstName") == (True, "דנה")
    assert VENDOR.path(record, "customFields.company") == (True, "Acme")
    assert VENDOR.path(record, "customFields.Company") == (True, "Acme")
    assert VENDOR.path(record, "customFields.job_title") == (False, None)
    assert VENDOR.path(record, "tags.0") == (True, "vip")


def test_a_custom_field_is_also_known_by_the_key_that_highlevel_made_of_its_name(location: SimulatedLocation) -> None:
    id = location.make(customFields={"Job Title": "CEO"})
    record = location.client().read("contact", [id])[id]
    assert VENDOR.path(record, "customFields.job_title") == (True, "CEO")


def test_fields_that_are_asked_for_stand_under_their_own_names(location: SimulatedLocation) -> None:
    """So that what was written can be compared with what is held, and undone."""
    id = location.make(customFields={"topics": ["crm", "sms"]}, dnd=True)
    record = location.client().read("contact", [id], ["customFields.topics", "dnd.sms"])[id]
    assert (record["customFields.topics"], record["dnd.sms"]) == ("crm;sms", True)


def test_a_missing_contact_is_400_there_and_absent_here(location: SimulatedLocation) -> None:
    assert location.client().read("contact", ["gone00000000000000", "../../x"]) == {}


def test_a_contact_is_found_by_address_as_a_mapping_compares_it(location: SimulatedLocation) -> None:
    id = location.make("Dana@Example.com", phone="+972501234567", customFields={"topics": ["crm", "sms"]})
    location.make("joann@example.com")
    wanted = ["email", "customFields.topics", "dnd.email"]
    (found,) = location.client().find_any("contact", {"email": ["dana@example.com"]}, wanted)
    assert (found.record_id, found.record["customFields.topics"], found.record["dnd.email"]) == (id, "crm;sms", False)
    (found,) = location.client().find("contact", "phone", ["+972 50-123-4567"])
    assert found.record_id == id


def test_who_was_made_a_moment_ago_is_found_although_the_index_lags(location: SimulatedLocation) -> None:
    id = location.make()
    location.sandbox.switch("highlevel", search_lag=1)
    assert [found.record_id for found in location.client().find("contact", "email", [DANA])] == [id]


def test_several_contacts_with_one_address_are_all_found(location: SimulatedLocation) -> None:
    location.sandbox.switch("highlevel", allow_duplicates=True)
    ids = {location.make(), location.make()}
    assert {found.record_id for found in location.client().find("contact", "email", [DANA])} == ids


def test_many_are_found_in_few_calls_and_read_like_others(location: SimulatedLocation) -> None:
    made = {f"p{n}@example.com": location.make(f"p{n}@example.com", **FULL) for n in range(60)}
    keys = {"email": [*made, "nobody@example.com"], "id": [*list(made.values())[:3], "gone00000000000000"]}
    found = {each.record_id: each.record for each in location.client().find_any("contact", keys, ["dnd.email"])}
    assert set(found) == set(made.values())
    assert len(location.calls("/contacts")) == 3  # two searches, and the one that no search found
    record = found[made["p7@example.com"]]
    assert (record["address1"], record["dateOfBirth"], record["firstName"]) == ("Herzl 1", "1990-09-25", "דנה")
    assert "searchAfter" not in record


def test_nothing_is_asked_for_nothing(location: SimulatedLocation) -> None:
    assert location.client().find_any("contact", {"email": ["", "  "]}) == []
    assert location.calls() == []


def test_what_cannot_be_searched_is_said(location: SimulatedLocation) -> None:
    with pytest.raises(Unsupported, match="companyName"):
        location.client().find("contact", "companyName", ["Acme"])
    with pytest.raises(Unsupported):
        location.client().page("contact", filters={"shoeSize": "44"})


def test_contacts_are_listed_oldest_first_by_a_cursor(
    location: SimulatedLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "PER_PAGE", 2)
    ids = [location.make(f"p{n}@example.com") for n in range(5)]
    first = location.client().page("contact")
    assert (first.total, [r["id"] for r in first.records]) == (5, ids[:2])
    assert [record["id"] for record in location.client().iterate("contact")] == ids
    assert location.client().count("contact") == 5


def test_contacts_are_listed_since_and_by_filter(location: SimulatedLocation) -> None:
    old, new = location.make("old@example.com", tags=["vip"]), location.make("new@example.com", source="form")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert [r["id"] for r in location.client().page("contact", since=tomorrow).records] == []
    assert len(location.client().page("contact", since=tomorrow - timedelta(days=2)).records) == 2
    assert [r["id"] for r in location.client().page("contact", filters={"tags": "vip"}).records] == [old]
    assert [r["id"] for r in location.client().page("contact", filters={"source": "form"}).records] == [new]


def test_the_contacts_of_a_business_are_listed(location: SimulatedLocation) -> None:
    id = location.make(businessId="bzAcme")
    location.make("other@example.com")
    assert [r["id"] for r in location.client().page("contact", filters={"businessId": "bzAcme"}).records] == [id]


def test_all_fields_are_described(location: SimulatedLocation) -> None:
    described = {field.name: field for field in location.client().describe("contact")}
    assert described["customFields.score"].type == "number"
    assert described["customFields.company_size"].choices == ("1-10", "11-50", "51-200", "200+")
    assert described["customFields.topics"].type == "multipicklist"
    assert not described["customFields.contract"].updateable
    assert (described["companyName"].createable, described["companyName"].updateable) == (True, False)
    assert described["dnd.email"].type == "boolean"
    assert {field.name for field in location.client().describe("task")} >= {"title", "dueDate", "completed"}


def test_businesses_and_tags_are_listed_and_appointments_and_tasks_read(location: SimulatedLocation) -> None:
    id = location.make()
    event = location.sandbox.act("highlevel", "book", id=id, title="Demo")
    task = location.sandbox.act("highlevel", "add_task", id=id, title="Call")
    client = location.client()
    assert [b["name"] for b in client.page("business").records] == ["Acme"]
    assert "לקוח" in [t["name"] for t in client.page("tag").records]
    assert client.read("appointment", [event["id"], "gone"])[event["id"]]["title"] == "Demo"
    assert client.read("task", [task["id"], "gone"])[task["id"]]["contactId"] == id
