"""Hostile bodies become plain storable data or a plain reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from integrations.vendors.errors import Unreadable
from integrations.vendors.payloads import look_up, read_json, read_time


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"not json", "not JSON"),
        (b'{"a": NaN}', "not JSON"),
        (b'{"a": -Infinity}', "not JSON"),
        (b'{"a": "\xe0"}', "UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "UTF-8"),
        (b"[" * 65 + b"]" * 65, "deeper than 64"),
        (b"[" * 500_000, "deeper than 64"),
        (b'{"a":' * 100_000, "deeper than 64"),
    ],
)
def test_an_unreadable_body_has_a_plain_reason(body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_json(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1e999}', {"a": "1e999"}),
        (b'{"a": 12345678901234567890123}', {"a": "12345678901234567890123"}),
        (b'{"a": ' + b"9" * 10_000 + b"}", {"a": "9" * 10_000}),
        (b'{"a": "x\\u0000y"}', {"a": "x\N{REPLACEMENT CHARACTER}y"}),
        (b'{"\\ud800": "\\udfff"}', {"\N{REPLACEMENT CHARACTER}": "\N{REPLACEMENT CHARACTER}"}),
        ('\ufeff{"שם": "דנה 😀"}'.encode(), {"שם": "דנה 😀"}),
        (b"[" * 64 + b"]" * 64, json.loads("[" * 64 + "]" * 64)),
    ],
)
def test_what_a_database_cannot_store_is_replaced(body: bytes, value: object) -> None:
    assert read_json(body) == value


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.b", (True, 1)),
        ("list.1.c", (True, 3)),
        ("null", (True, None)),
        ("null.x", (False, None)),
        ("list.2", (False, None)),
        ("list.-1", (False, None)),
        ("list.²", (False, None)),
        ("a", (True, {"b": 1})),
        ("a.b.c", (False, None)),
        ("", (False, None)),
    ],
)
def test_a_dotted_path_goes_through_dicts_and_lists(path: str, expected: tuple[bool, object]) -> None:
    record = {"a": {"b": 1}, "list": [{"c": 2}, {"c": 3}], "null": None}
    assert look_up(record, path) == expected


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2017-12-19T13:11:48+0000", datetime(2017, 12, 19, 13, 11, 48, tzinfo=UTC)),
        ("2021-04-27T14:56:00+02:00", datetime(2021, 4, 27, 12, 56, tzinfo=UTC)),
        ("2021-04-27T12:56:00Z", datetime(2021, 4, 27, 12, 56, tzinfo=UTC)),
        ("2021-04-27 12:56:00", datetime(2021, 4, 27, 12, 56, tzinfo=UTC)),
        ("2021-04-27", datetime(2021, 4, 27, tzinfo=UTC)),
        ("0001-01-01T00:00:00+23:59", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1619528160, None),
    ],
)
def test_a_moment_is_read_in_utc(text: object, moment: datetime | None) -> None:
    assert read_time(text) == moment
