"""`manage.py run`: the web server and the workers under one watchful parent."""

from __future__ import annotations

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.supervisor.crosswalk import PortTaken, supervise
from config.supervisor.runtime import AlreadyRunning


class Command(BaseCommand):
    help = "Runs the web server and the workers, starts again what dies or hangs, and stops everything on SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=os.environ.get("PORT") or "8000", help="default: PORT or 8000")
        parser.add_argument("--no-web", action="store_true", help="workers only: for a further host on the same queue")

    def handle(self, *args: Any, host: str, port: int, no_web: bool, **options: Any) -> None:
        try:
            supervise(host, port, announce=self._say, with_web=not no_web)
        except (AlreadyRunning, PortTaken) as error:
            raise CommandError(str(error)) from error

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()  # also where the output is a file or a pipe
