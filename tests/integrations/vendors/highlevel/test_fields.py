"""What can be told from a contact of HighLevel, in the shape of its API and of its webhooks."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.vendors.highlevel import VENDOR
from integrations.vendors.highlevel.fields import by_field, custom_field

NAMED = [{"id": "a", "name": "Score", "fieldKey": "contact.score", "dataType": "NUMERICAL", "value": "7.5"}]


@pytest.mark.parametrize(
    ("kind", "options", "type", "restricted", "updateable"),
    [
        ("TEXT", [], "string", False, True),
        ("LARGE_TEXT", [], "text", False, True),
        ("NUMERICAL", [], "number", False, True),
        ("SINGLE_OPTIONS", ["a"], "picklist", True, True),
        ("CHECKBOX", ["a", "b"], "multipicklist", True, True),
        ("FILE_UPLOAD", [], "object", False, False),
        ("SOMETHING_NEW", [], "string", False, True),
    ],
)
def test_a_custom_field_is_what_highlevel_calls_it(
    kind: str, options: list[str], type: str, restricted: bool, updateable: bool
) -> None:
    field = custom_field({"id": "a", "name": "x", "dataType": kind, "picklistOptions": options})
    assert (field.type, field.restricted, field.updateable) == (type, restricted, updateable)


def test_a_field_whose_choices_may_be_added_to_takes_any() -> None:
    given = {"name": "x", "dataType": "SINGLE_OPTIONS", "picklistOptions": ["a"], "isAllowedCustomOption": True}
    assert not custom_field(given).restricted


def test_a_number_is_compared_as_a_number() -> None:
    assert by_field({"customFields": NAMED}, ["customFields.score"])["customFields.score"] == 7.5


@pytest.mark.parametrize(
    ("entry", "value"),
    [({"value": "x"}, "x"), ({"fieldValue": "y"}, "y"), ({"field_value": "z"}, "z"), ({}, None)],
)
def test_a_value_is_read_in_every_generations_spelling(entry: dict[str, Any], value: Any) -> None:
    record = {"customFields": [{"name": "f", **entry}]}
    assert VENDOR.path(record, "customFields.f") == (True, value)


def test_values_without_names_are_not_there_so_that_the_record_is_read() -> None:
    assert VENDOR.path({"customFields": [{"id": "a", "value": "x"}]}, "customFields.company") == (False, None)


def test_who_it_is() -> None:
    assert VENDOR.identify("contact", {"email": "A@example.com", "phone": "+9725"}) == ("A@example.com", "+9725")


def test_nothing_of_highlevel_is_an_opt_in() -> None:
    assert VENDOR.opted_in_at({"dnd": False, "dateAdded": "2026-01-01T00:00:00.000Z"}, {}) is None
