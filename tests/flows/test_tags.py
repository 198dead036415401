"""Rules that put tags on a person's record and take them off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from audit.models import ChangeState, Kind
from integrations.vendors.errors import Moved
from tests.acting_vendor import Office

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Iterator[Office]:
    with Office().registered() as office:
        office.copying()
        yield office


def tags_at_the_right(office: Office) -> list[str]:
    [record] = office.right.records.values()
    return list(record.get("tags", []))


def adding(**keys: Any) -> dict[str, Any]:
    return {"add_tags": {"connection": "right"} | keys}


def removing(*tags: str) -> dict[str, Any]:
    return {"remove_tags": {"connection": "right", "tags": list(tags)}}


def test_tags_of_the_rule_are_added_and_taken_off(office: Office) -> None:
    office.rule("contact.created", adding(tags=["vip", "from {city}"]))
    office.rule("contact.updated", removing("vip"))
    record_id = office.person(city="Haifa")
    assert tags_at_the_right(office) == ["vip", "from Haifa"]
    office.happen("contact.updated", record_id)
    office.work()
    assert tags_at_the_right(office) == ["from Haifa"]
    [added, _removed] = office.changes(kind=Kind.TAG)
    expected = {"before": None, "after": ["vip", "from Haifa"], "from": "city", "via": [], "synthetic": False}
    assert (added.object, added.diff) == ("contact", {"tags": expected})


def test_tags_are_taken_from_a_field_of_the_source_by_their_names(office: Office) -> None:
    office.rule("contact.updated", {"add_tags": {"connection": "right", "from": "tags"}})
    record_id = office.person()
    office.happen("contact.updated", record_id, tags=[{"tagId": "t1", "name": "vip"}, "new", "vip"])
    office.work()
    assert tags_at_the_right(office) == ["vip", "new"]


def test_an_event_without_tags_adds_none_and_says_so(office: Office) -> None:
    office.rule("contact.created", {"add_tags": {"connection": "right", "from": "tags"}})
    office.person()
    assert office.changes(kind=Kind.TAG) == []
    assert office.last_event.reason == "Add tags: the event names none."


def test_what_was_done_last_is_not_done_again(office: Office) -> None:
    office.rule("contact.created", adding(tags=["vip", "new"]))
    office.rule("contact.updated", adding(tags=["vip"]))
    office.rule("contact.updated", removing("new"), adding(tags=["vip", "new"]))
    record_id = office.person()
    for _time in range(2):
        office.happen("contact.updated", record_id)
        office.work()
    done = [c.operation for c in office.changes(kind=Kind.TAG)]
    assert done == ["add_tags", "remove_tags", "add_tags", "remove_tags", "add_tags"]
    assert "this was the last thing done with these" in office.last_event.reason


def test_tags_follow_a_record_that_became_another(office: Office) -> None:
    office.rule("contact.updated", adding(tags=["vip"]))
    record_id = office.person()
    [old] = office.right.records
    office.right.records["other"] = {"id": "other", "email": "dana@example.com"}
    office.right.refusals = [Moved("It was merged.", object="contact", record_id="other")]
    office.happen("contact.updated", record_id)
    office.work()
    assert "tags" not in office.right.records[old]
    assert office.right.records["other"]["tags"] == ["vip"]
    assert [c.state for c in office.changes(kind=Kind.TAG)] == [ChangeState.CANCELLED, ChangeState.APPLIED]


def test_tags_wait_for_the_record_and_name_it_once_it_is_made(office: Office) -> None:
    office.rule("contact.created", adding(tags=["vip"]))
    office.person()
    contact, tagging = office.changes()
    assert (tagging.depends_on, tagging.record_id) == (contact, contact.record_id)
