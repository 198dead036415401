"""Finding, reading, listing and describing subscribers at the simulated Responder Live."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import responses

from integrations.sandbox.responder.seed import BIRTHDAY, CITY, CUSTOMERS, DYNAMIC, EVERYBODY, NEWSLETTER
from integrations.vendors.errors import Unsupported
from integrations.vendors.responder.resources import Responder

from ..services import Bench
from .account import DANA, SimulatedAccount, responder_account

FACTS = {"name": "דנה בן גוריון", "phone": "052-2345678", "personal_fields": {str(CITY): "תל אביב"}}


def test_one_is_read_in_full_and_who_is_gone_is_absent(account: SimulatedAccount) -> None:
    id = account.sign_up(**FACTS)
    found = account.client().read("subscriber", [id, "999", "not an id", id])
    assert list(found) == [id]
    record = found[id]
    assert (record["first"], record["last"], record["name"]) == ("דנה", "בן גוריון", "דנה בן גוריון")
    assert record["customFields"] == {"עיר": "תל אביב"}
    assert record["list_ids"] == [str(EVERYBODY), str(CUSTOMERS)]
    assert (record["unsubscribed"], record["opt_out_level"]) == (False, "active")
    assert datetime.fromisoformat(record["created"]).tzinfo is not None


def test_an_address_is_found_exactly_whatever_its_case(account: SimulatedAccount) -> None:
    id = account.sign_up(**FACTS)
    account.sign_up("dana2@example.com")
    found = account.client().find("subscriber", "email", [" DANA@example.com", "nobody@example.com", ""])
    assert [(f.record_id, f.record["email"]) for f in found] == [(id, DANA)]


@responses.activate
def test_a_search_that_brings_others_too_is_compared_again() -> None:
    url = "https://graph.responder.live/v2"
    responses.add("POST", f"{url}/oauth/token", json={"token": "jwt"})
    rows = [{"id": 1, "email": "dana@example.com.il"}, {"id": 2, "email": "Dana@example.com"}, {"email": DANA}]
    responses.add("GET", f"{url}/subscribers", json={"data": rows})
    client = Responder(responder_account(""), Bench().services)
    assert [f.record_id for f in client.find("subscriber", "email", [DANA])] == ["2"]


@pytest.mark.parametrize("written", ["+972522345678", "0522345678", "052-234-5678"])
def test_a_phone_is_found_in_whatever_form_it_is_written(account: SimulatedAccount, written: str) -> None:
    id = account.sign_up(**FACTS)
    account.sign_up("noa@example.com", phone="0522345679", name="0522345678")
    found = account.client().find("subscriber", "phone", [written, "*6050"])
    assert [f.record_id for f in found] == [id]
    assert account.calls("/subscribers/search") == ["POST /subscribers/search"]


def test_each_is_found_once_by_several_keys(account: SimulatedAccount) -> None:
    id = account.sign_up(**FACTS)
    keys = {"id": [id], "email": [DANA], "phone": ["0522345678"]}
    assert [f.record_id for f in account.client().find_any("subscriber", keys)] == [id]
    assert account.calls("/subscribers/5") == []


def test_what_a_search_does_not_bring_is_read(account: SimulatedAccount) -> None:
    id = account.sign_up(**FACTS)
    account.act("unsubscribe", id=id)
    (found,) = account.client().find("subscriber", "phone", ["0522345678"], ["unsubscribed", "customFields.עיר"])
    assert found.record["unsubscribed"] is True
    assert found.record["customFields.עיר"] == "תל אביב"


def test_nobody_is_searched_by_anything_else(account: SimulatedAccount) -> None:
    with pytest.raises(Unsupported):
        account.client().find("subscriber", "first", ["דנה"])
    with pytest.raises(Unsupported):
        account.client().find("list", "name", ["לקוחות"])


def test_ids_that_come_as_texts_are_the_same_ids(account: SimulatedAccount) -> None:
    id = account.sign_up(**FACTS)
    account.sandbox.switch("responder", text_ids=True)
    (found,) = account.client().find("subscriber", "email", [DANA], ["customFields.עיר"])
    assert (found.record_id, found.record["customFields.עיר"]) == (id, "תל אביב")


def test_everybody_is_listed_page_after_page(account: SimulatedAccount) -> None:
    ids = {account.sign_up(f"p{n}@example.com", name=f"אדם {n}") for n in range(7)}
    account.sandbox.switch("responder", page_limit=3)
    members = account.client().iterate("subscriber", filters={"list_ids": str(CUSTOMERS)})
    assert {record["id"] for record in members} == ids
    assert account.client().count("subscriber", filters={"list_ids": str(CUSTOMERS)}) == 7
    assert account.client().count("subscriber") is None


def test_a_large_account_is_listed_in_pages_of_five_hundred(account: SimulatedAccount) -> None:
    for n in range(1, 502):
        account.sandbox.store.shelf("responder").put("subscriber", str(n), person(n))
    client = account.client()
    assert len({record["id"] for record in client.iterate("subscriber")}) == 501


def person(n: int) -> dict[str, object]:
    empty = {"first": "", "last": "", "phone": "", "personal_fields": {}, "tags": [], "lists": {}}
    made = {"state": "active", "sms": "active", "created": "2026-01-05 10:00:00"}
    return {"id": n, "email": f"p{n}@example.com", **empty, **made}


def test_somebody_deleted_meanwhile_hides_nobody(account: SimulatedAccount) -> None:
    account.sandbox.switch("responder", page_limit=3)
    ids = [account.sign_up(f"p{n}@example.com") for n in range(6)]
    client, where = account.client(), {"list_ids": str(CUSTOMERS)}
    first = client.page("subscriber", filters=where)
    account.act("delete", id=ids[0])
    later = client.page("subscriber", first.cursor, filters=where)
    seen = {record["id"] for record in [*first.records, *later.records]}
    assert set(ids) <= seen


def test_a_listing_by_time_is_not_to_be_had(account: SimulatedAccount) -> None:
    with pytest.raises(Unsupported) as caught:
        account.client().page("subscriber", since=datetime(2026, 1, 1, tzinfo=UTC))
    assert "all are listed" in caught.value.help
    with pytest.raises(Unsupported):
        account.client().page("subscriber", filters={"city": "x"})


def test_lists_and_tags_are_listed(account: SimulatedAccount) -> None:
    client = account.client()
    assert [row["id"] for row in client.iterate("list")] == ["100", "101", "102", "103"]
    assert "ליד חם" in [row["name"] for row in client.iterate("tag")]
    assert client.count("list") == 4


def test_fields_are_described_with_personal_ones_by_name(account: SimulatedAccount) -> None:
    fields = {field.name: field for field in account.client().describe("subscriber")}
    assert fields["customFields.תאריך לידה"].type == "date"
    assert fields["customFields.עיר"].custom
    assert not fields["unsubscribed"].createable and not fields["opt_out_level"].updateable
    assert fields["list_ids"].required and not fields["list_ids"].updateable
    with pytest.raises(Unsupported):
        account.client().describe("list")


def test_lists_and_tags_are_chosen_by_name(account: SimulatedAccount) -> None:
    lists = {entry.id: entry for entry in account.client().look_up("lists")}
    assert lists[str(CUSTOMERS)].name == "לקוחות"
    assert lists[str(DYNAMIC)].facts == ("dynamic",)
    assert lists[str(EVERYBODY)].facts == ("everybody",)
    assert lists[str(NEWSLETTER)].facts == ()
    assert [entry.name for entry in account.client().look_up("tags")] == ["ליד חם", "לקוח", "vip"]


def test_a_date_is_read_as_it_is_written(account: SimulatedAccount) -> None:
    id = account.sign_up(personal_fields={str(BIRTHDAY): "1980-03-04"})
    record = account.client().read("subscriber", [id])[id]
    assert record["customFields"]["תאריך לידה"] == "1980-03-04"
