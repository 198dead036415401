"""Tests a connection: calls the vendor read-only and says what works and what is missing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.health import check_connection
from integrations.named import connection_named


class Command(BaseCommand):
    help = "connection test NAME: call the vendor read-only and say what works, what is missing, what the budget is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["test"])
        parser.add_argument("name", help="The connection's name.")

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connection_named(options["name"])
        checks = check_connection(connection)
        for check in checks:
            mark = "ok     " if check.ok else "MISSING" if check.required else "note   "
            self.stdout.write(f"{mark} {check.name}: {check.detail}" + (f" → {check.help}" if check.help else ""))
        if any(check.required and not check.ok for check in checks):
            raise CommandError(f"{connection.name} does not work fully; the lines marked MISSING say what to do.")
