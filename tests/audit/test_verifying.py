"""Whatever is altered after it was sealed is named, and nothing that may happen is."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit import sealing
from audit.guards import guards_lifted, lift_guards
from audit.models import Change, Seal
from audit.sealing import FACTS, seal_waiting
from audit.verifying import Inspection

from . import rows
from .chain import flaws, forge, ledger, tamper

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 3)


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
