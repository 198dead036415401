"""The connection test: what works, and what it saw where nobody is sure."""

from __future__ import annotations

from integrations.vendors.base import Check
from integrations.vendors.responder.resources import Responder

from .account import DANA, SimulatedAccount, responder_account

URL = "https://crosswalk.example.com/webhooks/responder/t0ken/"


def checks(account: SimulatedAccount) -> dict[str, Check]:
    return {check.name: check for check in account.client().check(URL)}


def test_an_account_in_order_passes_and_says_what_there_is(account: SimulatedAccount) -> None:
    account.sign_up()
    found = checks(account)
    assert [c for c in found.values() if c.required and not c.ok] == []
    assert found["Account"].detail == "Connected to חשבון לדוגמה."
    assert "לקוחות (101)" in found["Lists"].detail and "פתחו החודש (102, dynamic)" in found["Lists"].detail
    assert "ליד חם" in found["Tags"].detail and "עיר" in found["Personal fields"].detail
    assert not found["Webhooks"].ok


def test_every_open_question_has_its_line(account: SimulatedAccount) -> None:
    account.sign_up(phone="0522345678")
    account.act("unsubscribe", email=DANA)
    account.client().register_callback(URL)
    found = checks(account)
    seen = {name.removeprefix("Seen: "): check.detail for name, check in found.items() if name.startswith("Seen")}
    assert seen["opt-out (1)"] == "fields unsubscribed (1); understood as account (2)."
    assert seen["SMS opt-out (10)"].startswith("fields sms_unsubscribed (0)")
    assert seen["webhooks (2)"] == "send types 2 (4); events 1 (2), 2 (2), 5 (2)."
    assert seen["limits (6)"] == "headers none."
    assert seen["phone numbers (7)"] == "forms 0XXXXXXXXX (2)."
    assert seen["account id (8)"].startswith("one came with the token")
    assert seen["address (9)"].startswith("127.0.0.1")
    assert seen["personal fields"] == "fields id, list_id, name, type; types date (1), text (4)."
    assert seen["token"] == "named token; its end by expire."
    assert "(3)" in found["Not looked at"].detail and "(5)" in found["Not looked at"].detail
    assert found["Webhooks"].ok


def test_what_it_saw_holds_nothing_of_a_person(account: SimulatedAccount) -> None:
    account.sign_up(name="דנה כהן", phone="0522345678")
    said = " ".join(check.detail for check in account.client().check(URL))
    assert not [word for word in ("דנה", "dana", "2345678") if word in said]


def test_an_opt_out_that_nobody_understands_is_shown(account: SimulatedAccount) -> None:
    account.sign_up()
    account.sandbox.switch("responder", optout_field="none")
    assert "understood as unknown (2)" in checks(account)["Seen: opt-out (1)"].detail


def test_the_test_only_reads(account: SimulatedAccount) -> None:
    account.client().check(URL)
    assert [call for call in account.calls() if not call.startswith("GET")] == []


def test_wrong_keys_end_it_at_the_first_line(account: SimulatedAccount) -> None:
    account.sandbox.switch("responder", client_secret="another")
    (check,) = account.client().check(URL)
    assert not check.ok and "user token" in check.help


def test_one_line_that_fails_leaves_the_others(account: SimulatedAccount) -> None:
    account.sandbox.switch("responder", fail_path="/tag")
    found = checks(account)
    assert not found["Tags"].ok and found["Tags"].help
    assert found["Personal fields"].ok


def test_an_empty_account_says_so(account: SimulatedAccount) -> None:
    for row in account.sandbox.records("responder", "list"):
        account.sandbox.store.shelf("responder").remove("list", str(row["id"]))
    found = checks(account)
    assert not found["Lists"].ok and found["Lists"].detail == "No list."
    assert "none yet" in found["Subscribers"].detail


def test_an_address_that_is_not_responders_is_said(account: SimulatedAccount) -> None:
    wrong = responder_account(f"{account.sandbox.url}/nowhere")
    (check,) = Responder(wrong, account.bench.services).check(URL)
    assert not check.ok and "/v2" in check.help
