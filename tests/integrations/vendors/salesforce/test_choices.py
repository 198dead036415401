"""Campaigns, member statuses and users are read whole, with their ids and names."""

from __future__ import annotations

import pytest
import responses

from integrations.vendors.errors import Unsupported
from integrations.vendors.lookups import Entry

from .org import DATA, INSTANCE, client, rows, soql


@responses.activate
def test_campaigns_are_read_page_after_page_the_newest_first() -> None:
    following = "/services/data/v66.0/query/01g-2000"
    first = rows({"Id": "701a", "Name": "Webinar", "IsActive": True})
    responses.get(f"{DATA}/query", json={**first, "done": False, "nextRecordsUrl": following})
    responses.get(f"{INSTANCE}{following}", json=rows({"Id": "701b", "Name": None, "IsActive": False}))
    assert list(client().look_up("campaigns")) == [Entry("701a", "Webinar"), Entry("701b", "", ("not active",))]
    assert soql(0) == "SELECT Id, Name, IsActive FROM Campaign ORDER BY CreatedDate DESC"


@responses.activate
def test_a_status_of_several_campaigns_is_there_once() -> None:
    responses.get(f"{DATA}/query", json=rows({"Label": "Sent"}, {"Label": "Registered"}, {"Label": "Sent"}))
    assert list(client().look_up("member_statuses")) == [Entry("Sent", "Sent"), Entry("Registered", "Registered")]


@responses.activate
def test_users_have_their_address_before_their_user_name() -> None:
    dana = {"Id": "005a", "Name": "Dana Cohen", "Username": "dana@example.com.acme", "Email": "dana@example.com"}
    noa = {"Id": "005b", "Name": "Noa Levi", "Username": "noa@example.com", "Email": "noa@example.com"}
    responses.get(f"{DATA}/query", json=rows(dana, noa))
    assert list(client().look_up("users")) == [
        Entry("005a", "Dana Cohen", ("dana@example.com", "dana@example.com.acme")),
        Entry("005b", "Noa Levi", ("noa@example.com",)),
    ]
    assert "WHERE IsActive = true" in soql()


def test_there_is_no_look_up_of_another_name() -> None:
    with pytest.raises(Unsupported):
        client().look_up("lists")
