"""A mapping may write an object that somebody made for their org; a name that is none is refused."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.publishing import findings_of_mapping
from mappings.spec import parse_mapping
from tests.world import World

SUBSCRIPTION: dict[str, Any] = {
    "source": {"connection": "getresponse-main", "object": "contact"},
    "target": {"connection": "salesforce-main", "object": "Subscription__c"},
    "key": {"field": "Key__c", "from": "contactId"},
    "match": [],
    "fields": [{"from": "campaign.name", "to": "Name"}, {"from": "name", "via": [{"truncate": 20}], "to": "Plan__c"}],
}


def spec(object: str = "Subscription__c", **changes: Any) -> Any:
    target = {"connection": "salesforce-main", "object": object}
    return parse_mapping("subscription", SUBSCRIPTION | {"target": target} | changes)


def test_a_custom_object_is_kept_in_step(world: World) -> None:
    world.mapping("subscription", **SUBSCRIPTION)
    world.rule("arrive", "contact.subscribed", {"upsert": {"mapping": "subscription"}})
    made = world.subscribe("dana@example.com", name="Dana Cohen")
    world.work()
    (record,) = world.sandbox.records("salesforce", "Subscription__c")
    assert (record["Key__c"], record["Plan__c"], record["State__c"]) == (made["contactId"], "Dana Cohen", "Active")
    [change] = world.changes()
    assert (change.kind, change.state) == ("other", "applied")


def test_its_fields_are_checked_as_those_of_a_lead(world: World) -> None:
    assert findings_of_mapping(spec()).problems == []
    (problem,) = findings_of_mapping(spec(fields=[{"from": "name", "to": "Plan_c"}])).problems
    assert "'Plan_c' is not a field of Subscription__c. Did you mean Plan__c" in problem.message


@pytest.mark.parametrize(("name", "hint"), [("Laed", " Did you mean Lead?"), ("Subscriptoin__c", "")])
def test_an_object_that_is_not_there_is_refused(world: World, name: str, hint: str) -> None:
    (problem,) = findings_of_mapping(spec(name)).problems
    assert problem.message == f"salesforce-main has no object {name} that the integration user may see.{hint}"
