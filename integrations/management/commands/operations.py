"""Prints the catalogue of operations."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations.vendors.base import Operation, Vendor
from integrations.vendors.registry import VENDORS


class Command(BaseCommand):
    help = "The catalogue: every trigger, action and look-up of the vendors."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--vendor", choices=sorted(VENDORS), help="Only this vendor's.")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = [VENDORS[options["vendor"]]] if options["vendor"] else list(VENDORS.values())
        pairs = [(vendor, operation) for vendor in chosen for operation in vendor.operations]
        if options["format"] == "json":
            rows = [{"vendor": vendor.slug, **asdict(operation)} for vendor, operation in pairs]
            self.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False))
            return
        for vendor, operation in pairs:
            self.stdout.write(_line(vendor, operation))


def _line(vendor: Vendor, operation: Operation) -> str:
    call = f"{operation.method} {operation.path}".strip()
    label = operation.label + (" (repeatable)" if operation.repeatable else "")
    return f"{vendor.slug:12} {operation.kind:8} {operation.key:32} {label}" + (f"  [{call}]" if call else "")
