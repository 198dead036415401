"""Conditions: what every operator says about every kind of value, how they are read, and their words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.conditions import holds, in_words, parse_condition, paths_of, to_json
from mappings.operators import OPERATORS
from mappings.values import value_at

DESIGNED = """equals not_equals contains contains_any contains_all not_contains in not_in is_empty is_not_empty
starts_with ends_with matches greater less before after changed changed_to"""
RECORD: dict[str, Any] = {
    "name": "Jane Doe",
    "email": "Jane@Example.com",
    "tags": [{"tagId": "m7E2", "name": "Hot"}, {"tagId": "kL6N", "name": "pricing_page_visited"}],
    "campaign": {"campaignId": "abc123def", "name": "news"},
    "plan": ["gold"],
    "score": "10",
    "age": 35,
    "active": True,
    "createdOn": "2026-04-21T09:15:00+0000",
    "birthday": "2026-04-21",
    "note": "",
    "nothing": None,
    "empty": [],
}


def _lookup(path: str) -> tuple[bool, Any]:
    return value_at(RECORD, path)


def _holds(field: str, op: str, value: Any = None) -> bool:
    given = {} if value is None else {"value": value}
    return holds(parse_condition({"field": field, "op": op, **given}), _lookup)


TRUE: list[tuple[str, str, Any]] = [
    ("name", "equals", "Jane Doe"),
    ("campaign.campaignId", "equals", "abc123def"),
    ("plan", "equals", "gold"),
    ("plan", "equals", ["gold"]),
    ("tags", "equals", ["pricing_page_visited", "Hot"]),
    ("age", "equals", 35.0),
    ("age", "equals", "35"),
    ("score", "equals", 10),
    ("active", "equals", True),
    ("active", "equals", "true"),
    ("note", "equals", ""),
    ("missing", "equals", ""),
    ("name", "not_equals", "jane doe"),
    ("missing", "not_equals", "x"),
    ("tags", "not_equals", "Hot"),
    ("name", "contains", "jane"),
    ("tags", "contains", "hot"),
    ("tags", "contains", "m7E2"),
    ("tags", "contains_any", ["demo_watched", "pricing_page_visited"]),
    ("tags", "contains_any", "hot"),
    ("tags", "contains_all", ["hot", "pricing_page_visited"]),
    ("name", "contains_all", ["jane", "doe"]),
    ("tags", "not_contains", "cold"),
    ("tags", "not_contains", ["cold", "pricing"]),
    ("missing", "not_contains", "x"),
    ("name", "in", ["Jane Doe", "John Doe"]),
    ("plan", "in", ["silver", "gold"]),
    ("age", "in", [35]),
    ("note", "in", ["", "x"]),
    ("name", "not_in", ["jane doe"]),
    ("missing", "not_in", ["x"]),
    ("note", "is_empty", None),
    ("nothing", "is_empty", None),
    ("empty", "is_empty", None),
    ("missing", "is_empty", None),
    ("age", "is_not_empty", None),
    ("active", "is_not_empty", None),
    ("email", "starts_with", "jane@"),
    ("tags", "starts_with", "pricing_"),
    ("email", "ends_with", "@example.COM"),
    ("email", "matches", r"@[A-Z]\w+\.com$"),
    ("tags", "matches", "^pricing"),
    ("missing", "matches", "^$"),
    ("score", "greater", 9),
    ("age", "less", "35.5"),
    ("createdOn", "after", "2026-04-21T12:14:00+03:00"),
    ("createdOn", "before", "2026-04-22"),
    ("birthday", "after", "2026-04-20"),
]
FALSE: list[tuple[str, str, Any]] = [
    ("name", "equals", "jane doe"),
    ("tags", "equals", "Hot"),
    ("active", "equals", 1),
    ("missing", "equals", "x"),
    ("tags", "contains", "pricing"),
    ("missing", "contains", "x"),
    ("tags", "contains_all", ["hot", "cold"]),
    ("tags", "not_contains", ["cold", "hot"]),
    ("age", "is_empty", None),
    ("missing", "is_not_empty", None),
    ("email", "matches", "^example"),
    ("score", "greater", 10),
    ("name", "greater", 1),
    ("missing", "less", 1),
    ("tags", "greater", 1),
    ("createdOn", "after", "2026-04-21"),
    ("createdOn", "before", "2026-04-21"),
    ("name", "before", "2026-04-21"),
    ("name", "changed", None),
    ("name", "changed_to", "Jane Doe"),
]


@pytest.mark.parametrize(("field", "op", "value"), TRUE)
def test_it_holds(field: str, op: str, value: Any) -> None:
    assert _holds(field, op, value) is True


@pytest.mark.parametrize(("field", "op", "value"), FALSE)
def test_it_does_not_hold(field: str, op: str, value: Any) -> None:
    assert _holds(field, op, value) is False


def test_the_operators_are_those_of_the_design_and_all_are_tried_here() -> None:
    assert sorted(OPERATORS) == sorted(DESIGNED.split())
    assert {op for _, op, _ in TRUE + FALSE} == set(OPERATORS)


@pytest.mark.parametrize(
    ("op", "value", "before", "now", "expected"),
    [
        ("changed", None, {"a": 1}, {"a": 2}, True),
        ("changed", None, {"a": 1}, {"a": "1"}, False),
        ("changed", None, {"a": [1, 2]}, {"a": [2, 1]}, False),
        ("changed", None, {"a": None}, {"a": ""}, False),
        ("changed", None, {"a": "x"}, {}, True),
        ("changed", None, {}, {"a": 1}, False),
        ("changed_to", "hot", {"a": "cold"}, {"a": "hot"}, True),
        ("changed_to", "hot", {"a": "hot"}, {"a": "hot"}, False),
        ("changed_to", "hot", {"a": "cold"}, {"a": "warm"}, False),
        ("changed_to", "", {"a": "cold"}, {"a": None}, True),
    ],
)
def test_a_change_is_told_from_what_was_known_before(
    op: str, value: Any, before: Any, now: Any, expected: bool
) -> None:
    given = {} if value is None else {"value": value}
    condition = parse_condition({"field": "a", "op": op, **given})
    assert holds(condition, lambda path: value_at(now, path), lambda path: value_at(before, path)) is expected


def test_days_are_those_of_the_time_zone() -> None:
    late = {"at": "2026-04-21T22:30:00Z"}
    condition = parse_condition({"field": "at", "op": "after", "value": "2026-04-21"})
    answers = [holds(condition, lambda path: value_at(late, path), timezone=zone) for zone in ("UTC", "Asia/Jerusalem")]
    assert answers == [False, True]


YES, NO = {"field": "name", "op": "is_not_empty"}, {"field": "name", "op": "is_empty"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (None, True),
        ({}, True),
        ({"all": []}, True),
        ({"all": [YES, YES]}, True),
        ({"all": [YES, NO]}, False),
        ({"any": [NO, YES]}, True),
        ({"any": [NO, NO]}, False),
        ({"not": NO}, True),
        ({"not": [NO, YES]}, False),
        ({"not": {"any": [NO, {"all": [YES, NO]}]}}, True),
    ],
)
def test_groups_combine(spec: Any, expected: bool) -> None:
    assert holds(parse_condition(spec), _lookup) is expected


def _nested(levels: int) -> Any:
    return {"not": _nested(levels - 1)} if levels else YES


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"field": "a", "op": "equal", "value": 1}, "There is no operator “equal”. Did you mean equals"),
        ({"feild": "a", "op": "equals", "value": 1}, "A condition has no “feild”. Did you mean field?"),
        ({"op": "equals", "value": 1}, "needs the field"),
        ({"field": "a"}, "There is no operator “”"),
        ({"field": "a", "op": "equals"}, "a equals: needs a value."),
        ({"field": "a", "op": "equals", "value": None}, "is_empty"),
        ({"field": "a", "op": "equals", "value": {}}, "needs one value"),
        ({"field": "a", "op": "is_empty", "value": 1}, "takes no value"),
        ({"field": "a", "op": "contains", "value": " "}, "not empty"),
        ({"field": "a", "op": "contains", "value": ["b"]}, "contains_any"),
        ({"field": "a", "op": "in", "value": []}, "a list of 1 to 1,000 values"),
        ({"field": "a", "op": "greater", "value": "soon"}, "needs a number"),
        ({"field": "a", "op": "before", "value": "soon"}, "needs a date"),
        ({"field": "a", "op": "matches", "value": "("}, "lacks a “)”"),
        ({"field": "a", "op": "equals", "value": "x" * 2001}, "at most 2,000"),
        ({"all": YES}, "“all” needs a list"),
        ({"any": []}, "“any” needs a list"),
        ({"not": []}, "“not” needs a list"),
        ({"all": [YES], "any": [YES]}, "stands alone"),
        ({"all": [YES], "field": "a"}, "“all” stands alone in its condition, not beside field."),
        ({"all": [YES] * 201}, "at most 200"),
        ({"all": ["name"]}, "A condition is"),
        ([YES], "A condition is"),
        (_nested(12), "at most 10 groups deep"),
    ],
)
def test_a_mistake_is_refused_in_a_plain_sentence(spec: Any, said: str) -> None:
    with pytest.raises(ValueError, match=".") as caught:
        parse_condition(spec)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"field": "tags", "op": "contains_any", "value": ["a", "b"]}, "tags contains any of a, b"),
        (NO, "name is empty"),
        ({"field": "a", "op": "equals", "value": ""}, "a equals “”"),
        ({"field": "a", "op": "changed_to", "value": True}, "a changed to true"),
        ({"all": [YES, {"any": [NO, NO]}]}, "name is not empty and (name is empty or name is empty)"),
        ({"any": [YES, {"all": [NO]}]}, "name is not empty or name is empty"),
        ({"not": [YES, NO]}, "not (name is not empty or name is empty)"),
        (None, "always"),
    ],
)
def test_a_condition_is_said_in_words_and_written_back(spec: Any, words: str) -> None:
    condition = parse_condition(spec)
    assert in_words(condition) == words
    assert parse_condition(json.loads(json.dumps(to_json(condition)))) == condition


def test_the_paths_that_a_condition_reads_are_known() -> None:
    spec = {"all": [YES, {"not": {"field": "a.b", "op": "changed"}}]}
    assert paths_of(parse_condition(spec)) == {"name", "a.b"}


VALUES: dict[str, Any] = {"greater": 1, "less": 1, "before": "2026-04-21", "after": "2026-04-21", "matches": "a+"}
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "tagId", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=200)
@given(st.sampled_from(sorted(OPERATORS)), JSONS, JSONS)
def test_every_operator_takes_any_value_of_a_record(op: str, value: Any, before: Any) -> None:
    takes_value = OPERATORS[op].takes_value
    condition = parse_condition({"field": "a", "op": op, **({"value": VALUES.get(op, "a")} if takes_value else {})})
    assert holds(condition, lambda path: (True, value), lambda path: (True, before)) in (True, False)
