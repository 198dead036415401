"""Who left a list is noticed with GetResponse's reason; a stop is told as a stop, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.getresponse.resources import GetResponse, searches
from integrations.vendors.getresponse.resources.contacts import written

from ..services import Bench, getresponse_account
from .watcher import Watcher, told

WANTED = frozenset({"contact.unsubscribed", "contact.undeliverable", "contact.deleted"})
MEANINGS = {
    "unsubscribe": "contact.unsubscribed",
    "complaint": "contact.unsubscribed",
    "blacklisted": "contact.unsubscribed",
    "bounce": "contact.undeliverable",
    "cleaner": "contact.undeliverable",
    "api": "contact.deleted",
    "user": "contact.deleted",
    "automation": "contact.deleted",
    "support": "contact.deleted",
}


@pytest.fixture
def watching(client: GetResponse) -> Watcher:
    """Began a minute ago."""
    watcher = Watcher(client, "removed", WANTED, datetime.now(UTC) - timedelta(minutes=1))
    assert watcher.round() == []
    return watcher


def leave(sandbox: RunningSandbox, email: str, reason: str, ago: timedelta = timedelta()) -> str:
    sandbox.subscribe(email)
    gone = sandbox.act("getresponse", "leave", email=email, reason=reason)
    left_on = written(datetime.now(UTC) - ago)
    sandbox.store.shelf("getresponse").put("removed", gone["contactId"], gone | {"deletedOn": left_on})
    return str(gone["contactId"])


def test_the_first_look_asks_nothing(sandbox: RunningSandbox, watching: Watcher) -> None:
    assert sandbox.calls("getresponse") == []


@pytest.mark.parametrize(("reason", "type"), MEANINGS.items())
def test_a_removal_is_told_once_by_what_its_reason_means(
    sandbox: RunningSandbox, watching: Watcher, reason: str, type: str
) -> None:
    id = leave(sandbox, "dana@example.com", reason)
    (notice,) = watching.round(minutes=15)
    assert (notice.type, notice.email, notice.record_id) == (type, "dana@example.com", id)
    assert notice.context["reason"] == reason
    assert notice.occurred_at is not None and notice.occurred_at.tzinfo
    assert notice.record["campaign"]["campaignId"] == "abc123def"
    assert watching.round(minutes=15) == []


def test_a_reason_that_nobody_knows_yet_says_only_that_somebody_left(
    sandbox: RunningSandbox, watching: Watcher
) -> None:
    leave(sandbox, "dana@example.com", "moved_to_mars")
    (notice,) = watching.round(minutes=15)
    assert (notice.type, notice.context["reason"]) == ("contact.deleted", "moved_to_mars")


def test_who_left_long_before_the_start_is_no_news(sandbox: RunningSandbox, watching: Watcher) -> None:
    leave(sandbox, "old@example.com", "unsubscribe", timedelta(days=2))
    leave(sandbox, "yesterday@example.com", "unsubscribe", timedelta(hours=20))
    assert told(watching.round(minutes=15)) == [("contact.unsubscribed", "yesterday@example.com")]


def test_a_removal_that_shows_a_day_late_is_seen(sandbox: RunningSandbox, watching: Watcher) -> None:
    for _ in range(3):
        watching.round(minutes=15)
    leave(sandbox, "dana@example.com", "complaint", timedelta(hours=12))
    assert told(watching.round(minutes=15)) == [("contact.unsubscribed", "dana@example.com")]


def test_who_left_again_is_told_again(sandbox: RunningSandbox, watching: Watcher) -> None:
    leave(sandbox, "dana@example.com", "unsubscribe", timedelta(minutes=5))
    assert len(watching.round(minutes=15)) == 1
    leave(sandbox, "dana@example.com", "unsubscribe")
    assert len(watching.round(minutes=15)) == 1


def test_all_pages_and_all_lists_are_looked_through_one_page_at_a_time(
    sandbox: RunningSandbox, watching: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "PER_PAGE", 2)
    for number in range(5):
        sandbox.subscribe(f"{number}@example.com", campaignId="newsl1" if number % 2 else "abc123def")
        sandbox.act("getresponse", "leave", email=f"{number}@example.com", reason="complaint")
    watching.looks = 0
    assert told(watching.round(minutes=15)) == [("contact.unsubscribed", f"{n}@example.com") for n in range(5)]
    assert watching.looks == 3


def test_a_read_only_connection_may_look(sandbox: RunningSandbox) -> None:
    account = getresponse_account(
        base_url=sandbox.getresponse_url, credentials={"api_key": "sandbox-getresponse-key"}, read_only=True
    )
    watching = Watcher(GetResponse(account, Bench().services), "removed", WANTED, datetime.now(UTC))
    watching.round()
    leave(sandbox, "dana@example.com", "complaint")
    assert len(watching.round(minutes=15)) == 1


# --- the opt-out state of given addresses -----------------------------------------------------------------------------


def test_removed_addresses_are_found_with_reason_and_time(sandbox: RunningSandbox, client: GetResponse) -> None:
    leave(sandbox, "dana@example.com", "complaint")
    leave(sandbox, "xdana@example.com", "user")
    sandbox.subscribe("omar@example.com")
    found = client.removed(["Dana@example.com ", "omar@example.com", "nobody@example.com", ""])
    assert {email: reason for email, (reason, _) in found.items()} == {"Dana@example.com ": "complaint"}
    assert all(when is not None and when.tzinfo for _, when in found.values())


def test_a_stop_on_one_list_weighs_more_than_a_removal_from_another(
    sandbox: RunningSandbox, client: GetResponse
) -> None:
    sandbox.subscribe("dana@example.com")
    sandbox.act("getresponse", "leave", email="dana@example.com", reason="unsubscribe")
    sandbox.subscribe("dana@example.com", campaignId="newsl1")
    sandbox.act("getresponse", "leave", email="dana@example.com", reason="user")
    assert client.removed(["dana@example.com"])["dana@example.com"][0] == "unsubscribe"


def test_many_addresses_take_few_calls(sandbox: RunningSandbox, client: GetResponse) -> None:
    leave(sandbox, "7@example.com", "unsubscribe")
    leave(sandbox, "99@example.com", "unsubscribe")
    after = len(sandbox.calls("getresponse"))
    found = client.removed([f"{n}@example.com" for n in range(100)])
    assert set(found) == {"7@example.com", "99@example.com"}
    assert len([c for c in sandbox.calls("getresponse")[after:] if "search-contacts" in c["path"]]) == 2
