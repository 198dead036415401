"""What a vendor says about its objects' fields, as known or by asking."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from . import knowledge
from .clients import open_client
from .models import Connection, Knowledge, KnowledgeKind
from .vendors.base import Client, Field
from .vendors.registry import VENDORS

Fields = dict[str, Field]


def fields_of(connection: Connection, object: str, client: Client | None = None, refresh: bool = False) -> Fields:
    """Fields by name. Asks the vendor when what we know is older than an hour; raises as `knowledge.current` does."""
    read = knowledge.refreshed if refresh else knowledge.current
    return _fields(read(connection, KnowledgeKind.FIELDS, object, lambda: describe(connection, object, client)))


def known_fields(connection: Connection, object: str) -> Fields | None:
    """Fields by name as last heard, without asking; None when never heard."""
    row = knowledge.known(connection, KnowledgeKind.FIELDS, object)
    return _fields(row) if row else None


def forget_fields(connection: Connection) -> None:
    """Ask the vendor again next time, for example after a field was refused."""
    knowledge.forget(connection, KnowledgeKind.FIELDS)


def described_objects(vendor: str) -> list[str]:
    """The objects of this vendor whose fields can be asked for: those whose records can be read."""
    kind = VENDORS.get(vendor)
    return [each.name for each in kind.capabilities.objects if "read" in each.reads] if kind else []


def describe(connection: Connection, object: str, client: Client | None = None) -> list[dict[str, Any]]:
    """The fields as they are kept."""
    return [asdict(field) for field in (client or open_client(connection)).describe(object)]


def _fields(row: Knowledge) -> Fields:
    return {item["name"]: Field(**{**item, "choices": tuple(item["choices"])}) for item in row.content}
