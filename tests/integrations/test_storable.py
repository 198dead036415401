"""What a vendor said is stored as it is, less what a database refuses."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.storable import storable


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"name": "דנה 🎉", "tags": [1, 2.5, None, True]}, {"name": "דנה 🎉", "tags": [1, 2.5, None, True]}),
        ({"a": ("x", "y")}, {"a": ["x", "y"]}),
        ({1: "one"}, {"1": "one"}),
        ("a\x00b", "ab"),
        ({"a\x00": "\ud800x"}, {"a": "x"}),
        ([float("nan"), float("inf"), 1.0], [None, None, 1.0]),
        (2**63, str(2**63)),
        (-(2**63), -(2**63)),
        (1234567890123456789, 1234567890123456789),
        ("\\u0000 as it was typed", "\\u0000 as it was typed"),
        ({"at": object}, {"at": str(object)}),
    ],
)
def test_what_no_database_refuses_is_kept(value: Any, kept: Any) -> None:
    assert storable(value) == kept


def test_it_is_a_copy() -> None:
    given = {"tags": ["a"]}
    stored = storable(given)
    stored["tags"].append("b")
    assert given == {"tags": ["a"]}
