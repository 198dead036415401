"""Values of any shape: as plain data, as text, as items, and read by a path."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from mappings.values import is_blank, items_of, plain, storable, text_of, value_at


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (b"caf\xc3\xa9", "café"),
        (b"\xff", "\ufffd"),
        ("a\0\ud83d", "a"),
        (date(2026, 4, 21), "2026-04-21"),
        (Decimal("1.5"), 1.5),
        (Decimal("NaN"), None),
        (float("inf"), None),
        (10**400, None),
        ((1, "a"), [1, "a"]),
        ({1: {2}}, {"1": [2]}),
    ],
)
def test_anything_becomes_plain_data(value: Any, data: Any) -> None:
    assert plain(value) == data


def test_what_lies_too_deep_is_dropped() -> None:
    deep: Any = "bottom"
    for _ in range(5000):
        deep = [deep]
    assert "bottom" not in json.dumps(plain(deep))


def test_hebrew_and_emoji_can_be_stored() -> None:
    assert storable("שלום 🎉") == "שלום 🎉"


@pytest.mark.parametrize("value", [None, "", " \n", [], {}, [None, ""], {"a": ""}, b""])
def test_blank(value: Any) -> None:
    assert is_blank(value)


@pytest.mark.parametrize("value", [0, False, 0.0, "0", [0], {"a": 0}])
def test_not_blank(value: Any) -> None:
    assert not is_blank(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (3.0, "3"),
        (2.5, "2.5"),
        (["a", None, 1], "a; 1"),
        ({"name": "hot"}, "hot"),
        ({"x": 1}, ""),
        (None, ""),
    ],
)
def test_a_value_as_text(value: Any, text: str) -> None:
    assert text_of(value) == text


def test_items_are_what_is_not_blank() -> None:
    assert items_of(["", "a", None, 0]) == ["a", 0]
    assert items_of("a") == ["a"]
    assert items_of(None) == []


RECORD = {"a": {"b": [{"c": 1}, {"c": None}]}, "x.y": 2, "list": ["p", "q"]}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b.0.c", (True, 1)),
        ("a.b.1.c", (True, None)),
        ("a.b.2.c", (False, None)),
        ("a.x", (False, None)),
        ("x.y", (True, 2)),
        ("list.1", (True, "q")),
        ("list.one", (False, None)),
        ("a.b.0.c.d", (False, None)),
        ("", (False, None)),
    ],
)
def test_a_path_is_walked(path: str, found: tuple[bool, Any]) -> None:
    assert value_at(RECORD, path) == found
