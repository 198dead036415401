"""GetResponse's lists: which query parameters are known, filtering, sorting, paging headers, chosen fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from werkzeug.wrappers import Response

from ..moments import read_moment
from ..store import Document
from ..vendor import Call, json_response
from .errors import refusal

PLAIN = {"fields", "page", "perPage", "additionalFlags"}
DEFAULT_PAGE, LARGEST_PAGE = 100, 1000
Filter = Callable[[Document, str], bool]


def query_of(call: Call, allowed: Iterable[str]) -> dict[str, str]:
    """The query parameters. Raises Refused on an unknown `query[…]` or `sort[…]` and on brackets sent as they are."""
    if re.search(rb"[\[\]]", call.request.query_string):
        raise refusal(1000, "Query parameters are not percent-encoded")
    parameters = call.request.args.to_dict()
    for name in parameters:
        if name.startswith(("query[", "sort[")) and name not in allowed:
            raise refusal(1000, "Unknown query parameter", {"parameter": name})
    return parameters


def has_flag(parameters: Mapping[str, str], flag: str) -> bool:
    return flag in parameters.get("additionalFlags", "").split(",")


def text_filter(field: str, exact: bool = False) -> Filter:
    """Part of the text matches, unless `exact`. An empty value matches nothing (fact sheet §2.1)."""

    def matches(record: Document, value: str) -> bool:
        held, wanted = (record.get(field) or "").casefold(), value.casefold()
        return wanted != "" and (held == wanted if exact else wanted in held)

    return matches


def same(field: str) -> Filter:
    return lambda record, value: record.get(field) == value


def one_of(field: str) -> Filter:
    return lambda record, value: record.get(field) in value.split(",")


def moment_filters(field: str) -> dict[str, Filter]:
    """`query[field][from]` and `query[field][to]`."""
    return {
        f"query[{field}][from]": lambda record, value: read_moment(record[field]) >= _moment(value),
        f"query[{field}][to]": lambda record, value: read_moment(record[field]) <= _moment(value, end_of_day=True),
    }


def filtered(
    records: Iterable[Document], parameters: Mapping[str, str], filters: Mapping[str, Filter]
) -> list[Document]:
    active = [(filters[name], value) for name, value in parameters.items() if name in filters]
    return [record for record in records if all(matches(record, value) for matches, value in active)]


def sorted_by(records: list[Document], parameters: Mapping[str, str]) -> list[Document]:
    """Sorted by every `sort[…]`, the first one first."""
    for name, direction in reversed(list(parameters.items())):
        if name.startswith("sort["):
            field = name[5:-1]
            records = sorted(records, key=lambda r: str(r.get(field) or ""), reverse=direction.upper() == "DESC")
    return records


def page_response(
    records: list[Document], parameters: Mapping[str, str], id_field: str, show: Callable[[Document], Document]
) -> Response:
    """One page as a bare array, with the paging headers; a page past the end is empty."""
    size = min(_positive(parameters.get("perPage"), DEFAULT_PAGE), LARGEST_PAGE)
    page = _positive(parameters.get("page"), 1)
    headers = {
        "TotalCount": str(len(records)),
        "TotalPages": str(max(1, -(-len(records) // size))),
        "CurrentPage": str(page),
    }
    shown = [show(record) for record in records[(page - 1) * size : page * size]]
    return json_response([chosen_fields(body, parameters, id_field) for body in shown], headers=headers)


def chosen_fields(body: Document, parameters: Mapping[str, str], id_field: str) -> Document:
    """Only what `fields` asks for; the id is always there."""
    wanted = {name for name in parameters.get("fields", "").split(",") if name}
    return {name: value for name, value in body.items() if name in wanted | {id_field}} if wanted else body


def _positive(text: str | None, default: int) -> int:
    """Nonsense is accepted and ignored, as the real API does (fact sheet §2.1)."""
    return int(text) if text and text.isascii() and text.isdigit() and int(text) > 0 else default


@lru_cache(maxsize=64)  # a filter asks for each contact
def _moment(text: str, end_of_day: bool = False) -> datetime:
    try:
        moment = read_moment(text)
    except ValueError:
        raise refusal(1000, "Invalid date", {"value": text}) from None
    return moment.replace(hour=23, minute=59, second=59) if end_of_day and len(text) <= 10 else moment


def require_object(payload: Any) -> Document:
    if not isinstance(payload, dict):
        raise refusal(1006, "Request body must be an object")
    return payload
