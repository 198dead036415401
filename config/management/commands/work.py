"""Plans and delivers everything that is due, in this process, without the queue."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.db.models import QuerySet

from audit.models import Change, ChangeState
from audit.sealing import seal_waiting
from config.tasks import work_off
from integrations.admin_labels import bounded
from integrations.models import Event, EventState

_ROUND_SECONDS = 1.0
_BOUND = 10_000


class Command(BaseCommand):
    help = "Plan and deliver everything that is due, here and now, without the queue: for cron and small installs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Stop when nothing is due, and print a summary.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0 even when a change failed at its vendor; 1 when this could not do its own work."""
        try:
            while True:
                while sum(work_off(lane) for lane in settings.LANES):
                    pass
                if options["once"]:
                    seal_waiting()
                    break
                time.sleep(_ROUND_SECONDS)
        except DatabaseError as error:
            raise CommandError(f"The work could not be done: {error}") from error
        self.stdout.write(_summary())


def _summary() -> str:
    """What is there now, in one line each."""
    events = [_counted(Event.objects.all(), state) for state in EventState if state != EventState.NEW]
    changes = [_counted(Change.objects.all(), state) for state in ChangeState]
    return f"Events: {_line(events)}.\nChanges: {_line(changes)}."


def _counted(rows: QuerySet[Any], state: str) -> str:
    """Not past the bound: cron asks for this every minute, however much is stored."""
    count = rows.filter(state=state).order_by()[: _BOUND + 1].count()
    return f"{bounded(count, _BOUND)} {state}" if count else ""


def _line(counts: Sequence[str]) -> str:
    return ", ".join(filter(None, counts)) or "none"
