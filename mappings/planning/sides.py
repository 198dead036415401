"""What both sides of a two-way pair held when they last agreed, and who changed since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from audit.comparing import same_value
from integrations.models import WRITTEN, EventSource, Link
from integrations.vendors.base import Found
from integrations.vendors.registry import vendor

from ..mapper import Sides
from ..moments import moment_in
from ..spec import FieldSpec, MappingSpec
from .case import Case, Workshop

# Somebody asks for it: what is there now counts as new.
REPEATED = (EventSource.RESYNC, EventSource.BACKFILL, EventSource.REPLAY)


def sides_of(spec: MappingSpec, case: Case, shop: Workshop, link: Link | None, found: Found | None) -> Sides:
    """For a one-way mapping the source always counts as changed; our own write coming back never does."""
    changed = _changed_in(case, spec) if shop.is_two_way(spec) and case.event.source not in REPEATED else _always
    newer = spec.conflict != "newest" or _is_newer(case, shop, spec, found)
    return Sides(link.snapshot if link else {}, changed, spec.conflict, newer)


def _always(_row: FieldSpec) -> bool:
    return True


def _changed_in(case: Case, spec: MappingSpec) -> Callable[[FieldSpec], bool]:
    """Whether a row reads anything else than this mapping read last, or we wrote since. What was neither is new."""
    bases = case.link.bases if case.link else {}
    before: Mapping[str, Any] = bases.get(spec.name, bases.get(WRITTEN, {}))

    def changed(row: FieldSpec) -> bool:
        paths = row.paths()
        return not paths or any(p not in before or not same_value(before[p], case.lookup(p)[1]) for p in paths)

    return changed


def note_base(spec: MappingSpec, case: Case) -> None:
    """Keep what the mapping read of the source now: the base of the next comparison, from either side."""
    link = case.link
    if link is None:
        return
    read = {path: case.lookup(path)[1] for row in spec.fields for path in row.paths()}
    if link.bases.get(spec.name) != read:
        link.bases = {**link.bases, spec.name: read}
        link.snapshot = {**link.snapshot, **read}
        case.agreed.append(link)


def _is_newer(case: Case, shop: Workshop, spec: MappingSpec, found: Found | None) -> bool:
    """Whether the source was changed after the target; a target that does not say when loses."""
    capability = vendor(shop.connections[spec.target_connection].vendor).capabilities.object(spec.target_object)
    stamp = found.record.get(capability.modified_field) if found and capability and capability.modified_field else None
    theirs: datetime | None = getattr(moment_in(stamp, "UTC", ""), "at", None) if stamp else None
    return theirs is None or case.event.occurred_at >= theirs
