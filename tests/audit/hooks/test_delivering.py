"""How hooks are told: signed, at least once, again by the ladder, and never in the way of anything else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

from audit.hooks import delivering
from audit.hooks.delivering import MAX_ATTEMPTS, PORTION, claim, deliver_hooks, settle
from audit.hooks.models import DeliveryState, Hook, HookDelivery, HookState
from audit.hooks.subscribing import send_test, switch_on
from audit.retention import prune
from audit.settling import LADDER
from integrations.ids import first_id
from integrations.vendors.errors import Forged
from integrations.vendors.signatures import check_signature
from tests.clocks import clock_off, mended

from .receiver import URL, Receiver, hook

pytestmark = pytest.mark.django_db


def news(of: Hook, count: int = 1) -> list[HookDelivery]:
    payloads = [{"type": of.event, "timestamp": "2026-05-04T12:00:00.000Z", "data": {"n": n}} for n in range(count)]
    return [HookDelivery.objects.create(hook=of, payload=payload) for payload in payloads]


def let_time_pass() -> None:
    HookDelivery.objects.filter(state="due").update(next_attempt_at=timezone.now())
    Hook.objects.update(paused_until=None)


def test_a_call_is_signed_so_that_the_receiver_can_tell(receiver: Receiver) -> None:
    one = hook("change.applied")
    [row] = news(one)
    assert deliver_hooks() == 1
    [call] = receiver.calls
    headers = {name.lower(): value for name, value in call.headers.items()}
    assert (headers["content-type"], headers["webhook-id"]) == ("application/json", row.id)
    check_signature(headers, call.body, [one.secret], timezone.now())
    with pytest.raises(Forged):
        check_signature(headers, call.body + b" ", [one.secret], timezone.now())
    row.refresh_from_db()
    assert (row.state, row.status, row.attempts, row.result) == ("delivered", 200, 1, "Answered 200.")
    assert row.delivered_at and not row.lease
    assert deliver_hooks() == 0


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (500, 500, "Answered 500."),
        (404, 404, "Answered 404."),
        (302, 302, "Answered 302: redirects are not followed."),
        (requests.ReadTimeout(), None, "No answer within ten seconds."),
        (requests.ConnectionError(), None, "The address could not be reached."),
    ],
)
def test_what_did_not_come_through_is_sent_again_with_the_same_id(
    receiver: Receiver, answer: Any, status: int | None, words: str
) -> None:
    one = hook("change.applied")
    [row] = news(one)
    receiver.answers = [answer]
    deliver_hooks()
    row.refresh_from_db()
    assert (row.state, row.status, row.result) == ("due", status, words)
    assert deliver_hooks() == 0  # not before its time
    let_time_pass()
    deliver_hooks()
    assert [call.headers["webhook-id"] for call in receiver.calls] == [row.id, row.id]
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("delivered", 2)


def test_the_ladder_is_that_of_changes_and_ends(receiver: Receiver) -> None:
    one = hook("change.applied")
    [row] = news(one)
    receiver.always = 500
    for rung in LADDER:
        deliver_hooks()
        row.refresh_from_db()
        assert row.postponed_at is not None
        waits = (row.next_attempt_at - row.postponed_at).total_seconds()
        assert 0.8 * rung <= waits <= 1.2 * rung
        let_time_pass()
    deliver_hooks()
    row.refresh_from_db()
    assert (row.state, row.attempts) == (DeliveryState.DROPPED, MAX_ATTEMPTS)
    let_time_pass()
    assert deliver_hooks() == 0
    assert len(receiver.calls) == MAX_ATTEMPTS


def test_gone_ends_the_subscription(receiver: Receiver) -> None:
    one, other = hook("change.applied"), hook("change.applied", url=URL + "2")
    news(one, 3)
    news(other)
    receiver.answers = [410]
    for _round in range(3):
        deliver_hooks()
    assert Hook.objects.count() == 1
    assert not HookDelivery.objects.filter(state="due").exists()


def test_a_hook_that_fails_rests_and_the_others_do_not_wait_for_it(receiver: Receiver) -> None:
    bad, good = hook("change.applied"), hook("change.failed", url=URL + "2")
    receiver.answers = [500] * PORTION
    news(bad, 30)
    deliver_hooks()
    news(good, 3)
    assert deliver_hooks() == 3
    assert receiver.types[-3:] == ["change.failed"] * 3
    bad.refresh_from_db()
    assert (bad.failures, bad.last_result) == (1, "Answered 500.")
    assert bad.paused_until is not None and bad.failing_since is not None
    Hook.objects.update(paused_until=None)
    receiver.answers = [500]
    assert deliver_hooks() == 1  # a single one looks whether it is back
    Hook.objects.update(paused_until=None)
    deliver_hooks()
    bad.refresh_from_db()
    assert (bad.failures, bad.failing_since, bad.paused_until) == (0, None, None)


def test_a_tool_may_ask_us_to_wait_but_not_for_ever(receiver: Receiver) -> None:
    one = hook("change.applied")
    receiver.always, receiver.headers = 429, {"Retry-After": "120"}
    news(one)
    deliver_hooks()
    one.refresh_from_db()
    assert one.paused_until is not None and one.paused_at is not None
    assert one.paused_until - one.paused_at == timedelta(seconds=120)
    receiver.headers = {"Retry-After": "9999999"}
    let_time_pass()
    deliver_hooks()
    one.refresh_from_db()
    assert one.paused_until - one.paused_at == timedelta(hours=1)


def test_after_five_days_of_failures_a_hook_is_switched_off_and_says_so(receiver: Receiver) -> None:
    one = hook("change.applied")
    news(one, 2)
    receiver.always = 503
    deliver_hooks()
    Hook.objects.update(failing_since=timezone.now() - timedelta(days=5), paused_until=None)
    let_time_pass()
    deliver_hooks()
    one.refresh_from_db()
    assert one.state == HookState.OFF
    assert one.off_reason == "Nothing came through for five days. Answered 503."
    let_time_pass()
    assert deliver_hooks() == 0
    receiver.always = 200
    switch_on(one)
    assert deliver_hooks() == 2
    one.refresh_from_db()
    assert (one.state, one.off_reason, one.failures) == ("on", "", 0)


def test_one_that_comes_through_now_and_then_is_never_switched_off(receiver: Receiver) -> None:
    one = hook("change.applied")
    for answer in (500, 200, 500):
        news(one)
        receiver.answers = [answer, 500, 500]
        deliver_hooks()
        Hook.objects.exclude(failing_since=None).update(failing_since=timezone.now() - timedelta(days=4))
        Hook.objects.update(paused_until=None)
    one.refresh_from_db()
    assert one.state == HookState.ON


# --- workers that die, and two at once ------------------------------------------------------------------------------


def test_what_a_dead_worker_held_is_told_by_another(receiver: Receiver) -> None:
    one = hook("change.applied")
    [row] = news(one)
    claim([one])
    assert deliver_hooks() == 0  # it is leased
    HookDelivery.objects.update(lease_until=timezone.now() - timedelta(minutes=1))
    assert deliver_hooks() == 1
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("delivered", 2)


def test_a_worker_that_was_too_slow_settles_nothing(receiver: Receiver) -> None:
    one = hook("change.applied")
    [row] = news(one)
    slow = claim([one])
    HookDelivery.objects.update(lease_until=timezone.now() - timedelta(minutes=1))
    deliver_hooks()
    settle(slow, {row.id: delivering.UNREADABLE})
    row.refresh_from_db()
    assert (row.state, row.status) == ("delivered", 200)


def test_two_workers_never_hold_the_same(receiver: Receiver) -> None:
    one = hook("change.applied")
    news(one, PORTION + 2)
    first, second = claim([one]), claim([one])
    assert (len(first), len(second)) == (PORTION, 2)
    assert not {row.id for row in first} & {row.id for row in second}


def test_many_are_told_in_rounds_each_once(receiver: Receiver) -> None:
    one = hook("change.applied")
    news(one, 50)
    while deliver_hooks():
        pass
    told = [payload["data"]["n"] for payload in receiver.payloads]
    assert sorted(told) == list(range(50))


def test_nothing_waits_longer_because_a_clock_was_set_back(receiver: Receiver) -> None:
    one = hook("change.applied")
    with clock_off(timedelta(hours=3)):
        [row] = news(one)
        receiver.answers = [500]
        deliver_hooks()
    mended()
    assert deliver_hooks() == 1
    row.refresh_from_db()
    assert row.state == "delivered"


# --- secrets, tests, retention ----------------------------------------------------------------------------------------


def test_what_cannot_be_signed_is_not_sent_and_holds_no_other_up(receiver: Receiver, settings: Any) -> None:
    one = hook("change.applied")
    news(one)
    settings.CREDENTIAL_KEYS = ["3" * 43 + "="]
    other = hook("change.failed", url=URL + "2")
    news(other)
    assert deliver_hooks() == 2
    assert receiver.types == ["change.failed"]
    assert "CREDENTIAL_KEYS" in HookDelivery.objects.get(hook_id=one.pk).result


def test_a_secret_is_stored_encrypted_and_an_address_never_logged(receiver: Receiver, caplog: Any) -> None:
    one = hook("change.applied")
    with caplog.at_level("DEBUG", logger="audit"):
        news(one)
        receiver.answers = [410]
        deliver_hooks()
    assert one.secret.startswith("whsec_")
    assert URL not in caplog.text and one.secret not in caplog.text


def test_a_test_sends_a_sample_at_once(receiver: Receiver) -> None:
    one = hook("change.failed")
    assert send_test(one).ok
    [call] = receiver.calls
    assert call.headers["webhook-id"].startswith("test_")
    assert json.loads(call.body)["data"]["error"]["code"] == "rejected"
    one.refresh_from_db()
    assert (one.last_status, one.last_result) == (200, "Answered 200.")


def test_deliveries_are_kept_for_a_week(receiver: Receiver) -> None:
    one = hook("change.applied")
    old = first_id(timezone.now() - timedelta(days=7, minutes=1))
    HookDelivery.objects.create(id=old, hook=one, payload={}, state="delivered")
    news(one)
    prune()
    assert HookDelivery.objects.count() == 1
    assert not HookDelivery.objects.filter(pk=old).exists()
