"""Changing, tagging, stopping and deleting subscribers."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox.responder.seed import BIRTHDAY, CITY, CUSTOMERS, SOURCE
from integrations.vendors.base import Write
from integrations.vendors.errors import AuthenticationFailed, Busy, Conflict, NotFound, Rejected, Unsupported

from .account import DANA, SimulatedAccount, again, update


@pytest.mark.parametrize("operation", ["upsert", "update", "set"])
def test_only_what_is_given_is_changed(account: SimulatedAccount, operation: str) -> None:
    id = account.sign_up(name="דנה כהן", phone="0522345678")
    outcome = account.write_one(update(id, operation, last="לוי"))
    person = account.person()
    assert (outcome.record_id, outcome.created, outcome.error) == (id, False, None)
    assert (person["first"], person["last"], person["phone"]) == ("דנה", "לוי", "0522345678")


@pytest.mark.parametrize("address", [{"email": DANA}, {"email": "", "phone": "0522345678"}])
def test_personal_fields_alone_arrive_with_the_address(account: SimulatedAccount, address: dict[str, str]) -> None:
    """Alone they would be ignored without a word (responder.md §2a, quirk 3)."""
    id = str(account.act("sign_up", **address, personal_fields={str(SOURCE): "google"})["id"])
    values = {"customFields.עיר": "באר שבע", "customFields.תאריך לידה": "1990-12-31"}
    assert account.write_one(update(id, **values)).error is None
    (person,) = account.people()
    assert person["personal_fields"] == {str(SOURCE): "google", str(CITY): "באר שבע", str(BIRTHDAY): "1990-12-31"}


@pytest.mark.parametrize(
    ("value", "held"), [(None, None), ("", None), (True, "1"), (["א", "ב"], "א; ב"), (7, "7"), (" x ", "x")]
)
def test_a_personal_field_takes_texts(account: SimulatedAccount, value: Any, held: str | None) -> None:
    id = account.sign_up(personal_fields={str(CITY): "חיפה"})
    assert account.write_one(update(id, **{"customFields.עיר": value})).error is None
    assert account.person()["personal_fields"].get(str(CITY)) == held


def test_a_change_of_somebody_who_is_gone_says_so(account: SimulatedAccount) -> None:
    for values in ({"first": "x"}, {"customFields.עיר": "x"}):
        assert isinstance(account.write_one(update("999", **values)).error, NotFound)


def test_an_address_that_somebody_else_has_is_a_conflict(account: SimulatedAccount) -> None:
    account.sign_up("noa@example.com")
    id = account.sign_up()
    assert isinstance(account.write_one(update(id, email="noa@example.com")).error, Conflict)


def test_an_address_cannot_be_emptied(account: SimulatedAccount) -> None:
    error = account.write_one(update(account.sign_up(), email="")).error
    assert isinstance(error, Rejected) and error.fields == ("email",)


def test_a_number_that_is_not_taken_is_no_change(account: SimulatedAccount) -> None:
    error = account.write_one(update(account.sign_up(), phone="1-800-123456")).error
    assert isinstance(error, Rejected) and error.fields == ("phone",)
    assert account.write_one(update(account.sign_up(), phone="")).error is None


def test_lists_are_not_changed_by_an_update(account: SimulatedAccount) -> None:
    id = account.sign_up()
    assert account.write_one(update(id, "upsert", list_ids=[103], first="דנה")).error is None
    assert list(account.person()["lists"]) == [str(CUSTOMERS)]
    assert isinstance(account.write_one(update(id, "set", list_ids=[103])).error, Rejected)


def test_two_changes_of_one_person_are_made_in_order(account: SimulatedAccount) -> None:
    id = account.sign_up()
    account.write(update(id, id="1", first="א"), update(id, id="2", first="ב"))
    assert account.person()["first"] == "ב"


def test_a_refusal_of_one_leaves_the_others(account: SimulatedAccount) -> None:
    id = account.sign_up()
    missing, made = account.write(update("999", id="1", first="x"), update(id, id="2", first="דנה"))
    assert isinstance(missing.error, NotFound) and made.error is None


def test_a_connection_that_is_refused_stops_and_among_others_waits(account: SimulatedAccount) -> None:
    first, second = account.sign_up(), account.sign_up("noa@example.com")
    account.client().api.token()
    account.sandbox.switch("responder", unauthorized="always")
    with pytest.raises(AuthenticationFailed):
        account.write(update(first, first="x"))
    account.sandbox.switch("responder", unauthorized=2)
    outcomes = account.write(update(first, id="1", first="x"), update(second, id="2", last="y"))
    assert {type(o.error) for o in outcomes} <= {Busy, type(None)}


# --- tags -----------------------------------------------------------------------------------------------------------


def test_tags_are_added_and_none_is_taken_away(account: SimulatedAccount) -> None:
    id = account.sign_up()
    account.act("tag", id=id, tag="לקוח")
    outcome = account.write_one(update(id, "add_tags", tags=["ליד חם", "VIP"]))
    assert outcome.error is None
    assert account.tags() == ["לקוח", "ליד חם", "vip"]
    account.write_one(update(id, "add_tags", tags=["ליד חם"]))
    assert account.tags() == ["לקוח", "ליד חם", "vip"]


def test_a_tag_that_is_not_there_is_made_by_nobody(account: SimulatedAccount) -> None:
    error = account.write_one(update(account.sign_up(), "add_tags", tags=["ליד חםם"])).error
    assert isinstance(error, Rejected) and "ליד חםם" in error.message
    assert len(account.sandbox.records("responder", "tag")) == 3


def test_fields_are_not_written_when_a_tag_of_the_same_change_is_wrong(account: SimulatedAccount) -> None:
    id = account.sign_up(name="דנה")
    assert account.write_one(update(id, first="x", tags=["אין"])).error
    assert account.person()["first"] == "דנה"


def test_a_change_of_fields_and_tags_is_both(account: SimulatedAccount) -> None:
    id = account.sign_up()
    assert account.write_one(update(id, first="דנה", tags="ליד חם; vip")).error is None
    assert (account.person()["first"], account.tags()) == ("דנה", ["ליד חם", "vip"])


def test_tags_are_not_taken_away(account: SimulatedAccount) -> None:
    assert isinstance(account.write_one(update(account.sign_up(), "remove_tags", tags=["vip"])).error, Unsupported)


# --- stopping and deleting --------------------------------------------------------------------------------------------


def test_a_stop_is_of_the_whole_account_and_in_one_call(account: SimulatedAccount) -> None:
    id = account.sign_up()
    outcome = account.write_one(update(id, "opt_out", unsubscribed=True))
    assert outcome.error is None
    assert account.person()["state"] == "account"
    assert account.calls() == [f"PUT /subscribers/{id}"]
    assert account.client().read("subscriber", [id])[id]["unsubscribed"] is True


def test_a_stop_may_be_repeated_after_a_lost_answer(account: SimulatedAccount) -> None:
    write = update(account.sign_up(), "opt_out", unsubscribed=True)
    account.client().api.token()
    account.sandbox.switch("responder", timeout_after_write=1, timeout_style="drop")
    with pytest.raises(Exception, match="did not answer"):
        account.write(write)
    assert account.write_one(again(write)).error is None
    assert account.person()["state"] == "account"


def test_only_an_opt_in_lifts_a_stop(account: SimulatedAccount) -> None:
    id = account.sign_up()
    account.act("unsubscribe", id=id)
    for operation in ("upsert", "update", "set", "opt_out"):
        assert isinstance(account.write_one(update(id, operation, unsubscribed=False)).error, Rejected)
    assert account.person()["state"] == "account"
    assert account.write_one(update(id, "opt_in", unsubscribed=False)).error is None
    assert account.person()["state"] == "active"


def test_a_deletion_is_for_good_and_may_be_repeated(account: SimulatedAccount) -> None:
    id = account.sign_up()
    first, second = account.write_one(update(id, "delete")), account.write_one(update(id, "delete"))
    assert (first.error, second.error, second.response) == (None, None, {"already": True})
    assert account.people() == []


def test_what_names_nobody_is_not_sent(account: SimulatedAccount) -> None:
    for operation in ("update", "delete", "opt_out", "add_tags"):
        assert isinstance(account.write_one(Write("x", "subscriber", operation, {})).error, NotFound)
    assert account.calls() == []
