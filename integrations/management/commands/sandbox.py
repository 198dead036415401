"""`manage.py sandbox`: the simulated vendors on one port, each under its own path."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations.sandbox.server import introduction, serve


class Command(BaseCommand):
    help = "Run the simulated vendors on one port, each under its own path, until stopped."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="The address to listen on.")
        parser.add_argument("--port", type=int, default=9100, help="The port to listen on.")
        parser.add_argument("--state", metavar="FILE", default=None, help="Keep the state in this SQLite file.")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(introduction(options["host"], options["port"]))
        self.stdout.flush()
        serve(options["host"], options["port"], options["state"])
