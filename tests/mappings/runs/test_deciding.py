"""A decision about many changes is a run: in chunks, each change once, and it can be stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import decisions
from audit.choosing import Selection
from audit.ledger import CLAIM
from audit.models import Change, ChangeState, OptOutState
from audit.verbs import AT_ONCE
from integrations.ids import new_id
from mappings.models import Run, RunState
from mappings.runs import RunRefused, advance_runs, start_run, stop_run
from tests.audit import rows

pytestmark = pytest.mark.django_db
FAILED = {"state": "failed", "connection": "salesforce-main", "error_code": "rejected"}


def many(count: int, **facts: Any) -> list[str]:
    """Failed changes that a person may decide about; their ids, oldest first."""
    where = rows.connection()
    basics = {"state": "failed", "error": rows.ERROR, "error_code": "rejected", "attempts": 10, "tries": 10}
    basics |= {"connection": where, "object": "Lead", "operation": "upsert", "kind": "contact"} | facts
    made = Change.objects.bulk_create([Change(order_key=new_id(), **basics) for _ in range(count)])
    return [change.id for change in made]


def user() -> User:
    return User.objects.create_user("dana")


def retry(who: User | None = None, **facts: Any) -> Run:
    return start_run("retry", FAILED, "dana", user=who, **facts)


def run_through(run: Run) -> Run:
    """Step by step to the end."""
    while advance_runs():
        pass
    run.refresh_from_db()
    return run


def lease_expires() -> None:
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


@contextmanager
def meanwhile(act: Callable[[list[str]], Any]) -> Iterator[None]:
    """Between the reading of a chunk and its decision, something else happens, once."""
    read = Selection.next_ids

    def read_and_act(selection: Selection, after: str) -> list[str]:
        found = read(selection, after)
        patch.stop()
        act(found)
        return found

    patch = mock.patch.object(Selection, "next_ids", read_and_act)
    patch.start()
    yield


def states(ids: list[str]) -> set[str]:
    return set(Change.objects.filter(id__in=ids).values_list("state", flat=True))


# --- in chunks --------------------------------------------------------------------------------------------------


def test_thousands_are_retried_in_chunks_and_each_says_who_and_why() -> None:
    ids, others = many(2500), many(3, error_code="conflict")
    who = user()
    run = retry(who, comment="mended")
    assert (run.total, run.state) == (2500, RunState.QUEUED)
    assert advance_runs() == 1
    run.refresh_from_db()
    assert (run.done, run.state, run.cursor) == (AT_ONCE, RunState.RUNNING, ids[AT_ONCE - 1])
    run = run_through(run)
    assert (run.state, run.done, run.refused, run.total) == (RunState.DONE, 2500, 0, 2500)
    decided = Change.objects.filter(state="queued", decided_by=who, comment="mended", tries=0, attempts=10)
    assert decided.exclude(decided_at=None).count() == 2500
    assert states(others) == {"failed"}


def test_a_chunk_costs_the_same_however_many_changes_it_has() -> None:
    def queries(count: int) -> int:
        for number in range(count):
            who = rows.person(email=f"p{number}of{count}@example.com")
            rows.change(state="held", operation="add_to_campaign", object="CampaignMember", kind="campaign", person=who)
        run = start_run("approve", {"state": "held"}, "dana")
        with CaptureQueriesContext(connection) as captured:
            advance_runs()
        assert run_through(run).done == count
        return len(captured)

    assert queries(2) == queries(40)


def test_what_came_after_the_decision_is_left_alone() -> None:
    old = many(2)
    run = retry()
    new = many(2)
    run_through(run)
    assert (states(old), states(new)) == ({"queued"}, {"failed"})


def test_a_person_decides_about_what_they_were_shown() -> None:
    shown = many(2)
    came = many(1)
    run = run_through(retry(until=shown[-1]))
    assert (run.total, states(shown), states(came)) == (2, {"queued"}, {"failed"})


def test_what_fails_again_meanwhile_is_not_retried_twice() -> None:
    ids = many(AT_ONCE + 1)
    run = retry()
    advance_runs()
    Change.objects.filter(id__in=ids[:AT_ONCE]).update(state="failed")
    run = run_through(run)
    assert (run.done, states(ids[:AT_ONCE]), states(ids[AT_ONCE:])) == (AT_ONCE + 1, {"failed"}, {"queued"})


# --- what somebody else decided ---------------------------------------------------------------------------------


def test_what_somebody_else_decided_before_the_run_came_by_is_counted_with_the_reason() -> None:
    ids = many(5)
    run = retry()
    decisions.cancel([ids[2]], None)
    run = run_through(run)
    assert (run.done, run.refused, run.total) == (4, 1, 5)
    assert [(count, "decided by somebody" in why) for why, count in run.reasons.items()] == [(1, True)]
    assert run.message == "4 changes were decided. 1 was left alone."
    assert Change.objects.get(id=ids[2]).state == ChangeState.CANCELLED


def test_what_somebody_else_decides_in_the_middle_of_a_chunk_is_refused_with_the_reason() -> None:
    ids = many(3)
    run = retry()

    with meanwhile(lambda found: decisions.cancel(found[:1], None)):
        advance_runs()
    run = run_through(run)
    assert (run.done, run.refused) == (2, 1)
    assert run.reasons == {"Only a failed change can be retried. This one is cancelled.": 1}
    assert states(ids[:1]) == {"cancelled"}


def test_what_an_opt_out_holds_is_not_approved_and_the_reasons_are_counted_together() -> None:
    for number in range(3):
        who = rows.person(email=f"p{number}@example.com")
        rows.opt_out(who)
        rows.change(state="held", operation="add_to_campaign", object="CampaignMember", kind="campaign", person=who)
    run = run_through(start_run("approve", {"state": "held"}, "dana"))
    assert (run.done, run.reasons) == (0, {"The person opted out. Only a newer opt-in lifts that.": 3})


def test_approving_opt_ins_by_a_run_lifts_the_opt_outs_in_the_name_of_who_decided() -> None:
    stop = rows.opt_out(ago=timedelta(days=3))
    asked = rows.change(
        state="held", operation="opt_in", kind="opt_out", opt_out=stop, person=stop.person, event=rows.event()
    )
    run_through(start_run("approve", {"kind": "opt_out"}, "dana", user=user()))
    stop.refresh_from_db()
    assert (stop.state, stop.lifted_by["change"], stop.lifted_by["by"]) == (OptOutState.LIFTED, asked.id, "dana")


@pytest.mark.parametrize(
    ("verb", "start", "end"),
    [("retry", "failed", "queued"), ("approve", "held", "queued"), ("reject", "held", "rejected"),
     ("cancel", "queued", "cancelled")],
)  # fmt: skip
def test_every_verb_runs(verb: str, start: str, end: str) -> None:
    ids, done = many(2, state=start), many(1, state="applied")
    run = run_through(start_run(verb, {"connection": "salesforce-main"}, "dana"))
    assert (run.total, run.done, states(ids), states(done)) == (2, 2, {end}, {"applied"})


# --- crashes ----------------------------------------------------------------------------------------------------


def test_a_worker_that_dies_in_a_chunk_decides_nothing_of_it_and_another_goes_on() -> None:
    ids = many(2 * AT_ONCE + 10)
    run = retry(user())
    advance_runs()
    with mock.patch("mappings.runs.deciding.move_to_bulk", side_effect=SystemExit), pytest.raises(SystemExit):
        advance_runs()
    assert states(ids[AT_ONCE:]) == {"failed"}
    assert advance_runs() == 0  # still leased
    lease_expires()
    run = run_through(run)
    assert (run.state, run.done, run.refused) == (RunState.DONE, len(ids), 0)
    assert set(Change.objects.values_list("attempts", "tries")) == {(10, 0)}


def test_a_worker_that_was_given_up_writes_nothing_when_it_wakes() -> None:
    ids = many(AT_ONCE + 1)
    run = retry()

    def overtaken(found: list[str]) -> None:
        lease_expires()
        advance_runs()  # another worker takes the run over, and decides the same chunk
        Change.objects.filter(id__in=found).update(state="failed")  # which fails again

    with meanwhile(overtaken):
        advance_runs()
    assert states(ids[:AT_ONCE]) == {"failed"}
    run = run_through(run)
    assert (run.done, run.refused) == (AT_ONCE + 1, 0)


def test_a_database_that_goes_away_ends_no_run() -> None:
    many(3)
    run = retry()
    with (
        mock.patch("audit.choosing.Selection.next_ids", side_effect=OperationalError("gone")),
        pytest.raises(OperationalError),
    ):
        advance_runs()
    lease_expires()
    assert run_through(run).done == 3


def test_a_fault_of_ours_ends_the_run_with_a_sentence_and_is_not_tried_for_ever() -> None:
    ids = many(3)
    run = retry()
    with mock.patch("mappings.runs.deciding.move_to_bulk", side_effect=KeyError("x")):
        assert advance_runs() == 1
    run = run_through(run)
    assert (run.state, run.done, states(ids)) == (RunState.FAILED, 0, {"failed"})
    assert "fault of Crosswalk" in run.message


# --- stopping ---------------------------------------------------------------------------------------------------


def test_a_stopped_run_stays_where_it_is() -> None:
    ids = many(AT_ONCE + 50)
    run = retry()
    advance_runs()
    assert stop_run(run, "dana") is True
    run = run_through(run)
    assert (run.state, run.done, run.message) == (RunState.STOPPED, AT_ONCE, "Stopped by dana.")
    assert states(ids[AT_ONCE:]) == {"failed"}
    assert stop_run(run, "dana") is False


def test_a_run_that_is_stopped_in_the_middle_of_a_chunk_decides_nothing_of_it() -> None:
    ids = many(3)
    run = retry()
    with meanwhile(lambda found: stop_run(run, "dana")):
        advance_runs()
    run.refresh_from_db()
    assert (run.state, run.done, states(ids)) == (RunState.STOPPED, 0, {"failed"})


# --- live traffic -----------------------------------------------------------------------------------------------


def test_what_a_run_lets_go_stands_on_the_slow_lane_and_a_stop_on_its_own() -> None:
    many(2, lane="events")
    stop = many(1, lane="optouts", operation="opt_out", kind="opt_out")
    run_through(retry())
    assert set(Change.objects.filter(id__in=stop).values_list("lane", flat=True)) == {"optouts"}
    assert set(Change.objects.exclude(id__in=stop).values_list("lane", flat=True)) == {"bulk"}


def test_while_many_opt_outs_are_due_a_run_waits() -> None:
    many(3)
    run = retry()
    due = many(CLAIM, state="queued", lane="optouts", operation="opt_out", kind="opt_out")
    assert advance_runs() == 0
    Change.objects.filter(id=due[0]).update(state="applied")
    assert run_through(run).done == 3


def test_a_short_run_does_not_wait_for_a_long_one() -> None:
    many(3 * AT_ONCE)
    many(2, state="held")
    long, short = retry(), start_run("approve", {"state": "held"}, "dana")
    for _ in range(4):
        advance_runs()
    short.refresh_from_db(), long.refresh_from_db()
    assert (short.state, long.state, long.done) == (RunState.DONE, RunState.RUNNING, 2 * AT_ONCE)


def test_a_stopped_connection_is_tested_once_for_all() -> None:
    where = rows.connection(blocked=True)
    many(AT_ONCE + 1)
    run = retry()
    with mock.patch("audit.decisions.check_connection") as check:
        run_through(run)
    assert [call.args for call in check.call_args_list] == [(where,)]


# --- what is refused at once ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ({}, "every change"),
        ({"rule": " "}, "every change"),
        ({"connexion": "x"}, "no filter connexion"),
        ({"state": "broken"}, "state"),
        ({"state": "applied"}, "nothing here that this fits"),
        ({"connection": "nobody"}, "nothing here that this fits"),
    ],
)
def test_a_filter_that_fits_nothing_or_might_mean_everything_starts_nothing(scope: dict[str, str], said: str) -> None:
    many(1)
    with pytest.raises(RunRefused, match=said):
        start_run("retry", scope, "dana")
    assert not Run.objects.exists()


def test_the_same_is_not_started_twice() -> None:
    many(1)
    run = retry()
    with pytest.raises(RunRefused, match=run.pk):
        retry()
    run_through(run)
    many(1)
    assert retry().pk != run.pk


def test_a_dry_run_of_a_decision_is_refused() -> None:
    many(1)
    with pytest.raises(RunRefused, match="dry run"):
        start_run("retry", FAILED, "dana", dry_run=True)
