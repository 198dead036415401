"""Rules that run an operation of a vendor's catalogue: once, with what the event says, and never twice in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from audit import decisions
from audit.models import Change, ChangeState, OptOut
from integrations.models import Connection, Person
from integrations.vendors.errors import Accepted, RateLimited, Rejected
from integrations.vendors.registry import VENDORS
from tests.acting_vendor import OPERATIONS, Office

pytestmark = pytest.mark.django_db
COURSE = {"operation": "start_course", "params": {"course": "c1"}, "body": {"who": ["{email}", {"name": "{name}"}]}}
VISIT = {"operation": "note_visit"}


@pytest.fixture
def office() -> Iterator[Office]:
    with Office().registered() as office:
        yield office


def calling(keys: dict[str, Any]) -> dict[str, Any]:
    return {"call": {"connection": "right"} | keys}


def call() -> Change:
    return Change.objects.get(operation="call")


def again(office: Office) -> None:
    Connection.objects.update(paused_until=None)
    Change.objects.filter(state="queued").update(next_attempt_at=timezone.now())
    office.work()


def test_an_operation_is_called_with_its_texts_filled_in(office: Office) -> None:
    office.rule("contact.created", calling(COURSE))
    office.person()
    expected = {"who": ["dana@example.com", {"name": "Dana Cohen"}]}
    assert office.right.called == [("start_course", {"course": "c1"}, expected)]
    change = call()
    assert (change.state, change.kind, change.object) == (ChangeState.APPLIED, "other", "start_course")
    assert change.diff["body"]["after"] == expected
    assert change.attempt_rows.count() == 1


def test_each_call_is_one_of_its_own(office: Office) -> None:
    office.rule("contact.created", calling(COURSE), calling(VISIT))
    for name in ("Dana Cohen", "Noa Levi"):
        office.left.sign_up(email=f"{name[:3]}@example.com", name=name)
    office.work()
    assert sorted(key for key, _params, _body in office.right.called) == ["note_visit"] * 2 + ["start_course"] * 2


def test_what_cannot_be_repeated_is_not_repeated_unasked(office: Office) -> None:
    office.rule("contact.created", calling(COURSE))
    office.right.lost = 1
    office.person()
    again(office)
    change = call()
    assert (len(office.right.called), change.state) == (1, ChangeState.FAILED)
    assert "start_course may not be done twice" in change.error["message"]
    decisions.retry([change.id], None)
    office.work()
    assert (len(office.right.called), call().state) == (2, ChangeState.APPLIED)


def test_what_may_be_repeated_is_called_until_it_answers(office: Office) -> None:
    office.rule("contact.created", calling(VISIT))
    office.right.lost = 1
    office.person()
    again(office)
    assert (len(office.right.called), call().state) == (2, ChangeState.APPLIED)


@pytest.mark.parametrize(("keys", "calls"), [(COURSE, 1), (VISIT, 2)])
def test_a_worker_that_dies_in_a_call_leaves_the_same_question(
    office: Office, keys: dict[str, Any], calls: int
) -> None:
    office.rule("contact.created", calling(keys))
    with mock.patch("audit.delivery.settle", side_effect=SystemExit), pytest.raises(SystemExit):
        office.person()
    Change.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    again(office)
    assert len(office.right.called) == calls
    assert call().state == (ChangeState.APPLIED if calls == 2 else ChangeState.FAILED)
    decisions.retry([call().id], None)
    office.work()
    assert (len(office.right.called), call().state) == (2, ChangeState.APPLIED)


def test_a_call_that_was_not_made_is_made_later(office: Office) -> None:
    office.rule("contact.created", calling(COURSE))
    office.right.failures = [RateLimited("Wait.", retry_after=timedelta(seconds=5))]
    office.person()
    assert office.right.called == []
    again(office)
    assert (len(office.right.called), call().state) == (1, ChangeState.APPLIED)


def test_what_the_vendor_accepted_is_done(office: Office) -> None:
    office.rule("contact.created", calling(COURSE))
    office.right.failures = [Accepted("It is on its way.")]
    office.person()
    assert call().state == ChangeState.APPLIED


def test_a_refused_call_fails_with_the_vendors_words(office: Office) -> None:
    office.rule("contact.created", calling(COURSE))
    office.right.failures = [Rejected("There is no such course.")]
    office.person()
    assert (call().state, call().error["message"]) == (ChangeState.FAILED, "There is no such course.")


def test_what_would_write_to_somebody_who_said_stop_is_held(office: Office) -> None:
    subscribing = tuple(replace(each, subscribing=each.key == "start_course") for each in OPERATIONS)
    office.copying()
    office.rule("contact.updated", calling(COURSE), calling(VISIT))
    record_id = office.person()
    person = Person.objects.get()
    connection = Connection.objects.get(name="left")
    OptOut.objects.create(person=person, address="", connection=connection, heard_at=timezone.now())
    office.happen("contact.updated", record_id)
    with mock.patch.dict(VENDORS, {"memory": replace(office.vendor(), operations=subscribing)}):
        office.work()
    assert [key for key, _params, _body in office.right.called] == ["note_visit"]
    assert Change.objects.get(object="start_course").state == ChangeState.HELD
