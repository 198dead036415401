"""What mappings and rules are checked against: the connections and mappings there are, and their vendors' fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from integrations.vendors.base import Field, Vendor
from integrations.vendors.errors import CrosswalkError, NotFound, Unsupported

from ..spelling import did_you_mean
from .events import HAPPENED_AT
from .mapping import MappingSpec
from .problems import Path, Problem
from .reading import unknown

Fields = Mapping[str, Field]
CUSTOM_FIELDS = "customFields."  # how a custom field is read by its name (design §5.5)


class Known(Protocol):
    """The names that may be used."""

    def connections(self) -> Mapping[str, Vendor]: ...

    def mappings(self) -> Mapping[str, MappingSpec]: ...

    def channels(self) -> Collection[str]: ...

    def fields(self, connection: str, object: str) -> Fields:
        """The object's fields, as known or by asking. Raises CrosswalkError when they cannot be had."""
        ...


@dataclass
class Findings:
    """`problems` refuse; `warnings` are said, and that is all."""

    known: Known
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def refuse(self, message: str, *path: str | int) -> None:
        self.problems.append(Problem(path, message))

    def warn(self, message: str, *path: str | int) -> None:
        self.warnings.append(Problem(path, message))

    def vendor(self, connection: str, *path: str | int) -> Vendor | None:
        connections = self.known.connections()
        if connection not in connections:
            self.refuse(unknown(connection, "a connection", connections), *path)
        return connections.get(connection)

    def fields(self, connection: str, object: str, *path: str | int) -> Fields | None:
        """None when they cannot be had: nothing is refused then."""
        try:
            return self.known.fields(connection, object)
        except Unsupported:
            return None
        except NotFound as error:  # the vendor was asked, and says that there is no such thing
            vendor = self.known.connections()[connection]
            names = [capability.name for capability in vendor.capabilities.objects]
            self.refuse(f"{error.message}{did_you_mean(object, names)}", *path)
            return None
        except CrosswalkError as error:
            self.warn(f"The fields of {object} at {connection} could not be checked: {error.message}", *path)
            return None

    def source_path(self, path: str, fields: Fields, object: str, *place: str | int) -> None:
        """A plain name must be a field; a dotted one that is near none may be something that only events say."""
        if is_readable(path, fields):
            return
        near = did_you_mean(path, fields)
        if near or "." not in path or path.startswith(CUSTOM_FIELDS):
            self.refuse(unknown(path, f"a field of {object}", fields), *place)
        else:
            self.warn(f"'{path[:60]}' is not a field of {object}: it is empty unless the event says it.", *place)

    def target_field(self, name: str, fields: Fields, object: str, *place: str | int, creating: bool = False) -> None:
        field = fields.get(name)
        if field is None:
            self.refuse(unknown(name, f"a field of {object}", fields), *place)
        elif not (field.createable or (field.updateable and not creating)):
            when = " when a record is created" if creating and field.updateable else ""
            self.refuse(f"'{name}' of {object} cannot be written{when}.", *place)


def is_readable(path: str, fields: Fields) -> bool:
    """The path is a field, or lies inside one. Custom fields are known by their whole name, in any case."""
    if path.startswith(CUSTOM_FIELDS):
        return path.casefold() in {name.casefold() for name in fields}
    heads = {name.partition(".")[0] for name in fields} | {CUSTOM_FIELDS[:-1]}
    return path in (*fields, HAPPENED_AT) or path.partition(".")[0] in heads


def under(findings: Findings, path: Path) -> Findings:
    """The same findings, seen from further out."""
    return Findings(
        findings.known,
        [problem.under(*path) for problem in findings.problems],
        [warning.under(*path) for warning in findings.warnings],
    )
