"""Verifies that the ledger is as it was sealed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.since import moment_given
from audit.verifying import Inspection


class Command(BaseCommand):
    help = "audit verify [--since 2026-01-31]: compare sealed changes with their seal, and seals with each other."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["verify"])
        parser.add_argument("--since", type=moment_given, help="Only seals made at or after this day or time.")
        parser.add_argument("--digest", default="", help="One you noted before, which must still be in the chain.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 1 when something is wrong; each flaw is one line on stderr."""
        inspection, found = Inspection(options["since"], options["digest"]), 0
        for flaw in inspection.flaws():
            self.stderr.write(str(flaw))
            found += 1
        seen = f"{inspection.changes} changes in {inspection.seals} seals"
        if found:
            raise CommandError(f"{seen}: {found} flaws.")
        self.stdout.write(f"{seen}: unbroken.")
        self.stdout.write(f"The last digest is {inspection.digest}; {inspection.waiting} changes wait for their seal.")
