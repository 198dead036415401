"""What a person chooses from at a location: workflows and campaigns, tags, users."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...base import Record
from ...errors import Unsupported
from ...lookups import Entry
from ..client import Api
from .rows import elements

Source = Callable[[Api], Iterator[Entry]]


def entries(api: Api, key: str) -> Iterator[Entry]:
    if key not in SOURCES:
        raise Unsupported(f"HighLevel has no look-up {key}.")
    return SOURCES[key](api)


def _workflows(api: Api) -> Iterator[Entry]:
    """Both are joined and left by the same rule action; which one it is stands beside the name."""
    for path, key, kind in (("/workflows/", "workflows", "workflow"), ("/campaigns/", "campaigns", "campaign")):
        for each in _listed(api, path, key):
            yield Entry(str(each["id"]), str(each.get("name") or ""), (kind, str(each.get("status") or "")))


def _tags(api: Api) -> Iterator[Entry]:
    """The dictionary may hold two spellings of one tag; contacts hold it in lower case (highlevel.md §2.5)."""
    found: dict[str, Record] = {}
    for each in elements(api.get(f"/locations/{api.location}/tags"), "tags"):
        if each.get("id") and each.get("name"):
            found.setdefault(str(each["name"]).strip().lower(), each)
    return (Entry(str(each["id"]), name) for name, each in found.items())


def _users(api: Api) -> Iterator[Entry]:
    """The address tells two of the same name apart, and a rule may name a user by it."""
    for each in _listed(api, "/users/", "users"):
        if not each.get("deleted"):
            yield Entry(str(each["id"]), _name(each), tuple(filter(None, (str(each.get("email") or ""),))))


def _listed(api: Api, path: str, key: str) -> list[Record]:
    found = elements(api.get(path, [("locationId", api.location)]), key)
    return [each for each in found if each.get("id")]


def _name(user: Record) -> str:
    parts = (str(user.get(part) or "") for part in ("firstName", "lastName"))
    return str(user.get("name") or " ".join(filter(None, parts)) or user.get("email") or user["id"])


SOURCES: dict[str, Source] = {"workflows": _workflows, "tags": _tags, "users": _users}
