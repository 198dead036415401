"""Numbers that rules add to: once for each cause, whatever gets lost, dies or happens twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from audit import decisions
from audit.delivery import deliver_due
from audit.models import Change, ChangeState
from integrations.inbox import replay_event
from integrations.models import Connection, Event, Link
from integrations.vendors.errors import Moved, Rejected, Unavailable
from tests.acting_vendor import Office
from tests.clocks import Passing

pytestmark = pytest.mark.django_db
SCORE = {"connection": "right", "object": "contact", "field": "score"}


@pytest.fixture
def office() -> Iterator[Office]:
    with Office().registered() as office:
        office.copying()
        yield office


def adding(by: float = 5, **keys: Any) -> dict[str, Any]:
    return {"increment": SCORE | {"by": by} | keys}


@pytest.fixture
def record_id(office: Office) -> str:
    """Somebody who is known on both sides, and a rule that counts what they do."""
    record_id = office.person()
    office.rule("contact.tagged", adding())
    return record_id


def here(office: Office) -> dict[str, Any]:
    """The record at the right."""
    [record] = office.right.records.values()
    return record


def score(office: Office) -> Any:
    return here(office).get("score")


def increments() -> list[Change]:
    return list(Change.objects.filter(operation="increment").order_by("id"))


def time_passes() -> None:
    Connection.objects.update(paused_until=None)
    Change.objects.filter(state=ChangeState.QUEUED).update(next_attempt_at=timezone.now())


def leases_expire() -> None:
    Change.objects.exclude(lease="").update(lease_until=timezone.now() - timedelta(seconds=1))


def tag(office: Office, record_id: str, name: str = "") -> None:
    office.happen("contact.tagged", record_id, tag=name)
    office.work()


# --- what is written ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "by", "becomes"),
    [(None, 5, 5), ("", 5, 5), (3, 5, 8), (8.0, -3, 5), ("12", 5, 17), (0.1, 0.2, 0.3), (" 1.5 ", 0.5, 2)],
)
def test_a_number_goes_up_and_the_change_says_from_what_to_what(
    office: Office, held: Any, by: float, becomes: float
) -> None:
    record_id = office.person()
    office.rule("contact.tagged", adding(by))
    here(office)["score"] = held
    tag(office, record_id)
    assert score(office) == becomes
    [change] = increments()
    assert (change.state, change.kind) == (ChangeState.APPLIED, "contact")
    assert change.diff["score"] == {
        "before": held,
        "after": becomes,
        "from": "contact.tagged",
        "via": [],
        "synthetic": False,
    }
    assert office.right.writes[-1].operation == "update"
    assert Link.objects.get(connection__name="right").snapshot["score"] == becomes


@pytest.mark.parametrize("held", ["many", True, [1], "NaN"])
def test_what_is_no_number_is_left_alone_and_a_person_is_told(office: Office, record_id: str, held: Any) -> None:
    here(office)["score"] = held
    tag(office, record_id)
    assert score(office) == held
    [change] = increments()
    assert (change.state, change.error["code"]) == (ChangeState.FAILED, "rejected")
    assert change.diff["score"]["after"] == "+5"


def test_a_number_is_added_to_the_record_that_the_same_event_makes(office: Office) -> None:
    office.rule("contact.created", adding())
    office.person()
    assert score(office) == 5


def test_the_number_follows_a_record_that_became_another(office: Office, record_id: str) -> None:
    here(office)["score"] = 3
    office.right.records["other"] = {"id": "other", "score": 20}
    office.right.refusals = [Moved("It was merged.", object="contact", record_id="other")]
    tag(office, record_id)
    assert office.right.records["other"]["score"] == 25


def test_a_record_that_is_gone_is_said(office: Office, record_id: str) -> None:
    office.right.records.clear()
    tag(office, record_id)
    assert increments()[0].error["code"] == "not_found"


# --- once, whatever happens -----------------------------------------------------------------------------------------


def test_an_answer_that_was_lost_after_the_write_counts_once(office: Office, record_id: str) -> None:
    office.right.lost = 1
    tag(office, record_id)
    assert (score(office), increments()[0].state) == (5, ChangeState.QUEUED)
    writes = len(office.right.writes)
    time_passes()
    office.work()
    assert (score(office), increments()[0].state) == (5, ChangeState.APPLIED)
    assert len(office.right.writes) == writes


def test_an_answer_that_was_lost_before_the_write_counts_once(office: Office, record_id: str) -> None:
    office.right.lost = 1
    tag(office, record_id)
    del here(office)["score"]  # the vendor had not done it after all
    time_passes()
    office.work()
    assert (score(office), increments()[0].state) == (5, ChangeState.APPLIED)


def test_what_nobody_can_know_is_asked_and_retried_only_by_a_person(office: Office, record_id: str) -> None:
    office.right.lost = 1
    tag(office, record_id)
    here(office)["score"] = 40  # somebody corrected it meanwhile
    time_passes()
    office.work()
    [change] = increments()
    assert (score(office), change.state, change.error["code"]) == (40, ChangeState.FAILED, "conflict")
    assert "press Cancel" in change.error["help"]
    decisions.retry([change.id], None)
    office.work()
    assert score(office) == 45


def test_a_worker_killed_between_reading_and_writing_counts_once(office: Office, record_id: str) -> None:
    here(office)["score"] = 1
    with mock.patch("tests.acting_vendor.ActingClient.write", side_effect=SystemExit), pytest.raises(SystemExit):
        tag(office, record_id)
    [change] = increments()
    assert (change.state, change.diff["score"]["after"]) == (ChangeState.SENDING, 6)
    leases_expire()
    office.work()
    assert (score(office), increments()[0].state) == (6, ChangeState.APPLIED)


def test_a_worker_killed_after_writing_counts_once(office: Office, record_id: str) -> None:
    with mock.patch("audit.delivery.settle", side_effect=SystemExit), pytest.raises(SystemExit):
        tag(office, record_id)
    assert score(office) == 5
    leases_expire()
    office.work()
    assert (score(office), increments()[0].state) == (5, ChangeState.APPLIED)


def test_a_worker_killed_before_reading_counts_once(office: Office, record_id: str) -> None:
    with mock.patch("tests.acting_vendor.ActingClient.read", side_effect=SystemExit), pytest.raises(SystemExit):
        tag(office, record_id)
    here(office)["score"] = 40
    leases_expire()
    office.work()
    assert score(office) == 45


def test_what_was_surely_not_written_is_counted_anew(office: Office, record_id: str) -> None:
    office.right.refusals = [Unavailable("Not now.")]
    tag(office, record_id)
    assert increments()[0].diff["score"]["after"] == "+5"
    here(office)["score"] = 40
    time_passes()
    office.work()
    assert score(office) == 45


def test_a_worker_whose_lease_ran_out_writes_nothing(office: Office, record_id: str) -> None:
    """Another worker took over while this one was reading."""
    real = office.right.records

    def slow(*_args: Any) -> dict[str, Any]:
        Change.objects.filter(state=ChangeState.SENDING).update(lease="another")
        return dict(real)

    with mock.patch("tests.acting_vendor.ActingClient.read", slow):
        tag(office, record_id)
    assert (score(office), increments()[0].state) == (None, ChangeState.SENDING)


def test_two_at_once_add_up(office: Office, record_id: str) -> None:
    office.rule("contact.tagged", adding(7), name="another")
    tag(office, record_id)
    assert score(office) == 12
    assert [c.diff["score"]["after"] for c in increments()] == [5, 12]


def test_two_of_one_record_in_one_batch_do_not_overtake_each_other(office: Office, record_id: str) -> None:
    """They belong to one record but to two lines: as when people are merged while a change is under way."""
    office.rule("contact.tagged", adding(7), name="another")
    office.happen("contact.tagged", record_id)
    with mock.patch("config.tasks.deliver_due", return_value=0):
        office.work()
    for number, change in enumerate(increments()):
        Change.objects.filter(pk=change.pk).update(order_key=str(number))
    assert deliver_due("events") == 2
    assert score(office) == 12


def test_a_read_that_fails_writes_nothing_and_is_tried_again(office: Office, record_id: str) -> None:
    office.happen("contact.tagged", record_id)
    with mock.patch("config.tasks.deliver_due", return_value=0):
        office.work()
    office.right.failures = [Unavailable("Not now.")]
    office.work()
    assert score(office) is None
    time_passes()
    office.work()
    assert score(office) == 5


def test_a_refusal_does_not_count(office: Office, record_id: str) -> None:
    office.right.refusals = [Rejected("No.")]
    tag(office, record_id)
    decisions.retry([increments()[0].id], None)
    office.work()
    assert (score(office), increments()[0].state) == (5, ChangeState.APPLIED)


# --- the cause ------------------------------------------------------------------------------------------------------


def test_each_event_counts(office: Office, record_id: str) -> None:
    for _time in range(3):
        tag(office, record_id)
    assert score(office) == 15


def test_the_same_tagging_told_by_two_ways_counts_once(office: Office, record_id: str) -> None:
    tag(office, record_id, name="t1")
    tag(office, record_id, name="t1")
    assert score(office) == 5
    assert "this was counted already" in office.last_event.reason
    tag(office, record_id, name="t2")
    assert score(office) == 10


def test_the_same_tag_counts_again_when_it_is_given_anew_later(
    office: Office, record_id: str, passing: Passing
) -> None:
    tag(office, record_id, name="t1")
    with passing.later(timedelta(hours=3)):
        tag(office, record_id, name="t1")
    assert score(office) == 10


@pytest.mark.parametrize("minutes", [1, 59, 119])
def test_two_reports_of_one_tagging_may_be_apart(
    office: Office, record_id: str, passing: Passing, minutes: int
) -> None:
    tag(office, record_id, name="t1")
    with passing.later(timedelta(minutes=minutes)):
        tag(office, record_id, name="t1")
    assert score(office) == 5


def test_an_event_that_says_when_it_was_counts_once_however_late_it_is_told_again(
    office: Office, record_id: str
) -> None:
    when = timezone.now() - timedelta(days=2)
    for _time in range(2):
        office.happen("contact.tagged", record_id)
        office.deliver_events()
        Event.objects.filter(state="new").update(occurred_at=when)
        office.work()
    assert score(office) == 5


def test_a_replay_counts_nothing_again(office: Office, record_id: str) -> None:
    tag(office, record_id)
    replay_event(office.last_event, "me")
    office.work()
    assert score(office) == 5
    assert "this was counted already" in office.last_event.reason


def test_a_rule_of_its_own_counts_for_itself(office: Office, record_id: str) -> None:
    office.rule("contact.tagged", {"increment": SCORE}, name="by-one")
    tag(office, record_id, name="t1")
    assert score(office) == 6


# --- circles ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("counting", ["each other", "itself"])
def test_rules_that_count_updates_do_not_go_round(office: Office, counting: str) -> None:
    there = "right" if counting == "each other" else "left"
    office.rule("contact.updated", {"increment": SCORE | {"connection": there, "by": 1}})
    office.rule("contact.updated", {"increment": SCORE | {"connection": "left", "by": 1}}, connection="right")
    record_id = office.person()
    for number in range(10):
        office.left.edit(record_id, name=f"Dana {number}")
        office.work_both()
        assert len(increments()) == number + 1
    assert office.systems[there].records.popitem()[1]["score"] == 10
