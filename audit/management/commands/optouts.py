"""Writes the register of opt-outs to standard output."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.exports import export_opt_outs
from audit.since import moment_given


class Command(BaseCommand):
    help = "optouts report [--format jsonl|csv] [--since 2026-01-31]: who said stop, and when each system was told."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["report"])
        parser.add_argument("--format", choices=["jsonl", "csv"], default="jsonl")
        parser.add_argument("--since", type=moment_given, help="Only opt-outs received at or after this day or time.")

    def handle(self, *args: Any, **options: Any) -> None:
        export_opt_outs(self.stdout, options["format"], options["since"])  # type: ignore[arg-type]  # writes text as a file does
