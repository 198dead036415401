"""Reading mappings: what is understood, and everything that is wrong at once."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from mappings.spec import MappingSpec, SpecError, parse_mapping

DESIGN: dict[str, Any] = {
    "source": {"connection": "getresponse-main", "object": "contact", "read": "auto"},
    "target": {"connection": "salesforce-main", "object": "Lead"},
    "key": {"field": "GetResponse_Contact_ID__c", "from": "contactId"},
    "match": ["email"],
    "fields": [
        {"from": "name", "via": ["first_name"], "to": "FirstName"},
        {"from": "name", "via": ["last_name"], "to": "LastName", "fallback": "Unknown"},
        {"from": ["customFields.company", "email"], "via": ["company_or_domain"], "to": "Company"},
        {"value": "Email Marketing", "to": "LeadSource", "write": "create"},
        {"from": "tags", "via": ["names", {"join": ";"}], "to": "GetResponse_Tags__c", "blank": "clear"},
        {"value": "Hot", "to": "Rating", "if": {"field": "scoring", "op": "greater", "value": 10}},
        {"via": [{"template": "{note} / {campaign.name|upper}"}], "to": "Description", "conflict": "ask"},
    ],
    "conflict": "source",
}


def _changed(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(DESIGN), **changes}


def _with_row(row: Any) -> dict[str, Any]:
    return _changed(fields=[row])


def _problems(data: object, name: str = "subscriber-to-lead") -> dict[str, str]:
    with pytest.raises(SpecError) as refused:
        parse_mapping(name, data)
    return {str(problem).partition(": ")[0]: problem.message for problem in refused.value.problems}


def test_the_mapping_of_the_design_is_understood() -> None:
    spec = parse_mapping("subscriber-to-lead", DESIGN)
    assert (spec.source_connection, spec.source_object, spec.read) == ("getresponse-main", "contact", "auto")
    assert (spec.target_connection, spec.target_object, spec.converted) == ("salesforce-main", "Lead", "contact")
    assert (spec.key_field, spec.key_from) == ("GetResponse_Contact_ID__c", "contactId")
    last_name, company, source = spec.fields[1], spec.fields[2], spec.fields[3]
    assert (last_name.fallback, last_name.has_fallback, last_name.write, last_name.blank) == (
        "Unknown",
        True,
        "always",
        "ignore",
    )
    assert company.sources == ("customFields.company", "email")
    assert (source.has_value, source.value, source.write) == (True, "Email Marketing", "create")
    assert [step.name for step in spec.fields[4].via] == ["names", "join"]
    assert spec.data == DESIGN


def test_every_path_that_is_read_is_known() -> None:
    assert parse_mapping("m", DESIGN).paths() == {
        *("name", "email", "customFields.company", "tags", "contactId", "scoring", "note", "campaign.name")
    }


def test_what_is_left_out_has_its_default() -> None:
    spec = parse_mapping("m", {key: DESIGN[key] for key in ("source", "target", "fields")})
    assert (spec.key_field, spec.key_from, spec.match, spec.conflict) == ("", "", ("email",), "source")


def test_two_ways_of_writing_the_same_are_equal() -> None:
    one = parse_mapping("m", _with_row({"from": "name", "via": "trim", "to": "LastName"}))
    other = parse_mapping("m", _with_row({"from": ["name"], "via": ["trim"], "to": "LastName", "write": "always"}))
    assert one == other
    assert one != parse_mapping("m", _with_row({"from": "name", "via": ["upper"], "to": "LastName"}))


@pytest.mark.parametrize(
    ("row", "place", "said"),
    [
        ({"from": "name", "via": ["frist_name"], "to": "X"}, "fields[0].via[0]", "Did you mean first_name"),
        ({"from": "a", "via": ["trim", {"truncate": "x"}], "to": "X"}, "fields[0].via[1]", "whole number"),
        ({"from": "name"}, "fields[0].to", "to is missing"),
        ({"to": "X"}, "fields[0]", "where does the value come from"),
        ({"from": "a", "value": 1, "to": "X"}, "fields[0].value", "without from and via"),
        ({"value": {"a": 1}, "to": "X"}, "fields[0].value", "not a table"),
        ({"from": {"a": 1}, "to": "X"}, "fields[0].from", "text or a list of texts"),
        ({"from": [], "to": "X", "via": ["trim"]}, "fields[0]", "where does the value come from"),
        ({"from": "a", "to": ["X"]}, "fields[0].to", "must be text, not a list"),
        ({"from": "a", "to": "X", "wriet": "create"}, "fields[0].wriet", "Did you mean write?"),
        ({"from": "a", "to": "X", "write": "creat"}, "fields[0].write", "Did you mean create?"),
        ({"from": "a", "to": "X", "blank": "drop"}, "fields[0].blank", "not one of ignore, clear"),
        ({"from": "a", "to": "X", "if": {"field": "a", "op": "equal", "value": 1}}, "fields[0].if", "equals"),
        ("FirstName", "fields[0]", "a table, not text"),
    ],
)
def test_a_wrong_row_is_refused_where_it_is_wrong(row: Any, place: str, said: str) -> None:
    assert said in _problems(_with_row(row))[place]


@pytest.mark.parametrize(
    ("data", "place", "said"),
    [
        (None, "a mapping is a table, not nothing.", ""),
        ({}, "source", "source is missing"),
        (_changed(source={"object": "contact"}), "source.connection", "connection is missing"),
        (_changed(source="getresponse-main"), "source", "a table, not text"),
        (_changed(key={"field": "X"}), "key.from", "from is missing"),
        (_changed(match=["emial"]), "match", "Use email, phone or both"),
        (_changed(fields=[]), "fields", "missing or empty"),
        (_changed(fields={"to": "X"}), "fields", "must be a list, not a table"),
        (_changed(conflict="both"), "conflict", "not one of source, target, newest, ask"),
        (_changed(converted="lead"), "converted", "not one of contact, skip, fail"),
        (_changed(feilds=[]), "feilds", "Did you mean fields?"),
    ],
)
def test_a_wrong_mapping_is_refused_where_it_is_wrong(data: Any, place: str, said: str) -> None:
    problems = _problems(data)
    assert place in problems
    assert said in problems[place]


def test_all_problems_are_told_at_once() -> None:
    data = _changed(conflict="both", fields=[{"from": "a", "via": ["upr"], "to": ""}, 7])
    assert set(_problems(data)) == {"conflict", "fields[0].via[0]", "fields[0].to", "fields[1]"}


def test_one_field_is_filled_by_two_rows_only_when_a_condition_tells_them_apart() -> None:
    hot = {"value": "Hot", "to": "Rating", "if": {"field": "tags", "op": "contains", "value": "vip"}}
    cold = {"value": "Cold", "to": "Rating"}
    assert isinstance(parse_mapping("m", _changed(fields=[cold, hot])), MappingSpec)
    assert "filled by two rows" in _problems(_changed(fields=[cold, hot, cold]))["fields[2].to"]


@pytest.mark.parametrize("name", ["", "Subscriber", "a b", "-a", "a" * 121, "מיפוי"])
def test_a_name_has_lower_case_letters_digits_and_dashes(name: str) -> None:
    with pytest.raises(SpecError, match="is not a name"):
        parse_mapping(name, DESIGN)
