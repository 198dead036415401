"""A whole configuration file, read into connections, mappings and rules with every problem of form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ..spec import MappingSpec, Problem, RuleSpec, SpecError, parse_mapping, parse_rule
from ..spec.reading import Table
from .connections import ConnectionSpec, read_connection
from .document import Document, read_document

VERSION = 1
SECTIONS = ("connections", "mappings", "rules")
Spec = TypeVar("Spec")


@dataclass
class Configuration:
    """What the file wants. `sections` are those it has: only they are ever pruned."""

    document: Document
    connections: dict[str, ConnectionSpec] = field(default_factory=dict)
    mappings: dict[str, MappingSpec] = field(default_factory=dict)
    rules: dict[str, RuleSpec] = field(default_factory=dict)
    sections: tuple[str, ...] = ()

    @property
    def problems(self) -> list[Problem]:
        return self.document.problems


def read_file(path: str, environment: Mapping[str, str]) -> Configuration:
    """Raises OSError when the file cannot be opened; everything else is a problem."""
    return read_configuration(path, Path(path).read_bytes(), environment)


def read_configuration(name: str, content: bytes, environment: Mapping[str, str]) -> Configuration:
    document = read_document(name, content, environment)
    configuration = Configuration(document)
    if not document.problems or document.data is not None:
        _read_sections(configuration)
    return configuration


def configuration_of(name: str, data: Any) -> Configuration:
    """The same of data that stands in no file."""
    configuration = Configuration(Document(name, data, is_file=False))
    _read_sections(configuration)
    return configuration


def _read_sections(configuration: Configuration) -> None:
    problems = configuration.problems
    top = Table(configuration.document.data, (), problems, "a configuration file", ("version", *SECTIONS))
    if top.data and top.data.get("version") != VERSION:
        top.refuse("version", f"This program reads version {VERSION}: the file starts with version: {VERSION}.")
    configuration.sections = tuple(section for section in SECTIONS if top.has(section))
    configuration.connections = _read_each(top, "connections", _connection)
    configuration.mappings = _read_each(top, "mappings", parse_mapping)
    configuration.rules = _read_each(top, "rules", parse_rule)


def _connection(name: str, data: Any) -> ConnectionSpec:
    problems: list[Problem] = []
    spec = read_connection(name, data, problems)
    if spec is None or problems:
        raise SpecError(problems)
    return spec


def _read_each(top: Table, section: str, parse: Callable[[str, Any], Spec]) -> dict[str, Spec]:
    read: dict[str, Spec] = {}
    for name, data in top.table(section, section).data.items():
        try:
            read[name] = parse(name, data)
        except SpecError as error:
            top.problems.extend(problem.under(section, name) for problem in error.problems)
    return read
