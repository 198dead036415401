"""Plans and delivers everything that is due, in this process, without the queue."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.db.models import Count

from audit.models import Change
from audit.sealing import seal_waiting
from config.tasks import work_off
from integrations.ids import new_id
from integrations.models import Event

_ROUND_SECONDS = 1.0


class Command(BaseCommand):
    help = "Plan and deliver everything that is due, here and now, without the queue: for cron and small installs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Stop when nothing is due, and print a summary.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0 even when a change failed at its vendor; 1 when this could not do its own work."""
        start = new_id()
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
        self.stdout.write(_summary(start))


def _summary(start: str) -> str:
    """What is there now, in one line each."""
    events = dict(Event.objects.filter(planned_at__isnull=False, lease="").values_list("state").annotate(Count("id")))
    changes = dict(Change.objects.values_list("state").annotate(Count("id")))
    return f"Events: {_counts(events)}.\nChanges: {_counts(changes)}."


def _counts(states: dict[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "none"
