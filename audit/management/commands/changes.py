"""Writes the ledger of changes to standard output."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.exports import export_changes
from audit.since import moment_given


class Command(BaseCommand):
    help = "changes export --format jsonl|csv [--since 2026-01-31]: the ledger, oldest first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["export"])
        parser.add_argument("--format", choices=["jsonl", "csv"], default="jsonl")
        parser.add_argument("--since", type=moment_given, help="Only changes made at or after this day or time.")

    def handle(self, *args: Any, **options: Any) -> None:
        export_changes(self.stdout, options["format"], options["since"])  # type: ignore[arg-type]  # writes text as a file does
