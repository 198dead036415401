"""Lists and tags are read whole, page after page, with their ids and names."""

from __future__ import annotations

import pytest
import responses
from responses import matchers

from integrations.vendors.errors import Unavailable, Unsupported
from integrations.vendors.getresponse.resources import GetResponse
from integrations.vendors.lookups import Entry

from ..services import Bench, getresponse_account

BASE = "https://api.getresponse.com/v3"


def client() -> GetResponse:
    return GetResponse(getresponse_account(), Bench().services)


@responses.activate
def test_lists_are_read_page_after_page_and_the_default_one_is_marked() -> None:
    pages = [
        [{"campaignId": "l1", "name": "Newsletter", "isDefault": "true"}, None, {"name": "without an id"}],
        [{"campaignId": "l2", "name": "רשימה", "isDefault": "false"}],
    ]
    for number, page in enumerate(pages, start=1):
        asked = matchers.query_param_matcher({"page": str(number), "perPage": "1000"})
        responses.get(f"{BASE}/campaigns", json=page, headers={"TotalPages": "2"}, match=[asked])
    assert list(client().look_up("lists")) == [Entry("l1", "Newsletter", ("default",)), Entry("l2", "רשימה")]


@responses.activate
def test_only_the_pages_that_are_needed_are_asked_for() -> None:
    responses.get(f"{BASE}/tags", json=[{"tagId": "t1", "name": "vip"}], headers={"TotalPages": "9"})
    assert next(client().look_up("tags")) == Entry("t1", "vip")
    assert len(responses.calls) == 1


@responses.activate
def test_what_cannot_be_read_is_said() -> None:
    responses.get(f"{BASE}/tags", status=500)
    with pytest.raises(Unavailable):
        list(client().look_up("tags"))
    with pytest.raises(Unsupported):
        client().look_up("users")
