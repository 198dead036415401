"""Shows what a mapping would do to one real record: before, after, and where each value comes from. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.models import Connection
from integrations.vendors.registry import vendor

from .mapper import Schema, Sides, compare, map_record
from .spec import MappingSpec
from .transforms import Context


@dataclass(frozen=True)
class PreviewRow:
    """One field: what the target holds now, what the mapping says, and what would be written (`changes`)."""

    to: str
    origin: str
    via: list[Any]
    before: Any
    after: Any
    changes: bool
    synthetic: bool


@dataclass(frozen=True)
class Preview:
    rows: list[PreviewRow]
    notes: list[str] = field(default_factory=list)


def preview_mapping(
    spec: MappingSpec, record: Mapping[str, Any], target_record: Mapping[str, Any] | None, schema: Schema = None
) -> Preview:
    """The same code as the real run; `target_record` is None when the record would be made."""
    source, target = _vendors(spec)
    capabilities = vendor(target).capabilities
    guarded = frozenset(flag.field for flag in capabilities.opt_outs if flag.object == spec.target_object)

    def lookup(path: str) -> tuple[bool, Any]:
        return vendor(source).path(dict(record), path)

    mapped = map_record(spec, record, lookup, Context(record, lookup))
    comparison = compare(mapped, target_record, schema, guarded=guarded, sides=Sides(policy=spec.conflict))
    rows = []
    for item in mapped:
        entry = comparison.diff.get(item.spec.to)
        before = (target_record or {}).get(item.spec.to)
        rows.append(
            PreviewRow(
                to=item.spec.to,
                origin=entry["from"] if entry else item.origin,
                via=list(item.spec.raw_via),
                before=before,
                after=entry["after"] if entry else item.value,
                changes=entry is not None,
                synthetic=bool(entry and entry["synthetic"]),
            )
        )
    return Preview(rows, comparison.notes)


def _vendors(spec: MappingSpec) -> tuple[str, str]:
    """Vendor slugs of the mapping's source and target."""
    rows = Connection.objects.filter(name__in=(spec.source_connection, spec.target_connection))
    slugs = dict(rows.values_list("name", "vendor"))
    return slugs[spec.source_connection], slugs[spec.target_connection]
