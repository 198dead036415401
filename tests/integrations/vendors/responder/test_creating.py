"""Adding people: by their address, on lists that take them, never doubled and never made active again."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox.responder.seed import BIRTHDAY, BLOCKED, CITY, CUSTOMERS, DYNAMIC, NEWSLETTER
from integrations.vendors.errors import Conflict, OutcomeUnknown, Rejected, Unavailable

from .account import DANA, SimulatedAccount, again, create

FULL = {
    "name": "דנה בן גוריון",
    "phone": "+972 52-234-5678",
    "customFields.עיר": "\u200fתל אביב\u200e",
    "customFields.תאריך לידה": "1980-03-04T00:00:00+02:00",
    "tags": ["ליד חם", "VIP"],
}


def test_somebody_new_is_made_with_everything_in_one_call(account: SimulatedAccount) -> None:
    outcome = account.write_one(create(**FULL))
    person = account.person()
    assert (outcome.record_id, outcome.created, outcome.error) == (str(person["id"]), True, None)
    assert (person["first"], person["last"], person["phone"]) == ("דנה", "בן גוריון", "0522345678")
    assert person["personal_fields"] == {str(CITY): "תל אביב", str(BIRTHDAY): "1980-03-04"}
    assert account.tags() == ["ליד חם", "vip"]
    assert list(person["lists"]) == [str(CUSTOMERS)]
    assert [call for call in account.calls() if call.startswith("P")] == ["POST /subscribers"]


@pytest.mark.parametrize("operation", ["upsert", "create"])
def test_who_is_there_already_is_changed_and_joined(account: SimulatedAccount, operation: str) -> None:
    id = account.sign_up(lists=[NEWSLETTER], name="ד", personal_fields={str(CITY): "חיפה"})
    outcome = account.write_one(create(DANA.upper(), operation, first="דנה", last="", tags=["לקוח"]))
    person = account.person(DANA.upper())
    assert (outcome.record_id, outcome.created) == (id, False)
    assert person["first"] == "דנה"
    assert person["personal_fields"] == {str(CITY): "חיפה"}
    assert set(person["lists"]) == {str(CUSTOMERS), str(NEWSLETTER)}
    assert len(account.people()) == 1


def test_who_left_is_never_made_active_again(account: SimulatedAccount) -> None:
    id = account.sign_up()
    account.act("unsubscribe", id=id)
    outcome = account.write_one(create(first="דנה", list_ids=[NEWSLETTER]))
    assert outcome.error is None
    assert (account.person()["state"], account.person()["first"]) == ("account", "דנה")


@pytest.mark.parametrize("answer", ["duplicate", "already"])
@pytest.mark.parametrize("style", ["200", "4xx"])
def test_who_is_on_the_list_already_is_changed_instead(account: SimulatedAccount, answer: str, style: str) -> None:
    id = account.sign_up(name="ד")
    account.sandbox.switch("responder", duplicate_answer=answer, failure_style=style)
    outcome = account.write_one(create(first="דנה", phone="", **{"customFields.עיר": "יפו"}))
    assert (outcome.record_id, outcome.created, outcome.error) == (id, False, None)
    assert (account.person()["first"], account.person()["personal_fields"]) == ("דנה", {str(CITY): "יפו"})


def test_a_duplicate_that_nobody_sees_stays_a_conflict(account: SimulatedAccount) -> None:
    account.sign_up(phone="0522345678")
    account.sandbox.switch("responder", duplicate_answer="duplicate")
    account.act("change", email=DANA, to={"email": "other@example.com"})
    account.sandbox.act("responder", "block", email="other@example.com")
    outcome = account.write_one(create("other@example.com"))
    assert isinstance(outcome.error, Rejected | Conflict)


def test_somebody_with_a_phone_number_only_is_found_by_it(account: SimulatedAccount) -> None:
    first = account.write_one(create("", phone="052-2345678", name="דנה"))
    second = account.write_one(create("", phone="+972522345678", name="דנה כהן"))
    assert (first.created, second.created) == (True, False)
    assert first.record_id == second.record_id
    assert [person["last"] for person in account.people()] == ["כהן"]


def test_a_shared_phone_number_makes_nobody_the_other(account: SimulatedAccount) -> None:
    account.sign_up(phone="0522345678", name="דנה")
    outcome = account.write_one(create("", phone="0522345678", name="נועה"))
    assert outcome.created
    assert sorted(person["first"] for person in account.people()) == ["דנה", "נועה"]


def test_an_answer_without_an_id_is_looked_up(account: SimulatedAccount) -> None:
    account.sandbox.switch("responder", created_id=False)
    outcome = account.write_one(create())
    assert (outcome.record_id, outcome.created) == (str(account.person()["id"]), True)


# --- lost answers ---------------------------------------------------------------------------------------------------


def test_a_lost_answer_is_looked_for_and_nobody_is_added_twice(account: SimulatedAccount) -> None:
    account.sandbox.switch("responder", timeout_after_write=1, timeout_style="drop")
    write = create(**FULL)
    with pytest.raises(OutcomeUnknown):
        account.write(write)
    outcome = account.write_one(again(write))
    assert (outcome.record_id, outcome.created) == (str(account.person()["id"]), True)
    assert account.calls("/subscribers").count("POST /subscribers") == 1


def test_a_call_that_never_arrived_is_made_again(account: SimulatedAccount) -> None:
    outcome = account.write_one(again(create()))
    assert outcome.created and len(account.people()) == 1


def test_somebody_who_was_there_before_is_changed_after_a_lost_answer(account: SimulatedAccount) -> None:
    id = account.sign_up(created="2026-01-05 10:00:00")
    outcome = account.write_one(again(create(first="דנה")))
    assert (outcome.record_id, outcome.created, account.person()["first"]) == (id, False, "דנה")


def test_a_vendor_that_is_down_is_no_fault_of_one(account: SimulatedAccount) -> None:
    account.client().api.token()
    account.sandbox.switch("responder", down=1)
    with pytest.raises(Unavailable):
        account.write(create())


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"list_ids": [DYNAMIC]}, "list_ids"),
        ({"list_ids": [9999]}, "list_ids"),
        ({"list_ids": "לקוחות"}, "list_ids"),
        ({"list_ids": []}, "list_ids"),
        ({"email": ""}, "email"),
        ({"email": "", "phone": "*6050"}, "email"),
        ({"customFields.אין כזה": "x"}, "customFields.אין כזה"),
        ({"customFields.הערה": "x"}, "customFields.הערה"),
        ({"tags": ["אין כזו"]}, "tags"),
        ({"opt_out_level": "active"}, "opt_out_level"),
        ({"unsubscribed": False}, "unsubscribed"),
    ],
)
def test_what_cannot_be_written_is_named_before_anything_is(
    account: SimulatedAccount, values: dict[str, Any], field: str
) -> None:
    error = account.write_one(create(**{"email": DANA, **values})).error
    assert isinstance(error, Rejected) and field in error.fields and error.help
    assert account.people() == []


def test_of_several_fields_with_one_name_the_number_says_which(account: SimulatedAccount) -> None:
    assert account.write_one(create(**{"customFields.1301": "שלום"})).error is None
    assert account.person()["personal_fields"] == {"1301": "שלום"}


@pytest.mark.parametrize("lists", [CUSTOMERS, str(CUSTOMERS), f"{CUSTOMERS}; {NEWSLETTER}", [{"id": CUSTOMERS}]])
def test_lists_may_be_given_in_any_form(account: SimulatedAccount, lists: Any) -> None:
    assert account.write_one(create(list_ids=lists)).created
    assert str(CUSTOMERS) in account.person()["lists"]


def test_a_number_that_is_not_taken_is_left_out_and_said_so(account: SimulatedAccount) -> None:
    outcome = account.write_one(create(phone="+12025550123"))
    assert outcome.created and "phone number was not sent" in outcome.response["note"]
    assert account.person()["phone"] == ""


def test_a_blocked_address_is_refused_and_others_of_the_batch_are_not(account: SimulatedAccount) -> None:
    refused, made = account.write(create(BLOCKED, id="1"), create(id="2"))
    assert isinstance(refused.error, Rejected) and "Leave it" in refused.error.help
    assert made.created


def test_the_same_person_twice_in_a_batch_is_one(account: SimulatedAccount) -> None:
    first, second = account.write(create(id="1", first="א"), create("Dana@example.com", id="2", first="ב"))
    assert (first.created, second.created) == (True, False)
    assert first.record_id == second.record_id


def test_somebody_made_opted_out_is_told_so_at_once(account: SimulatedAccount) -> None:
    outcome = account.write_one(create(unsubscribed=True))
    assert outcome.created
    assert account.person()["state"] == "account"


def test_an_opt_out_that_could_not_follow_fails_the_write(account: SimulatedAccount) -> None:
    account.client().api.token()
    account.sign_up()
    account.sandbox.switch("responder", fail_path=f"/subscribers/{account.person()['id']}")
    with pytest.raises(Unavailable):
        account.write(create(unsubscribed=True))
    assert account.write_one(again(create(unsubscribed=True))).error is None
    assert account.person()["state"] == "account"
