"""`manage.py config`: connections, mappings and rules as one file."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.crypto import CannotDecrypt

from ...configuration.applying import Plan, Refused, apply_file, plan_file
from ...configuration.exporting import export_configuration, unpublished_mappings

_FILE = "A configuration file, version 1 (docs/configuration.md)."
_PRUNE = (
    "Also remove what the file does not name, of the sections that it has. "
    "Without it, connections, mappings and rules that are not in the file are left alone."
)


class Command(BaseCommand):
    help = "Shows what a configuration file would change, applies it, or writes the present configuration out."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="plan|apply|export")
        for verb, help in (("plan", "Show the difference; change nothing."), ("apply", "Make it so. May be repeated.")):
            with_file = verbs.add_parser(verb, help=help, description=f"{help} {_PRUNE}")
            with_file.add_argument("file", metavar="FILE", help=_FILE)
            with_file.add_argument("--prune", action="store_true", help=_PRUNE)
        verbs.add_parser("export", help="Write the present configuration as YAML, secrets as ${NAME}.")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        try:
            _VERBS[verb](self, options)
        except Refused as refused:
            self.stderr.write("\n".join(refused.lines))
            raise SystemExit(1) from refused
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except CannotDecrypt as error:
            raise CommandError(str(error)) from error

    def plan(self, options: dict[str, Any]) -> None:
        plan = plan_file(options["file"], os.environ, options["prune"])
        self._show(plan, plan.counted("Plan: {} to add, {} to change, {} to remove."))

    def apply(self, options: dict[str, Any]) -> None:
        plan = apply_file(options["file"], os.environ, options["prune"])
        self._show(plan, plan.counted("Applied: {} added, {} changed, {} removed."))

    def export(self, options: dict[str, Any]) -> None:
        self.stdout.write(export_configuration(), ending="")
        for name in unpublished_mappings():
            self.stderr.write(f"{name} is left out: it has no published version.")

    def _show(self, plan: Plan, summary: str) -> None:
        for warning in plan.warnings:
            self.stderr.write(warning)
        for step in plan.steps:
            self.stdout.write(str(step))
        self.stdout.write(summary)


_VERBS: dict[str, Callable[[Command, dict[str, Any]], None]] = {
    "plan": Command.plan,
    "apply": Command.apply,
    "export": Command.export,
}
