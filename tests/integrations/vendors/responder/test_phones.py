"""The form in which Responder takes a phone number: the cases of the fact sheet (§5)."""

from __future__ import annotations

import pytest

from integrations.vendors.responder.resources.phones import national, same_number, sendable

CASES = [
    ("050-234 5678", "0502345678"),
    ("+972 50-234-5678", "0502345678"),
    ("972502345678", "0502345678"),
    ("00972502345678", "0502345678"),
    ("+9720502345678", "0502345678"),
    ("502345678", "0502345678"),
    ("052-1234567", "0521234567"),
    ("0521234567", "0521234567"),
    ("+972522345678", "0522345678"),
    ("(052) 234.5678", "0522345678"),
    ("\u200e052\u20112345678\u200f", "0522345678"),
    ("03-1234567", "031234567"),
    ("+97231234567", "031234567"),
    ("04-23456789", ""),  # the vendor's own sample has one digit too many
    ("077-1234567", "0771234567"),
    ("*6050", ""),
    ("1-800-123456", ""),
    ("+970592345678", ""),
    ("+12025550123", ""),
    ("0560123456", ""),
    ("+972592345678", ""),
    ("0501234567", "0501234567"),
    ("0541234567", "0541234567"),
    ("0551234567", "0551234567"),
    ("0581234567", "0581234567"),
    ("", ""),
    ("אין", ""),
    ("٠٥٢٢٣٤٥٦٧٨", ""),
]


@pytest.mark.parametrize(("written", "sent"), CASES)
def test_a_number_is_sent_in_its_national_form_or_not_at_all(written: str, sent: str) -> None:
    assert sendable(written) == sent


def test_the_prefixes_that_are_not_sent_are_read_all_the_same() -> None:
    assert national("+972 59-234-5678") == "0592345678"


def test_equal_numbers_are_equal_however_they_are_written() -> None:
    assert same_number("+972522345678", "052-2345678")
    assert not same_number("0522345678", "0522345679")
    assert not same_number("*6050", "*6050")
    assert not same_number("", "")
