"""Thousands of changes go as one load that no worker waits for; each ends as its own row did, whatever happens."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any
from unittest import mock

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from audit.loading import pays_from
from audit.models import Attempt, AttemptResult, Change, ChangeState, Load, LoadState
from config.tasks import work_off
from integrations.models import Connection, Event, Link
from integrations.rows import add_rows
from integrations.vendors.errors import AuthenticationFailed, BudgetUsedUp, Unavailable, Unsupported
from integrations.vendors.salesforce.resources import Salesforce
from mappings.models import Rule, RunState
from mappings.planning.planner import plan_due
from mappings.runs import advance_runs, start_run, stop_run
from mappings.runs.progress import progress_of
from tests.world import World

ROOMY = [{"calls": 1_000_000, "per": "1d"}]
PAYS = 5


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Five changes make a load."""
    Connection.objects.update(limits=ROOMY)
    monkeypatch.setattr("audit.loading.pays_from", lambda connection, object: PAYS)
    world.main_job()
    return world


def subscribed(world: World, count: int, start: int = 0) -> None:
    """So many people whose leads are to be made, on the bulk lane."""
    for number in range(start, start + count):
        world.subscribe(f"b{number}@example.com", name=f"Person {number}")
    Event.objects.filter(state="new").update(lane="bulk")


def renamed(world: World, first_name: str = "New") -> None:
    """Everybody calls themselves otherwise."""
    shelf = world.sandbox.store.shelf("getresponse")
    for contact in world.sandbox.records("getresponse", "contact"):
        changed = contact | {"name": f"{first_name} {contact['name'].split()[-1]}"}
        shelf.put("contact", contact["contactId"], changed)
        world.hear(changed)
    Event.objects.filter(state="new").update(lane="bulk")


def jobs(world: World) -> list[dict[str, Any]]:
    return [job["shown"] for job in world.sandbox.records("salesforce", "job")]


def calls(world: World, method: str, path: str) -> int:
    entries = world.sandbox.calls("salesforce")
    return sum(1 for call in entries if call["method"] == method and path in call["path"])


def bulk_round() -> int:
    return work_off("bulk")


def time_passes(world: World) -> None:
    Load.objects.update(next_attempt_at=timezone.now())
    world.let_time_pass()


def leases_expire() -> None:
    past = timezone.now() - timedelta(minutes=5)
    Load.objects.exclude(lease="").update(lease_until=past)
    Event.objects.exclude(lease="").update(lease_until=past)
    Change.objects.exclude(lease_until=None).update(lease_until=past)


def until_done(world: World, rounds: int = 10) -> None:
    for _round in range(rounds):
        world.work()
        if not Load.objects.filter(finished_at=None).exists() and not waiting().exists():
            return
        time_passes(world)
    raise AssertionError("The loads do not come to an end.")


def waiting() -> QuerySet[Change]:
    return Change.objects.filter(state__in=(ChangeState.QUEUED, ChangeState.SENDING))


def results(change: Change) -> list[str]:
    return [attempt.result for attempt in change.attempt_rows.order_by("number")]


def test_many_changes_go_as_one_load_and_nobody_waits_for_it(world: World) -> None:
    subscribed(world, 8)
    world.work()
    [load] = Load.objects.all()
    assert (load.state, load.rows, load.operation, load.object) == (LoadState.UNDER_WAY, 8, "upsert", "Lead")
    assert [job["id"] for job in jobs(world)] == [load.job]
    assert {change.state for change in world.changes()} == {ChangeState.SENDING}
    time_passes(world)
    world.work()
    assert sorted(lead["LastName"] for lead in world.leads) == sorted(str(n) for n in range(8))
    load.refresh_from_db()
    assert (load.state, load.results, load.exchanges) == (LoadState.DONE, {"applied": 8}, [])
    assert calls(world, "PATCH", "composite") == 0


def test_each_change_ends_as_its_own_row_did(world: World) -> None:
    subscribed(world, 6)
    world.sandbox.switch("salesforce", validation_rule="Lead.LastName=3")
    until_done(world)
    by_name = {change.diff["LastName"]["after"]: change for change in world.changes()}
    bad = by_name.pop("3")
    assert (bad.state, bad.error_code) == (ChangeState.FAILED, "rejected")
    leads = {lead["LastName"]: lead["Id"] for lead in world.leads}
    assert {name: change.record_id for name, change in by_name.items()} == leads
    assert {(c.state, c.created) for c in by_name.values()} == {(ChangeState.APPLIED, True)}
    attempts = Attempt.objects.filter(batch=Load.objects.get().pk)
    assert sorted(attempts.values_list("result", "rows")) == [("applied", 6)] * 5 + [("failed", 6)]
    told = [attempt for attempt in attempts if attempt.exchanges]
    assert len(told) == 1
    made = [call["method"] for call in told[0].exchanges if "jobs/ingest" in call["url"]]
    assert made == ["POST", "PUT", "PATCH", "GET", "GET", "GET", "GET"]


def test_fewer_than_pay_go_the_ordinary_way(world: World) -> None:
    subscribed(world, PAYS - 1)
    world.work()
    assert (len(world.leads), Load.objects.count()) == (PAYS - 1, 0)


def test_what_happens_now_goes_the_ordinary_way_however_much_it_is(world: World) -> None:
    subscribed(world, 8)
    Event.objects.update(lane="events")
    world.work()
    assert (len(world.leads), Load.objects.count()) == (8, 0)


def test_records_that_are_known_are_updated_by_id_in_a_load_of_their_own(world: World) -> None:
    subscribed(world, 6)
    until_done(world)
    renamed(world)
    until_done(world)
    assert [load.operation for load in Load.objects.order_by("id")] == ["upsert", "update"]
    assert [job["operation"] for job in jobs(world)] == ["upsert", "update"]
    assert {lead["FirstName"] for lead in world.leads} == {"New"}
    assert len(world.leads) == 6


def test_what_turned_out_to_be_of_another_sort_goes_the_ordinary_way(world: World) -> None:
    """The lead was made after the change was planned: it is known by its id now."""
    subscribed(world, 6)
    with mock.patch("config.tasks.load_due", return_value=0), mock.patch("config.tasks.deliver_due", return_value=0):
        world.work()
    change = world.changes()[2]
    made = world.sandbox.create("Lead", LastName="There", Company="X")
    Link.objects.create(person_id=change.person_id, connection=world.salesforce, object="Lead", record_id=made)
    until_done(world)
    assert (Load.objects.get().rows, len(world.leads)) == (5, 6)
    [moved] = world.changes(pk=change.pk)
    assert (moved.state, moved.record_id, moved.attempts) == (ChangeState.APPLIED, made, 1)


def test_a_record_that_is_meant_twice_is_in_a_load_once(world: World) -> None:
    subscribed(world, 7)
    with mock.patch("config.tasks.load_due", return_value=0), mock.patch("config.tasks.deliver_due", return_value=0):
        world.work()
    first, second, *_rest = world.changes()
    Change.objects.filter(pk=second.pk).update(external_id=first.external_id.upper())
    bulk_round()
    assert Load.objects.get().rows == 6
    until_done(world)
    assert len(world.leads) == 6


@pytest.mark.parametrize("option", ["allow_duplicates"])
def test_where_a_load_could_not_keep_to_an_option_there_is_none(
    world: World, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setattr("audit.loading.pays_from", pays_from)
    lead = (world.salesforce, "Lead")
    assert pays_from(*lead) == 2000
    world.salesforce.options = {option: "true"}
    assert pays_from(*lead) == 0
    world.salesforce.options = {option: "false"}
    assert pays_from(*lead) == 2000
    assert pays_from(world.salesforce, "Task") == pays_from(world.getresponse, "contact") == 0


# --- what the vendor makes of it --------------------------------------------------------------------------------


def test_it_is_looked_at_less_and_less_often(world: World) -> None:
    world.sandbox.switch("salesforce", bulk_looks=4)
    subscribed(world, 5)
    world.work()
    pauses = []
    for _look in range(5):
        load = Load.objects.get()
        assert load.postponed_at is not None
        pauses.append(round((load.next_attempt_at - load.postponed_at).total_seconds()))
        time_passes(world)
        world.work()
    assert pauses == [5, 10, 20, 40, 60]
    assert len(world.leads) == 5


def test_rows_that_the_load_did_not_come_to_are_sent_again(world: World) -> None:
    world.sandbox.switch("salesforce", bulk_stops_after=6)
    subscribed(world, 8)
    world.work()
    time_passes(world)
    bulk_round()
    assert sorted(change.state for change in world.changes()) == [ChangeState.APPLIED] * 6 + [ChangeState.QUEUED] * 2
    assert Load.objects.get().results == {"applied": 6, "later": 2}
    until_done(world)
    assert len(world.leads) == 8


def test_a_field_that_is_hidden_is_left_out_and_the_rest_goes_in_a_load_at_once(world: World) -> None:
    world.salesforce.refresh_from_db()
    subscribed(world, 6)
    with mock.patch("config.tasks.load_due", return_value=0), mock.patch("config.tasks.deliver_due", return_value=0):
        world.work()
    world.sandbox.switch("salesforce", hidden_fields=["Lead.LeadSource"])
    until_done(world)
    assert [load.results for load in Load.objects.order_by("id")] == [{"later": 6}, {"applied": 6}]
    assert {change.params["parked"][0] for change in world.changes()} == {"LeadSource"}
    assert len(world.leads) == 6


def test_a_load_that_the_vendor_knows_no_more_leaves_outcomes_unknown_and_is_repeated(world: World) -> None:
    subscribed(world, 6)
    world.work()
    world.sandbox.store.shelf("salesforce").remove("job", Load.objects.get().job)
    time_passes(world)
    bulk_round()
    assert {(c.state, c.error_code, c.unknown_outcome) for c in world.changes()} == {
        (ChangeState.QUEUED, "outcome_unknown", True)
    }
    until_done(world)
    assert [load.state for load in Load.objects.order_by("id")] == [LoadState.LOST, LoadState.DONE]
    assert len(world.leads) == 6
    assert {tuple(results(change)) for change in world.changes()} == {(AttemptResult.LATER, AttemptResult.APPLIED)}


def test_a_load_that_does_not_end_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.sandbox.switch("salesforce", bulk_looks=1000)
    monkeypatch.setattr("audit.loading.PATIENCE", 3)
    subscribed(world, 6)
    world.work()
    for _look in range(4):
        time_passes(world)
        Load.objects.filter(finished_at=None).update(next_attempt_at=timezone.now())
        bulk_round()
    assert Load.objects.order_by("id")[0].state == LoadState.LOST


def test_what_could_not_be_loaded_three_times_goes_the_ordinary_way(world: World) -> None:
    subscribed(world, 6)
    with mock.patch.object(Salesforce, "open_load", side_effect=Unsupported("No loads in this org.")):
        until_done(world)
    assert len(world.leads) == 6
    assert {tuple(results(change)) for change in world.changes()} == {("later", "later", "later", "applied")}
    assert "No loads in this org" in Attempt.objects.filter(number=1)[0].error["message"]
    assert Connection.objects.get(name="salesforce-main").health != "blocked"


def test_a_fault_of_ours_fails_nobody(world: World, caplog: pytest.LogCaptureFixture) -> None:
    subscribed(world, 6)
    with mock.patch.object(Salesforce, "open_load", side_effect=KeyError("x")):
        until_done(world)
    assert len(world.leads) == 6
    assert "fault of Crosswalk" in caplog.text


@pytest.mark.parametrize("step", ["open_load", "fill_load", "look_at_load"])
def test_a_vendor_that_is_down_for_a_while_is_asked_again(world: World, step: str) -> None:
    subscribed(world, 6)
    with mock.patch.object(Salesforce, step, side_effect=Unavailable("Down.")):
        world.work()
        time_passes(world)
        bulk_round()
    assert {change.state for change in world.changes()} <= {ChangeState.QUEUED, ChangeState.SENDING}
    until_done(world)
    assert len({lead["Email"] for lead in world.leads}) == len(world.leads) == 6


def test_a_budget_that_is_spent_costs_no_attempt(world: World) -> None:
    subscribed(world, 6)
    refusal = BudgetUsedUp("Spent.", retry_after=timedelta(minutes=5))
    with mock.patch.object(Salesforce, "open_load", side_effect=refusal):
        world.work()
    assert {(c.state, c.attempts, c.tries) for c in world.changes()} == {(ChangeState.QUEUED, 0, 0)}
    with mock.patch.object(Salesforce, "look_at_load", side_effect=refusal):
        time_passes(world)
        world.work()
        time_passes(world)
        bulk_round()
    load = Load.objects.get(finished_at=None)
    assert load.next_attempt_at - load.postponed_at == timedelta(minutes=5)
    until_done(world)
    assert len(world.leads) == 6


# --- order and opt-outs -----------------------------------------------------------------------------------------


def test_what_follows_for_a_person_waits_until_the_load_is_done(world: World) -> None:
    world.sandbox.switch("salesforce", bulk_looks=1)
    subscribed(world, 5)
    world.work()
    renamed(world, "Later")
    Event.objects.update(lane="events")
    Change.objects.filter(state="queued").update(lane="events")
    world.work()
    assert world.leads == []
    assert Change.objects.filter(state=ChangeState.QUEUED).count() == 5
    time_passes(world)
    leases_expire()  # however long it takes
    world.work()
    assert (world.leads, Change.objects.filter(state=ChangeState.SENDING).count()) == ([], 5)
    until_done(world)
    assert {lead["FirstName"] for lead in world.leads} == {"Later"}


def test_a_stop_does_not_wait_for_a_load_and_the_record_that_it_makes_is_told_at_once(world: World) -> None:
    world.sandbox.switch("salesforce", bulk_looks=1)
    subscribed(world, 5)
    world.work()
    contact = world.sandbox.records("getresponse", "contact")[2]
    other = world.sandbox.create("Contact", LastName="Person", Email=contact["email"])
    world.hear(contact, "unsubscribe")
    world.work()
    told = world.sandbox.record("salesforce", "Contact", other)
    assert told is not None and told["HasOptedOutOfEmail"] is True  # while the load is under way
    assert world.leads == []
    until_done(world)
    flags = {lead["Email"]: lead["HasOptedOutOfEmail"] for lead in world.leads}
    assert flags == {f"b{n}@example.com": f"b{n}@example.com" == contact["email"] for n in range(5)}
    assert {change.lane for change in world.changes(operation="opt_out")} == {"optouts"}


def test_who_said_stop_before_is_made_with_the_stop_in_the_load(world: World) -> None:
    subscribed(world, 5)
    with mock.patch("config.tasks.load_due", return_value=0), mock.patch("config.tasks.deliver_due", return_value=0):
        world.work()
    contact = world.sandbox.records("getresponse", "contact")[2]
    world.hear(contact, "unsubscribe")
    with mock.patch("config.tasks.load_due", return_value=0):
        work_off("optouts")
    bulk_round()
    time_passes(world)
    bulk_round()
    assert Load.objects.get().rows == 5
    flags = {lead["Email"]: lead["HasOptedOutOfEmail"] for lead in world.leads}
    assert flags == {f"b{n}@example.com": f"b{n}@example.com" == contact["email"] for n in range(5)}


def test_opt_outs_never_go_in_a_load(world: World) -> None:
    subscribed(world, 6)
    until_done(world)
    for contact in world.sandbox.records("getresponse", "contact"):
        world.hear(contact, "unsubscribe")
    world.work()
    Change.objects.filter(operation="opt_out").exclude(state="applied").update(lane="bulk")
    until_done(world)
    assert all(lead["HasOptedOutOfEmail"] for lead in world.leads)
    assert Load.objects.count() == 1


# --- connections ------------------------------------------------------------------------------------------------


def test_a_read_only_connection_is_sent_no_load(world: World) -> None:
    subscribed(world, 6)
    Connection.objects.filter(name="salesforce-main").update(mode="read_only")
    world.work()
    assert (Load.objects.count(), {c.error_code for c in world.changes()}) == (0, {"read_only"})


def test_what_became_of_a_load_is_learnt_also_when_the_connection_was_made_read_only(world: World) -> None:
    subscribed(world, 6)
    world.work()
    Connection.objects.filter(name="salesforce-main").update(mode="read_only")
    until_done(world)
    assert {change.state for change in world.changes()} == {ChangeState.APPLIED}


def test_a_stopped_connection_is_not_asked_until_it_works_again(world: World) -> None:
    subscribed(world, 6)
    world.work()
    Connection.objects.filter(name="salesforce-main").update(blocked=True)
    time_passes(world)
    before = len(world.sandbox.calls("salesforce"))
    world.work()
    assert len(world.sandbox.calls("salesforce")) == before
    Connection.objects.filter(name="salesforce-main").update(blocked=False)
    until_done(world)
    assert len(world.leads) == 6


def test_credentials_that_fail_stop_the_connection_and_cost_the_changes_nothing(world: World) -> None:
    subscribed(world, 6)
    with mock.patch.object(Salesforce, "open_load", side_effect=AuthenticationFailed("No.")):
        world.work()
    assert {(c.state, c.attempts) for c in world.changes()} == {(ChangeState.QUEUED, 0)}
    assert Connection.objects.get(name="salesforce-main").blocked


# --- a worker that dies -----------------------------------------------------------------------------------------

STEPS = {
    "claimed": "audit.loading._prepared",
    "prepared": "audit.loading._writes",
    "before it is opened": "integrations.vendors.salesforce.resources.Salesforce.open_load",
    "opened, and not stored": "audit.loading._fill",
    "before it is filled": "integrations.vendors.salesforce.resources.Salesforce.fill_load",
    "filled": "audit.loading._look_later",
    "before it is looked at": "audit.loading._found",
    "looked at": "audit.loading._settle",
    "settled in part": "audit.loading.settle",
    "settled": "audit.loading._finish",
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_after_a_crash_anywhere_nothing_is_lost_and_nothing_doubled(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    monkeypatch.setattr("audit.loading.PORTION", 4)
    subscribed(world, 9)
    die_once(monkeypatch, STEPS[step], after)
    deaths = 0
    for _life in range(12):
        try:
            world.work()
        except SystemExit:
            deaths += 1
            leases_expire()
        time_passes(world)
    assert deaths == 1
    assert not Load.objects.filter(finished_at=None).exists()
    assert not waiting().exists()
    assert len({lead["Email"] for lead in world.leads}) == len(world.leads) == 9
    assert not Attempt.objects.filter(result=AttemptResult.SENDING).exists()
    assert all(len(results(change)) == change.attempts for change in world.changes())
    assert {job["state"] for job in jobs(world)} <= {"JobComplete", "Aborted", "Open"}


def die_once(monkeypatch: pytest.MonkeyPatch, place: str, after: bool) -> None:
    module, name = place.rsplit(".", 1)
    owner: Any = Salesforce if module.endswith("Salesforce") else import_module(module)
    original, lives = getattr(owner, name), iter([1])

    def dying(*args: Any, **facts: Any) -> Any:
        is_last = next(lives, 0)
        answer = None if is_last and not after else original(*args, **facts)
        if is_last:
            raise SystemExit
        return answer

    monkeypatch.setattr(owner, name, dying)


def test_a_load_that_kills_every_worker_is_not_tried_for_ever(world: World) -> None:
    subscribed(world, 6)
    with mock.patch.object(Salesforce, "open_load", side_effect=SystemExit):
        for _life in range(20):
            try:
                world.work()
            except SystemExit:
                leases_expire()
            time_passes(world)
    assert len(world.leads) == 6
    assert max(change.attempts for change in world.changes()) == 4


def test_a_worker_that_was_too_slow_begins_nothing(world: World) -> None:
    """Another took its load over while the vendor answered: nothing is handed over under the old one."""
    subscribed(world, 6)
    original = Salesforce.open_load

    def slow(salesforce: Salesforce, writes: Any) -> str:
        job = original(salesforce, writes)
        Load.objects.update(lease="another")
        return job

    with mock.patch.object(Salesforce, "open_load", slow):
        bulk_round()
    leases_expire()
    assert calls(world, "PUT", "jobs/ingest") == 0
    until_done(world)
    assert len(world.leads) == 6


def test_two_workers_settle_a_load_once(world: World) -> None:
    subscribed(world, 6)
    world.work()
    time_passes(world)
    original = Salesforce.look_at_load

    def slow(salesforce: Salesforce, job: str, writes: Any) -> Any:
        outcomes = original(salesforce, job, writes)
        if Load.objects.filter(finished_at=None).exclude(lease="another").exists():
            Load.objects.update(lease="", lease_until=None, next_attempt_at=timezone.now())
            with mock.patch.object(Salesforce, "look_at_load", original):
                bulk_round()
        return outcomes

    with mock.patch.object(Salesforce, "look_at_load", slow):
        bulk_round()
    assert {tuple(results(change)) for change in world.changes()} == {("applied",)}
    assert Load.objects.get().results == {"applied": 6}


# --- a backfill -------------------------------------------------------------------------------------------------


def test_a_run_gathers_while_more_of_it_is_planned(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.tasks.plan_due", lambda lane: plan_due(lane, 3))
    for number in range(8):
        world.sandbox.subscribe(f"b{number}@example.com", name=f"Person {number}")
    run = start_run("backfill", {"rule": "new-subscriber"}, "dana")
    until_done(world, rounds=20)
    run.refresh_from_db()
    assert [load.rows for load in Load.objects.all()] == [8]
    assert run.state == RunState.RUNNING or run.state == RunState.DONE
    world.work()
    run.refresh_from_db()
    assert (run.state, len(world.leads)) == (RunState.DONE, 8)
    assert Load.objects.get().run_id == run.pk


def test_a_backfill_reads_as_far_ahead_as_a_load_holds_where_one_pays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.vendors.getresponse.resources.contacts.PER_PAGE", 4)
    monkeypatch.setattr("mappings.runs.backfill.AHEAD", 4)
    for number in range(12):
        world.sandbox.subscribe(f"b{number}@example.com", name=f"Person {number}")
    start_run("backfill", {"rule": "new-subscriber"}, "dana")
    while advance_runs():
        pass
    assert Event.objects.count() == 12
    until_done(world)
    assert Load.objects.get().rows == 12


@pytest.mark.parametrize(("pays", "begun"), [(13, 4), (0, 4)], ids=["too few records", "no loads"])
def test_where_no_load_pays_it_reads_no_further_ahead(
    world: World, monkeypatch: pytest.MonkeyPatch, pays: int, begun: int
) -> None:
    monkeypatch.setattr("audit.loading.pays_from", lambda connection, object: pays)
    monkeypatch.setattr("integrations.vendors.getresponse.resources.contacts.PER_PAGE", 4)
    monkeypatch.setattr("mappings.runs.backfill.AHEAD", 4)
    for number in range(12):
        world.sandbox.subscribe(f"b{number}@example.com", name=f"Person {number}")
    start_run("backfill", {"rule": "new-subscriber"}, "dana")
    while advance_runs():
        pass
    assert Event.objects.count() == begun


def test_what_gathers_does_not_wait_for_a_run_that_gets_no_further(world: World) -> None:
    subscribed(world, 3)
    with mock.patch("config.tasks.deliver_due", return_value=0):
        bulk_round()
    Change.objects.update(run_id="01RUN")
    stuck = world.sandbox.subscribe("stuck@example.com", name="Stuck Person")
    world.hear(stuck)
    Event.objects.filter(state="new").update(lane="bulk", run_id="01RUN")
    with mock.patch("config.tasks.plan_due", return_value=0):
        bulk_round()
        assert world.leads == []
        Change.objects.update(created_at=timezone.now() - timedelta(minutes=16))
        bulk_round()
    assert len(world.leads) == 3


def test_a_run_that_is_stopped_leaves_its_load_to_end_as_it_does(world: World) -> None:
    world.sandbox.switch("salesforce", bulk_looks=2)
    for number in range(8):
        world.sandbox.subscribe(f"b{number}@example.com", name=f"Person {number}")
    run = start_run("backfill", {"rule": "new-subscriber"}, "dana")
    world.work()
    assert (Load.objects.get().state, world.leads) == (LoadState.UNDER_WAY, [])
    assert stop_run(run, "dana")
    until_done(world)
    run.refresh_from_db()
    assert (run.state, len(world.leads)) == (RunState.STOPPED, 8)
    assert progress_of(run).created == 8


def test_an_echo_of_what_is_in_a_load_is_not_asked_about_every_second(world: World) -> None:
    world.sandbox.switch("salesforce", bulk_looks=1)
    subscribed(world, 5)
    world.work()
    change = world.changes()[0]
    tags = [{"add_tags": {"connection": "getresponse-main", "tags": ["x"]}}]
    Rule.objects.create(name="back", connection=world.salesforce, event="contact.updated", actions=tags)
    record = {"Id": "00Q5e0000000001AAA", "Email": change.diff["Email"]["after"]}
    facts = {"object": "Lead", "record_id": record["Id"], "record": record, "occurred_at": timezone.now()}
    echo = Event.objects.create(
        connection=world.salesforce, type="contact.updated", order_key="echo", dedupe_key="echo", **facts
    )
    work_off("events")
    echo.refresh_from_db()
    assert (echo.state, echo.next_attempt_at - echo.postponed_at) == ("new", timedelta(seconds=15))


def test_two_thousand_changes_are_a_load_at_salesforce(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.loading.pays_from", pays_from)
    key = {"key_field": "GetResponse_Contact_ID__c", "kind": "contact", "operation": "upsert", "lane": "bulk"}
    values = {"LastName": "Cohen", "Company": "Acme"}
    diff = {name: {"before": None, "after": value, "from": name} for name, value in values.items()}
    facts = {"connection": world.salesforce, "object": "Lead", "diff": diff, **key}
    add_rows([Change(external_id=f"k{n}", order_key=f"p{n}", **facts) for n in range(2000)])
    world.work()
    time_passes(world)
    world.work()
    assert Load.objects.get().results == {"applied": 2000}
    assert len({lead["GetResponse_Contact_ID__c"] for lead in world.leads}) == len(world.leads) == 2000
    assert sum("jobs/ingest" in call["path"] for call in world.sandbox.calls("salesforce")) == 7
    assert calls(world, "PATCH", "composite") == 0
