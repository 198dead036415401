"""New, changed and tagged contacts are noticed without a webhook, each thing once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Inbound
from integrations.vendors.errors import AuthenticationFailed, RateLimited, Unavailable, Unsupported
from integrations.vendors.getresponse.capabilities import CAPABILITIES
from integrations.vendors.getresponse.resources import GetResponse, changes
from integrations.vendors.getresponse.resources.contacts import written
from integrations.vendors.getresponse.webhooks import GetResponseWebhooks

from ....payloads import payload
from .watcher import Watcher, told

WEBHOOKS = GetResponseWebhooks()
LONG_AGO = "2020-01-01T00:00:00+0000"
TAGS = {"contact.tagged", "contact.untagged"}
PLAIN = {"contact.subscribed", "contact.updated", "contact.moved", "contact.email_changed"}


def watcher(client: GetResponse, *wanted: str) -> Watcher:
    """One that began a minute ago, so that what a test does now is news."""
    watcher = Watcher(client, "contacts", frozenset(wanted), datetime.now(UTC) - timedelta(minutes=1))
    assert watcher.round() == []
    return watcher


def subscribe_long_ago(sandbox: RunningSandbox, email: str, **params: Any) -> dict[str, Any]:
    return sandbox.subscribe(email, createdOn=LONG_AGO, **params)


# --- without tags ---------------------------------------------------------------------------------------------------


def test_the_first_look_only_remembers_the_start(sandbox: RunningSandbox, client: GetResponse) -> None:
    sandbox.subscribe("dana@example.com")
    watcher(client, *PLAIN)
    assert sandbox.calls("getresponse") == []


def test_a_new_contact_is_told_once(sandbox: RunningSandbox, client: GetResponse) -> None:
    watching = watcher(client, *PLAIN)
    made = sandbox.subscribe("dana@example.com", name="Dana")
    (notice,) = watching.round(minutes=2)
    assert (notice.type, notice.email, notice.record_id) == (
        "contact.subscribed",
        "dana@example.com",
        made["contactId"],
    )
    assert notice.record["campaign"]["campaignId"] == "abc123def"
    assert notice.occurred_at == datetime.fromisoformat(made["createdOn"])
    assert [watching.round(minutes=2), watching.round(minutes=2)] == [[], []]


def test_a_contact_that_a_colleague_copied_is_no_sign_up(sandbox: RunningSandbox, client: GetResponse) -> None:
    watching = watcher(client, *PLAIN, "contact.created", "form.submitted")
    sandbox.subscribe("dana@example.com", origin="copy")
    assert told(watching.round(minutes=2)) == [("contact.created", "dana@example.com")]


@pytest.mark.parametrize(("origin", "submitted"), [("www", 1), ("landing_page", 1), ("import", 0), ("api", 0)])
def test_a_form_is_told_by_the_origin_of_its_contact_where_somebody_listens(
    sandbox: RunningSandbox, client: GetResponse, origin: str, submitted: int
) -> None:
    watching = watcher(client, "form.submitted")
    sandbox.subscribe("dana@example.com", origin=origin)
    assert told(watching.round(minutes=2)) == [("form.submitted", "dana@example.com")] * submitted


def test_a_change_is_told_once_for_each_state(sandbox: RunningSandbox, client: GetResponse) -> None:
    subscribe_long_ago(sandbox, "dana@example.com")
    watching = watcher(client, *PLAIN)
    sandbox.act("getresponse", "rename", email="dana@example.com", to="Dana C.")
    (notice,) = watching.round(minutes=2)
    assert (notice.type, notice.record["name"]) == ("contact.updated", "Dana C.")
    assert watching.round(minutes=2) == []


def test_a_new_address_and_a_new_list_are_told_with_what_was_before(
    sandbox: RunningSandbox, client: GetResponse
) -> None:
    id = sandbox.subscribe("dana@example.com")["contactId"]
    watching = watcher(client, *PLAIN)
    watching.round(minutes=2)
    changed_later(sandbox, id, email="dana.c@example.com", campaignId="newsl1")
    found = {notice.type: notice for notice in watching.round(minutes=2)}
    assert set(found) == {"contact.updated", "contact.email_changed", "contact.moved"}
    assert found["contact.email_changed"].context["previousEmail"] == "dana@example.com"
    assert found["contact.moved"].context["sourceCampaign"] == {"campaignId": "abc123def"}
    assert {notice.email for notice in found.values()} == {"dana.c@example.com"}


def test_what_nobody_listens_to_is_not_told(sandbox: RunningSandbox, client: GetResponse) -> None:
    watching = watcher(client, "contact.moved")
    sandbox.subscribe("dana@example.com")
    assert watching.round(minutes=2) == []


@pytest.mark.parametrize("page", [1, 2, 3])
def test_no_contact_is_lost_between_pages(
    sandbox: RunningSandbox, client: GetResponse, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """Also when they were all made within one second, and when one leaves after each page."""
    monkeypatch.setattr(changes, "PER_PAGE", page)
    watching = watcher(client, "contact.subscribed")
    now = datetime.now(UTC)
    for number in range(9):
        made = written(now - timedelta(seconds=30 - 5 * (number // 3)))
        sandbox.subscribe(f"{number}@example.com", createdOn=made)
    found = told(watching.round(minutes=2))
    assert found == [("contact.subscribed", f"{n}@example.com") for n in range(9)]


def test_who_leaves_between_two_pages_moves_nobody_out_of_sight(
    sandbox: RunningSandbox, client: GetResponse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "PER_PAGE", 2)
    watching = watcher(client, "contact.subscribed")
    now = datetime.now(UTC)
    for number in range(5):
        sandbox.subscribe(f"{number}@example.com", createdOn=written(now - timedelta(seconds=50 - 5 * number)))
    watching.now += timedelta(minutes=2)
    first = watching.look()
    watching.cursor, watching.states = first.cursor, dict(first.states)
    sandbox.act("getresponse", "leave", email="0@example.com", reason="user")
    sandbox.act("getresponse", "leave", email="1@example.com", reason="user")
    seen = {*told(first.notices), *told(watching.round())}
    assert {email for _, email in seen} == {f"{n}@example.com" for n in range(5)}


def test_each_round_looks_back_ten_minutes(sandbox: RunningSandbox, client: GetResponse) -> None:
    watching = watcher(client, *PLAIN)
    began = watching.now
    watching.round(minutes=2)
    after = len(sandbox.calls("getresponse"))
    watching.round(minutes=2)
    asked = [c["query"] for c in sandbox.calls("getresponse")][after:]
    border = written(began + timedelta(minutes=2) - timedelta(minutes=10)).replace(":", "%3A").replace("+", "%2B")
    assert len(asked) == 2
    assert all(border in query for query in asked)


# --- tags -----------------------------------------------------------------------------------------------------------


def test_a_tag_is_told_as_the_brief_has_it(sandbox: RunningSandbox, client: GetResponse) -> None:
    sandbox.subscribe("dana@example.com", createdOn=LONG_AGO, tags=["vip"])
    watching = watcher(client, *TAGS)
    watching.round(minutes=2)
    sandbox.act("getresponse", "tag", email="dana@example.com", tag="demo_watched")
    (notice,) = watching.round(minutes=2)
    (pushed,) = WEBHOOKS.parse(payload("getresponse", "brief_tag_applied").inbound)
    assert notice.type == pushed.type == "contact.tagged"
    assert notice.context["tag"] == {"tagId": "tgDemo", "name": "demo_watched"}
    assert set(notice.context["tag"]) == set(pushed.context["tag"])
    assert [tag["name"] for tag in notice.record["tags"]] == ["vip", "demo_watched"]
    assert watching.round(minutes=2) == []


def test_tags_that_were_there_before_are_no_news(sandbox: RunningSandbox, client: GetResponse) -> None:
    for number in range(5):
        subscribe_long_ago(sandbox, f"{number}@example.com", tags=["vip", "met_at_event"])
    watching = watcher(client, *TAGS, "contact.updated")
    watching.round(minutes=2)
    sandbox.act("getresponse", "rename", email="1@example.com", to="One")
    assert told(watching.round(minutes=2)) == [("contact.updated", "1@example.com")]


def test_the_first_tag_of_an_old_contact_is_news(sandbox: RunningSandbox, client: GetResponse) -> None:
    subscribe_long_ago(sandbox, "dana@example.com")
    watching = watcher(client, *TAGS)
    watching.round(minutes=2)
    sandbox.act("getresponse", "tag", email="dana@example.com", tag="vip")
    assert told(watching.round(minutes=2)) == [("contact.tagged", "dana@example.com")]


def test_a_new_contact_is_news_with_each_of_its_tags(sandbox: RunningSandbox, client: GetResponse) -> None:
    watching = watcher(client, *TAGS, "contact.subscribed")
    watching.round(minutes=2)
    sandbox.subscribe("dana@example.com", tags=["vip", "demo_watched"])
    found = watching.round(minutes=2)
    assert [notice.type for notice in found] == ["contact.subscribed", "contact.tagged", "contact.tagged"]
    assert len({notice.vendor_event_id for notice in found}) == 3


def test_a_tag_that_was_taken_off_is_told_by_its_name(sandbox: RunningSandbox, client: GetResponse) -> None:
    subscribe_long_ago(sandbox, "dana@example.com", tags=["vip"])
    watching = watcher(client, *TAGS)
    watching.round(minutes=2)
    sandbox.act("getresponse", "untag", email="dana@example.com", tag="vip")
    (notice,) = watching.round(minutes=2)
    assert (notice.type, notice.context["tag"]) == ("contact.untagged", {"tagId": "tgVip", "name": "vip"})


def test_a_tag_that_moves_no_change_is_found_when_all_are_compared(
    sandbox: RunningSandbox, client: GetResponse
) -> None:
    """Nowhere is it said that a tag moves changedOn (getresponse.md §10)."""
    contact = subscribe_long_ago(sandbox, "dana@example.com")
    watching = watcher(client, *TAGS)
    watching.round(minutes=2)
    sandbox.store.shelf("getresponse").put("contact", contact["contactId"], contact | {"tags": ["tgVip"]})
    assert watching.round(hours=1) == []
    (notice,) = watching.round(hours=6)
    assert (notice.type, notice.context["tag"]["name"]) == ("contact.tagged", "vip")
    assert [watching.round(hours=7), watching.round(hours=7)] == [[], []]


def test_details_are_read_only_where_somebody_listens_to_tags_and_only_of_what_changed(
    sandbox: RunningSandbox, client: GetResponse
) -> None:
    def details() -> int:
        return len([c for c in sandbox.calls("getresponse") if "/contacts/" in c["path"] and c["method"] == "GET"])

    for number in range(3):
        sandbox.subscribe(f"{number}@example.com")
    plain, tags = watcher(client, *PLAIN), watcher(client, *TAGS)
    plain.round(minutes=2)
    assert details() == 0
    tags.round(minutes=2)
    assert details() == 3
    tags.round(minutes=2)
    assert details() == 3


def test_who_starts_to_listen_to_tags_later_gets_no_flood(sandbox: RunningSandbox, client: GetResponse) -> None:
    watching = watcher(client, *PLAIN)
    made = [sandbox.subscribe(f"{number}@example.com", tags=["vip"]) for number in range(3)]
    watching.round(minutes=2)
    watching.wanted = frozenset(TAGS)
    assert watching.round(minutes=2) == []
    changed_later(sandbox, made[0]["contactId"], tags=["tgVip", "tgEvent"])
    assert told(watching.round(minutes=2)) == [("contact.tagged", "0@example.com")]


def test_a_tag_in_the_second_of_another_change_is_told(sandbox: RunningSandbox, client: GetResponse) -> None:
    contact = sandbox.subscribe("dana@example.com")
    watching = watcher(client, *TAGS)
    watching.now = datetime.fromisoformat(contact["createdOn"])
    watching.round()
    sandbox.store.shelf("getresponse").put("contact", contact["contactId"], contact | {"tags": ["tgVip"]})
    assert told(watching.round(minutes=5)) == [("contact.tagged", "dana@example.com")]


def test_many_details_are_read_in_parts_that_the_limits_allow(
    sandbox: RunningSandbox, client: GetResponse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "DETAILS", 2)
    watching = watcher(client, *TAGS)
    watching.round(minutes=2)
    for number in range(5):
        sandbox.subscribe(f"{number}@example.com", tags=["vip"])
    found = watching.round(minutes=2)
    assert told(found) == [("contact.tagged", f"{n}@example.com") for n in range(5)]
    assert changes.DETAILS < 80 * 9 // 10


# --- the watch itself -------------------------------------------------------------------------------------------------


def test_a_look_that_failed_is_repeated_and_tells_the_same(sandbox: RunningSandbox, client: GetResponse) -> None:
    watching = watcher(client, "contact.subscribed")
    sandbox.subscribe("dana@example.com")
    watching.now += timedelta(minutes=2)
    lost, again = watching.look(), watching.look()
    assert [n.vendor_event_id for n in lost.notices] == [n.vendor_event_id for n in again.notices] != []


def test_a_notice_reads_the_same_when_it_is_read_again(sandbox: RunningSandbox, client: GetResponse) -> None:
    """A replay parses what the event kept."""
    watching = watcher(client, *TAGS, "contact.subscribed")
    watching.round(minutes=2)
    sandbox.subscribe("dana@example.com", tags=["vip"])
    for notice in watching.round(minutes=2):
        body = json.dumps(notice.content).encode()
        (again,) = WEBHOOKS.parse(Inbound("POST", {}, [], body, "application/json"))
        assert (again.type, again.record, again.context) == (notice.type, notice.record, notice.context)


def test_a_watch_that_does_not_exist_is_refused(client: GetResponse) -> None:
    with pytest.raises(Unsupported):
        Watcher(client, "levitations", frozenset(), datetime.now(UTC)).look()


def test_every_watch_tells_of_events_that_the_capabilities_know() -> None:
    seen = {event.type: event.seen for event in CAPABILITIES.events}
    assert all(seen[type] != "invisible" for watch in CAPABILITIES.watches for type in watch.events)
    polled = {type for type, how in seen.items() if how == "polled"}
    assert polled <= {type for watch in CAPABILITIES.watches for type in watch.events}


def changed_later(sandbox: RunningSandbox, id: str, **changes: Any) -> None:
    """Changed a minute from now, for a change within the same second is no other state."""
    shelf = sandbox.store.shelf("getresponse")
    contact = shelf.get("contact", id) or {}
    changed_on = written(datetime.now(UTC) + timedelta(minutes=1))
    shelf.put("contact", id, contact | changes | {"changedOn": changed_on})


@pytest.mark.parametrize(
    ("switch", "kind"),
    [({"rate_limit": 1}, RateLimited), ({"unauthorized": 1}, AuthenticationFailed), ({"down": 1}, Unavailable)],
)
@pytest.mark.parametrize("key", [watch.key for watch in CAPABILITIES.watches])
def test_a_look_at_a_vendor_in_trouble_is_told_as_any_call_is(
    sandbox: RunningSandbox, client: GetResponse, key: str, switch: dict[str, Any], kind: type[Exception]
) -> None:
    wanted = frozenset({"contact.updated", "contact.deleted", "webinar.registered"})
    watching = Watcher(client, key, wanted, datetime.now(UTC))
    watching.round()
    sandbox.switch("getresponse", **switch)
    with pytest.raises(kind):
        watching.look()
    assert watching.round(minutes=15) == []
