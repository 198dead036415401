"""A vendor in memory that pushes what changes and fails when told to: for testing the engine without sockets.

Every connection of it is a system of its own with one object, `contact`, upserted by `key`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from unittest import mock

from integrations.models import Connection
from integrations.receive import receive
from integrations.tokens import set_token
from integrations.vendors.base import (
    Account,
    Capabilities,
    Client,
    EventCapability,
    Field,
    Found,
    Glance,
    Inbound,
    Look,
    Notice,
    ObjectCapability,
    OptOutField,
    Outcome,
    Page,
    Record,
    Services,
    Vendor,
    Watch,
    Write,
)
from integrations.vendors.errors import CrosswalkError, NotFound
from integrations.vendors.lookups import Entry, LookUp
from integrations.vendors.registry import VENDORS

FIELDS = ("email", "name", "city", "note")


@dataclass
class System:
    """What one account of the vendor holds. `failures` are raised by the next calls, first come first served."""

    name: str
    records: dict[str, Record] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=lambda: {"l1": "Newsletter"})  # name by id
    events: list[Notice] = field(default_factory=list)  # pushed, not delivered yet
    failures: list[CrosswalkError] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    clock: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    page_size: int = 100
    looks: list[Look] = field(default_factory=list)

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=next(self.clock))

    def put(self, record_id: str, values: Mapping[str, Any], kind: str = "contact.updated") -> None:
        """Change a record and push the event, whoever did it."""
        record = {**self.records.get(record_id, {"id": record_id}), **values, "modified": self.now().isoformat()}
        self.records[record_id] = record
        self.push(kind, record)

    def push(self, kind: str, record: Record, **context: Any) -> None:
        number = next(self.clock)
        content = {"type": kind, "record": record, "n": number, "system": self.name, "context": context}
        self.events.append(
            Notice(kind, kind, "contact", record["id"], content, vendor_event_id=f"{self.name}-{number}")
        )

    def sign_up(self, **values: Any) -> str:
        record_id = f"{self.name}{next(self.ids)}"
        self.put(record_id, {"stopped": False, **values}, "contact.created")
        return record_id

    def edit(self, record_id: str, **values: Any) -> None:
        self.put(record_id, values)

    def stop(self, record_id: str) -> None:
        """The person unsubscribes here."""
        self.put(record_id, {"stopped": True}, "contact.unsubscribed")


class MemoryClient(Client):
    def __init__(self, account: Account, services: Services, system: System) -> None:
        super().__init__(account, services)
        self.system = system

    def _call(self) -> None:
        self.services.budget.spend()
        if self.system.failures:
            raise self.system.failures.pop(0)

    def describe(self, object: str) -> list[Field]:
        names = [*FIELDS, "stopped", "key"]
        return [
            Field(name, type="boolean" if name == "stopped" else "string", unique_key=name == "key") for name in names
        ]

    def look_up(self, key: str) -> Iterator[Entry]:
        self._call()
        return (Entry(id, name) for id, name in self.system.lists.items())

    def read(self, object: str, record_ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Record]:
        self._call()
        return {i: dict(self.system.records[i]) for i in record_ids if i in self.system.records}

    def find_any(self, object: str, keys: Mapping[str, Sequence[str]], fields: Sequence[str] = ()) -> list[Found]:
        self._call()
        wanted = {name: {value.lower() for value in values} for name, values in keys.items()}
        return [Found(object, i, dict(record)) for i, record in self.system.records.items() if _fits(record, wanted)]

    def page(self, object: str, cursor: str = "", since: Any = None, filters: Any = None) -> Page:
        self._call()
        return Page([dict(record) for record in self.system.records.values()])

    def watch(self, look: Look) -> Glance:
        """What was modified after the cursor, oldest first; a stop that was not there before is news of its own."""
        self.system.looks.append(look)
        self._call()
        records = sorted(self.system.records.values(), key=lambda record: str(record["modified"]))
        if not look.cursor:
            return Glance([], records[-1]["modified"] if records else "0")
        page = [record for record in records if record["modified"] > look.cursor][: self.system.page_size]
        known = look.recall("contact", [record["id"] for record in page])
        notices = [notice for record in page for notice in _news(record, known.get(record["id"], {}))]
        states = {("contact", record["id"]): {"stopped": record.get("stopped", False)} for record in page}
        return Glance(
            notices, page[-1]["modified"] if page else look.cursor, len(page) == self.system.page_size, states
        )

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        self._call()
        return [self._write(write) for write in writes]

    def _write(self, write: Write) -> Outcome:
        self.system.writes.append(write)
        if write.record_id and write.record_id not in self.system.records:
            return Outcome(write.id, error=NotFound("The record is gone."))
        record_id = write.record_id or self._by_key(write.key)
        created = not record_id
        record_id = record_id or f"{self.system.name}{next(self.system.ids)}"
        key = dict([write.key]) if write.key else {}
        self.system.put(record_id, {**key, **write.values}, "contact.created" if created else "contact.updated")
        return Outcome(write.id, record_id, created)

    def _by_key(self, key: tuple[str, str] | None) -> str:
        if key is None:
            return ""
        return next((i for i, record in self.system.records.items() if record.get(key[0]) == key[1]), "")


def _news(record: Record, known: Record) -> Iterator[Notice]:
    types = ["contact.updated"]
    if record.get("stopped") and not known.get("stopped"):
        types.append("opt_out.changed")
    for type in types:
        at = datetime.fromisoformat(record["modified"])
        key = f"{type} {record['id']} {record['modified']}"
        yield Notice(type, type, "contact", record["id"], {}, key, at, dict(record), email=record.get("email", ""))


def _fits(record: Record, wanted: Mapping[str, set[str]]) -> bool:
    return any(str(record.get(name) or "").lower() in values for name, values in wanted.items())


def _object_of(kind: str) -> str:
    """task.created is about a task; what a person does is about their contact."""
    subject = kind.partition(".")[0]
    return subject if subject in ("task", "note") else "contact"


class MemoryWebhooks:
    def verify(self, inbound: Inbound, account: Account) -> None:
        """The test itself is the proof."""

    def parse(self, inbound: Inbound) -> list[Notice]:
        body = json.loads(inbound.body)
        record = body["record"]
        vendor_id = f"{body['system']}-{body['n']}"
        return [
            Notice(
                body["type"],
                body["type"],
                _object_of(body["type"]),
                record["id"],
                body,
                vendor_id,
                record=record,
                context=body["context"],
                email=record.get("email", ""),
            )
        ]


WATCH = Watch("changes", "changed contacts", ("contact.updated", "opt_out.changed"), timedelta(minutes=5))


def memory_vendor(systems: Mapping[str, System], watches: tuple[Watch, ...] = ()) -> Vendor:
    contact = ObjectCapability(
        "contact",
        "contact",
        reads=("read", "find", "page"),
        writes=("upsert", "create", "update", "opt_out"),
        id_field="id",
        batch=50,
        addresses={"email": "email"},
        modified_field="modified",
    )
    events = tuple(EventCapability(t, "pushed") for t in ("contact.created", "contact.updated", "contact.unsubscribed"))
    return Vendor(
        slug="memory",
        label="Memory",
        docs_url="",
        default_base_url="",
        capabilities=Capabilities(
            (contact,),
            events,
            (),
            (OptOutField("contact", "email", "stopped", True, "", "email"),),
            watches=watches,
            lookups=(LookUp("lists", "lists", "campaign", fields=("list",)),),
        ),
        credentials=(),
        options=(),
        operations=(),
        webhooks=MemoryWebhooks(),
        connect=lambda account, services: MemoryClient(account, services, systems[account.name]),
        identify=lambda object, record: (str(record.get("email") or ""), ""),
        opted_in_at=lambda record, context: None,
        path=lambda record, path: (path in record, record.get(path)),
    )


class Pair:
    """Two systems of the memory vendor; they push, and may be watched."""

    def __init__(self, watches: tuple[Watch, ...] = ()) -> None:
        self.watches = watches
        self.systems = {name: System(name) for name in ("left", "right")}
        self.left, self.right = self.systems["left"], self.systems["right"]

    def vendor(self) -> Vendor:
        return memory_vendor(self.systems, self.watches)

    @contextmanager
    def registered(self) -> Iterator[Self]:
        with mock.patch.dict(VENDORS, {"memory": self.vendor()}):
            for name in self.systems:
                connection = Connection(name=name, vendor="memory")
                set_token(connection)
                connection.save()
            yield self

    def deliver_events(self, order: Any = None, repeat: bool = False) -> int:
        """Hand over what was pushed; `order` may shuffle it, `repeat` delivers all of it twice."""
        moved = 0
        for system in self.systems.values():
            events, system.events = system.events, []
            if order is not None:
                order(events)
            connection = Connection.objects.get(name=system.name)
            for notice in events * (2 if repeat else 1):
                receive(connection, Inbound("POST", {}, (), json.dumps(notice.content).encode(), "application/json"))
                moved += 1
        return moved
