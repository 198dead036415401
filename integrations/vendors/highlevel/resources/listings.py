"""Reads what is no contact: appointments and tasks by id; businesses and tags in a list."""

from __future__ import annotations

from collections.abc import Sequence

from ...base import Page, Record
from ..client import Api
from .rows import ID, elements
from .tasks import TaskSearch

PER_PAGE = 100


def read_appointments(api: Api, ids: Sequence[str]) -> dict[str, Record]:
    wanted = [i for i in dict.fromkeys(ids) if ID.fullmatch(i)]
    bodies = api.get_many([(f"/calendars/events/appointments/{id}", ()) for id in wanted])
    events = {id: (body or {}).get("event") for id, body in zip(wanted, bodies, strict=True)}
    return {id: event for id, event in events.items() if isinstance(event, dict)}


def read_tasks(api: Api, ids: Sequence[str]) -> dict[str, Record]:
    return TaskSearch(api).by_id([i for i in dict.fromkeys(ids) if ID.fullmatch(i)])


def page_businesses(api: Api, cursor: str) -> Page:
    skip = int(cursor or 0)
    query = [("locationId", api.location), ("limit", str(PER_PAGE)), ("skip", str(skip))]
    found = elements(api.get("/businesses/", query), "businesses")
    return Page(found, str(skip + PER_PAGE) if len(found) >= PER_PAGE else "")


def page_tags(api: Api, cursor: str) -> Page:
    return Page(elements(api.get(f"/locations/{api.location}/tags"), "tags"))


READS = {"appointment": read_appointments, "task": read_tasks}
PAGES = {"business": page_businesses, "tag": page_tags}
