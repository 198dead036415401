"""Tasks: made, changed, completed and deleted by way of their contact; read by the search over the whole location."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...base import Record, Write
from ...http import Call
from ..client import Api
from .rows import elements

OBJECT = "task"
PER_SEARCH = 100  # 25 where nothing is said (highlevel.md §2.3)
TAKEN = ("title", "body", "dueDate", "completed", "assignedTo")  # SPEC: CreateTaskParams, UpdateTaskBody
TOLD_APART_BY = ("title", "dueDate", "body")


@dataclass(frozen=True)
class TaskSearch:
    """One page of a location's tasks; the id has another name there, and is given its usual one (§2.3)."""

    api: Api

    def page(self, skip: int = 0, **asked: object) -> tuple[list[Record], bool]:
        """(tasks, may there be more)."""
        body = {"limit": PER_SEARCH, "skip": skip, **asked}
        found = elements(self.api.search(f"/locations/{self.api.location}/tasks/search", body), "tasks")
        rows = [_as_read(row) for row in found if row.get("_id") or row.get("id")]
        return rows, len(found) >= PER_SEARCH

    def by_id(self, task_ids: Sequence[str]) -> dict[str, Record]:
        """There is no search by id: page after page until all are found; what is not there is absent."""
        missing, found, skip, more = set(task_ids), dict[str, Record](), 0, True
        while missing - set(found) and more:
            rows, more = self.page(skip)
            found |= {row["id"]: row for row in rows if row["id"] in missing}
            skip += PER_SEARCH
        return found


def _as_read(row: Record) -> Record:
    return {**{name: value for name, value in row.items() if name != "_id"}, "id": str(row.get("_id") or row["id"])}


class Tasks:
    """How tasks are spoken of in the calls of a contact."""

    key, listed_as, path = OBJECT, "tasks", "/tasks"

    def __init__(self, api: Api) -> None:
        self.search = TaskSearch(api)

    def contacts_of(self, writes: Sequence[Write]) -> dict[str, str]:
        """By task id, whose it is, where the change does not say."""
        found = self.search.by_id([write.record_id for write in writes]) if writes else {}
        return {id: str(task["contactId"]) for id, task in found.items() if task.get("contactId")}

    def call(self, write: Write, path: str) -> Call:
        if write.operation == "create_task":
            return Call("POST", path, body={"completed": False, **_body(write.values)})
        if write.operation == "delete_task":
            return Call("DELETE", path)
        if set(write.values) <= {"completed"}:
            return Call("PUT", f"{path}/completed", body={"completed": bool(write.values.get("completed", True))})
        return Call("PUT", path, body=_body(write.values) | _completed(write))

    def is_made_by(self, write: Write, held: Mapping[str, object]) -> bool:
        """Is it what an earlier attempt made? Their list has no time of making, but a task has its date."""
        return all(_same(held.get(name), write.values.get(name)) for name in TOLD_APART_BY)


def _body(values: Mapping[str, object]) -> Record:
    return {name: values[name] for name in TAKEN if values.get(name) is not None}


def _completed(write: Write) -> Record:
    return {"completed": True} if write.operation == "complete_task" else {}


def _same(held: object, wanted: object) -> bool:
    """Times are compared to the second: HighLevel writes .000Z behind them."""
    return _bare(held) == _bare(wanted)


def _bare(value: object) -> str:
    text = str(value or "").strip()
    return text[:19] if text[4:5] == "-" and text[10:11] == "T" else text
