"""Finds things by the name a person typed, for commands; a typo is answered with the nearest names."""

from __future__ import annotations

from difflib import get_close_matches

from django.core.management.base import CommandError

from .models import Connection


def connection_named(name: str) -> Connection:
    """Raises CommandError with the nearest names."""
    connection = Connection.objects.filter(name=name).first()
    if connection is None:
        names = list(Connection.objects.values_list("name", flat=True))
        near = get_close_matches(name, names) or names[:5]
        hint = f" Did you mean {' or '.join(near)}?" if near else " There is no connection yet."
        raise CommandError(f"There is no connection {name}.{hint}")
    return connection
