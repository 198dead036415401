"""The fields of a contact, and what can be told from them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.vendors.getresponse.fields import ORIGINS, api_field, custom_field, identify, opted_in_at, path

RECORD: dict[str, Any] = {
    "contactId": "p1",
    "email": "Dana@example.com",
    "campaign": {"campaignId": "l1", "name": "news"},
    "tags": [{"tagId": "t1", "name": "vip"}],
    "customFieldValues": [
        {"customFieldId": "f1", "name": "company", "value": ["Acme"], "values": ["Acme"]},
        {"customFieldId": "f2", "name": "Company", "value": ["Other"]},
        {"customFieldId": "f3", "name": "interests", "values": ["crm", "mail"]},
        {"customFieldId": "f4", "name": "empty", "value": []},
        {"customFieldId": "f5", "name": "mobile_phone", "value": ["+972501234567"]},
    ],
}


@pytest.mark.parametrize(
    ("dotted", "expected"),
    [
        ("customFields.company", (True, "Acme")),
        ("customFields.Company", (True, "Other")),
        ("customFields.COMPANY", (True, "Acme")),
        ("customFields.interests", (True, ["crm", "mail"])),
        ("customFields.empty", (True, None)),
        ("customFields.job_title", (False, None)),
        ("customFields.", (False, None)),
        ("campaign.campaignId", (True, "l1")),
        ("tags", (True, [{"tagId": "t1", "name": "vip"}])),
        ("tags.0.name", (True, "vip")),
        ("note", (False, None)),
    ],
)
def test_a_path_reads_custom_fields_by_name_and_all_else_by_place(dotted: str, expected: tuple[bool, Any]) -> None:
    assert path(RECORD, dotted) == expected


@pytest.mark.parametrize(
    "custom",
    [
        {"customFields": [{"name": "company", "value": "Acme"}]},
        {"customFields": {"company": "Acme"}},
        {"customFieldValues": [{"name": "company", "values": ["Acme"]}]},
        {"customFieldValues": [None, {"name": 7}, {"name": "company", "value": ["Acme"]}]},
    ],
)
def test_custom_fields_are_read_in_every_shape(custom: dict[str, Any]) -> None:
    assert path(custom, "customFields.company") == (True, "Acme")


@pytest.mark.parametrize(("dotted", "asked"), [("customFields.x", "customFieldValues"), ("campaign.name", "campaign")])
def test_a_path_asks_for_the_field_that_holds_it(dotted: str, asked: str) -> None:
    assert api_field(dotted) == asked


def test_a_contact_is_identified_by_address_and_phone_field() -> None:
    assert identify("contact", RECORD) == ("Dana@example.com", "+972501234567")
    assert identify("contact", {}) == ("", "")


@pytest.mark.parametrize(("origin", "act_of_the_person"), list(ORIGINS.items()) + [("martian", False), (None, False)])
def test_only_an_act_of_the_person_is_an_opt_in(origin: str | None, act_of_the_person: bool) -> None:
    record = {"origin": origin, "createdOn": "2026-04-21T09:15:00+0000"}
    expected = datetime(2026, 4, 21, 9, 15, tzinfo=UTC) if act_of_the_person else None
    assert opted_in_at(record, {}) == expected


def test_an_opt_in_without_a_time_is_none() -> None:
    assert opted_in_at({"origin": "www"}, {}) is None


@pytest.mark.parametrize(
    ("definition", "type_", "choices"),
    [
        ({"name": "age", "type": "number", "format": "text", "values": []}, "number", ()),
        ({"name": "notes", "type": "string", "format": "textarea"}, "text", ()),
        ({"name": "size", "type": "string", "format": "single_select", "values": ["S", "M"]}, "picklist", ("S", "M")),
        ({"name": "old", "type": "single_select", "values": ["a", "b"]}, "picklist", ("a", "b")),
        ({"name": "likes", "type": "string", "fieldType": "checkbox", "values": ["a"]}, "multipicklist", ("a",)),
        ({"name": "when", "type": "datetime", "format": "text"}, "datetime", ()),
    ],
)
def test_a_custom_field_has_our_type_and_its_choices(
    definition: dict[str, Any], type_: str, choices: tuple[str, ...]
) -> None:
    field = custom_field(definition)
    assert (field.name, field.type, field.choices) == (f"customFields.{definition['name']}", type_, choices)
    assert field.custom
