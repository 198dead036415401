"""Operations of the catalogue that are called by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox.responder.seed import CUSTOMERS
from integrations.vendors.errors import CrosswalkError, Rejected, Unsupported
from integrations.vendors.responder.operations import OPERATIONS
from integrations.vendors.responder.resources.calls import NOT_CALLED

from .account import DANA, SimulatedAccount


@pytest.mark.parametrize(
    ("operation", "params", "body"),
    [
        ("get_account", {}, None),
        ("list_lists", {"limit": 2}, None),
        ("get_list", {"listId": CUSTOMERS}, None),
        ("list_members", {"listId": CUSTOMERS, "offset": ""}, None),
        ("list_subscribers", {"email": DANA}, None),
        ("search_list", {"listId": CUSTOMERS, "searchKey": "dana"}, None),
        ("list_tags", {}, None),
        ("list_personal_fields", {}, None),
        ("list_fields_of_list", {"listId": CUSTOMERS}, None),
        ("list_webhooks", {"list_id": CUSTOMERS}, None),
        ("create_list", {}, {"name": "רשימה חדשה"}),
        ("create_personal_field", {"name": "שם הילד"}, {"list_id": 0}),
        ("delete_list", {"listId": CUSTOMERS}, None),
    ],
)
def test_it_is_answered_by_the_account(
    account: SimulatedAccount, operation: str, params: dict[str, Any], body: Any
) -> None:
    account.sign_up()
    assert account.client().call(operation, params, body) is not None


def test_a_search_finds_whom_it_is_asked_for(account: SimulatedAccount) -> None:
    account.sign_up(name="דנה כהן")
    answer = account.client().call("search_list", {"listId": CUSTOMERS, "searchKey": "כהן"}, None)
    assert [row["email"] for row in answer["data"]] == [DANA]


@pytest.mark.parametrize("key", sorted(NOT_CALLED))
def test_what_has_an_action_of_its_own_is_not_called(account: SimulatedAccount, key: str) -> None:
    with pytest.raises(Unsupported) as caught:
        account.client().call(key, {}, {})
    assert "own action" in caught.value.help


@pytest.mark.parametrize(
    ("operation", "params"),
    [("levitate", {}), ("joined", {}), ("get_list", {}), ("get_list", {"listId": ".."}), ("list_tags", {"x": 1})],
)
def test_what_cannot_be_called_is_refused_unsent(
    account: SimulatedAccount, operation: str, params: dict[str, Any]
) -> None:
    with pytest.raises(CrosswalkError):
        account.client().call(operation, params, None)
    assert account.calls() == []


def test_a_value_that_cannot_be_sent_is_refused(account: SimulatedAccount) -> None:
    with pytest.raises(Rejected):
        account.client().call("create_list", {"name": float("nan")}, None)


def test_nothing_that_writes_to_people_is_called_by_itself() -> None:
    assert not [o.key for o in OPERATIONS if o.subscribing and o.key not in NOT_CALLED]
