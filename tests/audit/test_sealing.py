"""The chain of seals: every final change is in it once, and whatever is altered afterwards is named."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import sealing
from audit.decisions import cancel, retry
from audit.guards import guards_lifted, lift_guards
from audit.models import Change, ChangeState, OptOut, Seal
from audit.sealing import FACTS, digest_of, seal_due, seal_waiting
from audit.verifying import Inspection
from integrations.models import Person
from tests.world import World

from . import plans, rows

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 3)


def flaws(since: datetime | None = None) -> list[str]:
    return [str(flaw) for flaw in Inspection(since).flaws()]


def ledger(count: int = 7) -> list[Change]:
    """So many sealed changes, three to a seal."""
    made = [rows.change(person=rows.person(email=""), applied_at=timezone.now()) for _ in range(count)]
    assert seal_waiting() == count
    return [Change.objects.get(pk=change.pk) for change in made]


def tamper(change: Change, **facts: Any) -> None:
    """What somebody does who owns the database."""
    with guards_lifted(connection):
        Change.objects.filter(pk=change.pk).update(**facts)


def forge(number: int, **facts: Any) -> Seal:
    """A seal rewritten, its digest made to fit."""
    seal = Seal.objects.get(number=number)
    for name, value in facts.items():
        setattr(seal, name, value)
    seal.count, seal.digest = len(seal.entries), digest_of(seal)
    with guards_lifted(connection):
        seal.save()
    return seal


# --- sealing


def test_every_final_change_is_sealed_and_nothing_else() -> None:
    made = {state: rows.change(state=state) for state in ChangeState.values}
    assert seal_waiting() == 3
    sealed = set(Change.objects.exclude(seal_number=None).values_list("pk", flat=True))
    assert sealed == {made[state].pk for state in ("applied", "cancelled", "rejected")}


def test_each_seal_holds_the_digest_of_the_one_before() -> None:
    ledger(7)
    chain = list(Seal.objects.order_by("number"))
    assert [(seal.number, seal.count) for seal in chain] == [(1, 3), (2, 3), (3, 1)]
    assert [seal.previous for seal in chain] == [sealing.START, chain[0].digest, chain[1].digest]


def test_nothing_to_seal_makes_no_seal() -> None:
    rows.change(state="queued")
    assert (seal_waiting(), Seal.objects.count()) == (0, 0)


def test_a_failed_change_is_sealed_once_it_was_retried_and_ended() -> None:
    change = rows.failed()
    seal_waiting()
    retry([change.pk], None)
    cancel([change.pk], None)
    assert seal_waiting() == 1
    assert flaws() == []


def test_a_change_finished_late_is_sealed_after_younger_ones() -> None:
    old = rows.change(state="queued")
    ledger(2)
    Change.objects.filter(pk=old.pk).update(state="applied", applied_at=timezone.now())
    assert seal_waiting() == 1
    assert Change.objects.get(pk=old.pk).seal_number == 2
    assert flaws() == []


def test_one_round_seals_no_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "ROUND", 2)
    for _ in range(7):
        rows.change()
    assert [seal_waiting(), seal_waiting()] == [6, 1]


@pytest.mark.parametrize(("later", "sealed"), [(29, 0), (31, 1), (-60, 1)])
def test_rounds_keep_a_pause_but_wait_for_no_clock_that_was_set_back(later: int, sealed: int) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        rows.change()
        assert seal_due() == 1
        rows.change()
        clock.shift(later)
        assert seal_due() == sealed


def test_a_batch_costs_the_same_number_of_queries_however_large(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    for size in (1, 50):
        monkeypatch.setattr(sealing, "BATCH", size)
        Change.objects.bulk_create([Change(connection=rows.connection(), state="applied") for _ in range(size)])
        with CaptureQueriesContext(connection) as queries:
            sealing._seal_batch()
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 7


def test_asking_whether_something_waits_for_its_seal_locks_nothing() -> None:
    with CaptureQueriesContext(connection) as asked:
        assert seal_due() == 0
    assert [query["sql"][:6] for query in asked] == ["SELECT", "SELECT"]


def test_a_seal_that_another_process_made_first_is_void(monkeypatch: pytest.MonkeyPatch) -> None:
    rows.change(), rows.change()
    made = sealing.make_seal

    def late(*about: Any) -> Seal:
        monkeypatch.setattr(sealing, "make_seal", made)
        sealing._seal_batch()
        return made(*about)

    monkeypatch.setattr(sealing, "make_seal", late)
    assert seal_waiting() == 0
    assert (Seal.objects.count(), flaws()) == (1, [])


def test_a_seal_is_not_made_when_a_change_of_it_was_sealed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    change, made = rows.change(), sealing.make_seal

    def late(*about: Any) -> Seal:
        Change.objects.filter(pk=change.pk).update(seal_number=9)
        return made(*about)

    monkeypatch.setattr(sealing, "make_seal", late)
    with pytest.raises(IntegrityError, match="Seal 1 holds 1 changes, and 0"):
        seal_waiting()
    assert not Seal.objects.exists()


def test_what_waits_for_its_seal_is_found_by_an_index() -> None:
    reading = [line for line in plans.of(seal_waiting) if "audit_change" in line]
    assert reading and all("change_unsealed" in line for line in reading)


@pytest.mark.django_db(transaction=True)
def test_several_sealers_at_once_seal_every_change_once() -> None:
    Change.objects.bulk_create([Change(connection=rows.connection(), state="applied") for _ in range(60)])

    def seal_all(_worker: int) -> None:
        while Change.objects.filter(seal_number=None).exists():
            seal_waiting()
        connection.close()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(seal_all, range(4)))
    assert [len(seal.entries) for seal in Seal.objects.all()] == [3] * 20
    assert flaws() == []


def test_the_work_of_a_day_is_sealed_and_unbroken(world: World) -> None:
    world.main_job()
    contact = world.subscribe("dana@example.com", name="דנה כהן")
    world.work()
    world.hear(contact, "unsubscribe")
    call_command("work", once=True, stdout=io.StringIO())
    assert len(world.changes()) == 2
    assert not [change for change in world.changes() if change.seal_number is None]
    assert flaws() == []


# --- verifying


def test_a_ledger_that_nobody_touched_is_unbroken() -> None:
    ledger(7)
    inspection = Inspection()
    assert list(inspection.flaws()) == []
    assert (inspection.changes, inspection.seals, inspection.waiting) == (7, 3, 0)
    assert inspection.digest == Seal.objects.get(number=3).digest


def others() -> dict[str, Callable[[Change], Any]]:
    """Another value for each fact that is not just a text."""
    stop = lambda change: rows.opt_out(change.person).pk  # noqa: E731
    later = lambda change: change.created_at + timedelta(microseconds=1)  # noqa: E731
    other = lambda change: Change.objects.exclude(pk=change.pk).values_list("pk", flat=True)[0]  # noqa: E731
    connections: Callable[[Change], int] = lambda change: rows.connection("salesforce-other").pk  # noqa: E731
    return {
        "connection_id": connections,
        "opt_out_id": stop,
        "mapping_version": lambda change: 9,
        "diff": lambda change: {"FirstName": {**change.diff["FirstName"], "before": "Joan"}},
        "params": lambda change: {"campaign": "701"},
        "notes": lambda change: ["cut"],
        "error": lambda change: {"code": "rejected"},
        "attempts": lambda change: change.attempts + 1,
        "created": lambda change: True,
        "decided_at": later,
        "created_at": later,
        "applied_at": later,
        "depends_on_id": other,
        "replaces_id": other,
    }


@pytest.mark.parametrize("fact", [fact for fact in FACTS if fact != "id"])
def test_an_altered_change_is_named_whatever_was_altered(fact: str) -> None:
    change = ledger(5)[3]
    other = others().get(fact, lambda change: "x")(change)
    tamper(change, **{fact: other})
    assert flaws() == [f"Change {change.pk} was changed after seal 2 was made."]


def test_a_missing_change_is_named() -> None:
    change = ledger(5)[1]
    with guards_lifted(connection):
        Change.objects.filter(pk=change.pk).delete()
    assert flaws() == [f"Change {change.pk} is missing: seal 1 holds it, the ledger does not."]


def test_a_change_that_took_another_id_is_missing_and_added() -> None:
    change = ledger(2)[0]
    tamper(change, id="01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert sorted(flaws()) == [
        "Change 01ARZ3NDEKTSV4RRFFQ69G5FAV names seal 1, which does not hold it: it was added or moved.",
        f"Change {change.pk} is missing: seal 1 holds it, the ledger does not.",
    ]


def test_an_added_change_is_named() -> None:
    ledger(5)
    added = rows.change(seal_number=1)
    assert flaws() == [f"Change {added.pk} names seal 1, which does not hold it: it was added or moved."]


def test_a_change_added_without_a_seal_is_named_when_it_claims_to_be_old() -> None:
    ledger(2)
    added = rows.change(applied_at=timezone.now() - timedelta(hours=1))
    [flaw] = flaws()
    assert flaw.startswith(f"Change {added.pk} was applied a while ago and has no seal")


def test_what_became_final_just_now_only_waits() -> None:
    ledger(2)
    rows.change(applied_at=timezone.now())
    inspection = Inspection()
    assert (list(inspection.flaws()), inspection.waiting) == ([], 1)


def test_changes_that_swapped_their_seals_are_named() -> None:
    one, _, _, two = ledger(4)
    tamper(one, seal_number=2)
    tamper(two, seal_number=1)
    assert sorted(flaws()) == sorted(
        [
            f"Change {one.pk} is held by seal 1 and names seal 2.",
            f"Change {one.pk} names seal 2, which does not hold it: it was added or moved.",
            f"Change {two.pk} is held by seal 2 and names seal 1.",
            f"Change {two.pk} names seal 1, which does not hold it: it was added or moved.",
        ]
    )


def test_changes_that_swapped_their_places_in_a_seal_are_named() -> None:
    ledger(3)
    with guards_lifted(connection):
        seal = Seal.objects.get()
        seal.entries = [seal.entries[1], seal.entries[0], seal.entries[2]]
        seal.save()
    assert flaws() == [
        "Seal 1 was altered: its digest is not that of what it holds.",
        f"Change {seal.entries[1][0]} is out of order in seal 1.",
    ]


@pytest.mark.parametrize("facts", [{"digest": "f" * 64}, {"count": 4}, {"sealed_at": NOW}])
def test_an_altered_seal_is_named(facts: dict[str, Any]) -> None:
    ledger(3)
    with guards_lifted(connection):
        Seal.objects.update(**facts)
    assert flaws() == ["Seal 1 was altered: its digest is not that of what it holds."]


def test_a_seal_rewritten_with_its_change_does_not_fit_the_next_one() -> None:
    change = ledger(5)[0]
    tamper(change, comment="x")
    altered = Change.objects.filter(pk=change.pk).values_list(*sealing.COLUMNS)[0]
    forge(1, entries=[sealing.entry_of(altered), *Seal.objects.get(number=1).entries[1:]])
    assert flaws() == ["Seal 2 does not hold the digest of seal 1."]


def test_a_missing_seal_is_named_with_the_changes_that_name_it() -> None:
    made = ledger(7)
    with guards_lifted(connection):
        Seal.objects.filter(number=2).delete()
    orphans = [f"Change {change.pk} names seal 2, which does not exist." for change in made[3:6]]
    assert flaws() == ["Seal 2 is missing.", *orphans]


def test_a_chain_cut_short_is_named_by_the_changes_it_held() -> None:
    made = ledger(7)
    with guards_lifted(connection):
        Seal.objects.filter(number=3).delete()
    assert flaws() == [f"Change {made[6].pk} names seal 3, which does not exist."]


def test_missing_guards_are_named() -> None:
    lift_guards(connection)
    assert len(flaws()) == 6
    assert all(flaw.startswith("The database lacks the guard guard_audit_") for flaw in flaws())


# --- what may happen to a sealed change


def test_events_may_be_pruned_users_deleted_and_people_merged() -> None:
    event, user, lost = rows.event(), User.objects.create_user("dana"), rows.person()
    rows.change(event=event, decided_by=user, person=lost)
    seal_waiting()
    Change.objects.update(person=rows.person(email="kept@example.com"), read_back_at=timezone.now())
    for gone in (event, user, lost):
        gone.delete()
    assert flaws() == []


def test_a_change_given_to_another_person_is_named() -> None:
    change = ledger(2)[0]
    Change.objects.filter(pk=change.pk).update(person=rows.person())
    assert flaws() == [f"Change {change.pk} belongs to another person than seal 1 says, who was not merged."]


def test_a_change_that_names_another_event_is_named() -> None:
    change = ledger(2)[0]
    tamper(change, event=rows.event())
    [flaw] = flaws()
    assert flaw.startswith(f"Change {change.pk} names another event")


# --- the command


def verify(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("audit", "verify", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return out.getvalue(), f"{err.getvalue()}{error}"
    return out.getvalue(), err.getvalue()


def test_the_command_says_that_the_chain_is_unbroken() -> None:
    ledger(4)
    out, err = verify()
    assert (out.splitlines()[0], err) == ("4 changes in 2 seals: unbroken.", "")
    assert Seal.objects.get(number=2).digest in out


def test_the_command_lists_what_is_wrong_and_fails() -> None:
    one, *_, two = ledger(4)
    for change in (one, two):
        tamper(change, comment="x")
    out, err = verify()
    assert out == ""
    assert err.splitlines() == [
        f"Change {one.pk} was changed after seal 1 was made.",
        f"Change {two.pk} was changed after seal 2 was made.",
        "4 changes in 2 seals: 2 flaws.",
    ]


def test_the_command_can_start_at_a_day() -> None:
    seals: Sequence[tuple[datetime, str]] = [(NOW, "x"), (NOW + timedelta(days=2), "")]
    for when, comment in seals:
        with time_machine.travel(when):
            [change] = ledger(1)
        tamper(change, comment=comment)
    assert verify("--since", "2026-05-05")[0].startswith("1 changes in 1 seals: unbroken.")
    assert verify()[0] == ""


def test_a_digest_noted_before_must_still_be_in_the_chain() -> None:
    ledger(4)
    noted = Seal.objects.get(number=2).digest
    assert verify("--digest", noted)[1] == ""
    with guards_lifted(connection):
        Seal.objects.filter(number=2).delete()
        Change.objects.filter(seal_number=2).delete()
    assert verify()[1] == ""
    assert verify("--digest", noted)[1].startswith(f"The chain lost the digest {noted}")


def test_an_empty_ledger_is_unbroken() -> None:
    assert verify()[0].startswith("0 changes in 0 seals: unbroken.")


def test_no_opt_out_or_person_is_touched_by_sealing() -> None:
    stop = rows.opt_out()
    rows.told(stop)
    before = list(OptOut.objects.values()), list(Person.objects.values())
    seal_waiting()
    assert (list(OptOut.objects.values()), list(Person.objects.values())) == before
