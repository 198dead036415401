"""People are merged while their events are planned or their changes delivered: nothing is lost, nothing is doubled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unittest import mock

import pytest

from audit.models import OptOut
from integrations.models import EventState, Link, Person
from integrations.vendors.base import Outcome, Write
from integrations.vendors.errors import Conflict
from integrations.vendors.salesforce.resources import Salesforce
from mappings.identity.people import merge_people
from mappings.planning import planner
from tests.audit.rows import person
from tests.integrations.test_people import at_once, needs_postgresql
from tests.world import World

pytestmark = pytest.mark.usefixtures("transactional_db")


def subscriber(world: World, name: str) -> tuple[Person, dict[str, Any]]:
    contact = world.subscribe(f"{name.split()[0].lower()}@example.com", name=name)
    world.work()
    return Link.objects.get(record_id=contact["contactId"]).person, contact


def couple(world: World) -> tuple[Person, Person, dict[str, Any]]:
    world.main_job()
    dana, _contact = subscriber(world, "Dana Cohen")
    noa, contact = subscriber(world, "Noa Levi")
    return dana, noa, contact


def test_a_stop_that_is_planned_at_the_moment_of_a_merge_holds_for_the_merged_person(world: World) -> None:
    dana, noa, contact = couple(world)
    real = planner._run_rules

    def merge_first(*args: Any) -> None:
        if Person.objects.filter(pk=noa.pk).exists():
            merge_people(dana, Person.objects.get(pk=noa.pk), "admin")
        real(*args)

    world.hear(contact, "unsubscribe")
    with mock.patch.object(planner, "_run_rules", merge_first):
        world.work()
        world.let_time_pass()
        world.work()
    assert OptOut.objects.get().person == dana
    assert [lead["HasOptedOutOfEmail"] for lead in world.leads] == [True, True]
    assert world.events()[-1].state == EventState.PLANNED


def test_a_record_made_at_the_moment_of_a_merge_is_the_merged_persons(world: World) -> None:
    world.main_job()
    dana, _contact = subscriber(world, "Dana Cohen")
    real = Salesforce.write

    def merge_first(self: Salesforce, writes: Sequence[Write]) -> list[Outcome]:
        merge_people(dana, Person.objects.exclude(pk=dana.pk).get(), "admin")
        return real(self, writes)

    world.subscribe("noa@example.com", name="Noa Levi")
    with mock.patch.object(Salesforce, "write", merge_first):
        world.work()
    assert {link.person for link in Link.objects.all()} == {dana}
    assert {change.person for change in world.changes()} == {dana}
    assert len(world.leads) == 2


@needs_postgresql
@pytest.mark.parametrize("_round", range(3))
def test_two_people_who_are_merged_into_each_other_at_once_become_one(_round: int) -> None:
    one, other = person("Dana Cohen", "dana@example.com"), person("Noa Levi", "noa@example.com", record="00Q1")
    wrong = at_once(lambda: merging(one, other), lambda: merging(other, one))
    assert [type(error) for error in wrong] == [Conflict]
    left = Person.objects.get()
    assert {address.value for address in left.addresses.all()} == {"dana@example.com", "noa@example.com"}
    assert Link.objects.get().person == left


def merging(keep: Person, absorbed: Person) -> None:
    merge_people(keep, absorbed, "admin")
