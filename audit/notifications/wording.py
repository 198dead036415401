"""What a message says: one thing that happened, or several in a digest, each with the way to its person."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.admin_labels import page_url
from integrations.models import Person

from .models import Notification

LISTED = 100  # of a digest; of the rest their number


def subject_of(rows: Sequence[Notification]) -> str:
    if not rows[0].digest:
        return rows[0].subject
    count = len(rows)
    return ngettext("%(n)s notification: %(first)s", "%(n)s notifications: %(first)s, …", count) % {
        "n": count,
        "first": rows[0].subject,
    }


def text_of(rows: Sequence[Notification]) -> str:
    """Plain text; lines that are a link to our own pages stand by themselves."""
    if not rows[0].digest:
        return "\n\n".join(filter(None, (rows[0].body, _about(rows[0].person))))
    said = [_entry(row) for row in rows[:LISTED]]
    rest = len(rows) - LISTED
    more = [ngettext("And %(n)s more.", "And %(n)s more.", rest) % {"n": rest}] if rest > 0 else []
    return "\n\n".join([*said, *more])


def _entry(row: Notification) -> str:
    head = f"{timezone.localtime(row.created_at):%H:%M}  {row.subject}"
    return "\n".join(filter(None, (head, row.body, _about(row.person))))


def _about(person: Person | None) -> str:
    if person is None:
        return ""
    name = (_("About %s:") % person.name) if person.name else _("About:")
    return f"{name}\n{settings.PUBLIC_URL}{page_url(person)}"
