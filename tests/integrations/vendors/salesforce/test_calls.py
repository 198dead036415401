"""Operations of the catalogue that a rule may call: flows, approvals and look-ups; writes of records never."""

from __future__ import annotations

import json

import pytest
import responses

from integrations.vendors.errors import Rejected, Unsupported
from integrations.vendors.salesforce.resources import Salesforce

from ..services import salesforce_account
from .org import DATA, signed_in


def client() -> Salesforce:
    return Salesforce(salesforce_account(), signed_in().services)


@responses.activate
def test_a_flow_is_started_with_its_inputs() -> None:
    responses.post(f"{DATA}/actions/custom/flow/Welcome", json=[{"isSuccess": True}])
    answer = client().call("run_flow", {"flow": "Welcome"}, {"inputs": [{"email": "dana@example.com"}]})
    assert answer == [{"isSuccess": True}]
    assert json.loads(responses.calls[-1].request.body or "") == {"inputs": [{"email": "dana@example.com"}]}


@responses.activate
def test_a_look_up_puts_what_is_in_no_path_into_the_query() -> None:
    responses.get(f"{DATA}/query", json={"records": []})
    client().call("query", {"q": "SELECT Id FROM Lead"}, None)
    assert "q=SELECT" in str(responses.calls[-1].request.url)


@responses.activate
def test_a_value_in_a_path_stays_one_part_of_it() -> None:
    responses.post(f"{DATA}/actions/custom/flow/a%2F..%2Fb", json=[])
    client().call("run_flow", {"flow": "a/../b"}, {"inputs": []})
    assert str(responses.calls[-1].request.url).endswith("/a%2F..%2Fb")


@pytest.mark.parametrize(
    "key", ["create_record", "opt_out_lead", "composite", "create_bulk_job", "get_token", "revoke_token"]
)
def test_what_has_an_action_of_its_own_is_not_called(key: str) -> None:
    with pytest.raises(Unsupported) as refused:
        client().call(key, {}, None)
    assert "own action" in refused.value.help


def test_what_is_not_there_or_lacks_something_is_named() -> None:
    with pytest.raises(Unsupported, match="no operation launch"):
        client().call("launch", {}, None)
    with pytest.raises(Rejected, match="needs flow"):
        client().call("run_flow", {"flow": " "}, {"inputs": []})
    with pytest.raises(Rejected, match="takes no colour"):
        client().call("run_flow", {"flow": "Welcome", "colour": "red"}, None)
