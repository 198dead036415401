"""Who a record stands for: by its link, then e-mail, then phone; two workers at once make one person."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.db import connections, transaction
from django.db.models import Count

from integrations.admin_search import people_named
from integrations.models import Address, Connection, Link, Person
from integrations.people import Sighting, arrange, holders_of, identify
from tests.audit.rows import connection

DANA, NOA = ("email", "dana@example.com"), ("email", "noa@example.com")
PHONE = ("phone", "+972501234567")


def hears() -> Connection:
    return connection("getresponse-main", "getresponse")


def seen(record_id: str, email: str = "", phone: str = "", name: str = "") -> Sighting:
    return Sighting(hears(), "contact", record_id, email, phone, name)


def who(*sightings: Sighting) -> list[Person | None]:
    identify(sightings)
    return [sighting.person for sighting in sightings]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("again", "same"),
    [
        (("c1", "", ""), True),  # its link
        (("c1", "new@example.com", ""), True),
        (("c2", " Dana@Example.com ", ""), True),
        (("c2", "", "+972 50-123-4567"), True),
        (("c2", "new@example.com", "+972501234567"), True),
        (("c2", "new@example.com", ""), False),
        (("c2", "", "050-1234567"), False),  # no E.164: nothing to match by
    ],
)
def test_a_record_is_known_by_its_link_then_email_then_phone(again: tuple[str, str, str], same: bool) -> None:
    [dana] = who(seen("c1", DANA[1], PHONE[1]))
    [found] = who(seen(*again))
    assert (found == dana) is same


@pytest.mark.django_db
def test_an_address_belongs_to_the_first_and_records_in_one_batch_share_their_person() -> None:
    first, second = who(seen("c1", DANA[1]), seen("c2", DANA[1]))
    assert first == second
    assert Person.objects.count() == 1


@pytest.mark.django_db
def test_a_batch_with_and_without_record_ids_knows_everybody() -> None:
    named, nameless = who(seen("c1", DANA[1]), seen("", NOA[1]))
    assert named is not None and nameless is not None and named != nameless


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("record", "contested"),
    [
        (("c1", NOA[1], ""), [NOA]),  # a known record with somebody else's e-mail
        (("c3", DANA[1], PHONE[1]), [PHONE]),  # a new record with the e-mail of one and the phone of another
        (("c1", DANA[1], PHONE[1]), []),  # a known record may have a phone that others have
    ],
)
def test_two_candidates_are_never_a_guess(record: tuple[str, str, str], contested: list[tuple[str, str]]) -> None:
    dana, noa = who(seen("c1", DANA[1]), seen("c2", NOA[1], PHONE[1]))
    sighting = seen(*record)
    identify([sighting])
    assert sighting.contested == contested
    assert sighting.rivals == ([dana, noa] if contested else [])
    assert sighting.person == dana
    assert holders_of(NOA) == [noa]
    assert not Link.objects.filter(record_id="c3").exists()


@pytest.mark.django_db
def test_who_was_kept_apart_is_not_asked_about_again() -> None:
    dana, noa = who(seen("c1", DANA[1]), seen("c2", NOA[1], PHONE[1]))
    assert dana and noa
    assert arrange(PHONE, [noa, dana]) == [noa.pk]
    for record, expected in ((("c1", DANA[1], PHONE[1]), dana), (("c9", "", PHONE[1]), noa), (("c8", NOA[1], ""), noa)):
        sighting = seen(*record)
        identify([sighting])
        assert (sighting.person, sighting.rivals) == (expected, [])


@pytest.mark.django_db
def test_a_phone_that_several_share_decides_nothing_against_an_email() -> None:
    dana, noa = who(seen("c1", DANA[1]), seen("c2", NOA[1], PHONE[1]))
    assert dana and noa
    arrange(PHONE, [noa, dana])
    [third] = who(seen("c3", "third@example.com"))
    sighting = seen("c4", "third@example.com", PHONE[1])
    identify([sighting])
    assert (sighting.person, sighting.rivals) == (third, [])


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow_with_the_batch(django_assert_max_num_queries: Any) -> None:
    batch = [seen(f"c{n}", f"p{n}@example.com", f"+9725012345{n:02}") for n in range(50)]
    with django_assert_max_num_queries(12):
        identify(batch)
    assert Person.objects.count() == 50


@pytest.mark.django_db
def test_addresses_and_records_are_written_in_one_order_so_that_workers_never_wait_for_each_other() -> None:
    identify([seen(f"c{n}", f"p{n}@example.com") for n in (3, 1, 2)])
    assert [address.value[:2] for address in Address.objects.order_by("pk")] == ["p1", "p2", "p3"]
    assert [link.record_id for link in Link.objects.order_by("pk")] == ["c1", "c2", "c3"]


# --- two workers at once ---------------------------------------------------------------------------------------


def at_once(*work: Callable[[], None]) -> list[BaseException]:
    """Run each in a thread with its own database connection, all let go together. Returns what went wrong."""
    gate, wrong = threading.Barrier(len(work)), list[BaseException]()

    def run(each: Callable[[], None]) -> None:
        try:
            gate.wait(10)
            each()
        except BaseException as error:
            wrong.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(each,)) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return wrong


def identifying(*records: tuple[str, str, str]) -> Callable[[], None]:
    def work() -> None:
        with transaction.atomic():
            identify([seen(*record) for record in records])

    return work


needs_postgresql = pytest.mark.skipif(
    database.vendor != "postgresql",
    reason="On SQLite one transaction writes at a time; a test database has one connection.",
)


@needs_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(5))
def test_two_workers_that_see_the_same_person_at_once_make_one(_round: int) -> None:
    hears()
    assert at_once(identifying(("c1", DANA[1], "")), identifying(("c2", DANA[1], ""))) == []
    person = Person.objects.get()
    assert {link.person for link in Link.objects.all()} == {person}
    assert Link.objects.count() == 2


@needs_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(5))
def test_two_workers_that_see_the_same_people_in_another_order_make_each_once(_round: int) -> None:
    hears()
    there = [(f"a{n}", f"p{n:03}@example.com", f"+97250123{n:04}") for n in range(40)]
    back = [(f"b{n}", f"p{n:03}@example.com", f"+97250123{n:04}") for n in reversed(range(40))]
    assert at_once(identifying(*there), identifying(*back)) == []
    assert (Person.objects.count(), Address.objects.count()) == (40, 80)
    assert set(Person.objects.annotate(n=Count("links")).values_list("n", flat=True)) == {2}


@needs_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(5))
def test_the_same_record_seen_by_two_workers_at_once_is_one_link_and_one_person(_round: int) -> None:
    hears()
    assert at_once(identifying(("c1", "", "")), identifying(("c1", "", ""))) == []
    assert Person.objects.get() == Link.objects.get().person


@pytest.mark.django_db
def test_people_are_found_by_how_their_name_starts_in_any_case() -> None:
    names = ("Jane Cohen", "JANE Adler", "Janet", "Mary Jane", "דנה כהן", "Jan%e")
    made = {name: Person.objects.create(name=name).pk for name in names}
    assert people_named("jane") == [made["JANE Adler"], made["Jane Cohen"], made["Janet"]]
    assert people_named("דנה") == [made["דנה כהן"]]
    assert people_named("jan%") == [made["Jan%e"]]
