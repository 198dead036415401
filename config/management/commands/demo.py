"""`make demo`: everything on this machine, with simulated vendors and a few minutes of traffic."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import demo
from config.supervisor.crosswalk import PortTaken, open_port, supervise
from config.supervisor.processes import Process
from config.supervisor.runtime import AlreadyRunning


class Command(BaseCommand):
    help = "Runs Crosswalk with simulated vendors and traffic, in a database of its own; Ctrl-C stops everything."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=os.environ.get("PORT") or "8000", help="default: PORT or 8000")
        parser.add_argument("--minutes", type=float, default=demo.MINUTES, help="how long the traffic lasts")
        parser.add_argument("--stage", action="store_true", help="used by the demo itself")

    def handle(self, *args: Any, host: str, port: int, minutes: float, stage: bool, **options: Any) -> None:
        if stage:
            demo.perform(settings.PUBLIC_URL, minutes, self._say)
        elif "CROSSWALK_DEMO" not in os.environ:
            self._start_afresh(host, port)
        else:
            self._run(host, port, minutes)

    def _start_afresh(self, host: str, port: int) -> None:
        """Settings are read once, at the start: start again with the demo's own."""
        try:
            for address in ((host, port), ("127.0.0.1", demo.SANDBOX_PORT)):
                open_port(*address).close()
        except PortTaken as error:
            raise CommandError(str(error)) from error
        os.execve(sys.executable, [sys.executable, *sys.argv], demo.environment(host, port))

    def _run(self, host: str, port: int, minutes: float) -> None:
        demo.prepare()
        stage = Process(demo.stage_program(minutes))
        try:
            supervise(host, port, announce=self._say, also=[demo.sandbox_program()])
        except (AlreadyRunning, PortTaken) as error:
            raise CommandError(str(error)) from error
        finally:
            stage.kill_group()

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
