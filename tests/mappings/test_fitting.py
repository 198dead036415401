"""Fitting: a value becomes what the target's field takes, or is dropped, and both are said."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.vendors.base import Field
from mappings.fitting import Fitted, fit

RATING = Field("Rating", type="picklist", choices=("Hot", "Warm", "Cold"), restricted=True)
INTERESTS = Field("Interests__c", type="multipicklist", choices=("Email", "Web"), restricted=True)


@pytest.mark.parametrize(
    ("field", "value", "fitted"),
    [
        (Field("Title", length=5), "Jane", "Jane"),
        (Field("Title"), 3.0, "3"),
        (Field("Title"), True, "true"),
        (Field("Title"), ["a", "", "b"], "a; b"),
        (Field("Title"), [{"name": "hot"}, {"name": "new"}], "hot; new"),
        (Field("Title"), "", ""),
        (Field("Title"), [], None),
        (Field("Title"), None, None),
        (Field("Age", type="number"), "1,234.5", 1234.5),
        (Field("Age", type="number"), ["12"], 12),
        (Field("Age", type="number"), "", None),
        (Field("Age", type="integer"), 3.0, 3),
        (Field("Stop", type="boolean"), "Yes", True),
        (Field("Stop", type="boolean"), 0, False),
        (Field("Born", type="date"), "2026-04-21T09:15:00Z", "2026-04-21"),
        (Field("Born", type="date"), "  ", None),
        (Field("At", type="datetime"), "2026-04-21T09:15:00+0000", "2026-04-21T09:15:00Z"),
        (RATING, "hot", "Hot"),
        (RATING, "Hot", "Hot"),
        (RATING, ["warm"], "Warm"),
        (RATING, "", None),
        (Field("Status", type="picklist", choices=("Open",)), "open", "Open"),
        (Field("Status", type="picklist", choices=("Open",)), "Other", "Other"),
        (INTERESTS, ["email", "Web", "EMAIL"], "Email;Web"),
        (INTERESTS, "web; email", "Web;Email"),
        (INTERESTS, [], None),
        (Field("Tags", type="list"), ["a"], ["a"]),
        (Field("Tags", type="list"), "a", ["a"]),
        (Field("Tags", type="list"), [], []),
        (Field("Address", type="object"), {"city": "Haifa"}, {"city": "Haifa"}),
        (Field("Odd", type="unheard of"), 5, "5"),
    ],
)
def test_a_value_that_fits_goes_through(field: Field, value: Any, fitted: Any) -> None:
    assert fit(value, field) == Fitted(fitted)


@pytest.mark.parametrize(
    ("field", "value", "fitted", "note"),
    [
        (Field("Title", length=255), "x" * 300, "x" * 255, "Cut from 300 to 255 characters."),
        (Field("Title", type="text", length=3), "ab👩🏽", "ab", "Cut from 4 to 2 characters."),
        (Field("Title"), "a\0b\ud83d", "ab", "Removed characters that cannot be stored."),
        (Field("Age", type="integer"), 3.7, 4, "Rounded from 3.7 to 4."),
        (INTERESTS, ["Email", "Fax"], "Email", "Dropped 1 that is not among the choices of Interests__c."),
        (Field("I", type="multipicklist", length=8), ["Email", "Web"], "Email", "Kept 1 of 2 entries: no more fit."),
    ],
)
def test_what_was_changed_is_said(field: Field, value: Any, fitted: Any, note: str) -> None:
    assert fit(value, field) == Fitted(fitted, note)


@pytest.mark.parametrize(
    ("field", "value", "note"),
    [
        (Field("Title"), {"a": 1}, "Dropped: an object does not fit into a text."),
        (Field("Title"), [{"a": 1}], "Dropped: a list of objects without names does not fit into a text."),
        (Field("Title"), float("nan"), "Dropped: not a finite number."),
        (Field("Age", type="number"), float("inf"), "Dropped: not a finite number."),
        (Field("Age", type="number"), "many", "Dropped: not a number."),
        (Field("Age", type="number"), [1, 2], "Dropped: not a number."),
        (Field("Stop", type="boolean"), "maybe", "Dropped: neither yes nor no."),
        (Field("Born", type="date"), "soon", "Dropped: not a date."),
        (Field("At", type="datetime"), {"a": 1}, "Dropped: not a date and time."),
        (RATING, "Lukewarm", "Dropped: not one of the choices of Rating."),
        (RATING, ["Hot", "Cold"], "Dropped: no single value where one choice fits."),
        (INTERESTS, "Fax;Pager", "Dropped 2 that are not among the choices of Interests__c."),
        (Field("Email", type="email", length=10), "jane@example.com", "Dropped: 16 characters, and 10 fit."),
        (Field("Address", type="object"), "Haifa", "Dropped: not an object."),
    ],
)
def test_what_does_not_fit_is_dropped_and_said(field: Field, value: Any, note: str) -> None:
    assert fit(value, field) == Fitted(None, note, dropped=True)


def test_days_are_those_of_the_time_zone() -> None:
    assert fit("2026-04-21T22:30:00Z", Field("Born", type="date"), "Asia/Jerusalem").value == "2026-04-22"


TYPES = (
    *("string", "text", "number", "integer", "boolean", "date", "datetime", "email"),
    *("phone", "url", "picklist", "multipicklist", "reference", "list", "object"),
)
FIELDS = st.builds(
    Field,
    name=st.just("F"),
    type=st.sampled_from(TYPES),
    length=st.none() | st.integers(1, 5),
    choices=st.sampled_from([(), ("a", "B")]),
    restricted=st.booleans(),
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "x"]), inner, max_size=2),
    max_leaves=5,
)


@given(ANYTHING, FIELDS)
def test_anything_fits_or_is_dropped_with_a_note(value: Any, field: Field) -> None:
    fitted = fit(value, field)
    json.dumps(fitted.value, allow_nan=False).encode("utf-8")
    assert bool(fitted.note) or not fitted.dropped
    if isinstance(fitted.value, str) and field.type not in ("date", "datetime"):
        assert field.length is None or len(fitted.value) <= field.length
