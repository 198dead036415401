"""Any object that the integration user may see can be read and written, by what its describe says."""

from __future__ import annotations

import pytest

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Write
from integrations.vendors.errors import NotFound, Unsupported
from integrations.vendors.registry import vendor
from integrations.vendors.salesforce.resources import Salesforce

OBJECT = "Subscription__c"


def subscription(key: str, **values: str) -> Write:
    return Write(f"change-{key}", OBJECT, "upsert", {"Name": "Newsletter", **values}, key=("Key__c", key))


def test_a_custom_object_is_described_written_read_and_paged(sandbox: RunningSandbox, salesforce: Salesforce) -> None:
    fields = {field.name: field for field in salesforce.describe(OBJECT)}
    assert (fields["Key__c"].unique_key, fields["Plan__c"].length, fields["Lead__c"].type) == (True, 20, "reference")
    first, second = salesforce.write([subscription("a", Plan__c="Gold"), subscription("b")])
    assert (first.created, second.created) == (True, True)
    assert salesforce.write([subscription("a", Plan__c="Silver")])[0].created is False
    assert salesforce.find(OBJECT, "Key__c", ["a"], ["Plan__c"])[0].record["Plan__c"] == "Silver"
    assert [record["Key__c"] for record in salesforce.iterate(OBJECT)] == ["b", "a"]
    assert salesforce.write([Write("d", OBJECT, "delete", {}, first.record_id)])[0].error is None


def test_what_can_be_done_with_an_object_that_is_not_listed_is_said_once() -> None:
    capabilities = vendor("salesforce").capabilities
    found = capabilities.object(OBJECT)
    assert found is not None
    assert (found.name, found.batch, "upsert" in found.writes, "create_task" in found.writes) == (
        OBJECT,
        200,
        True,
        False,
    )
    assert capabilities.object("Lead") in capabilities.objects
    assert capabilities.object("") is None
    assert vendor("getresponse").capabilities.object("Subscription__c") is None


@pytest.mark.parametrize("name", ["Laed", "Lead; DROP", ""])
def test_an_object_that_is_not_there_is_named(salesforce: Salesforce, name: str) -> None:
    with pytest.raises(NotFound):
        salesforce.describe(name)


def test_tasks_and_campaigns_are_not_done_with_any_object(salesforce: Salesforce) -> None:
    error = salesforce.write([Write("c", OBJECT, "add_to_campaign", {})])[0].error
    assert isinstance(error, Unsupported)
