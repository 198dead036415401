"""Contacts are changed by what is given, and lose nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses

from integrations.sandbox.getresponse.seed import MAIN_LIST, NEWSLETTER_LIST
from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Write
from integrations.vendors.errors import Conflict, NotFound, Rejected, Unavailable, Unsupported
from integrations.vendors.getresponse.resources import GetResponse

from ..services import Bench, getresponse_account
from .account import DANA, LIST, SimulatedAccount, update

BASE = "https://api.getresponse.com/v3"


@pytest.fixture
def account(sandbox: RunningSandbox) -> SimulatedAccount:
    return SimulatedAccount(sandbox)


@responses.activate
def test_only_what_changed_is_sent_each_part_to_the_call_that_leaves_the_rest() -> None:
    fields = [{"customFieldId": "f1", "name": "company", "type": "string", "format": "text"}]
    responses.get(f"{BASE}/custom-fields", json=fields)
    responses.get(f"{BASE}/tags", json=[{"tagId": "t1", "name": "vip"}])
    for rest in ("", "/custom-fields", "/tags"):
        responses.post(f"{BASE}/contacts/p1{rest}", json={})
    values = {"name": "Dana", "scoring": 5, "note": "called", "customFields.company": "Acme", "tags": ["vip"]}
    (outcome,) = GetResponse(getresponse_account(), Bench().services).write([update("p1", **values)])
    sent = {c.request.url: json.loads(c.request.body or "") for c in responses.calls if c.request.method == "POST"}
    assert (outcome.record_id, outcome.created, outcome.error) == ("p1", False, None)
    assert sent == {
        f"{BASE}/contacts/p1": {"name": "Dana", "scoring": 5, "note": "called"},
        f"{BASE}/contacts/p1/custom-fields": {"customFieldValues": [{"customFieldId": "f1", "value": ["Acme"]}]},
        f"{BASE}/contacts/p1/tags": {"tags": [{"tagId": "t1"}]},
    }


@pytest.mark.parametrize("operation", ["update", "upsert", "set"])
def test_a_custom_field_and_a_tag_are_added_to_what_is_there(account: SimulatedAccount, operation: str) -> None:
    id = account.subscribe(customFields={"city": "Haifa", "company": "Old"}, tags=["vip"])
    values = {"customFields.Company": "Acme", "customFields.topics": ["crm", "sms"], "tags": [{"name": "met_at_event"}]}
    assert account.write_one(update(id, operation, **values)).error is None
    assert account.custom() == {"city": ["Haifa"], "company": ["Acme"], "topics": ["crm", "sms"]}
    assert account.tags() == ["vip", "met_at_event"]


def test_a_custom_field_is_emptied_and_the_others_stay(account: SimulatedAccount) -> None:
    id = account.subscribe(customFields={"city": "Haifa", "company": "Acme"}, tags=["vip"], name="Dana")
    outcome = account.write_one(update(id, **{"customFields.city": None, "customFields.job_title": "CEO"}))
    assert outcome.error is None
    assert account.custom() == {"company": ["Acme"], "job_title": ["CEO"]}
    assert (account.tags(), account.contact()["name"]) == (["vip"], "Dana")


def test_a_note_a_score_and_the_place_in_the_cycle_can_be_cleared(account: SimulatedAccount) -> None:
    id = account.subscribe(scoring=7, note="old")
    account.write_one(update(id, dayOfCycle="3"))
    assert account.contact()["dayOfCycle"] == "3"
    account.write_one(update(id, scoring=None, note="", dayOfCycle=None))
    contact = account.contact()
    assert (contact["scoring"], contact["note"], contact["dayOfCycle"]) == (None, None, None)


@pytest.mark.parametrize("field", ["name", "email", LIST])
def test_what_a_contact_cannot_be_without_is_not_emptied(account: SimulatedAccount, field: str) -> None:
    error = account.write_one(update(account.subscribe(), **{field: None})).error
    assert isinstance(error, Rejected)
    assert (error.fields, account.calls("/contacts")) == ((field,), [])


def test_a_contact_is_moved_to_another_list(account: SimulatedAccount) -> None:
    id = account.subscribe()
    assert account.write_one(update(id, **{LIST: NEWSLETTER_LIST})).error is None
    assert (account.contact()["contactId"], account.contact()["campaignId"]) == (id, NEWSLETTER_LIST)


def test_a_contact_is_not_moved_onto_itself(account: SimulatedAccount) -> None:
    id = account.subscribe(campaignId=MAIN_LIST)
    account.subscribe(campaignId=NEWSLETTER_LIST)
    error = account.write_one(update(id, **{LIST: NEWSLETTER_LIST})).error
    assert isinstance(error, Conflict)
    assert "on that list already" in error.help
    assert len(account.contacts()) == 2


def test_a_contact_that_is_gone_is_not_found_and_no_more_is_sent_to_it(account: SimulatedAccount) -> None:
    outcome = account.write_one(update("gone1", name="Dana", **{"customFields.city": "Haifa"}))
    assert isinstance(outcome.error, NotFound)
    assert len(account.calls("/contacts")) == 1


@pytest.mark.parametrize("values", [{"origin": "www"}, {"customFields.shoe_size": "38"}, {"x": float("nan")}])
def test_what_cannot_be_written_is_refused_before_anything_is_sent(
    account: SimulatedAccount, values: dict[str, Any]
) -> None:
    outcome = account.write_one(update(account.subscribe(), name="New", **values))
    assert isinstance(outcome.error, Rejected)
    assert account.contact()["name"] is None


def test_a_write_that_changes_nothing_sends_nothing(account: SimulatedAccount) -> None:
    outcome = account.write_one(update(account.subscribe()))
    assert (outcome.error, account.calls("/contacts")) == (None, [])


def test_one_contact_twice_is_written_one_after_the_other(account: SimulatedAccount) -> None:
    id = account.subscribe()
    account.write(*(update(id, id=f"u{n}", name=f"Name {n}") for n in range(5)))
    assert account.contact()["name"] == "Name 4"


def test_a_failure_in_the_middle_is_that_contacts_alone(account: SimulatedAccount) -> None:
    ids = [account.subscribe(f"p{n}@example.com") for n in range(3)]
    writes = [update(id, id=id, name="New", **{"customFields.size": "x"} if n == 1 else {}) for n, id in enumerate(ids)]
    kinds = [type(outcome.error) for outcome in account.write(*writes)]
    assert kinds == [type(None), Rejected, type(None)]


def test_an_unreachable_vendor_is_raised(account: SimulatedAccount) -> None:
    id = account.subscribe()
    account.sandbox.switch("getresponse", down="always")
    with pytest.raises(Unavailable):
        account.write_one(update(id, name="Dana"))


def test_a_contact_is_removed_from_its_list_and_once_is_enough(account: SimulatedAccount) -> None:
    id = account.subscribe()
    other = account.subscribe(campaignId=NEWSLETTER_LIST)
    first, second = (account.write_one(Write("d", "contact", "delete", {}, id)) for _ in range(2))
    assert (first.error, second.error, second.response) == (None, None, {"already": True})
    assert [contact["contactId"] for contact in account.contacts()] == [other]


@pytest.mark.parametrize("operation", ["levitate", "opt_out", "create_task"])
def test_what_getresponse_does_not_offer_is_unsupported(account: SimulatedAccount, operation: str) -> None:
    assert isinstance(account.write_one(update("p1", operation)).error, Unsupported)


# --- putting a known person on another list -----------------------------------------------------------------------


def member(operation: str, contact_id: str, list_id: str, status: str = "") -> Write:
    params = {"campaign": list_id, "status": status, "member": ["contact", contact_id]}
    return Write("m1", "contact", operation, {"contactId": contact_id}, params=params)


def test_a_person_is_put_on_another_list_with_all_that_is_known(account: SimulatedAccount) -> None:
    id = account.subscribe(name="Dana", customFields={"city": "Haifa"}, tags=["vip"])
    account.write_one(member("add_to_campaign", id, NEWSLETTER_LIST))
    copy = next(c for c in account.contacts() if c["campaignId"] == NEWSLETTER_LIST)
    original = next(c for c in account.contacts() if c["contactId"] == id)
    for name in ("email", "name", "customFieldValues", "tags"):
        assert copy[name] == original[name]
    assert original["campaignId"] == MAIN_LIST


def test_who_is_on_the_other_list_stays_there_unchanged(account: SimulatedAccount) -> None:
    id = account.subscribe(name="Dana")
    there = account.subscribe(campaignId=NEWSLETTER_LIST, name="D. Cohen")
    outcome = account.write_one(member("add_to_campaign", id, NEWSLETTER_LIST))
    assert (outcome.record_id, outcome.created, outcome.error) == (there, False, None)
    assert {c["name"] for c in account.contacts()} == {"Dana", "D. Cohen"}


def test_a_person_leaves_one_list_and_stays_on_the_other(account: SimulatedAccount) -> None:
    id = account.subscribe()
    account.subscribe(campaignId=NEWSLETTER_LIST)
    outcomes = [account.write_one(member("remove_from_campaign", id, NEWSLETTER_LIST)) for _ in range(2)]
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert [contact["contactId"] for contact in account.contacts()] == [id]


@pytest.mark.parametrize(
    ("write", "kind"),
    [
        (member("add_to_campaign", "p1", ""), Rejected),
        (member("add_to_campaign", "p1", MAIN_LIST, "Registered"), Rejected),
        (member("add_to_campaign", "", MAIN_LIST), NotFound),
        (member("add_to_campaign", "gone1", MAIN_LIST), NotFound),
        (member("remove_from_campaign", "gone1", MAIN_LIST), NotFound),
    ],
)
def test_a_membership_that_cannot_be_is_said(account: SimulatedAccount, write: Write, kind: type[Exception]) -> None:
    error = account.write_one(write).error
    assert type(error) is kind and error.help


# --- what is found, for comparing with what is wanted -------------------------------------------------------------


def test_a_contact_is_found_by_id_and_address_with_each_field_under_its_own_name(account: SimulatedAccount) -> None:
    account.sandbox.act("getresponse", "subscribe", email=DANA, tags=["vip"], customFields={"topics": ["crm", "sms"]})
    other = account.subscribe("other@example.com", customFields={"company": "Acme"})
    fields = ["email", LIST, "customFields.topics", "customFields.company", "tags"]
    found = account.client().find_any("contact", {"contactId": [other, "gone1"], "email": [DANA]}, fields)
    records = {f.record["email"]: f.record for f in found}
    assert records[DANA]["customFields.topics"] == "crm;sms"
    assert (records[DANA]["tags"], records[DANA][LIST]) == (["vip"], MAIN_LIST)
    assert records["other@example.com"]["customFields.company"] == "Acme"
    assert len(found) == 2


@responses.activate
def test_a_number_is_compared_as_a_number() -> None:
    held = [{"customFieldId": "f1", "name": "age", "type": "number", "fieldType": "text", "value": ["42"]}]
    responses.get(f"{BASE}/contacts/p1", json={"contactId": "p1", "customFieldValues": held})
    client = GetResponse(getresponse_account(), Bench().services)
    (found,) = client.find_any("contact", {"contactId": ["p1"]}, ["customFields.age"])
    assert found.record["customFields.age"] == 42.0
