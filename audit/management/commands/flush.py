"""Empties the database as Django's own command does: the one act before which the guards give way."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import flush
from django.db import connections

from audit.guards import guards_lifted


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        with guards_lifted(connections[options["database"]]):
            super().handle(**options)
