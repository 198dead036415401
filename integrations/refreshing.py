"""Reads everything that is known of an account again, now, and says what changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import knowledge
from .clients import open_client
from .lookups import look_up, lookups_of
from .models import Connection, Knowledge, KnowledgeKind
from .schemas import describe, described_objects
from .vendors.base import Client
from .vendors.errors import CrosswalkError, RecordError

Content = list[dict[str, Any]]
READERS: dict[str, Callable[[Connection, str, Client], Content]] = {
    KnowledgeKind.FIELDS: describe,
    KnowledgeKind.LOOK_UP: look_up,
}
KEYS = {KnowledgeKind.FIELDS: "name", KnowledgeKind.LOOK_UP: "id"}  # what makes two of the content the same one


@dataclass(frozen=True)
class Subject:
    """One thing that is known of an account, or could be."""

    kind: str
    name: str
    label: str  # a look-up's label; the object whose fields they are


@dataclass(frozen=True)
class Reading:
    """What came of reading one of them again."""

    subject: Subject
    new: int = 0
    gone: int = 0
    changed: int = 0
    error: CrosswalkError | None = None


def subjects_of(connection: Connection) -> list[Subject]:
    """The vendor's look-ups, the fields of its objects, and those of any other object that were needed once."""
    heard = Knowledge.objects.filter(connection=connection, kind=KnowledgeKind.FIELDS, fetched_at__isnull=False)
    objects = [*described_objects(connection.vendor), *heard.order_by("name").values_list("name", flat=True)]
    look_ups = [Subject(KnowledgeKind.LOOK_UP, each.key, each.label) for each in lookups_of(connection.vendor)]
    return look_ups + [Subject(KnowledgeKind.FIELDS, name, name) for name in dict.fromkeys(objects)]


def refresh_account(connection: Connection, client: Client | None = None) -> list[Reading]:
    """Ask for all of it. When the vendor cannot be asked for one, it is not asked for the rest."""
    asking = client or open_client(connection)
    readings: list[Reading] = []
    for subject in subjects_of(connection):
        readings.append(_reading(connection, subject, asking))
        if readings[-1].error and not isinstance(readings[-1].error, RecordError):
            break
    return readings


def _reading(connection: Connection, subject: Subject, client: Client) -> Reading:
    before = knowledge.known(connection, subject.kind, subject.name)
    read = READERS[subject.kind]
    try:
        row = knowledge.refreshed(
            connection, subject.kind, subject.name, lambda: read(connection, subject.name, client)
        )
    except CrosswalkError as error:
        return Reading(subject, error=error)
    return _compared(subject, before.content if before else [], row.content)


def _compared(subject: Subject, before: Content, after: Content) -> Reading:
    key = KEYS[KnowledgeKind(subject.kind)]
    old, new = ({item[key]: item for item in content} for content in (before, after))
    changed = [name for name in old.keys() & new.keys() if old[name] != new[name]]
    return Reading(subject, len(new.keys() - old.keys()), len(old.keys() - new.keys()), len(changed))
