"""Rules that delete: the record goes once, stays gone, and a burst of it waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Change, ChangeState
from audit.undo import undo
from integrations.models import Connection, Event, Link
from integrations.vendors.errors import Moved, NotFound, Unsupported
from tests.acting_vendor import Office

pytestmark = pytest.mark.django_db
DELETE: dict[str, Any] = {"delete": {"connection": "right"}}


@pytest.fixture
def office() -> Iterator[Office]:
    with Office().registered() as office:
        office.copying()
        yield office


def deletions() -> list[Change]:
    return list(Change.objects.filter(operation="delete").order_by("id"))


@pytest.mark.parametrize("where", [{"connection": "right"}, {"mapping": "copy"}])
def test_the_record_is_deleted_and_known_as_gone(office: Office, where: dict[str, str]) -> None:
    office.rule("contact.unsubscribed", {"delete": where})
    record_id = office.person()
    [there] = office.right.records
    office.left.stop(record_id)
    office.work()
    assert office.right.records == {}
    [change] = deletions()
    assert (change.record_id, change.kind, change.braked) == (there, "contact", "delete")
    assert change.known["name"] == "Dana Cohen"
    assert Link.objects.get(record_id=there).gone_at is not None


def test_a_late_event_does_not_make_it_again(office: Office) -> None:
    office.rule("contact.unsubscribed", DELETE)
    office.rule("contact.updated", {"upsert": {"mapping": "copy"}})
    record_id = office.person()
    office.left.stop(record_id)
    office.work()
    office.left.edit(record_id, name="Dana Peretz")
    office.work()
    assert office.right.records == {}
    assert "it is not made again" in office.last_event.reason


def test_what_is_gone_already_is_deleted(office: Office) -> None:
    office.rule("contact.unsubscribed", DELETE)
    record_id = office.person()
    office.right.refusals = [NotFound("Gone.")]
    office.left.stop(record_id)
    office.work()
    assert deletions()[0].state == ChangeState.APPLIED
    assert Link.objects.get(connection__name="right").gone_at is not None


def test_a_record_that_became_another_is_not_followed(office: Office) -> None:
    office.rule("contact.unsubscribed", DELETE)
    record_id = office.person()
    office.right.refusals = [Moved("Converted.", object="contact", record_id="other")]
    office.left.stop(record_id)
    office.work()
    assert [c.state for c in deletions()] == [ChangeState.FAILED]


def test_an_event_waits_until_the_deletion_is_done(office: Office) -> None:
    office.rule("contact.unsubscribed", DELETE)
    office.rule("contact.updated", {"upsert": {"mapping": "copy"}})
    record_id = office.person()
    office.left.stop(record_id)
    Connection.objects.filter(name="right").update(blocked=True)
    office.work()
    office.left.edit(record_id, name="Dana Peretz")
    office.work()
    assert "about to be deleted" in office.last_event.reason
    Connection.objects.update(blocked=False, paused_until=None)
    office.work()
    Event.objects.filter(state="new").update(next_attempt_at=timezone.now())
    office.work()
    assert office.right.records == {}
    assert "it is not made again" in office.last_event.reason


def test_it_is_deleted_once(office: Office) -> None:
    office.rule("contact.unsubscribed", DELETE, DELETE)
    record_id = office.person()
    Connection.objects.filter(name="right").update(blocked=True)
    office.left.stop(record_id)
    office.work()
    office.left.stop(record_id)
    office.work()
    assert "being deleted already" in office.last_event.reason
    Connection.objects.update(blocked=False)
    office.work()
    assert len(deletions()) <= 2
    office.left.stop(record_id)
    office.work()
    assert "the person has no record at right" in office.last_event.reason


def test_a_burst_of_deletions_waits_for_a_person(office: Office, settings: Any) -> None:
    settings.BRAKE_PER_HOUR = {**settings.BRAKE_PER_HOUR, "delete": 1}
    office.rule("contact.unsubscribed", DELETE)
    for record_id in [office.person(name) for name in ("Dana Cohen", "Noa Levi", "Ron Bar")]:
        office.left.stop(record_id)
    office.work()
    assert sorted(c.state for c in deletions()) == ["applied", "held", "held"]
    assert len(office.right.records) == 2


def test_a_deletion_waits_for_what_makes_the_record(office: Office) -> None:
    office.rule("contact.created", DELETE)
    office.person()
    assert office.right.records == {}
    assert [c.state for c in office.changes()] == [ChangeState.APPLIED, ChangeState.APPLIED]


def test_a_deletion_is_not_undone(office: Office) -> None:
    office.rule("contact.unsubscribed", DELETE)
    office.left.stop(office.person())
    office.work()
    with pytest.raises(Unsupported, match="A deletion is not undone"):
        undo(deletions()[0], None)
