"""What a describe says becomes fields that mappings are fitted to."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.vendors.base import Field
from integrations.vendors.salesforce.fields import described_field, identify, opted_in_at, path

TEXT = {
    "name": "Company",
    "label": "Company",
    "type": "string",
    "length": 255,
    "createable": True,
    "updateable": True,
    "nillable": False,
    "defaultedOnCreate": False,
}


def described(**changes: Any) -> Field:
    return described_field({**TEXT, **changes})


def test_a_required_text_has_its_length() -> None:
    field = described()
    assert (field.name, field.type, field.length, field.required) == ("Company", "string", 255, True)


@pytest.mark.parametrize(
    "changes",
    [{"nillable": True}, {"defaultedOnCreate": True}, {"createable": False}],
)
def test_a_field_that_may_be_left_out_is_not_required(changes: dict[str, bool]) -> None:
    assert not described(**changes).required


def test_only_active_picklist_values_are_choices() -> None:
    values = [{"value": "Hot", "active": True}, {"value": "Old", "active": False}, None, {"active": True}]
    field = described(type="picklist", picklistValues=values, restrictedPicklist=True)
    assert (field.type, field.choices, field.restricted) == ("picklist", ("Hot",), True)


@pytest.mark.parametrize(
    ("external", "unique", "key"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_only_a_unique_external_id_is_a_key(external: bool, unique: bool, key: bool) -> None:
    assert described(externalId=external, unique=unique).unique_key is key


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("textarea", "text"), ("double", "number"), ("int", "integer"), ("boolean", "boolean"), ("anyType", "string")],
)
def test_a_type_has_our_name(theirs: str, ours: str) -> None:
    assert described(type=theirs).type == ours


def test_length_zero_means_not_limited() -> None:
    assert described(type="boolean", length=0).length is None


def test_a_record_is_identified_by_email_and_the_first_phone() -> None:
    assert identify("Lead", {"Email": "a@example.com", "Phone": "1", "MobilePhone": None}) == ("a@example.com", "1")


def test_a_box_unticked_in_salesforce_is_never_an_opt_in() -> None:
    assert opted_in_at({"HasOptedOutOfEmail": False, "CreatedDate": "2026-04-21T09:15:00.000+0000"}, {}) is None


def test_a_path_goes_into_related_records() -> None:
    assert path({"Owner": {"Name": "דנה"}}, "Owner.Name") == (True, "דנה")
