"""Does a record fit a SOQL condition: text without regard to case, moments as moments, ids in 15 or 18 characters."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from ..moments import read_moment
from ..store import Document, Shelf
from .errors import RowFailure
from .ids import full_id
from .org import Org
from .schema import Field
from .soql import Comparison, Condition, Group, Value

ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# how a value must be written for a field of this type; everything else is text in quotes
WRITTEN = {"boolean": ("boolean",), "datetime": ("datetime",), "date": ("date",), "int": ("number",)}
Test = Callable[[Document], bool]


def test_of(org: Org, object: str, condition: Condition) -> Test:
    """Raises RowFailure for unknown fields and values of the wrong kind."""
    if isinstance(condition, Comparison):
        return _comparison_test(org, object, condition)
    tests = [test_of(org, object, part) for part in condition.parts]
    if condition.operator == "NOT":
        return lambda record: not tests[0](record)
    join = all if condition.operator == "AND" else any
    return lambda record: join(test(record) for test in tests)


def known_field(org: Org, object: str, name: str) -> Field:
    field = org.field(object, name)
    if field is None:
        message = (
            f"\nSELECT ... FROM {object}\n       ^\nERROR at Row:1:Column:8\nNo such column '{name}' on entity"
            f" '{object}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom"
            " field name."
        )
        raise RowFailure("INVALID_FIELD", message)
    return field


def comparable(field: Field, value: Any) -> Any:
    """A form of a stored or written value that can be compared; None stays None."""
    if value is None:
        return False if field.type == "boolean" else None
    if field.type == "datetime":
        return read_moment(value)
    if field.type == "date":
        return date.fromisoformat(value)
    if field.type in ("id", "reference"):
        return full_id(value)
    return value.casefold() if isinstance(value, str) else value


def candidates(shelf: Shelf, object: str, condition: Condition | None) -> list[Document] | None:
    """The only records that can fit, where an index tells; None means look at all."""
    if isinstance(condition, Comparison):
        return _indexed(shelf, object, condition)
    if not isinstance(condition, Group) or condition.operator == "NOT":
        return None
    found = [candidates(shelf, object, part) for part in condition.parts]
    if condition.operator == "AND":
        return next((records for records in found if records is not None), None)
    return None if any(records is None for records in found) else _distinct(r for part in found for r in part or ())


def _indexed(shelf: Shelf, object: str, comparison: Comparison) -> list[Document] | None:
    if comparison.operator not in ("=", "IN") or any(value.value is None for value in comparison.values):
        return None
    if comparison.field.lower() == "id":
        found = [shelf.get(object, full_id(str(value.value))) for value in comparison.values]
        return _distinct(record for record in found if record is not None)
    if not shelf.indexed(object, comparison.field):
        return None
    return _distinct(
        record for value in comparison.values for record in shelf.find(object, comparison.field, value.value)
    )


def _distinct(records: Iterable[Document]) -> list[Document]:
    return list({record["Id"]: record for record in records}.values())


def _comparison_test(org: Org, object: str, comparison: Comparison) -> Test:
    field = known_field(org, object, comparison.field)
    for value in comparison.values:
        _check_written(field, value)
    wanted = [comparable(field, value.value) for value in comparison.values]
    return _test(field, comparison.operator, wanted)


def _test(field: Field, sign: str, wanted: list[Any]) -> Test:
    def held(record: Document) -> Any:
        return comparable(field, record.get(field.name))

    if sign in ("=", "IN"):
        return lambda record: held(record) in wanted
    if sign in ("!=", "NOT IN"):
        return lambda record: held(record) not in wanted
    if sign == "LIKE":
        pattern = _like(str(wanted[0] or ""))
        return lambda record: pattern.fullmatch(str(held(record) or "")) is not None
    compare = ORDERED[sign]
    return lambda record: held(record) is not None and wanted[0] is not None and compare(held(record), wanted[0])


def _check_written(field: Field, value: Value) -> None:
    wanted = WRITTEN.get(field.type, ("string",))
    if value.kind != "null" and value.kind not in wanted:
        message = f"value of filter criterion for field '{field.name}' must be of type {field.type}"
        quoted = " and should not be enclosed in quotes" if value.kind == "string" else ""
        raise RowFailure("INVALID_FIELD", message + quoted)


@lru_cache(maxsize=64)
def _like(pattern: str) -> re.Pattern[str]:
    pieces = re.findall(r"\\[%_]|%|_|[^%_\\]+|\\", pattern)
    signs = {"%": ".*", "_": ".", r"\%": "%", r"\_": "_"}
    return re.compile("".join(signs.get(piece, re.escape(piece)) for piece in pieces), re.DOTALL)


def sort_key(field: Field, nulls_last: bool) -> Callable[[Document], tuple[bool, Any]]:
    def key(record: Document) -> tuple[bool, Any]:
        value = comparable(field, record.get(field.name))
        return (value is None) == nulls_last, "" if value is None else _ordered(value)

    return key


def _ordered(value: Any) -> Any:
    return (
        value.isoformat()
        if isinstance(value, date | datetime)
        else value
        if isinstance(value, str)
        else f"{float(value):030.6f}"
    )
