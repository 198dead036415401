"""Behind a write that is stuck, what else happens to the person becomes one write of the newest state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit import decisions
from audit.models import Change, ChangeState
from tests.world import World


@pytest.fixture
def stuck(world: World) -> tuple[World, dict[str, object]]:
    """A lead whose first update waits for its next try."""
    world.mapping()
    world.rule("arrive", "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}})
    world.rule("again", "contact.tagged", {"upsert": {"mapping": "subscriber-to-lead"}})
    contact = world.subscribe("stuck@example.com", name="Dana Cohen")
    world.work()
    world.sandbox.switch("salesforce", lock_row=1)
    rename(world, contact, "Dana Levi")
    [_made, head] = world.changes()
    assert (head.state, head.attempts) == (ChangeState.QUEUED, 0)  # a locked row costs no attempt
    waits = {"next_attempt_at": timezone.now() + timedelta(hours=1), "postponed_at": timezone.now()}
    Change.objects.filter(pk=head.pk).update(attempts=1, tries=1, **waits)
    return world, contact


def rename(world: World, contact: dict[str, object], name: str) -> None:
    world.sandbox.act("getresponse", "rename", contactId=contact["contactId"], to=name)
    world.hear(contact, "tag_applied", now=name, after=len(world.events()))  # no repetition of an event before
    world.work()


def name_of(world: World) -> str:
    [lead] = world.leads
    return f"{lead['FirstName']} {lead['LastName']}"


def test_what_waits_behind_a_stuck_write_becomes_one_write_of_the_newest_state(
    stuck: tuple[World, dict[str, object]],
) -> None:
    world, contact = stuck
    for name in ("Noa Levi", "Noa Berg", "Omar Haddad"):
        rename(world, contact, name)
    _made, head, first, second, last = world.changes()
    assert (head.state, first.state, second.state) == ("queued", "cancelled", "cancelled")
    assert (last.state, last.replaces) == ("queued", second)
    assert {name: (entry["before"], entry["after"]) for name, entry in last.diff.items()} == {
        "FirstName": ("Dana", "Omar"),
        "LastName": ("Levi", "Haddad"),
    }
    world.let_time_pass()
    world.work()
    assert name_of(world) == "Omar Haddad"
    assert [change.state for change in world.changes()] == ["applied", "applied", "cancelled", "cancelled", "applied"]


@pytest.mark.parametrize(
    "names", [("Noa Berg", "Dana Berg"), ("Noa Berg", "Dana Levi"), ("Noa Berg", "Dana Levi", "Noa Haddad")]
)
def test_back_and_forth_ends_as_the_newest_says(stuck: tuple[World, dict[str, object]], names: tuple[str, ...]) -> None:
    """Also when something in between undid all that was waiting, and the next counted on that."""
    world, contact = stuck
    for name in names:
        rename(world, contact, name)
    world.let_time_pass()
    world.work()
    assert name_of(world) == names[-1]


def test_what_was_to_be_as_before_is_written_even_if_the_stuck_write_fails(
    stuck: tuple[World, dict[str, object]],
) -> None:
    """The head makes it Dana Levi, what waits goes to Noa Berg and to Noa Levi; then the head is refused."""
    world, contact = stuck
    for name in ("Noa Berg", "Noa Levi"):
        rename(world, contact, name)
    Change.objects.filter(state=ChangeState.QUEUED, attempts=1).update(state=ChangeState.FAILED)
    world.let_time_pass()
    world.work()
    assert name_of(world) == "Noa Levi"


def test_what_was_tried_already_is_not_folded(stuck: tuple[World, dict[str, object]]) -> None:
    world, contact = stuck
    rename(world, contact, "Noa Levi")
    assert world.changes()[1].state == ChangeState.QUEUED  # the head itself


def test_a_change_that_waits_for_approval_takes_no_other_place(stuck: tuple[World, dict[str, object]]) -> None:
    world, contact = stuck
    rename(world, contact, "Noa Levi")
    world.rule("asked", "email.opened", {"upsert": {"mapping": "subscriber-to-lead"}}, approve="always")
    world.sandbox.act("getresponse", "rename", contactId=contact["contactId"], to="Noa Berg")
    world.hear(contact, "open")
    world.work()
    *_others, waiting, held = world.changes()
    assert (waiting.state, held.state) == (ChangeState.QUEUED, ChangeState.HELD)
    world.let_time_pass()
    world.work()
    assert name_of(world) == "Noa Levi"
    decisions.approve([held.id], None)
    world.work()
    assert name_of(world) == "Noa Berg"


def test_behind_a_lead_that_is_still_to_be_made_updates_fold_too(world: World) -> None:
    world.mapping()
    world.rule("arrive", "contact.subscribed", {"upsert": {"mapping": "subscriber-to-lead"}})
    world.rule("again", "contact.tagged", {"upsert": {"mapping": "subscriber-to-lead"}})
    world.sandbox.switch("salesforce", lock_row=1)
    contact = world.subscribe("new@example.com", name="Dana Cohen")
    world.work()
    for name in ("Noa Levi", "Omar Haddad"):
        rename(world, contact, name)
    maker, first, last = world.changes()
    assert (maker.state, first.state, last.state) == ("queued", "cancelled", "queued")
    assert last.depends_on == maker
    world.let_time_pass()
    world.work()
    assert name_of(world) == "Omar Haddad"
