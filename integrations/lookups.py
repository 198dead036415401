"""What a vendor says of its lists, tags, campaigns and users, as known or by asking."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from . import clock, knowledge
from .clients import open_client
from .crypto import CannotDecrypt
from .models import Connection, Knowledge, KnowledgeKind
from .vendors.base import Client
from .vendors.errors import CrosswalkError
from .vendors.lookups import Entry, LookUp
from .vendors.registry import VENDORS

MOST = 2000  # entries kept of a look-up: what a person can choose from, not a copy of the account


@dataclass(frozen=True)
class KnownLookUp:
    """One look-up of one connection as heard last. `read_at` is None when it was never read."""

    connection: str
    look_up: LookUp
    entries: tuple[Entry, ...] = ()
    read_at: datetime | None = None


def entries_of(connection: Connection, key: str, client: Client | None = None) -> tuple[Entry, ...]:
    """Asks the vendor when what we know is older than an hour; raises as `knowledge.current` does."""
    row = knowledge.current(connection, KnowledgeKind.LOOK_UP, key, lambda: look_up(connection, key, client))
    return _entries(row)


def look_up(connection: Connection, key: str, client: Client | None = None) -> list[dict[str, Any]]:
    """The entries as they are kept: the first ones, of very many."""
    return [asdict(entry) for entry in islice((client or open_client(connection)).look_up(key), MOST)]


def known_look_ups() -> list[KnownLookUp]:
    """Every look-up of every connection, as heard last; asks nobody."""
    rows = Knowledge.objects.filter(kind=KnowledgeKind.LOOK_UP, fetched_at__isnull=False)
    heard = {(row.connection_id, row.name): row for row in rows}
    return [
        _known(name, each, heard.get((pk, each.key)))
        for pk, name, vendor in Connection.objects.values_list("pk", "name", "vendor")
        for each in lookups_of(vendor)
    ]


def known_entries(connection: Connection, look_up: LookUp) -> tuple[Entry, ...]:
    """The entries of one look-up as heard last; asks nobody."""
    row = knowledge.known(connection, KnowledgeKind.LOOK_UP, look_up.key)
    return _entries(row) if row else ()


def lookups_of(vendor: str) -> tuple[LookUp, ...]:
    return VENDORS[vendor].capabilities.lookups if vendor in VENDORS else ()


def renew_due() -> None:
    """Ask again for one look-up that is out of date: pages never ask, and should show no old names.

    Only what somebody had read before, where the connection works, and once an hour whether it succeeds or not.
    """
    for row in _due():
        try:
            entries_of(row.connection, row.name)
        except CannotDecrypt:
            continue
        except CrosswalkError:
            return  # its words stand in the row, and the connection's page shows them
        return


def _due() -> QuerySet[Knowledge]:
    now = clock.now()
    old = Knowledge.objects.filter(kind=KnowledgeKind.LOOK_UP, fetched_at__lt=now - knowledge.FRESH)
    working = old.filter(connection__blocked=False).exclude(connection__paused_until__gt=now)
    untried = working.exclude(asking_until__gt=now).exclude(problem_at__gt=now - knowledge.FRESH)
    return untried.order_by("fetched_at")


def _known(connection: str, look_up: LookUp, row: Knowledge | None) -> KnownLookUp:
    return KnownLookUp(connection, look_up, _entries(row), row.fetched_at) if row else KnownLookUp(connection, look_up)


def _entries(row: Knowledge) -> tuple[Entry, ...]:
    return tuple(Entry(item["id"], item["name"], tuple(item["facts"])) for item in row.content)
