"""What a vendor says about its objects' fields, kept for an hour and shared by all workers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from . import clock
from .clients import open_client
from .models import Connection, Schema
from .vendors.base import Client, Field

FRESH = timedelta(hours=1)
Fields = dict[str, Field]


def fields_of(connection: Connection, object: str, client: Client | None = None, refresh: bool = False) -> Fields:
    """Fields by name. Asks the vendor when what we know is older than an hour; raises what the client raises."""
    row = Schema.objects.filter(connection=connection, object=object).first()
    if row is None or refresh or not timedelta() <= clock.now() - row.fetched_at <= FRESH:
        described = (client or open_client(connection)).describe(object)
        row, _made = Schema.objects.update_or_create(
            connection=connection,
            object=object,
            defaults={"fields": [asdict(field) for field in described], "fetched_at": clock.now()},
        )
    return {item["name"]: Field(**{**item, "choices": tuple(item["choices"])}) for item in row.fields}


def known_fields(connection: Connection, object: str) -> Fields | None:
    """Fields by name as last heard, without asking; None when never heard."""
    row = Schema.objects.filter(connection=connection, object=object).first()
    return (
        None
        if row is None
        else {item["name"]: Field(**{**item, "choices": tuple(item["choices"])}) for item in row.fields}
    )


def forget_fields(connection: Connection) -> None:
    """Ask the vendor again next time, for example after a field was refused."""
    Schema.objects.filter(connection=connection).update(fetched_at=clock.now() - 2 * FRESH)
