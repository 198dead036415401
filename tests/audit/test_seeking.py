"""What a list is asked to show is what it shows, however the database is led there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Change
from audit.seeking import asked_for_by, before, newest_of_each, of_connection, said, since
from integrations.admin_search import found
from integrations.ids import first_id

from .rows import change, connection, event, person

pytestmark = pytest.mark.django_db
NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)


def test_a_row_that_was_written_later_than_its_id_was_made_counts_by_when_it_was_written() -> None:
    late = change(id=first_id(NOON - timedelta(minutes=30)), created_at=NOON)
    rows = Change.objects.all()
    assert list(since(rows, "created_at", NOON)) == [late]
    assert not before(rows, "created_at", NOON)
    assert list(before(rows, "created_at", NOON + timedelta(seconds=1))) == [late]


def test_a_time_before_all_ids_means_every_row() -> None:
    row = change()
    assert list(since(Change.objects.all(), "created_at", NOON.replace(year=1901))) == [row]


def test_a_connection_nobody_knows_has_no_rows() -> None:
    change()
    assert of_connection(Change.objects.all(), "salesforce-main").count() == 1
    assert of_connection(Change.objects.all(), "nobody").count() == 0


def test_texts_and_actors_are_found_whether_common_or_not() -> None:
    common, rare = change(), change(record_id="00Q1", actor="dana")
    rows = Change.objects.all()
    assert list(said(rows, "record_id", "00Q1")) == [rare]
    assert list(asked_for_by(rows, "rule")) == [common]
    assert list(asked_for_by(rows, "dana")) == [rare]


def test_the_newest_of_each_is_one_query(django_assert_num_queries: object) -> None:
    event()
    newest = event(type="contact.moved")
    places = [newest.connection_id, connection().pk]
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert newest_of_each(type(newest).objects.all(), "connection", places, "type") == {places[0]: "contact.moved"}
    assert newest_of_each(Change.objects.all(), "rule", ["stop"], "id") == {}
    assert newest_of_each(Change.objects.all(), "rule", [], "id") == {}


def test_the_id_of_a_person_finds_what_is_theirs() -> None:
    theirs = change(person=person())
    change()
    assert list(found(Change.objects.all(), theirs.person_id)) == [theirs]
    assert list(found(Change.objects.all(), theirs.pk)) == [theirs]
    assert not found(Change.objects.all(), "0")
