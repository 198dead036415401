"""Operations of the catalogue are run by name; what writes a record is left to the actions made for it."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.errors import NotFound, ReadOnly, Rejected, Unsupported
from integrations.vendors.getresponse.operations import OPERATIONS
from integrations.vendors.getresponse.resources import GetResponse
from integrations.vendors.getresponse.resources.calls import NOT_CALLED

from ..services import Bench, getresponse_account
from .account import DANA, SimulatedAccount


@pytest.fixture
def account(sandbox: RunningSandbox) -> SimulatedAccount:
    return SimulatedAccount(sandbox)


def test_a_custom_event_starts_a_workflow(account: SimulatedAccount) -> None:
    id = account.subscribe()
    attributes = [{"name": "subject", "value": "Call Dana"}]
    params = {"name": "task_completed", "contactId": id}
    assert account.client().call("trigger_custom_event", params, {"attributes": attributes}) is None
    (event,) = account.sandbox.records("getresponse", "customEvent")
    assert (event["name"], event["contactId"], event["attributes"]) == ("task_completed", id, attributes)


def test_an_autoresponder_is_started_and_nothing_else_of_the_contact_is_touched(account: SimulatedAccount) -> None:
    id = account.subscribe(name="Dana", tags=["vip"])
    account.client().call("start_autoresponder", {"contactId": id, "dayOfCycle": "0"}, None)
    contact = account.contact()
    assert (contact["dayOfCycle"], contact["name"], account.tags()) == ("0", "Dana", ["vip"])
    with pytest.raises(Rejected, match="takes no campaign"):
        account.client().call("start_autoresponder", {"contactId": id}, {"campaign": {"campaignId": "newsl1"}})


def test_look_ups_are_answered(account: SimulatedAccount) -> None:
    id = account.subscribe()
    found = account.client().call("list_contacts", {"query[email]": DANA, "page": 1, "perPage": ""}, None)
    assert [contact["contactId"] for contact in found] == [id]
    assert account.client().call("get_contact", {"contactId": id}, None)["email"] == DANA
    assert account.client().call("list_contacts_of_list", {"campaignId": "newsl1"}, None) == []
    with pytest.raises(NotFound):
        account.client().call("get_contact", {"contactId": "gone1"}, None)


def test_a_search_is_a_read_also_on_a_connection_that_may_only_read(sandbox: RunningSandbox) -> None:
    SimulatedAccount(sandbox).subscribe()
    credentials = {"api_key": "sandbox-getresponse-key"}
    facts: dict[str, Any] = {"base_url": sandbox.getresponse_url, "credentials": credentials, "read_only": True}
    client = GetResponse(getresponse_account(**facts), Bench().services)
    section = {
        "campaignIdsList": ["abc123def"],
        "logicOperator": "and",
        "subscriberCycle": ["receiving_autoresponder"],
        "subscriptionDate": "all_time",
    }
    body = {"subscribersType": ["subscribed"], "sectionLogicOperator": "or", "section": [section]}
    assert len(client.call("search_contacts", {"perPage": 10}, body)) == 1
    with pytest.raises(ReadOnly):
        client.call("create_tag", {"name": "new_tag"}, None)


@pytest.mark.parametrize("key", [*sorted(NOT_CALLED), "subscribed", "levitate"])
def test_what_writes_records_is_not_called(account: SimulatedAccount, key: str) -> None:
    with pytest.raises(Unsupported):
        account.client().call(key, {"masks": [DANA]}, None)
    assert account.calls("/") == []


def test_what_is_not_called_is_in_the_catalogue() -> None:
    assert {operation.key for operation in OPERATIONS} >= NOT_CALLED


@pytest.mark.parametrize(
    ("key", "params"),
    [("get_contact", {}), ("get_contact", {"contactId": ".."}), ("create_tag", {"name": float("nan")})],
)
def test_a_call_that_cannot_be_made_is_refused(account: SimulatedAccount, key: str, params: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        account.client().call(key, params, None)
    assert account.calls("/") == []
