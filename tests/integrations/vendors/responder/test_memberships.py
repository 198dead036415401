"""Putting known people on lists and taking them off."""

from __future__ import annotations

import pytest

from integrations.sandbox.responder.seed import CUSTOMERS, DYNAMIC, NEWSLETTER
from integrations.vendors.base import Write
from integrations.vendors.errors import NotFound, Rejected, Unavailable

from .account import SimulatedAccount


def membership(person: str, list_id: object = NEWSLETTER, operation: str = "add_to_campaign", **params: str) -> Write:
    return Write("m", "subscriber", operation, {"subscriberId": person}, params={"campaign": list_id, **params})


def test_somebody_joins_a_list_and_is_not_changed(account: SimulatedAccount) -> None:
    id = account.sign_up(name="דנה כהן")
    outcome = account.write_one(membership(id))
    assert (outcome.record_id, outcome.created, outcome.error) == (id, False, None)
    assert set(account.person()["lists"]) == {str(CUSTOMERS), str(NEWSLETTER)}
    assert account.person()["first"] == "דנה"


def test_joining_makes_nobody_active_again(account: SimulatedAccount) -> None:
    id = account.sign_up()
    account.act("unsubscribe", id=id)
    assert account.write_one(membership(id)).error is None
    assert account.person()["state"] == "account"


def test_joining_twice_is_joining_once(account: SimulatedAccount) -> None:
    id = account.sign_up()
    account.sandbox.switch("responder", duplicate_answer="already")
    assert account.write_one(membership(id, CUSTOMERS)).response == {"already": True}


def test_somebody_with_a_phone_number_only_joins_by_it(account: SimulatedAccount) -> None:
    id = str(account.act("sign_up", phone="0522345678")["id"])
    assert account.write_one(membership(id)).error is None
    (person,) = account.people()
    assert str(NEWSLETTER) in person["lists"]


def test_somebody_leaves_one_list_and_is_not_opted_out(account: SimulatedAccount) -> None:
    id = account.sign_up(lists=[CUSTOMERS, NEWSLETTER])
    assert account.write_one(membership(id, NEWSLETTER, "remove_from_campaign")).error is None
    assert (list(account.person()["lists"]), account.person()["state"]) == ([str(CUSTOMERS)], "active")
    again = account.write_one(membership(id, NEWSLETTER, "remove_from_campaign"))
    assert again.response == {"already": True}


@pytest.mark.parametrize("operation", ["add_to_campaign", "remove_from_campaign"])
@pytest.mark.parametrize(("list_id", "why"), [(DYNAMIC, "dynamic"), (9999, "no list 9999"), ("", "names no list")])
def test_a_list_that_takes_nobody_is_refused(
    account: SimulatedAccount, operation: str, list_id: object, why: str
) -> None:
    error = account.write_one(membership(account.sign_up(), list_id, operation)).error
    assert isinstance(error, Rejected) and why in error.message


def test_lists_have_no_status(account: SimulatedAccount) -> None:
    assert isinstance(account.write_one(membership(account.sign_up(), status="x")).error, Rejected)


@pytest.mark.parametrize("person", ["", "999"])
def test_nobody_joins_who_is_not_there(account: SimulatedAccount, person: str) -> None:
    assert isinstance(account.write_one(membership(person)).error, NotFound)


def test_an_account_that_is_away_is_no_fault_of_one(account: SimulatedAccount) -> None:
    id = account.sign_up()
    account.client().api.token()
    account.sandbox.switch("responder", fail_path=f"subscribers/{id}")
    with pytest.raises(Unavailable):
        account.write(membership(id))
