"""What the cost of growth is measured with: ids like ours, a story that fits the tables, an honest mark."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from ulid import ULID

from benchmarks.growth.asking import Answer, Question, answer
from benchmarks.growth.comparing import Comparison, plans, text
from benchmarks.growth.dialects import DIALECTS, ulid
from benchmarks.growth.filling import _inserts
from benchmarks.growth.story import Story
from benchmarks.growth.tables import tables
from integrations.models import Connection, Person

MOMENT = datetime(2026, 4, 2, 9, 30, tzinfo=UTC)
PLACES = ("getresponse-main", "salesforce-main", "getresponse-small", "salesforce-small")


def _value(expression: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression} FROM {DIALECTS[connection.vendor].series.format(7, 7)}")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_an_id_made_by_the_database_is_one_of_that_moment() -> None:
    made = _value(ulid(f"{int(MOMENT.timestamp() * 1000)} + n - 7", "n"))
    assert (ULID.from_str(made).datetime, made[10:]) == (MOMENT, "0000000000000007")


@pytest.mark.django_db
def test_a_story_fills_every_table_and_points_at_nothing_that_is_not_there() -> None:
    Connection.objects.bulk_create(Connection(name=name, vendor=name.partition("-")[0]) for name in PLACES)
    dialect = DIALECTS[connection.vendor]
    with connection.cursor() as cursor:
        for table in tables(Story(1200, 420, 365), dialect):
            for statement in _inserts(table, dialect):
                cursor.execute(statement)
            assert table.model.objects.exists(), table.model
    connection.check_constraints()


@pytest.mark.django_db
def test_what_an_answer_did_is_taken_back() -> None:
    made = answer(
        Question("make", lambda: Person.objects.create(name="Dana") and list(Person.objects.filter(name="x")))
    )
    assert not Person.objects.exists()
    assert '"name" = %s' in made.statement and made.plan


@pytest.mark.parametrize(
    ("small", "large", "grows"), [(1, 22, False), (1, 24, True), (100, 310, False), (100, 330, True)]
)
def test_what_grows_is_marked(small: float, large: float, grows: bool) -> None:
    found = [Comparison(Answer("a page", small / 1000), Answer("a page", large / 1000))]
    assert found[0].grows is grows
    assert ("grows" in text(found)) is grows


def test_plans_do_not_show_long_lists_of_ids() -> None:
    slow = Answer("claim", 1.0, f"SELECT 1 WHERE id IN ({', '.join(['%s'] * 200)})", ["Index Cond: ({a,b,c,d})"])
    shown = plans([Comparison(Answer("claim", 0.1), slow)])
    assert "IN (…)" in shown and "{a,b, …}" in shown


def test_events_are_spread_over_the_days() -> None:
    story = Story(1000, 10, 5)
    assert timedelta(milliseconds=story.step) * 1000 == timedelta(days=10)
    assert (story.changes, story.final, story.emptied) == (3000, 1200, 250)
