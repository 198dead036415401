"""Ids that the API shows: 26 characters, sortable by the time they were made."""

from datetime import datetime

from ulid import ULID


def new_id() -> str:
    """A fresh ULID; later ones of one process sort after earlier ones."""
    return str(ULID())


def first_id(since: datetime) -> str:
    """The smallest id that anything made since then can have."""
    return str(ULID.from_bytes(int(since.timestamp() * 1000).to_bytes(6, "big") + bytes(10)))
