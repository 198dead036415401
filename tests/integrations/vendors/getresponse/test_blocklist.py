"""A stop is an address on the account's blocklist; the rest of that list is never touched."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Write
from integrations.vendors.errors import Rejected, Unavailable, Unsupported
from integrations.vendors.getresponse.client import Api
from integrations.vendors.getresponse.resources import GetResponse
from integrations.vendors.http import Call

from ..services import Bench, getresponse_account
from .account import DANA, SimulatedAccount, create

URL = "https://api.getresponse.com/v3/accounts/blocklists"
SEEDED = ["blocked@example.com", "@blocked.example.com"]


@pytest.fixture
def account(sandbox: RunningSandbox) -> SimulatedAccount:
    return SimulatedAccount(sandbox)


def stop(address: str, operation: str = "update", blocked: Any = True) -> Write:
    return Write(f"{operation}-{address}", "blocklist", operation, {"blocked": blocked}, address)


def test_every_asked_address_is_found_with_whether_it_is_blocked(account: SimulatedAccount) -> None:
    asked = [DANA, "Blocked@example.com", "locked@example.com", "no address", DANA]
    found = account.client().find_any("blocklist", {"mask": asked}, ["mask", "blocked"])
    assert [(f.object, f.record_id, f.record) for f in found] == [
        ("blocklist", a, {"mask": a, "blocked": a == "Blocked@example.com"}) for a in asked[:3]
    ]


def test_the_blocklist_is_described_and_searched_by_address_only(account: SimulatedAccount) -> None:
    assert [field.name for field in account.client().describe("blocklist")] == ["mask", "blocked"]
    with pytest.raises(Unsupported):
        account.client().find_any("blocklist", {"email": [DANA]})


def test_addresses_are_blocked_together_and_the_list_stays(account: SimulatedAccount) -> None:
    addresses = [f"p{n}@example.com" for n in range(20)]
    outcomes = account.write(*map(stop, addresses))
    assert [(o.record_id, o.error) for o in outcomes] == [(address, None) for address in addresses]
    assert account.masks == [*SEEDED, *addresses]
    assert len(account.calls("/accounts/blocklists")) == 1


@pytest.mark.parametrize(
    ("write", "blocked"),
    [(stop(DANA), True), (stop(DANA, "opt_out", None), True), (stop("blocked@example.com", "opt_in", None), False)],
)
def test_a_stop_may_be_repeated_and_taken_back(account: SimulatedAccount, write: Write, blocked: bool) -> None:
    assert [account.write_one(write).error for _ in range(2)] == [None, None]
    assert account.masks.count(write.record_id) == blocked
    assert "@blocked.example.com" in account.masks


def test_stops_and_opt_ins_in_one_batch_each_go_their_way(account: SimulatedAccount) -> None:
    account.write(stop(DANA), stop("blocked@example.com", blocked=False), stop("last@example.com"))
    assert account.masks == ["@blocked.example.com", DANA, "last@example.com"]


def test_who_is_blocked_cannot_be_added(account: SimulatedAccount) -> None:
    account.write_one(stop(DANA))
    assert isinstance(account.write_one(create()).error, Rejected)


@pytest.mark.parametrize("write", [stop("no address"), stop("@example.com"), stop(DANA, blocked="yes")])
def test_what_is_no_stop_of_an_address_is_refused(account: SimulatedAccount, write: Write) -> None:
    assert isinstance(account.write_one(write).error, Rejected)
    assert account.masks == SEEDED


@responses.activate
def test_one_address_that_is_not_taken_spoils_no_other() -> None:
    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        bad = "bad@example.com" in json.loads(request.body)["masks"]
        return (400, {}, json.dumps({"code": 1000, "message": "Invalid"})) if bad else (200, {}, "{}")

    responses.add_callback("POST", URL, callback=answer)
    client = GetResponse(getresponse_account(), Bench().services)
    addresses = [f"p{n}@example.com" for n in range(7)] + ["bad@example.com"]
    outcomes = client.write([stop(address) for address in addresses])
    assert [o.record_id for o in outcomes if o.error] == [""]
    assert isinstance(outcomes[-1].error, Rejected)


def test_a_stop_that_cannot_be_told_now_is_raised_and_told_later(account: SimulatedAccount) -> None:
    account.sandbox.switch("getresponse", down=1)
    with pytest.raises(Unavailable):
        account.write_one(stop(DANA))
    assert account.write_one(stop(DANA)).error is None
    assert DANA in account.masks


@responses.activate
def test_the_call_says_to_add_and_wants_no_list_back() -> None:
    responses.post(URL, body="")
    GetResponse(getresponse_account(), Bench().services).write([stop(DANA)])
    request: Any = responses.calls[0].request
    assert request.params == {"additionalFlags": "add,noResponse"}
    assert json.loads(request.body) == {"masks": [DANA]}


@responses.activate
@pytest.mark.parametrize("path", ["accounts/blocklists", "accounts/blacklists", "/campaigns/l1/blocklists"])
@pytest.mark.parametrize("query", [(), (("additionalFlags", "noResponse"),), (("additionalFlags", "add,delete"),)])
def test_a_call_that_would_replace_a_blocklist_is_never_sent(path: str, query: tuple[tuple[str, str], ...]) -> None:
    api = Api(getresponse_account(), Bench().services)
    call = Call("POST", path, query, body={"masks": [DANA]})
    for send in (api.send, lambda call: api.send_each([call])):
        with pytest.raises(Rejected, match="does not replace a blocklist"):
            send(call)
    assert len(responses.calls) == 0
