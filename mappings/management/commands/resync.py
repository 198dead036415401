"""Runs the rules again for a person, a rule or a connection."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mappings.models import RunKind
from mappings.runs import RunRefused, start_run


class Command(BaseCommand):
    help = "Run the rules again for these records; the workers (or `work --once`) do it."

    def add_arguments(self, parser: CommandParser) -> None:
        scope = parser.add_mutually_exclusive_group(required=True)
        scope.add_argument("--email", help="Every record of the person with this address.")
        scope.add_argument("--rule", help="Every record this rule is about.")
        scope.add_argument("--connection", help="Every record of this connection, by every rule that starts there.")

    def handle(self, *args: Any, **options: Any) -> None:
        name = next(name for name in ("email", "rule", "connection") if options[name])
        try:
            run = start_run(RunKind.RESYNC, {name: options[name]}, actor="command line")
        except RunRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"Run {run.id} is queued: resync of {name} {options[name]}.")
