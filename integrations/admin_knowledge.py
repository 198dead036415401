"""What a connection's page says of what we know of the account, and the button that reads all of it again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .admin_labels import lines, moment, said
from .admin_pages import advice
from .lookups import MOST
from .models import Connection, Knowledge, KnowledgeKind
from .refreshing import Reading, Subject, refresh_account, subjects_of
from .vendors.errors import RecordError


def refresh(request: HttpRequest, connection: Connection) -> None:
    """Read all of it again and say in one sentence what changed; what could not be read is said plainly."""
    readings = refresh_account(connection)
    for reading in readings:
        if reading.error:
            messages.error(request, f"{label_of(reading.subject)}: {advice(reading.error)}")
    if readings and readings[-1].error and not isinstance(readings[-1].error, RecordError):
        messages.warning(request, _("The rest was not asked for. What was known before stays."))
    done = [reading for reading in readings if not reading.error]
    if done:
        messages.success(request, sentence(done))


def sentence(readings: Iterable[Reading]) -> str:
    """Read again: Lists 1 new; Fields of Lead 2 gone, 1 changed."""
    changes = [(label_of(reading.subject), _counts(reading)) for reading in readings]
    said = "; ".join(f"{label} {counts}" for label, counts in changes if counts)
    return _("Read again: %s.") % said if said else _("Read again: nothing has changed.")


def _counts(reading: Reading) -> str:
    words = {_("%d new"): reading.new, _("%d gone"): reading.gone, _("%d changed"): reading.changed}
    return ", ".join(word % count for word, count in words.items() if count)


def label_of(subject: Subject) -> str:
    return _("Fields of %s") % subject.name if subject.kind == KnowledgeKind.FIELDS else str(capfirst(subject.label))


def known_rows(connection: Connection) -> list[dict[str, Any]]:
    """Each thing that is known, or could be: how many there are, since when, and why it is not newer."""
    rows = {(row.kind, row.name): row for row in Knowledge.objects.filter(connection=connection)}
    return [_row(subject, rows.get((subject.kind, subject.name))) for subject in subjects_of(connection)]


def _row(subject: Subject, row: Knowledge | None) -> dict[str, Any]:
    read = row is not None and row.fetched_at is not None
    return {
        "label": label_of(subject),
        "count": _count(subject, row.content) if row and read else "",
        "read": moment(row.fetched_at) if row and read else "",
        "problem": _problem(row) if row else "",
    }


def _count(subject: Subject, content: list[Any]) -> str:
    most = subject.kind == KnowledgeKind.LOOK_UP and len(content) >= MOST
    return f"{len(content):,}+" if most else f"{len(content):,}"


def _problem(row: Knowledge) -> SafeString:
    return lines([moment(row.problem_at), said(row.problem)]) if row.problem else SafeString("")
