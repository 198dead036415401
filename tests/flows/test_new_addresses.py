"""An e-mail change is an event of its own: the new address is the person's too, and a stop carries on for it."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import OptOut
from audit.telling import progress_of
from integrations.models import EventState, Link, Person
from integrations.people import holders_of
from tests.world import World


def subscriber(world: World) -> tuple[Person, dict[str, Any]]:
    world.main_job()
    contact = world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    return Person.objects.get(), contact


def change_email(world: World, contact: dict[str, Any], action: str = "contact_email_changed") -> None:
    changed = world.sandbox.act("getresponse", "change_email", contactId=contact["contactId"], to="new@example.com")
    world.hear(changed, action)
    world.work()


def test_the_new_address_is_added_and_the_old_one_stays_also_without_a_rule(world: World) -> None:
    dana, contact = subscriber(world)
    change_email(world, contact)
    assert {address.value for address in dana.addresses.all()} == {"dana@example.com", "new@example.com"}
    event = world.events()[-1]
    assert (event.state, event.person) == (EventState.PLANNED, dana)


@pytest.mark.parametrize("action", ["contact_email_changed", "subscribe"])
def test_a_stop_carries_on_for_the_new_address_with_the_same_evidence(world: World, action: str) -> None:
    dana, contact = subscriber(world)
    world.hear(contact, "unsubscribe")
    world.work()
    change_email(world, contact, action)
    old, new = OptOut.objects.order_by("id")
    assert (new.address, new.person, new.heard_at) == ("new@example.com", dana, old.heard_at)
    assert new.evidence == {**old.evidence, "carried_from": old.pk}
    assert progress_of([new])[new.pk].is_done


def test_records_with_the_new_address_are_told_too(world: World) -> None:
    _dana, contact = subscriber(world)
    world.hear(contact, "unsubscribe")
    world.work()
    world.sandbox.create("Contact", LastName="Cohen", Email="new@example.com")
    change_email(world, contact)
    assert world.sandbox.records("salesforce", "Contact")[0]["HasOptedOutOfEmail"] is True


def test_records_that_cannot_be_looked_up_now_are_told_later(world: World) -> None:
    _dana, contact = subscriber(world)
    world.hear(contact, "unsubscribe")
    world.work()
    world.sandbox.create("Contact", LastName="Cohen", Email="new@example.com")
    world.sandbox.switch("salesforce", down=1)
    change_email(world, contact)
    assert world.events()[-1].state == EventState.NEW
    world.let_time_pass()
    world.work()
    assert world.sandbox.records("salesforce", "Contact")[0]["HasOptedOutOfEmail"] is True
    assert OptOut.objects.count() == 2


def test_it_is_carried_once(world: World) -> None:
    _dana, contact = subscriber(world)
    world.hear(contact, "unsubscribe")
    world.work()
    change_email(world, contact)
    world.hear({**contact, "email": "new@example.com"}, extra="again")
    world.work()
    assert OptOut.objects.count() == 2


def test_who_never_said_stop_has_nothing_carried(world: World) -> None:
    _dana, contact = subscriber(world)
    change_email(world, contact)
    assert not OptOut.objects.exists()
    assert holders_of(("email", "new@example.com")) == [Link.objects.get(object="contact").person]
