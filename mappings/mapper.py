"""Maps one record: from the source's fields, by a mapping, to what the target should hold. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.comparing import is_blank, same_value
from integrations.vendors.base import Field

from .conditions import holds
from .fitting import fit
from .spec import FieldSpec, MappingSpec
from .transforms import Context, apply
from .values import Lookup

Schema = Mapping[str, Field] | None
Diff = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Mapped:
    """What one row of a mapping gives for one record. `origin` is the path the value came from."""

    spec: FieldSpec
    value: Any
    origin: str
    notes: tuple[str, ...] = ()

    @property
    def is_blank(self) -> bool:
        return is_blank(self.value)


@dataclass
class Comparison:
    """The fields to write, those a person must decide, and in plain words what was cut, dropped or left out."""

    diff: Diff
    notes: list[str]
    conflicts: Diff = field(default_factory=dict)


@dataclass(frozen=True)
class Sides:
    """What three-way comparison knows of both sides since they last agreed.

    `base` is what the target held then. `source_changed` says whether a row's source is another now; a one-way mapping
    writes it all the same. `source_is_newer` decides under the policy `newest`.
    """

    base: Mapping[str, Any] = field(default_factory=dict)
    source_changed: Callable[[FieldSpec], bool] = lambda _row: True
    policy: str = "source"
    source_is_newer: bool = True

    def target_changed(self, name: str, held: Any) -> bool:
        return not same_value(held, self.base[name]) if name in self.base else not is_blank(held)

    def verdict(self, row: FieldSpec, held: Any) -> str:
        """write, keep (what the target holds) or ask."""
        if not self.source_changed(row):
            return "keep"
        if not self.target_changed(row.to, held):
            return "write"
        policy = row.conflict or self.policy
        verdicts = {"source": "write", "target": "keep", "ask": "ask"}
        return verdicts.get(policy, "write" if self.source_is_newer else "keep")


def map_record(spec: MappingSpec, record: Mapping[str, Any], lookup: Lookup, context: Context) -> list[Mapped]:
    """One entry per row whose condition holds."""
    return [_map_row(row, lookup, context) for row in spec.fields if _applies(row, lookup, context)]


def _applies(row: FieldSpec, lookup: Lookup, context: Context) -> bool:
    return row.condition is None or holds(row.condition, lookup, timezone=context.timezone)


def _map_row(row: FieldSpec, lookup: Lookup, context: Context) -> Mapped:
    if row.has_value:
        return Mapped(row, row.value, "")
    origin, value = _first_filled(row.sources, lookup)
    result = apply(row.via, value, context)
    return Mapped(row, result.value, origin, tuple(f"{row.to}: {note}" for note in result.notes))


def _first_filled(paths: tuple[str, ...], lookup: Lookup) -> tuple[str, Any]:
    for path in paths:
        _there, value = lookup(path)
        if not is_blank(value):
            return path, value
    return (paths[0] if paths else ""), None


def compare(
    mapped: list[Mapped],
    known: Mapping[str, Any] | None,
    schema: Schema,
    *,
    guarded: frozenset[str] = frozenset(),
    made_up: frozenset[str] = frozenset(),
    sides: Sides | None = None,
) -> Comparison:
    """What must be written so that the target holds what the mapping says.

    `known` is what the target holds, None when the record is to be made. `guarded` fields say whether somebody may
    be contacted: no mapping writes them. `made_up` fields hold a fallback.
    """
    comparison = Comparison({}, [])
    for item in mapped:
        if item.spec.to in guarded:
            comparison.notes.append(f"{item.spec.to} was left out: only an opt-out or a newer opt-in changes it.")
            continue
        _compare_row(item, known, schema, comparison, made_up, sides or Sides())
    return comparison


def _compare_row(
    item: Mapped,
    known: Mapping[str, Any] | None,
    schema: Schema,
    comparison: Comparison,
    made_up: frozenset[str],
    sides: Sides,
) -> None:
    creating, name = known is None, item.spec.to
    held = None if known is None else known.get(name)
    value, synthetic = _wanted(item, held, creating, name in made_up)
    if value is _NOTHING:
        return
    fitted, note = _fitted(value, name, schema, creating)
    if note:
        comparison.notes.append(note)
    if schema is not None and name in schema and schema[name].adds and isinstance(fitted, list):
        fitted = _added_to(held, fitted)
    if fitted is _NOTHING or same_value(held, fitted) or (is_blank(fitted) and is_blank(held)):
        return
    verdict = "write" if creating or name in made_up else sides.verdict(item.spec, held)
    if verdict == "keep":
        return
    comparison.notes.extend(item.notes)
    wanted = comparison.conflicts if verdict == "ask" else comparison.diff
    wanted[name] = {
        "before": held,
        "after": fitted,
        "from": item.origin,
        "via": list(item.spec.raw_via),
        "synthetic": synthetic,
    }


class _Nothing:
    """No value at all, as opposed to None, which clears."""


_NOTHING = _Nothing()


def _wanted(item: Mapped, held: Any, creating: bool, made_up: bool) -> tuple[Any, bool]:
    """The value to write and whether it is a fallback; nothing when the row does not apply now."""
    row = item.spec
    if item.is_blank:
        if row.has_fallback and creating:
            return row.fallback, True
        if row.blank == "clear" and not creating and not row.has_fallback:
            return None, False
        return _NOTHING, False
    if row.write == "create" and not creating:
        return _NOTHING, False
    if row.write == "if_empty" and not is_blank(held) and not made_up:
        return _NOTHING, False
    return item.value, False


def _added_to(held: Any, items: list[Any]) -> list[Any]:
    """What is held and what is missing of it: a vendor may write a name without its blanks and dashes."""
    there = list(held) if isinstance(held, list) else []
    known = {_bare(item) for item in there}
    return there + [item for item in items if _bare(item) not in known]


def _bare(item: Any) -> str:
    return re.sub(r"[\W_]+", "", str(item)).casefold()


def _fitted(value: Any, name: str, schema: Schema, creating: bool) -> tuple[Any, str]:
    """The value as the target's field can hold it, and what was cut or dropped for that."""
    if schema is None:
        return value, ""
    field = schema.get(name)
    if field is None:
        return _NOTHING, f"{name} was left out: the target has no such field, or does not show it."
    if not (field.createable if creating else field.updateable):
        return _NOTHING, f"{name} was left out: the target does not let it be written."
    fitted = fit(value, field)
    note = f"{name}: {fitted.note}" if fitted.note else ""
    return (_NOTHING if fitted.dropped else fitted.value), note
