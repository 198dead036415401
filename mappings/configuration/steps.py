"""What must be done so that the database holds what a file says: one step for each object, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from integrations.models import Connection

from ..models import Mapping, Rule
from ..publishing import means_the_same
from ..spec import MappingSpec, RuleSpec, SpecError, parse_rule
from .comparing import changed_paths, named
from .connections import ConnectionSpec
from .reading import Configuration
from .writing import create_connection, create_rule, update_connection, update_rule, write_mapping

Sign = Literal["+", "~", "-"]
PLAIN = ("environment", "mode", "base_url", "limits", "options")  # of a connection: may be compared in the open


@dataclass(frozen=True)
class Step:
    """One object to add, change or remove. `carry_out` does it."""

    sign: Sign
    kind: str
    name: str
    carry_out: Callable[[], Any]
    what: str = ""

    def __str__(self) -> str:
        return f"{self.sign} {self.kind} {self.name}" + (f": {self.what}" if self.what else "")


def steps_to(configuration: Configuration, prune: bool = False, first_position: int = 1) -> list[Step]:
    """Reads the database, changes nothing. What the file does not name is left alone unless `prune`."""
    steps = [*_connections(configuration), *_mappings(configuration), *_rules(configuration, first_position)]
    return steps + (list(_removals(configuration)) if prune else [])


# --- connections --------------------------------------------------------------------------------------------------


def _connections(configuration: Configuration) -> Iterator[Step]:
    rows = {row.name: row for row in Connection.objects.filter(name__in=configuration.connections)}
    for name, spec in configuration.connections.items():
        if name not in rows:
            yield Step("+", "connection", name, partial(create_connection, spec))
        elif changed := _changes_of_connection(rows[name], spec):
            yield Step("~", "connection", name, partial(update_connection, rows[name], spec), named(changed))


def _changes_of_connection(row: Connection, spec: ConnectionSpec) -> list[str]:
    changed = changed_paths({key: getattr(row, key) for key in PLAIN}, {key: getattr(spec, key) for key in PLAIN})
    changed += ["credentials"] if (row.credentials or {}) != spec.credentials else []
    return changed + (["webhook_token"] if spec.webhook_token not in ("", row.webhook_token) else [])


# --- mappings -----------------------------------------------------------------------------------------------------


def _mappings(configuration: Configuration) -> Iterator[Step]:
    rows = {row.name: row for row in Mapping.objects.filter(name__in=configuration.mappings)}
    for name, spec in configuration.mappings.items():
        step = partial(write_mapping, spec, f"config apply {configuration.document.name}")
        if name not in rows:
            yield Step("+", "mapping", name, step)
        elif (changed := _changes_of_mapping(rows[name], spec)) is not None:
            yield Step("~", "mapping", name, step, changed)


def _changes_of_mapping(row: Mapping, spec: MappingSpec) -> str | None:
    """None when the published version means the same, whatever draft there is."""
    published = row.published
    if published is None:
        return "first published version"
    if means_the_same(spec, published.spec):
        return None
    replaced = " (replaces a draft)" if row.draft else ""
    return named(changed_paths(published.spec, spec.data)) + replaced


# --- rules --------------------------------------------------------------------------------------------------------


def _rules(configuration: Configuration, first_position: int) -> Iterator[Step]:
    rows = {row.name: row for row in Rule.objects.filter(name__in=configuration.rules).select_related("connection")}
    for position, (name, spec) in enumerate(configuration.rules.items(), start=first_position):
        if name not in rows:
            yield Step("+", "rule", name, partial(create_rule, spec, position))
        elif changed := _changes_of_rule(rows[name], spec, position):
            yield Step("~", "rule", name, partial(update_rule, rows[name], spec, position), named(changed))


def _changes_of_rule(row: Rule, spec: RuleSpec, position: int) -> list[str]:
    moved = ["order"] if row.position != position else []
    try:
        same = parse_rule(row.name, row.as_spec()) == spec
    except SpecError:
        same = False
    return ([] if same else changed_paths(row.as_spec(), spec.data)) + moved


# --- removals -----------------------------------------------------------------------------------------------------


def _removals(configuration: Configuration) -> Iterator[Step]:
    for kind, rows in to_remove(configuration).items():
        for row in rows:
            yield Step("-", kind, row.name, row.delete)


def to_remove(configuration: Configuration) -> dict[str, list[Any]]:
    """What the file's sections do not name; a section that the file does not have is left alone."""
    sections = {
        "rules": ("rule", Rule.objects.exclude(name__in=configuration.rules).order_by("name")),
        "mappings": ("mapping", Mapping.objects.exclude(name__in=configuration.mappings)),
        "connections": ("connection", Connection.objects.exclude(name__in=configuration.connections)),
    }
    return {kind: list(rows) for section, (kind, rows) in sections.items() if section in configuration.sections}
