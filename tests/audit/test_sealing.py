"""The chain of seals: every final change is in it once, in batches, one process at a time."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit import sealing
from audit.decisions import cancel, retry
from audit.models import Change, ChangeState, Seal
from audit.sealing import seal_due, seal_waiting
from tests.world import World

from . import plans, rows
from .chain import flaws, ledger

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 3)


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
    assert asked[0] == asked[1] <= 9


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
    plan = " ".join(plans.of(seal_waiting))
    assert "change_unsealed" in plan and not re.search("(Seq Scan on|SCAN) audit_change(?! USING)", plan)


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
