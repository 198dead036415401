"""Lists, campaigns and users are kept, read again by a worker, and shown without asking anybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from config.tasks import work_off
from integrations import lookups
from integrations.lookups import entries_of, known_look_ups, renew_due
from integrations.models import Connection, Knowledge
from integrations.vendors.errors import Unavailable
from integrations.vendors.lookups import Entry
from tests.memory_vendor import Pair, System

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair() -> Iterator[Pair]:
    with Pair().registered() as pair:
        yield pair


@pytest.fixture
def left(pair: Pair) -> Connection:
    return Connection.objects.get(name="left")


def make_old(**facts: object) -> None:
    Knowledge.objects.update(fetched_at=timezone.now() - timedelta(hours=2), **facts)


def names(pair: Pair) -> dict[str, list[str]]:
    return {known.connection: [entry.name for entry in known.entries] for known in known_look_ups()}


def rename(system: System) -> None:
    system.lists = {"l1": "Renamed"}


def test_every_look_up_is_known_by_its_connection_and_what_was_never_read_says_so(pair: Pair, left: Connection) -> None:
    assert entries_of(left, "lists") == (Entry("l1", "Newsletter"),)
    heard = {known.connection: known.read_at for known in known_look_ups()}
    assert heard["left"] is not None and heard["right"] is None
    assert names(pair) == {"left": ["Newsletter"], "right": []}


def test_of_very_many_the_first_are_kept(pair: Pair, left: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "MOST", 3)
    pair.left.lists = {str(number): f"List {number}" for number in range(9)}
    assert [entry.id for entry in entries_of(left, "lists")] == ["0", "1", "2"]


def test_a_worker_renews_what_is_older_than_an_hour(pair: Pair, left: Connection) -> None:
    entries_of(left, "lists")
    rename(pair.left)
    renew_due()
    assert names(pair)["left"] == ["Newsletter"]
    make_old()
    work_off("bulk")
    assert names(pair)["left"] == ["Renamed"]


def test_what_nobody_ever_read_is_not_asked_for(pair: Pair, left: Connection) -> None:
    pair.left.failures.append(Unavailable("asked"))
    renew_due()
    assert pair.left.failures


def test_a_renewal_that_fails_is_not_tried_again_within_the_hour(pair: Pair, left: Connection) -> None:
    entries_of(left, "lists")
    make_old()
    pair.left.failures += [Unavailable("first"), Unavailable("second")]
    for _round in range(3):
        renew_due()
        Knowledge.objects.update(asking_until=None)
    assert [str(failure) for failure in pair.left.failures] == ["second"]
    assert names(pair)["left"] == ["Newsletter"]


@pytest.mark.parametrize("trouble", [{"blocked": True}, {"paused_until": timezone.now() + timedelta(days=9)}])
def test_a_connection_that_is_stopped_or_waits_is_left_alone(
    pair: Pair, left: Connection, trouble: dict[str, object]
) -> None:
    entries_of(left, "lists")
    make_old()
    rename(pair.left)
    Connection.objects.update(**trouble)
    renew_due()
    assert names(pair)["left"] == ["Newsletter"]
