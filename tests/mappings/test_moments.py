"""Moments: dates and times in every usual form."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.moments import is_ambiguous, moment_in, zone_of

READABLE: list[tuple[Any, str]] = [
    ("2026-04-21T09:15:00+0000", "2026-04-21T09:15:00Z"),
    ("2026-04-21T09:15:00+00:00", "2026-04-21T09:15:00Z"),
    ("2026-04-21T09:15:00Z", "2026-04-21T09:15:00Z"),
    ("2026-04-21T12:15:00.123+03:00", "2026-04-21T09:15:00Z"),
    ("2026-04-21 09:15:00 +0000", "2026-04-21T09:15:00Z"),
    ("2026-04-21 09:15:00 UTC", "2026-04-21T09:15:00Z"),
    ("2026-04-21 09:15", "2026-04-21T09:15:00Z"),
    ("2026-04-21", "2026-04-21T00:00:00Z"),
    ("2026/04/21 09:15", "2026-04-21T09:15:00Z"),
    ("20260421", "2026-04-21T00:00:00Z"),
    (20260421, "2026-04-21T00:00:00Z"),
    (1776762900, "2026-04-21T09:15:00Z"),
    (1776762900.5, "2026-04-21T09:15:00Z"),
    (1776762900000, "2026-04-21T09:15:00Z"),
    ("1776762900", "2026-04-21T09:15:00Z"),
    ("Tue, 21 Apr 2026 09:15:00 +0000", "2026-04-21T09:15:00Z"),
    ("Tue, 21 Apr 2026 09:15:00 GMT", "2026-04-21T09:15:00Z"),
    ("21.04.2026", "2026-04-21T00:00:00Z"),
    ("3.4.2026 8:05", "2026-04-03T08:05:00Z"),
    ("21/04/2026 9:15 pm", "2026-04-21T21:15:00Z"),
    ("4/21/2026", "2026-04-21T00:00:00Z"),
    ("4/4/2026", "2026-04-04T00:00:00Z"),
    ("21 April 2026", "2026-04-21T00:00:00Z"),
    ("Sept 3rd, 2026", "2026-09-03T00:00:00Z"),
    ("Apr 21, 2026 09:15", "2026-04-21T09:15:00Z"),
    (datetime(2026, 4, 21, 9, 15, tzinfo=UTC), "2026-04-21T09:15:00Z"),
    (date(2026, 4, 21), "2026-04-21T00:00:00Z"),
]


@pytest.mark.parametrize(("value", "utc"), READABLE)
def test_usual_forms_are_read(value: Any, utc: str) -> None:
    moment = moment_in(value)
    assert moment and moment.utc() == utc


@pytest.mark.parametrize(
    "value",
    [
        *("", "soon", "May", "0", 0, 5, True, None, [], {}, "21/04/26", "2026-13-45", "31.02.2026", "2026-04-21T25:00"),
        *("0001-01-01", "9999-12-31T23:59:59Z", float("nan"), float("inf"), 10**30, "9" * 300, "3/4/2026"),
    ],
)
def test_what_is_no_moment_is_none(value: Any) -> None:
    assert moment_in(value) is None


def test_the_order_of_day_and_month_decides() -> None:
    assert is_ambiguous("3/4/2026") and not is_ambiguous("13/4/2026") and not is_ambiguous("soon")
    by_day, by_month = moment_in("3/4/2026", order="day"), moment_in("3/4/2026", order="month")
    assert by_day and by_month
    assert (by_day.utc(), by_month.utc()) == ("2026-04-03T00:00:00Z", "2026-03-04T00:00:00Z")


def test_a_time_without_a_zone_is_taken_in_the_given_one() -> None:
    moment = moment_in("2026-04-21 12:15", "Asia/Jerusalem")
    assert moment and moment.utc() == "2026-04-21T09:15:00Z"


@pytest.mark.parametrize("name", ["", "Mars", "../etc/passwd", "\0"])
def test_an_unknown_time_zone_is_utc(name: str) -> None:
    assert zone_of(name) is UTC


@given(
    st.one_of(
        st.text(max_size=70),
        st.from_regex(r"[0-9]{1,4}[./ -][0-9A-z]{1,9}[./ -][0-9]{1,4}( [0-9:apmAPM]+)?"),
        st.floats(),
    )
)
def test_anything_can_be_read(value: Any) -> None:
    moment = moment_in(value, "Asia/Jerusalem")
    assert moment is None or moment.utc().endswith("Z")
