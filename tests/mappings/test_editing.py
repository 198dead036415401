"""Typing and reading back: what an input shows is read as the same again, and differences are real ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.editing.condition_rows import condition_of, rows_of
from mappings.editing.differences import Difference, differences
from mappings.editing.field_rows import inputs_of, row_of
from mappings.editing.typing import typed, typed_steps, written, written_steps
from mappings.forms.mapping import FieldForm
from tests.world import SUBSCRIBER_TO_LEAD

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(JSON.filter(lambda value: value is not None))
def test_every_value_is_read_back_as_it_was_written(value: Any) -> None:
    assert typed(written(value)) == value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Hot", "Hot"),
        ("5", '"5"'),
        (5, "5"),
        (True, "true"),
        ("true", '"true"'),
        (" x", '" x"'),
        ("", '""'),
        ("NaN", "NaN"),
    ],
)
def test_text_that_could_be_something_else_stands_in_quotes(value: Any, shown: str) -> None:
    assert written(value) == shown
    assert typed(shown) == value


@pytest.mark.parametrize(
    "via",
    [
        [],
        ["first_name"],
        ["names", {"join": ";"}],
        [{"join": "; "}],
        [{"truncate": 128}],
        [{"replace": ["a", "b"]}],
        [{"replace": {"find": "a", "with": "b: c"}}],
        [{"map_values": {"gold": "Hot"}, "else": "Cold"}],
        [{"template": "{name} <{email}>"}],
    ],
)
def test_transforms_are_read_back_as_they_were_written(via: list[Any]) -> None:
    assert typed_steps(written_steps(via)) == via


@pytest.mark.parametrize("row", SUBSCRIBER_TO_LEAD["fields"], ids=lambda row: row["to"])
def test_a_row_says_the_same_after_the_form(row: dict[str, Any]) -> None:
    inputs = dict.fromkeys(FieldForm.base_fields, "") | inputs_of(row)
    assert row_of(inputs) == {key: value for key, value in row.items() if (key, value) != ("blank", "ignore")}


COMPARISON = {"field": "name", "op": "equals", "value": "Dana"}


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"all": [COMPARISON]},
        {"not": [COMPARISON, {"field": "tags", "op": "in", "value": ["a", 5, "b, c"]}]},
        {"any": [{"all": [COMPARISON]}, COMPARISON, {"not": [{"field": "x", "op": "is_empty"}]}]},
    ],
)
def test_conditions_of_two_levels_are_shown_as_rows(condition: dict[str, Any]) -> None:
    rows = rows_of(condition)
    assert rows is not None
    assert condition_of(rows) == condition


@pytest.mark.parametrize(
    "condition",
    [{"all": [{"any": [{"not": [COMPARISON]}]}]}, {"any": [{"all": [COMPARISON]}] * 4}, {"all": [{"any": []}]}],
)
def test_deeper_conditions_are_left_to_json(condition: dict[str, Any]) -> None:
    assert rows_of(condition) is None


def test_differences_name_what_is_new_changed_and_gone() -> None:
    before = {"fields": [{"to": "A", "from": "a", "via": ["trim"]}, {"to": "B", "value": "x"}], "conflict": "source"}
    after = {"fields": [{"to": "A", "from": "a", "via": ["lower"]}, {"to": "C", "from": "c"}], "conflict": "target"}
    assert differences(before, after) == [
        Difference("conflict", "", "target"),
        Difference("A", "from a; via trim", "from a; via lower"),
        Difference("C", "", "from c"),
        Difference("B", "value x", ""),
    ]


def test_writing_out_a_default_is_no_difference() -> None:
    row = {"to": "A", "from": "a"}
    plain = {"source": {"connection": "c", "object": "o"}, "fields": [row]}
    written_out = {
        "source": {"connection": "c", "object": "o", "read": "auto"},
        "match": ["email"],
        "fields": [row | {"write": "always", "blank": "ignore"}],
    }
    assert differences(plain, written_out) == []


def test_a_new_order_of_rows_is_a_difference() -> None:
    rows = [{"to": "A", "from": "a"}, {"to": "B", "from": "b"}]
    assert differences({"fields": rows}, {"fields": rows[::-1]}) == [Difference("fields", "A, B", "B, A")]
