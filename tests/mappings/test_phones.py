"""Phones: any way of writing a number, in its one international form."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.phones import e164, read_phone


@pytest.mark.parametrize(
    ("raw", "region", "number"),
    [
        ("050-123-4567", "IL", "+972501234567"),
        ("(050) 1234567", "il", "+972501234567"),
        ("501234567", "IL", "+972501234567"),
        (972501234567, "IL", "+972501234567"),
        ("+972 50 123 4567", "", "+972501234567"),
        ("00972501234567", "", "+972501234567"),
        ("٠٥٠١٢٣٤٥٦٧", "IL", "+972501234567"),
        ("\u200e050-1234567\u200f", "IL", "+972501234567"),
        ("tel:+972-50-1234567", "", "+972501234567"),
        ("whatsapp:+972501234567", "", "+972501234567"),
        ("050-1234567 / 052-7654321", "IL", "+972501234567"),
        ("+1 (415) 555-2671", "IL", "+14155552671"),
        ("+1 415 555 2671 ext. 5", "", "+14155552671"),
        ("0501234567", "", ""),
        ("0501234567", "XX", ""),
        ("call me", "IL", ""),
        ("123", "IL", ""),
        ("+999123456789", "", ""),
        ("", "IL", ""),
        (None, "IL", ""),
        (True, "IL", ""),
        (["050-1234567"], "IL", ""),
    ],
)
def test_a_number_becomes_e164(raw: Any, region: str, number: str) -> None:
    assert e164(raw, region) == number


@pytest.mark.parametrize(
    ("raw", "note"),
    [
        ("0501234567", "no default region"),
        ("+97250", "too short"),
        ("+9725012345678901", "too long"),
        ("+1 415 555 2671 ext. 5", "Extension 5 was left out."),
        ("+972501234567 or +972521234567", "Only the first of several"),
    ],
)
def test_what_was_dropped_is_said(raw: str, note: str) -> None:
    assert note in read_phone(raw).note


@given(st.one_of(st.text(), st.binary(), st.integers(), st.floats(), st.from_regex(r"\+?[0-9 ()/;x-]{1,40}")))
def test_anything_can_be_given(raw: Any) -> None:
    number = e164(raw, "IL")
    assert number == "" or (number.startswith("+") and number[1:].isdigit())
