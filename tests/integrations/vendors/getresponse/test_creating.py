"""People are put on lists: accepted first, looked up later, and never twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses

from integrations.sandbox.getresponse.seed import DOUBLE_LIST, MAIN_LIST, NEWSLETTER_LIST
from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Write
from integrations.vendors.errors import (
    Accepted,
    AuthenticationFailed,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unavailable,
)
from integrations.vendors.getresponse.resources import GetResponse

from ..services import Bench, getresponse_account
from .account import DANA, LIST, SimulatedAccount, again, create

BASE = "https://api.getresponse.com/v3"


@pytest.fixture
def account(sandbox: RunningSandbox) -> SimulatedAccount:
    return SimulatedAccount(sandbox)


def posted(account: SimulatedAccount) -> list[str]:
    return [call for call in account.calls("/contacts") if call.endswith("/contacts") and call.startswith("POST")]


def test_a_new_contact_is_accepted_and_not_done_yet(account: SimulatedAccount) -> None:
    outcome = account.write_one(create(name="דנה כהן", scoring=8))
    assert isinstance(outcome.error, Accepted)
    assert not outcome.record_id
    assert (account.contact()["name"], account.contact()["scoring"]) == ("דנה כהן", 8)


def test_an_accepted_contact_is_found_later_and_sent_once(account: SimulatedAccount) -> None:
    account.write_one(create())
    outcome = account.write_one(again(create(), 0.1))
    assert (outcome.record_id, outcome.created, outcome.error) == (account.contact()["contactId"], True, None)
    assert len(posted(account)) == 1


def test_the_same_address_on_another_list_is_not_taken_for_it(account: SimulatedAccount) -> None:
    account.subscribe(campaignId=NEWSLETTER_LIST)
    account.subscribe("joanna-dana@example.com", campaignId=MAIN_LIST)
    assert isinstance(account.write_one(again(create(), 0.1)).error, Accepted)


def test_what_is_not_there_yet_is_waited_for_and_not_sent_again(account: SimulatedAccount) -> None:
    account.sandbox.switch("getresponse", create_delay=50)
    account.write_one(create())
    assert isinstance(account.write_one(again(create(), 9)).error, Accepted)
    assert len(posted(account)) == 1


def test_a_contact_that_was_never_made_is_rejected_in_plain_words(account: SimulatedAccount) -> None:
    account.sandbox.switch("getresponse", create_mode="late_reject")
    account.write_one(create())
    outcome = account.write_one(again(create(), 11))
    assert isinstance(outcome.error, Rejected)
    assert "accepted the contact and did not make it" in outcome.error.message
    assert len(posted(account)) == 1


def test_who_has_to_confirm_is_there_and_it_is_said(account: SimulatedAccount) -> None:
    account.write_one(create(list_id=DOUBLE_LIST))
    outcome = account.write_one(again(create(list_id=DOUBLE_LIST), 11))
    (waiting,) = account.sandbox.records("getresponse", "unconfirmed")
    assert (outcome.record_id, outcome.created) == (waiting["contactId"], True)
    assert outcome.response["unconfirmed"] is True
    assert "confirm" in outcome.response["note"]


def test_a_create_whose_answer_was_lost_is_sent_again_when_nothing_came_of_it(account: SimulatedAccount) -> None:
    waiting = account.write_one(again(create(), 1, unanswered=True))
    assert isinstance(waiting.error, OutcomeUnknown) and not isinstance(waiting.error, Accepted)
    assert posted(account) == []
    assert isinstance(account.write_one(again(create(), 11, unanswered=True)).error, Accepted)
    assert len(account.contacts()) == 1


def test_a_create_whose_answer_was_lost_may_have_met_somebody_who_was_there(account: SimulatedAccount) -> None:
    contact_id = account.subscribe(createdOn="2020-01-01T00:00:00+0000")
    outcome = account.write_one(again(create(name="Dana"), 1, unanswered=True))
    assert (outcome.record_id, outcome.created) == (contact_id, False)
    assert account.contact()["name"] == "Dana"


def test_tags_and_custom_fields_go_along(account: SimulatedAccount) -> None:
    values = {"customFields.company": "Acme", "customFields.topics": "crm;sms", "customFields.city": None}
    account.write_one(create(tags=["vip", "demo_watched"], **values))
    assert account.custom() == {"company": ["Acme"], "topics": ["crm", "sms"]}
    assert account.tags() == ["vip", "demo_watched"]


def test_numbers_and_truths_are_sent_as_texts(account: SimulatedAccount) -> None:
    account.write_one(create(**{"customFields.company": 42.0, "customFields.city": True}))
    assert account.custom() == {"company": ["42"], "city": ["true"]}


@responses.activate
@pytest.mark.parametrize(
    ("values", "sent"),
    [
        ({"name": "", "note": "never on create"}, {}),
        ({"name": "Dana", "dayOfCycle": 0}, {"name": "Dana", "dayOfCycle": "0"}),
        ({"dayOfCycle": None, "scoring": None, "origin": "www"}, {}),
    ],
)
def test_only_what_a_create_takes_is_sent(values: dict[str, Any], sent: dict[str, Any]) -> None:
    responses.post(f"{BASE}/contacts", status=202)
    GetResponse(getresponse_account(), Bench().services).write([create(**values)])
    body = json.loads(responses.calls[0].request.body or "")
    assert body == {"email": DANA, "campaign": {"campaignId": MAIN_LIST}, **sent}


def test_who_is_on_the_list_already_is_changed_instead(account: SimulatedAccount) -> None:
    contact_id = account.subscribe(name="Dana", customFields={"city": "Haifa"}, tags=["vip"])
    new = create(name="Dana Cohen", dayOfCycle="0", tags=["demo_watched"], **{"customFields.company": "Acme"})
    outcome = account.write_one(new)
    assert (outcome.record_id, outcome.created, outcome.error) == (contact_id, False, None)
    assert (account.contact()["name"], account.contact()["dayOfCycle"]) == ("Dana Cohen", None)
    assert account.custom() == {"city": ["Haifa"], "company": ["Acme"]}
    assert account.tags() == ["vip", "demo_watched"]


def test_blanks_of_a_new_contact_empty_nothing_of_one_that_is_there(account: SimulatedAccount) -> None:
    account.subscribe(name="Dana", customFields={"city": "Haifa"})
    outcome = account.write_one(create(name="", **{"customFields.city": None}))
    assert outcome.error is None
    assert (account.contact()["name"], account.custom()) == ("Dana", {"city": ["Haifa"]})


def test_who_is_there_and_cannot_be_seen_yet_is_tried_again(account: SimulatedAccount) -> None:
    account.sandbox.switch("getresponse", create_delay=50)
    account.write_one(create())
    outcome = account.write_one(create(name="Dana"))
    assert isinstance(outcome.error, Unavailable)


@pytest.mark.parametrize("email", ["blocked@example.com", "gone@example.com"])
def test_who_is_blocked_or_was_removed_is_left_alone(account: SimulatedAccount, email: str) -> None:
    account.subscribe("gone@example.com")
    account.sandbox.unsubscribe("gone@example.com")
    error = account.write_one(create(email)).error
    assert isinstance(error, Rejected)
    assert (error.vendor_code, "Leave it" in error.help) == ("1002", True)


@pytest.mark.parametrize(
    ("write", "field"),
    [
        (create(email=" "), "email"),
        (create(list_id=""), LIST),
        (create(**{"customFields.shoe_size": "38"}), "customFields.shoe_size"),
        (create(tags=["unheard_of"]), "tags"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_sent(account: SimulatedAccount, write: Write, field: str) -> None:
    error = account.write_one(write).error
    assert isinstance(error, Rejected)
    assert (error.fields, bool(error.help), posted(account)) == ((field,), True, [])


def test_each_of_many_has_its_own_outcome_in_order(account: SimulatedAccount) -> None:
    account.subscribe("p3@example.com")
    addresses = [f"p{n}@example.com" for n in range(10)]
    writes = [create(email, id=email) for email in ["blocked@example.com", "", *addresses]]
    outcomes = account.write(*writes)
    assert [outcome.id for outcome in outcomes] == [write.id for write in writes]
    kinds = [type(outcome.error) for outcome in outcomes]
    assert kinds == [Rejected, Rejected, *[type(None) if n == 3 else Accepted for n in range(10)]]
    assert {contact["email"] for contact in account.sandbox.records("getresponse", "contact")} == set(addresses)


def test_the_same_address_twice_is_one_contact(account: SimulatedAccount) -> None:
    first, second = account.write(create(), create(id="c2", email=DANA.upper(), name="Dana"))
    assert isinstance(first.error, Accepted)
    assert (second.created, account.contact()["name"]) == (False, "Dana")


@pytest.mark.parametrize(
    ("switch", "kind"),
    [
        ({"unauthorized": "always"}, AuthenticationFailed),
        ({"rate_limit": "always"}, RateLimited),
        ({"down": "always"}, Unavailable),
    ],
)
def test_what_keeps_all_from_being_written_is_raised(
    account: SimulatedAccount, switch: dict[str, Any], kind: type[Exception]
) -> None:
    account.sandbox.switch("getresponse", **switch)
    with pytest.raises(kind):
        account.write(create("a@example.com", id="a"), create("b@example.com", id="b"))


@responses.activate
def test_a_lost_answer_is_unknown_for_that_contact_alone() -> None:
    responses.post(f"{BASE}/contacts", status=202)
    responses.post(f"{BASE}/contacts", status=504, body="<html>")
    client = GetResponse(getresponse_account(), Bench().services)
    outcomes = client.write([create("a@example.com", id="a"), create("b@example.com", id="b")])
    assert sorted(type(outcome.error).__name__ for outcome in outcomes) == ["Accepted", "OutcomeUnknown"]


@responses.activate
def test_a_key_that_is_refused_in_the_middle_is_found_out_again_by_a_call_of_its_own() -> None:
    responses.post(f"{BASE}/contacts", status=202)
    responses.post(f"{BASE}/contacts", status=401, json={"code": 1014, "message": "No"})
    client = GetResponse(getresponse_account(), Bench().services)
    outcomes = client.write([create("a@example.com", id="a"), create("b@example.com", id="b")])
    assert sorted(type(outcome.error).__name__ for outcome in outcomes) == ["Accepted", "Busy"]
    with pytest.raises(AuthenticationFailed):
        client.write([create("b@example.com", id="b")])


@responses.activate
def test_a_contact_on_another_list_or_of_another_address_is_not_the_one_that_was_made() -> None:
    hits = [
        {"contactId": "p1", "email": DANA, "campaign": {"campaignId": NEWSLETTER_LIST}},
        {"contactId": "p2", "email": f"x{DANA}", "campaign": {"campaignId": MAIN_LIST}},
    ]
    responses.get(f"{BASE}/contacts", json=hits)
    (outcome,) = GetResponse(getresponse_account(), Bench().services).write([again(create(), 1)])
    assert isinstance(outcome.error, Accepted)
    query: Any = responses.calls[0].request
    assert query.params["query[campaignId]"] == MAIN_LIST
    assert query.params["additionalFlags"] == "exactMatch"
