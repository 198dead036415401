"""The daily look at everybody: what is new against what was seen the day before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.sandbox.responder.seed import CITY, NEWSLETTER
from integrations.vendors.base import Look, Notice
from integrations.vendors.errors import CrosswalkError, Unsupported
from integrations.vendors.responder.capabilities import SCAN_EVENTS

from ..getresponse.watcher import Watcher, told
from .account import DANA, SimulatedAccount

NOW = datetime(2026, 7, 15, 1, 0, tzinfo=UTC)
NOA = "noa@example.com"


@pytest.fixture
def watcher(account: SimulatedAccount) -> Watcher:
    """After its first round: everybody is known."""
    account.sign_up(name="דנה כהן", phone="0522345678")
    account.sign_up(NOA, name="נועה לוי")
    watching = Watcher(account.client(), "subscribers", frozenset(SCAN_EVENTS), NOW)
    assert watching.round() == []
    return watching


def tomorrow(watcher: Watcher) -> list[Notice]:
    return watcher.round(hours=24)


def test_the_first_round_only_learns_and_a_quiet_day_tells_nothing(watcher: Watcher) -> None:
    assert set(watcher.states) == {("subscriber", id) for _object, id in watcher.states}
    assert len(watcher.states) == 2
    assert tomorrow(watcher) == []


def test_somebody_new_is_told_with_the_time_of_joining(account: SimulatedAccount, watcher: Watcher) -> None:
    id = account.sign_up("new@example.com", name="חדש", created="2026-07-15 10:00:00")
    (notice,) = tomorrow(watcher)
    assert (notice.type, notice.record_id, notice.email) == ("contact.subscribed", id, "new@example.com")
    assert notice.occurred_at == datetime(2026, 7, 15, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "types"),
    [
        ({"first": "דניאלה"}, ["contact.updated"]),
        ({"phone": "0522345679"}, ["contact.updated"]),
        ({"email": "dana2@example.com"}, ["contact.email_changed", "contact.updated"]),
    ],
)
def test_a_change_is_told(
    account: SimulatedAccount, watcher: Watcher, change: dict[str, Any], types: list[str]
) -> None:
    account.act("change", email=DANA, to=change)
    news = tomorrow(watcher)
    assert [notice.type for notice in news] == types
    assert {notice.record["phone"] for notice in news} == {change.get("phone", "0522345678")}
    assert tomorrow(watcher) == []


def test_an_earlier_address_is_told_with_the_new_one(account: SimulatedAccount, watcher: Watcher) -> None:
    account.act("change", email=DANA, to={"email": "dana2@example.com"})
    first = tomorrow(watcher)[0]
    assert (first.email, first.context) == ("dana2@example.com", {"previousEmail": DANA})


def test_personal_fields_count_where_the_listing_has_them(account: SimulatedAccount, watcher: Watcher) -> None:
    account.sandbox.switch("responder", fields_in_pages=True)
    tomorrow(watcher)
    account.act("change", email=DANA, to={"personal_fields": {str(CITY): "אילת"}})
    (notice,) = tomorrow(watcher)
    assert (notice.type, notice.record["customFields"]) == ("contact.updated", {"עיר": "אילת"})


STOP, BOUNCE = ["opt_out.changed", "contact.updated"], ["contact.undeliverable", "contact.updated"]
SAID = [  # which field says it, what happened, how that is understood
    *[(field, "unsubscribe", "account", STOP) for field in ("unsubscribed", "account_status", "status")],
    *[(field, "block", "blocked", STOP) for field in ("account_status", "status")],
    *[(field, "bounce", "bounced", BOUNCE) for field in ("account_status", "status")],
]


@pytest.mark.parametrize(("field", "act", "level", "types"), SAID)
def test_levels_of_not_being_written_to_are_kept_apart(
    account: SimulatedAccount, field: str, act: str, level: str, types: list[str]
) -> None:
    account.sandbox.switch("responder", optout_field=field)
    account.sign_up()
    watcher = Watcher(account.client(), "subscribers", frozenset(SCAN_EVENTS), NOW)
    watcher.round()
    account.act(act, email=DANA)
    news = tomorrow(watcher)
    assert [notice.type for notice in news] == types
    assert news[0].record["opt_out_level"] == level
    if types[0] == "opt_out.changed":
        assert (news[0].context["level"], news[0].context["channel"]) == (level, "email")
    assert tomorrow(watcher) == []


def test_a_stop_of_sms_is_of_sms_only(account: SimulatedAccount, watcher: Watcher) -> None:
    account.act("stop_sms", email=DANA)
    stop, _changed = tomorrow(watcher)
    assert (stop.type, stop.context["channel"], stop.record["unsubscribed"]) == ("opt_out.changed", "sms", False)
    account.act("change", email=DANA, to={"first": "x"})
    assert told(tomorrow(watcher)) == [("contact.updated", DANA)]


def test_where_nothing_shows_an_opt_out_nothing_is_said_of_it(account: SimulatedAccount) -> None:
    account.sandbox.switch("responder", optout_field="none", sms_field=False)
    account.sign_up()
    watcher = Watcher(account.client(), "subscribers", frozenset(SCAN_EVENTS), NOW)
    watcher.round()
    account.act("unsubscribe", email=DANA)
    assert tomorrow(watcher) == []


def test_somebody_new_who_is_opted_out_is_a_stop_and_no_subscription(
    account: SimulatedAccount, watcher: Watcher
) -> None:
    account.act("import", email="new@example.com", state="account")
    assert told(tomorrow(watcher)) == [("opt_out.changed", "new@example.com")]


def test_coming_back_is_a_change_and_nothing_more(account: SimulatedAccount, watcher: Watcher) -> None:
    account.act("unsubscribe", email=DANA)
    tomorrow(watcher)
    account.sign_up(lists=[NEWSLETTER])
    assert told(tomorrow(watcher)) == [("contact.updated", DANA)]
    account.act("unsubscribe", email=DANA)
    assert told(tomorrow(watcher)) == [("contact.updated", DANA), ("opt_out.changed", DANA)]


def test_who_is_missing_is_told_of_by_nobody(account: SimulatedAccount, watcher: Watcher) -> None:
    account.act("delete", email=DANA)
    assert tomorrow(watcher) == []


def test_a_change_back_is_told_again(account: SimulatedAccount, watcher: Watcher) -> None:
    for name in ("א", "ב", "א"):
        account.act("change", email=DANA, to={"first": name})
        assert len(tomorrow(watcher)) == 1


def test_only_what_is_wanted_is_told(account: SimulatedAccount, watcher: Watcher) -> None:
    watcher.wanted = frozenset({"opt_out.changed"})
    account.act("change", email=NOA, to={"first": "x"})
    account.act("unsubscribe", email=DANA)
    assert told(tomorrow(watcher)) == [("opt_out.changed", DANA)]


def test_a_look_that_is_repeated_tells_the_same(account: SimulatedAccount, watcher: Watcher) -> None:
    account.act("change", email=DANA, to={"first": "x"})
    first, second = watcher.look(), watcher.look()
    assert [n.vendor_event_id for n in first.notices] == [n.vendor_event_id for n in second.notices] != []


def test_a_round_takes_a_call_for_each_page(account: SimulatedAccount) -> None:
    shelf = account.sandbox.store.shelf("responder")
    person = account.act("sign_up", email=DANA)
    for n in range(1, 1001):
        shelf.put("subscriber", str(n), {**person, "id": n, "email": f"p{n}@example.com"})
    watcher = Watcher(account.client(), "subscribers", frozenset(SCAN_EVENTS), NOW)
    watcher.round()
    assert (watcher.looks, len(watcher.states)) == (3, 1001)
    assert account.calls().count("GET /subscribers") == 3


def test_a_failure_in_the_middle_goes_on_where_it_was(account: SimulatedAccount, watcher: Watcher) -> None:
    account.act("change", email=DANA, to={"first": "x"})
    account.sandbox.switch("responder", down=1)
    with pytest.raises(CrosswalkError):
        tomorrow(watcher)
    assert told(watcher.round()) == [("contact.updated", DANA)]


def test_there_is_no_other_watch(account: SimulatedAccount) -> None:
    with pytest.raises(Unsupported):
        account.client().watch(Look("lists", "", NOW, frozenset(), lambda object, ids: {}))
