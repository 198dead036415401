"""Does what a mapping names exist: connections, objects, fields that can be read and fields that can be written."""

from __future__ import annotations

from integrations.vendors.base import ObjectCapability, Vendor

from ..conditions import paths_of
from ..transforms import paths_read
from .known import Fields, Findings, Known
from .mapping import FieldSpec, MappingSpec
from .reading import unknown

_WRITES = {"upsert", "create", "update"}


def check_mapping(spec: MappingSpec, known: Known) -> Findings:
    findings = Findings(known)
    _check_source(spec, findings)
    _check_target(spec, findings)
    return findings


def _object(vendor: Vendor, name: str, side: str, findings: Findings) -> ObjectCapability | None:
    found = vendor.capabilities.object(name)
    if found is None:
        names = [capability.name for capability in vendor.capabilities.objects]
        findings.refuse(unknown(name, f"an object of {vendor.label}", names), side, "object")
    return found


# --- source -----------------------------------------------------------------------------------------------------


def _check_source(spec: MappingSpec, findings: Findings) -> None:
    vendor = findings.vendor(spec.source_connection, "source", "connection")
    if vendor is None or _object(vendor, spec.source_object, "source", findings) is None:
        return
    fields = findings.fields(spec.source_connection, spec.source_object, "source", "object")
    if fields is not None:
        _check_paths(spec, fields, findings)


def _check_paths(spec: MappingSpec, fields: Fields, findings: Findings) -> None:
    if spec.key_from:
        findings.source_path(spec.key_from, fields, spec.source_object, "key", "from")
    for index, row in enumerate(spec.fields):
        for key, paths in _paths_by_key(row).items():
            for path in sorted(paths):
                findings.source_path(path, fields, spec.source_object, "fields", index, key)


def _paths_by_key(row: FieldSpec) -> dict[str, set[str]]:
    asked = paths_of(row.condition) if row.condition else set()
    return {"from": set(row.sources), "via": paths_read(row.via), "if": asked}


# --- target -----------------------------------------------------------------------------------------------------


def _check_target(spec: MappingSpec, findings: Findings) -> None:
    vendor = findings.vendor(spec.target_connection, "target", "connection")
    object = _object(vendor, spec.target_object, "target", findings) if vendor else None
    if vendor is None or object is None:
        return
    if not _WRITES & set(object.writes):
        findings.refuse(f"Crosswalk does not write {object.name} at {vendor.label}.", "target", "object")
        return
    _warn_of_guarded_fields(spec, vendor, findings)
    fields = findings.fields(spec.target_connection, spec.target_object, "target", "object")
    if fields is not None:
        _check_fields(spec, fields, findings)
        _check_key(spec, fields, findings)
        _warn_of_missing_fields(spec, fields, findings)


def _check_fields(spec: MappingSpec, fields: Fields, findings: Findings) -> None:
    for index, row in enumerate(spec.fields):
        place = ("fields", index, "to")
        findings.target_field(row.to, fields, spec.target_object, *place, creating=row.write == "create")


def _check_key(spec: MappingSpec, fields: Fields, findings: Findings) -> None:
    if not spec.key_field:
        return
    if spec.key_field not in fields:
        findings.refuse(unknown(spec.key_field, f"a field of {spec.target_object}", fields), "key", "field")
    elif not fields[spec.key_field].unique_key:
        keys = ", ".join(name for name, field in fields.items() if field.unique_key) or "none"
        message = f"'{spec.key_field}' of {spec.target_object} is not a unique key. Its unique keys: {keys}."
        findings.refuse(message, "key", "field")


def _warn_of_missing_fields(spec: MappingSpec, fields: Fields, findings: Findings) -> None:
    """A required field that nothing fills: a record that is not there yet cannot be created."""
    filled = {row.to for row in spec.fields} | {spec.key_field}
    missing = ", ".join(name for name, field in fields.items() if field.required and name not in filled)
    if missing:
        findings.warn(f"No row fills {missing}: no {spec.target_object} can be created without.", "fields")


def _warn_of_guarded_fields(spec: MappingSpec, vendor: Vendor, findings: Findings) -> None:
    guarded = {flag.field for flag in vendor.capabilities.opt_outs if flag.object == spec.target_object}
    for index, row in enumerate(spec.fields):
        if row.to in guarded:
            findings.warn(f"{row.to} is left out: only opt-outs and newer opt-ins change it.", "fields", index, "to")
