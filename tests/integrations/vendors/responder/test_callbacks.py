"""The webhooks of the account's lists: made, found and removed; those of others are left alone."""

from __future__ import annotations

import pytest

from integrations.sandbox.responder.events import payload
from integrations.sandbox.responder.seed import CUSTOMERS, NEWSLETTER
from integrations.vendors.base import Record
from integrations.vendors.errors import Rejected

from .account import DANA, SimulatedAccount
from .test_webhooks import parse

URL = "https://crosswalk.example.com/webhooks/responder/t0ken/"
OTHER = "https://other.example.com/hook"


def hooks(account: SimulatedAccount) -> list[Record]:
    return account.sandbox.records("responder", "webhook")


def test_every_list_of_people_reports_by_two_webhooks(account: SimulatedAccount) -> None:
    made = account.client().register_callback(URL)
    assert (made.ours, made.events) == (True, ("contact.subscribed", "contact.updated"))
    assert [(h["list_id"], h["events"]) for h in hooks(account)] == [
        (CUSTOMERS, [1, 5]),
        (CUSTOMERS, [2]),
        (NEWSLETTER, [1, 5]),
        (NEWSLETTER, [2]),
    ]
    first = hooks(account)[0]
    assert first["merges"] == {
        "email": "joined_101_email",
        "phone": "joined_101_phone",
        "name": "joined_101_name",
    }
    assert (first["url"], first["webhooks_send_type_id"], first["name"]) == (URL, 2, "Crosswalk joined 101")


def test_registering_again_makes_only_what_is_missing(account: SimulatedAccount) -> None:
    account.client().register_callback(URL)
    account.client().remove_callback(str(hooks(account)[0]["id"]))
    again = account.client().register_callback(URL)
    assert len(hooks(account)) == 4
    assert sorted(again.id.split(",")) == sorted(str(hook["id"]) for hook in hooks(account))


def test_only_lists_that_are_named_report(account: SimulatedAccount) -> None:
    SimulatedAccount(account.sandbox, hook_lists=f"{NEWSLETTER}, 9999").client().register_callback(URL)
    assert {hook["list_id"] for hook in hooks(account)} == {NEWSLETTER}


def test_where_no_list_can_report_nothing_is_registered(account: SimulatedAccount) -> None:
    with pytest.raises(Rejected, match="No list"):
        SimulatedAccount(account.sandbox, hook_lists="9999").client().register_callback(URL)


def test_ours_are_one_callback_and_others_their_own(account: SimulatedAccount) -> None:
    account.act("add_webhook", url=OTHER, merges={"email": "email"}, list_id=CUSTOMERS)
    account.client().register_callback(URL)
    ours, other = account.client().callbacks(URL.rstrip("/"))
    assert (ours.ours, other.ours, other.url) == (True, False, OTHER)
    account.client().remove_callback(ours.id)
    assert [hook["url"] for hook in hooks(account)] == [OTHER]
    account.client().remove_callback(ours.id)


def test_without_an_address_nothing_is_ours(account: SimulatedAccount) -> None:
    account.act("add_webhook", url=OTHER, merges={"email": "email"}, list_id=CUSTOMERS)
    assert [callback.ours for callback in account.client().callbacks("")] == [False]


def test_what_they_send_is_what_we_read(account: SimulatedAccount) -> None:
    account.client().register_callback(URL)
    account.sign_up(name="דנה כהן", phone="0522345678")
    (notice,) = parse(payload(hooks(account)[0]["merges"], account.person()))
    assert (notice.type, notice.email, notice.record["last"]) == ("contact.subscribed", DANA, "כהן")
    assert notice.context["list"] == {"id": str(CUSTOMERS)}
