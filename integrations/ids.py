"""Ids that the API shows: 26 characters, sortable by the time they were made."""

from ulid import ULID


def new_id() -> str:
    """A fresh ULID; later ones of one process sort after earlier ones."""
    return str(ULID())
