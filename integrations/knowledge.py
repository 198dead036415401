"""What vendors said of their accounts, kept for an hour and shared by all workers. The only module that changes it.

One worker asks again; the others use what is there meanwhile, and all do while the vendor cannot be asked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Q

from . import clock
from .models import Connection, Knowledge
from .storable import storable
from .vendors.errors import ConfigurationError, CrosswalkError, TransientError

FRESH = timedelta(hours=1)
ASKING = timedelta(minutes=1)  # longer than a look-up takes; after a failure nobody asks again for as long

Ask = Callable[[], list[dict[str, Any]]]


def current(connection: Connection, kind: str, name: str, ask: Ask) -> Knowledge:
    """What is known of this, asked for when it is older than an hour.

    What is older is still given while another worker asks and when the vendor cannot be asked: `fetched_at` says since
    when, `problem` why. With nothing to give, and when the vendor refuses this very thing, raises what `ask` raises.
    """
    row = _row(connection, kind, name)
    if _is_fresh(row) or (_is_usable(row) and not _claim(row)):
        return row
    try:
        return _asked(row, ask)
    except (TransientError, ConfigurationError):
        if not _is_usable(row):
            raise
        return row


def refreshed(connection: Connection, kind: str, name: str, ask: Ask) -> Knowledge:
    """Asked for now, however new what is known is. Raises what `ask` raises; what is known then stays."""
    return _asked(_row(connection, kind, name), ask)


def known(connection: Connection, kind: str, name: str) -> Knowledge | None:
    """As heard last, without asking; None when never heard."""
    return Knowledge.objects.filter(connection=connection, kind=kind, name=name, fetched_at__isnull=False).first()


def forget(connection: Connection, kind: str) -> None:
    """What is known is out of date: whoever needs it asks, and makes do with nothing older."""
    Knowledge.objects.filter(connection=connection, kind=kind).update(forgotten_at=clock.now())


def forget_all(connection: Connection) -> None:
    """It may be another account now. What somebody is asking for at this moment finds no row and is not kept."""
    Knowledge.objects.filter(connection=connection).delete()


def _row(connection: Connection, kind: str, name: str) -> Knowledge:
    row, _made = Knowledge.objects.get_or_create(connection=connection, kind=kind, name=name)
    return row


def _is_usable(row: Knowledge) -> bool:
    return row.fetched_at is not None and (row.forgotten_at is None or row.forgotten_at <= row.fetched_at)


def _is_fresh(row: Knowledge) -> bool:
    return _is_usable(row) and row.fetched_at is not None and timedelta() <= clock.now() - row.fetched_at < FRESH


def _claim(row: Knowledge) -> bool:
    """A claim is not given back: it ends when the answer is kept, or by itself."""
    now = clock.now()
    free = Q(asking_until=None) | Q(asking_until__lt=now)
    return Knowledge.objects.filter(free, pk=row.pk).update(asking_until=now + ASKING) == 1


def _asked(row: Knowledge, ask: Ask) -> Knowledge:
    """`fetched_at` is when the question was asked: an answer is never newer than that."""
    began = clock.now()
    try:
        row.content = storable(ask())
    except CrosswalkError as error:
        row.problem, row.problem_at = storable(_words(error)), began
        Knowledge.objects.filter(pk=row.pk).update(problem=row.problem, problem_at=began)
        raise
    row.fetched_at, row.asking_until, row.problem, row.problem_at = began, None, "", None
    _keep(row)
    return row


def _words(error: CrosswalkError) -> str:
    """What went wrong and what to do; of what passes by itself only the former."""
    return error.message if isinstance(error, TransientError) else f"{error.message} {error.help}".strip()


def _keep(row: Knowledge) -> None:
    """Unless the row is gone or holds the answer to a later question."""
    older = Q(fetched_at=None) | Q(fetched_at__lt=row.fetched_at)
    names = ("content", "fetched_at", "asking_until", "problem", "problem_at")
    Knowledge.objects.filter(older, pk=row.pk).update(**{name: getattr(row, name) for name in names})
