"""What failed, or waits for a person, holds up nobody else: no event, no run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from audit.models import Change
from integrations.models import Event, EventState
from integrations.vendors.errors import Rejected
from tests.acting_vendor import Office

pytestmark = pytest.mark.django_db
DONE = {EventState.PLANNED, EventState.IGNORED}


@pytest.fixture
def office() -> Iterator[Office]:
    with Office().registered() as office:
        office.copying()
        yield office


def test_an_event_does_not_wait_for_what_follows_a_write_that_failed(office: Office) -> None:
    score = {"connection": "right", "object": "contact", "field": "score", "by": 5}
    office.rule("contact.created", {"increment": score})
    office.rule("contact.updated", {"add_tags": {"connection": "right", "tags": ["seen"]}}, connection="right")
    office.right.refusals = [Rejected("No.")]
    office.person()
    assert set(Change.objects.values_list("operation", "state")) == {("upsert", "failed"), ("increment", "queued")}
    made = office.right.sign_up(email="dana@example.com", name="Dana")  # by hand
    office.right.edit(made, name="Dana C")
    office.work_both()
    assert set(Event.objects.filter(connection__name="right").values_list("state", flat=True)) <= DONE
