"""Many changed rows are written back in one go, each with its own values of every type."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from integrations.models import Connection, Event, Person
from integrations.rows import insert_rows, update_rows

FIELDS = ["state", "reason", "record", "person", "repeats", "lease_until", "occurred_at"]
MOMENT = datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=UTC)


@pytest.fixture
def events(db: None) -> list[Event]:
    source = Connection.objects.create(name="getresponse-main", vendor="getresponse")
    rows = [Event(connection=source, dedupe_key=str(n), order_key=str(n), occurred_at=MOMENT) for n in range(30)]
    return Event.objects.bulk_create(rows)


def test_each_row_keeps_its_own_values(events: list[Event]) -> None:
    person = Person.objects.create(name="דנה כהן")
    for number, event in enumerate(events):
        event.state, event.reason, event.repeats = "planned", f'It\'s "{number}" % \\ שלום', number
        event.record = {"tags": [{"name": "a"}], "deep": {"none": None, "yes": True, "number": 1.5}}
        event.person, event.lease_until = (person, MOMENT) if number % 2 else (None, None)
    update_rows(events, FIELDS)
    stored = Event.objects.in_bulk([event.id for event in events])
    for event in events:
        assert [getattr(stored[event.id], name) for name in FIELDS] == [getattr(event, name) for name in FIELDS]


def test_other_rows_and_other_fields_stay(events: list[Event]) -> None:
    first, second = events[0], events[1]
    first.state, first.vendor_type, second.state = "failed", "not written", "failed"
    update_rows([first], ["state"])
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.vendor_type, second.state) == ("failed", "", "new")


@pytest.mark.parametrize("count", [1, 30])
def test_the_number_of_queries_does_not_grow_with_the_rows(events: list[Event], count: int) -> None:
    with CaptureQueriesContext(connection) as queries:
        update_rows(events[:count], FIELDS)
    assert len(queries) == 1


def test_inserted_rows_read_back_as_they_were(events: list[Event]) -> None:
    rows = [
        Event(
            connection=events[0].connection,
            dedupe_key=f"new{number}",
            order_key="x",
            body=b"\x00\xff%s " + str(number).encode(),
            record={"name": "שלום %s", "none": None, "tags": [number]},
            occurred_at=MOMENT,
        )
        for number in range(3)
    ]
    insert_rows(rows)
    for row in rows:
        stored = Event.objects.get(pk=row.pk)
        for field in Event._meta.concrete_fields:
            held, wanted = getattr(stored, field.attname), getattr(row, field.attname)
            assert (bytes(held) if field.name == "body" else held) == wanted, field.name


def test_inserting_one_that_is_there_inserts_none(transactional_db: None) -> None:
    source = Connection.objects.create(name="getresponse-main", vendor="getresponse")
    rows = [Event(connection=source, dedupe_key=key, order_key="x", occurred_at=MOMENT) for key in ("a", "b", "a")]
    with pytest.raises(IntegrityError):
        insert_rows(rows)
    assert Event.objects.count() == 0


def test_nothing_to_write_asks_nothing(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        update_rows([], FIELDS)
        insert_rows([])
    assert len(queries) == 0
