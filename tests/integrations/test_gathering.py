"""Requests of the same moment share a transaction, and each still gets the answer that is true for its own event."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, OperationalError, connections
from django.utils import timezone

from integrations.gathering import Gathering
from integrations.models import Connection, Event
from integrations.receive import _gathering

Act = Callable[[Sequence[str]], None]
PATIENCE = 10


class Table:
    """A store that waits inside its first transaction until so many further requests have come."""

    def __init__(self, then: Act | None = None) -> None:
        self.rows: list[str] = []
        self.transactions: list[list[str]] = []
        self.entered, self.go = threading.Event(), threading.Event()
        self._then = then
        self.gathering = Gathering(self._together, self._apart)

    def _together(self, items: Sequence[str]) -> None:
        self.transactions.append(list(items))
        if len(self.transactions) == 1:
            self.entered.set()
            assert self.go.wait(PATIENCE)
        elif self._then:
            self._then(items)
        self.rows += items

    def _apart(self, items: Sequence[str]) -> list[str]:
        fresh = [item for item in items if item != "known" and item != "broken"]
        if "broken" in items:
            raise OperationalError("disk full")
        self.rows += fresh
        return fresh

    def run(self, *others: str) -> list[list[str] | BaseException]:
        """One request is inside; the others come meanwhile. Returns what each of the others got."""
        with ThreadPoolExecutor(len(others) + 1) as pool:
            first = pool.submit(self.gathering.store, ["first"])
            assert self.entered.wait(PATIENCE)
            futures = [pool.submit(self.gathering.store, [item]) for item in others]
            while len(self.gathering._waiting) < len(others):
                assert not first.done()
            self.go.set()
            assert first.result(PATIENCE) == ["first"]
            return [future.exception(PATIENCE) or future.result() for future in futures]


def _refuse(items: Sequence[str]) -> None:
    raise IntegrityError("known already")


def _fail(items: Sequence[str]) -> None:
    raise OperationalError("the database is away")


def _die(items: Sequence[str]) -> None:
    raise SystemExit


def test_those_who_wait_are_stored_in_one_transaction() -> None:
    table = Table()
    assert table.run("a", "b", "c") == [["a"], ["b"], ["c"]]
    assert [len(items) for items in table.transactions] == [1, 3]
    assert sorted(table.rows) == ["a", "b", "c", "first"]


def test_one_that_is_known_already_is_found_apart_from_the_others() -> None:
    table = Table(_refuse)
    assert table.run("a", "known", "c") == [["a"], [], ["c"]]


def test_one_that_cannot_be_stored_fails_alone() -> None:
    first, second = Table(_refuse).run("broken", "b")
    assert isinstance(first, OperationalError)
    assert second == ["b"]


def test_when_the_database_is_away_nobody_is_told_that_it_is_stored() -> None:
    table = Table(_fail)
    assert [type(result) for result in table.run("a", "b")] == [OperationalError, OperationalError]
    assert table.rows == ["first"]


def test_when_the_storing_thread_ends_nobody_is_told_that_it_is_stored() -> None:
    results = Table(_die).run("a", "b", "c")
    assert {type(result) for result in results} == {SystemExit, OperationalError}


@pytest.mark.django_db(transaction=True)
def test_many_threads_store_each_event_once() -> None:
    source = Connection.objects.create(name="getresponse-main", vendor="getresponse")

    def store(number: int) -> int:
        now = timezone.now()
        key = str(number % 40)
        event = Event(connection=source, dedupe_key=key, order_key=key, occurred_at=now, received_at=now)
        try:
            return len(_gathering.store([event]))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(store, range(80))) == 40
    assert sum(Event.objects.values_list("repeats", flat=True)) == 40
    assert Event.objects.count() == 40
