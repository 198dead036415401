"""A mapping: how fields of a source object become fields of a target object (design §5.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from ..conditions import Condition, paths_of
from ..transforms import Step, parse_via, paths_read
from .problems import Path, Problem, SpecError
from .reading import Table, name_problem

Read = Literal["always", "never", "auto"]
WriteMode = Literal["always", "create", "if_empty"]
Blank = Literal["ignore", "clear"]
Conflict = Literal["source", "target", "newest", "ask"]
Converted = Literal["contact", "skip", "fail"]
Prefer = Literal["lead", "contact"]

READS = ("always", "never", "auto")
WRITES = ("always", "create", "if_empty")
BLANKS = ("ignore", "clear")
CONFLICTS = ("source", "target", "newest", "ask")
CONVERTED = ("contact", "skip", "fail")
PREFER = ("lead", "contact")
MATCHES = ("email", "phone")
KEYS = ("source", "target", "key", "match", "fields", "conflict", "converted", "prefer")
FIELD_KEYS = ("from", "via", "value", "to", "write", "blank", "fallback", "if", "conflict")


@dataclass(frozen=True)
class FieldSpec:
    """One field of the target and where its value comes from: the first filled path of `sources`, or `value`."""

    to: str
    sources: tuple[str, ...] = ()
    via: tuple[Step, ...] = ()
    raw_via: list[Any] = field(default_factory=list, compare=False)
    has_value: bool = False
    value: Any = None
    has_fallback: bool = False
    fallback: Any = None
    write: WriteMode = "always"
    blank: Blank = "ignore"
    condition: Condition | None = None
    conflict: Conflict | None = None

    def paths(self) -> set[str]:
        asked = paths_of(self.condition) if self.condition else set()
        return {*self.sources, *paths_read(self.via), *asked}


@dataclass(frozen=True)
class MappingSpec:
    """One mapping. Two are equal when they mean the same; `data` is how it was written."""

    name: str
    source_connection: str
    source_object: str
    target_connection: str
    target_object: str
    fields: tuple[FieldSpec, ...]
    read: Read = "auto"
    key_field: str = ""  # with `key_from`: how the target is upserted; "" when there is no key
    key_from: str = ""
    match: tuple[str, ...] = ("email",)
    conflict: Conflict = "source"
    converted: Converted = "contact"
    prefer: Prefer = "lead"
    data: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def paths(self) -> set[str]:
        """Every path of the source record that the mapping reads."""
        own = {*self.match, *([self.key_from] if self.key_from else [])}
        return own.union(*(row.paths() for row in self.fields))


def parse_mapping(name: str, data: object) -> MappingSpec:
    """Raises SpecError with every problem of form; whether names and fields exist is checked elsewhere."""
    problems: list[Problem] = [Problem((), said)] if (said := name_problem(name)) else []
    spec = _mapping(name, Table(data, (), problems, "a mapping", KEYS))
    if problems:
        raise SpecError(problems)
    return spec


def _mapping(name: str, table: Table) -> MappingSpec:
    source = table.table("source", "source", ("connection", "object", "read"), required=True)
    target = table.table("target", "target", ("connection", "object"), required=True)
    key_field, key_from = _key(table)
    return MappingSpec(
        name=name,
        source_connection=_needed(source, table, "connection"),
        source_object=_needed(source, table, "object"),
        read=cast(Read, source.choice("read", READS, "auto")),
        target_connection=_needed(target, table, "connection"),
        target_object=_needed(target, table, "object"),
        key_field=key_field,
        key_from=key_from,
        match=_match(table),
        fields=_fields(table),
        conflict=cast(Conflict, table.choice("conflict", CONFLICTS, "source")),
        converted=cast(Converted, table.choice("converted", CONVERTED, "contact")),
        prefer=cast(Prefer, table.choice("prefer", PREFER, "lead")),
        data=table.data,
    )


def _needed(side: Table, mapping: Table, key: str) -> str:
    """Said once: a side that is missing altogether is not missing its keys too."""
    return side.text(key, required=mapping.has(str(side.path[-1])))


def _key(table: Table) -> tuple[str, str]:
    key = table.table("key", "key", ("field", "from"))
    given = table.has("key")
    return key.text("field", required=given), key.text("from", required=given)


def _match(table: Table) -> tuple[str, ...]:
    ways = table.texts("match", ("email",))
    for way in ways:
        if way not in MATCHES:
            table.refuse("match", f"'{way[:60]}' is not a way to match people. Use email, phone or both.")
    return ways


def _fields(table: Table) -> tuple[FieldSpec, ...]:
    rows = table.items("fields", required=True)
    fields = tuple(_field(row, (*table.path, "fields", index), table.problems) for index, row in enumerate(rows))
    _refuse_repeats(fields, table)
    return fields


def _refuse_repeats(fields: tuple[FieldSpec, ...], table: Table) -> None:
    """Several rows may fill one field as long as conditions tell them apart; one of them may be without."""
    unconditional: set[str] = set()
    for index, row in enumerate(fields):
        if row.condition is None and row.to and row.to in unconditional:
            message = f"{row.to} is filled by two rows. Keep one, or say with if when each applies."
            table.problems.append(Problem((*table.path, "fields", index, "to"), message))
        unconditional |= {row.to} if row.condition is None else set()


def _field(data: object, path: Path, problems: list[Problem]) -> FieldSpec:
    row = Table(data, path, problems, "a field of a mapping", FIELD_KEYS)
    via, raw_via = _via(row)
    has_value, sources = row.has("value"), row.texts("from")
    _refuse_unclear_origin(row, sources, has_value, via)
    return FieldSpec(
        to=row.text("to", required=isinstance(data, Mapping)),
        sources=sources,
        via=via,
        raw_via=raw_via,
        has_value=has_value,
        value=row.constant("value"),
        has_fallback=row.has("fallback"),
        fallback=row.constant("fallback"),
        write=cast(WriteMode, row.choice("write", WRITES, "always")),
        blank=cast(Blank, row.choice("blank", BLANKS, "ignore")),
        condition=row.condition("if"),
        conflict=cast(Conflict, row.choice("conflict", CONFLICTS)) or None,
    )


def _via(row: Table) -> tuple[tuple[Step, ...], list[Any]]:
    given = row.data.get("via")
    raw = list(given) if isinstance(given, list) else [] if given is None else [given]
    steps: list[Step] = []
    for index, item in enumerate(raw):
        try:
            steps += parse_via([item])
        except ValueError as error:
            row.problems.append(Problem((*row.path, "via", index), str(error)))
    return tuple(steps), raw


def _refuse_unclear_origin(row: Table, sources: tuple[str, ...], has_value: bool, via: tuple[Step, ...]) -> None:
    """One of `from` and `value`; a template brings its own fields and needs neither."""
    if has_value and (sources or row.has("via")):
        row.refuse("value", "value is a constant: it stands without from and via.")
    writes_text = any(step.name == "template" for step in via)
    if isinstance(row.data, dict) and row.data and not (has_value or row.data.get("from") or writes_text):
        row.refuse("", "from or value is missing: where does the value come from?")
