"""Lists and tags are read whole, page after page, with their ids and names."""

from __future__ import annotations

import pytest
import responses
from responses import matchers

from integrations.vendors.errors import Unavailable, Unsupported
from integrations.vendors.getresponse.capabilities import CAPABILITIES
from integrations.vendors.getresponse.resources import GetResponse
from integrations.vendors.getresponse.webhooks import GetResponseWebhooks
from integrations.vendors.lookups import Entry
from integrations.vendors.payloads import look_up

from ....payloads import payload
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


@responses.activate
def test_messages_are_newsletters_and_autoresponders_told_apart() -> None:
    responses.get(f"{BASE}/newsletters", json=[{"newsletterId": "n1", "subject": "Spring", "status": "enabled"}])
    responses.get(f"{BASE}/autoresponders", json=[{"autoresponderId": "a1", "name": "Welcome"}])
    found = list(client().look_up("messages"))
    assert found == [Entry("n1", "Spring", ("newsletter", "enabled")), Entry("a1", "Welcome", ("autoresponder",))]


@responses.activate
def test_an_account_without_old_forms_still_shows_its_forms() -> None:
    responses.get(f"{BASE}/forms", json=[{"formId": "f1", "name": "Sign up"}])
    responses.get(f"{BASE}/webforms", status=404, json={"code": 1013, "message": "Resource not found"})
    assert list(client().look_up("forms")) == [Entry("f1", "Sign up")]


def test_a_condition_on_a_message_is_chosen_by_name() -> None:
    """The field is where the events have it."""
    fields = {field: each.key for each in CAPABILITIES.lookups for field in each.fields}
    (opened,) = GetResponseWebhooks().parse(payload("getresponse", "contact_opened_message").inbound)
    assert look_up(opened.context, "message.resourceId")[0]
    assert (fields["message.resourceId"], fields["webinar.webinarId"]) == ("messages", "webinars")
