"""Somebody changes again while what they changed before is still on its way: the newest state arrives, unmixed."""

from __future__ import annotations

from typing import Any
from unittest import mock

from audit.delivery import deliver_due
from mappings.planning import targets
from tests.world import World


def test_an_update_planned_while_another_waits_behind_the_new_record_counts_on_it(world: World) -> None:
    world.main_job()
    world.rule("again", "contact.tagged", {"upsert": {"mapping": "subscriber-to-lead"}})
    with mock.patch("config.tasks.deliver_due", return_value=0):
        contact = world.subscribe("fast@example.com", name="Omar Haddad")
        world.work()
        for name in ("Dana Levi", "Omar Berg"):
            world.sandbox.act("getresponse", "rename", email="fast@example.com", to=name)
            world.hear(contact, "tag_applied", now=name)
            world.work()
            deliver_due("events")  # the first time the record is made; what follows it waits for its turn
    world.work()
    [lead] = world.leads
    assert (lead["FirstName"], lead["LastName"]) == ("Omar", "Berg")


def test_an_update_that_arrives_while_the_next_one_is_planned_is_counted_on(world: World) -> None:
    world.main_job()
    world.rule("again", "contact.tagged", {"upsert": {"mapping": "subscriber-to-lead"}})
    contact = world.subscribe("race@example.com", name="Omar Haddad")
    world.work()
    with mock.patch("config.tasks.deliver_due", return_value=0):
        world.sandbox.act("getresponse", "rename", email="race@example.com", to="Dana Levi")
        world.hear(contact, "tag_applied", now="Dana Levi")
        world.work()
    world.sandbox.act("getresponse", "rename", email="race@example.com", to="Omar Berg")
    world.hear(contact, "tag_applied", now="Omar Berg")

    def arriving(*asked: Any) -> Any:
        found = look_up(*asked)
        deliver_due("events")
        return found

    look_up = targets._look_up
    with mock.patch.object(targets, "_look_up", arriving):
        world.work()
    [lead] = world.leads
    assert (lead["FirstName"], lead["LastName"]) == ("Omar", "Berg")
