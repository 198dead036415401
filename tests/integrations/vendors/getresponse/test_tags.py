"""Tags are written by name, made only where that is allowed, and called what GetResponse can call them."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Write
from integrations.vendors.errors import NotFound, Rejected
from integrations.vendors.getresponse.resources.wording import read_table, their_tag

from .account import DANA, SimulatedAccount, update

TABLE = {"לקוח": "customer", "VIP client": "vip"}


@pytest.fixture
def account(sandbox: RunningSandbox) -> SimulatedAccount:
    return SimulatedAccount(sandbox)


def tag(operation: str, contact_id: str, *names: Any) -> Write:
    return update(contact_id, operation, tags=list(names))


def test_tags_are_added_and_the_others_stay(account: SimulatedAccount) -> None:
    id = account.subscribe(tags=["vip"])
    outcomes = [account.write_one(tag("add_tags", id, "demo_watched", "Met_At_Event")) for _ in range(2)]
    assert [(outcome.record_id, outcome.error) for outcome in outcomes] == [(id, None)] * 2
    assert account.tags() == ["vip", "demo_watched", "met_at_event"]


def test_tags_are_removed_and_the_others_stay(account: SimulatedAccount) -> None:
    id = account.subscribe(tags=["vip", "demo_watched", "met_at_event"], customFields={"city": "Haifa"})
    first = account.write_one(tag("remove_tags", id, "vip", "met_at_event", "unheard of"))
    again = account.write_one(tag("remove_tags", id, "vip"))
    assert (first.error, again.error, again.response) == (None, None, {"already": True})
    assert (account.tags(), account.custom()) == (["demo_watched"], {"city": ["Haifa"]})


def test_removing_reads_the_contact_just_before(account: SimulatedAccount) -> None:
    id = account.subscribe(tags=["vip"])
    client = account.client()
    client.write([tag("remove_tags", id, "unheard_of")])
    account.sandbox.act("getresponse", "tag", email=DANA, tag="demo_watched")
    client.write([tag("remove_tags", id, "vip")])
    assert account.tags() == ["demo_watched"]


@pytest.mark.parametrize("operation", ["add_tags", "remove_tags"])
def test_a_contact_that_is_gone_is_not_found(account: SimulatedAccount, operation: str) -> None:
    assert isinstance(account.write_one(tag(operation, "gone1", "vip")).error, NotFound)


@pytest.mark.parametrize("operation", ["add_tags", "remove_tags"])
def test_a_rule_that_names_no_tag_is_told(account: SimulatedAccount, operation: str) -> None:
    error = account.write_one(tag(operation, account.subscribe(), " ", None)).error
    assert isinstance(error, Rejected) and "names no tag" in error.message


def test_a_missing_tag_is_made_only_where_the_connection_says_so(sandbox: RunningSandbox) -> None:
    strict, lenient = SimulatedAccount(sandbox), SimulatedAccount(sandbox, create_tags="true")
    id = strict.subscribe()
    refused = strict.write_one(tag("add_tags", id, "new one"))
    assert isinstance(refused.error, Rejected)
    assert "new_one" in refused.error.message and "Create tags" in refused.error.help
    writes = [update(id, "add_tags", id=f"w{n}", tags=["new one"]) for n in range(2)]
    assert [outcome.error for outcome in lenient.write(*writes)] == [None, None]
    assert lenient.tags() == ["new_one"]
    assert strict.calls("/tags").count("POST /getresponse/v3/tags") == 1


def test_a_tag_that_somebody_else_just_made_is_used(sandbox: RunningSandbox) -> None:
    account = SimulatedAccount(sandbox, create_tags=True)
    id, client = account.subscribe(), account.client()
    client.write([tag("add_tags", id, "vip")])  # the client knows the account's tags now
    account.write_one(tag("add_tags", id, "new"))
    (outcome,) = client.write([tag("add_tags", id, "new")])
    assert outcome.error is None


def test_a_name_that_getresponse_does_not_take_says_what_to_enter(sandbox: RunningSandbox) -> None:
    account = SimulatedAccount(sandbox, create_tags="true")
    error = account.write_one(tag("add_tags", account.subscribe(), "לקוח")).error
    assert isinstance(error, Rejected)
    assert "Tag names" in error.help and "לקוח = " in error.help


@pytest.mark.parametrize("option", [TABLE, "VIP client = vip; לקוח=customer"])
def test_the_connection_says_what_a_tag_is_called_there(sandbox: RunningSandbox, option: Any) -> None:
    account = SimulatedAccount(sandbox, create_tags="true", tag_names=option)
    account.write_one(tag("add_tags", account.subscribe(), "לקוח", "vip CLIENT"))
    assert account.tags() == ["customer", "vip"]
    (found,) = account.client().find_any("contact", {"email": [DANA]}, ["tags"])
    assert found.record["tags"] == ["לקוח", "VIP client"]


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("demo_watched", "demo_watched"),
        (" pricing page - visited ", "pricing_page_visited"),
        ("Q1/2026", "Q1_2026"),
        ("vip לקוח", ""),
        ("café", ""),
        ("x", ""),
        ("x" * 65, ""),
        ("לקוח", "customer"),
    ],
)
def test_a_name_is_written_with_underscores_where_that_is_enough(name: str, theirs: str) -> None:
    assert their_tag(name, TABLE) == theirs


@pytest.mark.parametrize("option", [None, "", "no equals sign", "= x", {}])
def test_an_option_that_says_nothing_is_an_empty_table(option: Any) -> None:
    assert read_table(option) == {}
