"""`POST /contacts/search`: an index of its own, with its own names, filters and cursor (§2.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from ..moments import now, read_moment
from ..store import Document
from ..vendor import Call
from . import rules
from .errors import invalid, traced
from .people import CONTACT, shown_in_search

LARGEST_PAGE, DEEPEST = 500, 10_000
LAG = timedelta(seconds=10)
FIELDS = ("id", "email", "phone", "tags", "dnd", "assignedTo", "source", "dateAdded", "dateUpdated", "companyName")
LOWER = ("firstNameLowerCase", "lastNameLowerCase")
SORTS = ("email", "dnd", "source", *LOWER, "dateAdded", "dateUpdated")


def search(call: Call) -> Response:
    asked = rules.only(rules.object_of(call.payload), rules.OF_SEARCH)
    rules.required(asked, "locationId", "pageLimit")
    size = min(int(asked["pageLimit"]), LARGEST_PAGE)
    if "page" in asked and "searchAfter" in asked:
        raise invalid("page and searchAfter cannot be used together")
    if int(asked.get("page", 1)) * size > DEEPEST:
        raise invalid("page is too deep")
    found = _sorted([c for c in _indexed(call) if _fits(c, asked)], asked.get("sort") or [])
    start = _start(found, asked, size)
    rows = [shown_in_search(contact, _cursor(contact, asked)) for contact in found[start : start + size]]
    return traced({"contacts": rows, "total": len(found)})


def _indexed(call: Call) -> list[Document]:
    """The index lags behind what was just written."""
    contacts = call.shelf.all(CONTACT)
    if not call.consume("search_lag"):
        return contacts
    return [contact for contact in contacts if now() - read_moment(contact["dateUpdated"]) > LAG]


def _fits(contact: Document, asked: Document) -> bool:
    words = str(asked.get("query") or "").lower()
    haystack = " ".join(str(contact.get(name) or "") for name in ("firstName", "lastName", "email", "phone")).lower()
    return words in haystack and all(_holds(contact, each) for each in asked.get("filters") or [])


def _holds(contact: Document, entry: Any) -> bool:
    if not isinstance(entry, dict):
        raise invalid("filters must be objects")
    if "group" in entry:
        results = [_holds(contact, each) for each in entry.get("filters") or []]
        return any(results) if entry["group"] == "OR" else all(results)
    operator = OPERATORS.get(entry.get("operator", ""))
    if operator is None:
        raise invalid(f"operator {entry.get('operator')} is not supported")
    return operator(_value(contact, str(entry.get("field"))), entry.get("value"))


def _value(contact: Document, field: str) -> Any:
    if field in LOWER:
        return str(contact.get(field.removesuffix("LowerCase")) or "").lower()
    if field.startswith("customFields."):
        values = {entry["id"]: entry["value"] for entry in contact["customFields"]}
        return values.get(field.removeprefix("customFields."))
    if field.startswith(("dndSettings.", "inboundDndSettings.")):
        settings, channel, _status = field.split(".")
        return contact.get(settings, {}).get(channel, {}).get("status")
    if field not in FIELDS:
        raise invalid(f"field {field} is not supported")
    return contact.get(field)


def _in_range(held: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict) or not set(wanted) <= {"gte", "lte", "gt", "lt"}:
        raise invalid("range takes gte, lte, gt, lt")
    moment = read_moment(held)
    checks = {"gte": moment.__ge__, "lte": moment.__le__, "gt": moment.__gt__, "lt": moment.__lt__}
    return all(checks[name](read_moment(limit)) for name, limit in wanted.items())


def _contains(held: Any, wanted: Any) -> bool:
    return str(wanted) in held if isinstance(held, list) else str(wanted).lower() in str(held or "").lower()


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda held, wanted: wanted in held if isinstance(held, list) else held == wanted,
    "not_eq": lambda held, wanted: held != wanted,
    "contains": _contains,
    "not_contains": lambda held, wanted: not _contains(held, wanted),
    "exists": lambda held, wanted: held not in (None, "", []),
    "not_exists": lambda held, wanted: held in (None, "", []),
    "range": _in_range,
}


def _sorted(found: list[Document], sorts: list[Any]) -> list[Document]:
    for entry in reversed(sorts):
        if entry.get("field") not in SORTS:
            raise invalid(f"sort {entry.get('field')} is not supported")
        found = sorted(
            found, key=lambda c: str(_value(c, entry["field"]) or ""), reverse=entry.get("direction") == "desc"
        )
    return found


def _cursor(contact: Document, asked: Document) -> list[Any]:
    return [*(_value(contact, entry["field"]) for entry in asked.get("sort") or []), contact["id"]]


def _start(found: list[Document], asked: Document, size: int) -> int:
    after = asked.get("searchAfter")
    if not after:
        return (int(asked.get("page", 1)) - 1) * size
    ids = [contact["id"] for contact in found]
    if after[-1] in ids:
        return ids.index(after[-1]) + 1
    return next((n for n, each in enumerate(found) if _place(_cursor(each, asked)) >= _place(after)), len(found))


def _place(cursor: list[Any]) -> list[str]:
    """An ascending list goes on where it was, also when the contact that was seen last is gone."""
    return [str(part or "") for part in cursor[:-1]]
