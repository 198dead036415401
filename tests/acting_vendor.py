"""The memory vendor with all that rules can do there: tasks, notes, tags, numbers, deletions and calls.

What happens at `left` is heard; what the rules want is done at `right`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.conf import settings

from audit.models import Change
from config.tasks import work_off
from integrations import clock
from integrations.models import Connection, Event
from integrations.vendors.base import (
    Capabilities,
    Field,
    NoteForm,
    ObjectCapability,
    Operation,
    Outcome,
    Record,
    TaskForm,
    Vendor,
    Write,
)
from integrations.vendors.errors import CrosswalkError, NotFound, OutcomeUnknown
from integrations.vendors.lookups import Entry, LookUp
from mappings.models import Mapping as MappingRow
from mappings.models import MappingVersion, Rule, VersionState

from .memory_vendor import MemoryClient, Pair, System, memory_vendor

TASK = TaskForm("task", "subject", "text", "due_on", True, None, "owner", "urgency", "state", "closed", None)
NOTES = (NoteForm("note", "html", "heading", html=True), NoteForm("remark", "text"))
OPERATIONS = (
    Operation("start_course", "action", "Start a course", "POST", "/courses/{course}/start", parameters=("course",)),
    Operation("note_visit", "action", "Note a visit", "PUT", "/visits", repeatable=True),
    Operation("lead_added", "trigger", "A lead was added"),
)
CHANGING = ("update_task", "complete_task", "delete_task", "update_note", "delete_note")
USERS = (Entry("u1", "Noa Levi", ("noa@example.com",)), Entry("u2", "Dan Bar"), Entry("u3", "Dan Bar"))
COPY: dict[str, Any] = {
    "source": {"connection": "left", "object": "contact", "read": "never"},
    "target": {"connection": "right", "object": "contact"},
    "key": {"field": "key", "from": "id"},
    "match": ["email"],
    "fields": [{"from": "email", "to": "email"}, {"from": "name", "to": "name"}],
}


@dataclass
class Desk(System):
    """One account. `lost` answers get lost after everything was done; `refusals` refuse the next writes."""

    things: dict[str, dict[str, Record]] = field(default_factory=dict)  # tasks and notes: by object, by id
    called: list[tuple[str, Mapping[str, Any], Any]] = field(default_factory=list)
    reads: int = 0
    lost: int = 0
    refusals: list[CrosswalkError] = field(default_factory=list)

    def put_thing(self, object: str, record_id: str, values: Mapping[str, Any], what: str) -> None:
        """Make or change a task or note, and tell of it, whoever did it."""
        things = self.things.setdefault(object, {})
        things[record_id] = {**things.get(record_id, {}), **values}
        self._tell(object, record_id, what)

    def drop_thing(self, object: str, record_id: str) -> None:
        self._tell(object, record_id, "deleted")
        del self.things[object][record_id]

    def _tell(self, object: str, record_id: str, what: str) -> None:
        thing = dict(self.things[object][record_id])
        parent_object, parent_id = thing.pop("parent")
        kind = "task" if object == "task" else "note"
        parent = {"object": parent_object, "record_id": parent_id}
        self.push(f"{kind}.{what}", {"id": record_id, **thing}, parent=parent)

    @property
    def tasks(self) -> list[Record]:
        return list(self.things.get("task", {}).values())

    @property
    def notes(self) -> list[Record]:
        return [*self.things.get("note", {}).values(), *self.things.get("remark", {}).values()]


class ActingClient(MemoryClient):
    system: Desk

    def describe(self, object: str) -> list[Field]:
        if object == "task":
            return [Field("subject", length=30), Field("due_on", type="date"), Field("state")]
        return [*super().describe(object), Field("score", type="number"), Field("name")]

    def look_up(self, key: str) -> Any:
        return iter(USERS) if key == "users" else super().look_up(key)

    def read(self, object: str, record_ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Record]:
        self.system.reads += 1
        return super().read(object, record_ids, fields)

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        outcomes = super().write(writes)
        self._lose()
        return outcomes

    def call(self, operation: str, params: Mapping[str, Any], body: Any) -> Any:
        self._call()
        self.system.called.append((operation, params, body))
        self._lose()
        return {"done": True}

    def _lose(self) -> None:
        if self.system.lost:
            self.system.lost -= 1
            raise OutcomeUnknown("No answer came.")

    def _write(self, write: Write) -> Outcome:
        if self.system.refusals:
            return Outcome(write.id, error=self.system.refusals.pop(0))
        if write.operation in ("create_task", "add_note"):
            return self._make(write)
        if write.operation in ("add_tags", "remove_tags"):
            return self._tag(write)
        if write.operation in CHANGING:
            return self._change(write)
        if write.operation == "delete" and write.record_id in self.system.records:
            self.system.writes.append(write)
            del self.system.records[write.record_id]
            return Outcome(write.id, write.record_id, False)
        return super()._write(write)

    def _make(self, write: Write) -> Outcome:
        """As vendors without a key do: what an earlier attempt made is looked for."""
        self.system.writes.append(write)
        things = self.system.things.setdefault(write.object, {})
        thing = {**write.values, "parent": list(write.params["parent"])}
        known = next((i for i, each in things.items() if write.retry and each == thing), "")
        record_id = known or f"{write.object}{next(self.system.ids)}"
        if not known:
            self.system.put_thing(write.object, record_id, thing, "created")
        return Outcome(write.id, record_id, True)

    def _change(self, write: Write) -> Outcome:
        self.system.writes.append(write)
        if write.record_id not in self.system.things.get(write.object, {}):
            return Outcome(write.id, error=NotFound("It is gone."))
        if write.operation.startswith("delete"):
            self.system.drop_thing(write.object, write.record_id)
        else:
            what = "completed" if write.operation == "complete_task" else "updated"
            self.system.put_thing(write.object, write.record_id, write.values, what)
        return Outcome(write.id, write.record_id, False)

    def _tag(self, write: Write) -> Outcome:
        self.system.writes.append(write)
        held, named = self.system.records[write.record_id].get("tags", []), write.values["tags"]
        kept = [tag for tag in held if tag not in named]
        self.system.records[write.record_id]["tags"] = kept + (named if write.operation == "add_tags" else [])
        return Outcome(write.id, write.record_id, False)


def acting_vendor(systems: Mapping[str, Desk]) -> Vendor:
    kind = memory_vendor(systems)
    [contact] = kind.capabilities.objects
    writes = (*contact.writes, "delete", "set", "add_tags", "remove_tags")
    objects = (
        replace(contact, writes=writes),
        ObjectCapability("task", "task", writes=("create_task", *CHANGING[:3]), batch=50),
        ObjectCapability("note", "note", writes=("add_note", *CHANGING[3:]), batch=50),
        ObjectCapability("remark", "note", writes=("add_note", *CHANGING[3:]), batch=50),
    )
    capabilities: Capabilities = replace(
        kind.capabilities,
        objects=objects,
        lookups=(*kind.capabilities.lookups, LookUp("users", "users", "user")),
        task=TASK,
        notes=NOTES,
        limits=((10_000, timedelta(seconds=1)),),
    )
    return replace(
        kind,
        capabilities=capabilities,
        operations=OPERATIONS,
        connect=lambda account, services: ActingClient(account, services, systems[account.name]),
        path=_path,
    )


def _path(record: Record, path: str) -> tuple[bool, Any]:
    head, _, rest = path.partition(".")
    inner = record.get(head)
    return _path(inner, rest) if rest and isinstance(inner, dict) else (path in record, record.get(path))


class Office(Pair):
    """Two desks and the rules between them."""

    left: Desk
    right: Desk

    def __init__(self) -> None:
        # Two desks stand where Pair has two simulated systems: the drawing and the vendor ask no more of them.
        self.systems = {"left": Desk("left"), "right": Desk("right")}  # type: ignore[assignment]
        self.left, self.right = self.systems["left"], self.systems["right"]  # type: ignore[assignment]

    def vendor(self) -> Vendor:
        return acting_vendor(self.systems)  # type: ignore[arg-type]

    def rule(self, event: str, *actions: dict[str, Any], name: str = "", **facts: Any) -> Rule:
        connection = Connection.objects.get(name=facts.pop("connection", "left"))
        position = Rule.objects.count()
        name = name or f"rule-{position}"
        return Rule.objects.create(
            name=name, connection=connection, event=event, actions=list(actions), position=position, **facts
        )

    def copying(self) -> None:
        """Whoever signs up at the left is made at the right."""
        mapping = MappingRow.objects.create(name="copy")
        MappingVersion.objects.create(mapping=mapping, number=1, state=VersionState.PUBLISHED, spec=COPY)
        self.rule("contact.created", {"upsert": {"mapping": "copy"}}, name="copying")

    def person(self, name: str = "Dana Cohen", **values: Any) -> str:
        """Somebody who is known on both sides. Returns their record's id at the left."""
        email = f"{name.split()[0].lower()}@example.com"
        record_id = self.left.sign_up(email=email, name=name, **values)
        self.work()
        return record_id

    def happen(self, event: str, record_id: str, tag: str = "", **values: Any) -> None:
        """Something is heard of a person at the left; which tag it is about, only the event knows."""
        context = {"tag": {"tagId": tag}} if tag else {}
        self.left.push(event, {**self.left.records[record_id], **values}, **context)

    def work(self, rounds: int = 20) -> None:
        """Deliver the events of the left, and work until nothing is due."""
        self.right.events.clear()
        self.deliver_events()
        for _round in range(rounds):
            if not sum(work_off(lane) for lane in settings.LANES):
                self.right.events.clear()
                return
        raise AssertionError("The work does not come to an end.")

    def work_both(self, rounds: int = 20) -> None:
        """Both desks tell what happens to them, until nothing happens any more."""
        for _round in range(rounds):
            told = self.deliver_events()
            Event.objects.filter(state="new").update(next_attempt_at=clock.now())
            if not told + sum(work_off(lane) for lane in settings.LANES):
                return
        raise AssertionError("It goes round in a circle.")

    def changes(self, **filters: Any) -> list[Change]:
        return list(Change.objects.filter(**filters).order_by("id"))

    @property
    def last_event(self) -> Event:
        return Event.objects.order_by("id")[Event.objects.count() - 1]
