"""Texts with placeholders: filled in, read for their fields, and checked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.texts import check, paths_of, render
from mappings.transforms import Context

RECORD = {
    "name": "Dr. Jane Doe",
    "email": "jane@acmecorp.com",
    "tags": [{"name": "hot"}, {"name": "new"}],
    "customFields": {"job title": "CEO", "ages": ["18", "35"]},
    "company": None,
    "score": 3.0,
}


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("{name|first_name} wrote", "Jane wrote"),
        ("{email|domain}", "acmecorp.com"),
        ("{{literal}}", "{literal}"),
        ("{{{email}}}", "{jane@acmecorp.com}"),
        ("{name|first_name|upper|truncate:2}", "JA"),
        ('{tags|names|join:" | "}', "hot | new"),
        ("{tags}", "hot, new"),
        ("{customFields.job title}", "CEO"),
        ("{customFields.ages}", "18, 35"),
        ("{company|default_if_blank:nobody}", "nobody"),
        ('{name|replace:"Doe","}, {"}', "Dr. Jane }, {"),
        ("{score}", "3"),
        ('He said "{name}" and "bye"', 'He said "Dr. Jane Doe" and "bye"'),
        ("nothing to fill", "nothing to fill"),
        ("", ""),
    ],
)
def test_placeholders_are_filled_in(text: str, rendered: str) -> None:
    assert (render(text, Context(RECORD)).value, check(text)) == (rendered, [])


def test_an_unknown_field_is_left_empty_and_said() -> None:
    result = render("Hi {nam}{company}!", Context(RECORD))
    assert (result.value, result.notes) == ("Hi !", ["No field nam: left empty."])


def test_what_a_transform_dropped_is_said() -> None:
    assert render("{name|email}", Context(RECORD)).notes == ["Dropped: not a valid e-mail address."]


def test_the_fields_that_a_text_reads_are_known() -> None:
    assert paths_of("{name|upper} {{no}} {a.b.c} {name}") == {"name", "a.b.c"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{name", "A single { at character 1: write {{ for the character itself."),
        ("a } b", "A single } at character 3"),
        ("{}", "the name of a field is missing"),
        ("{|upper}", "the name of a field is missing"),
        ("{name|uper}", "There is no transform “uper”. Did you mean upper"),
        ("{name|truncate:x}", "length must be a whole number"),
        ("{name|truncate}", "truncate needs length"),
        ("{name|upper:1}", "takes fewer: none"),
        ("{name|template:x}", "template cannot stand inside a placeholder"),
        ("x" * 20_001, "A text has at most 20,000 characters"),
        (5, "A text is needed here."),
    ],
)
def test_a_text_that_cannot_be_read_is_explained(text: object, problem: str) -> None:
    assert [said for said in check(text) if problem in said]


def test_a_broken_placeholder_stays_as_it_is_written() -> None:
    result = render("Hi {name|uper} {", Context(RECORD))
    assert result.value == "Hi {name|uper} {"
    assert len(result.notes) == 2


@given(st.text(alphabet='{}|:,"a. ', max_size=40))
def test_no_text_is_too_odd(text: str) -> None:
    check(text)
    paths_of(text)
    assert isinstance(render(text, Context(RECORD)).value, str)
