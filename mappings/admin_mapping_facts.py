"""What the pages of mappings show: names, differences, findings, and one record before and after."""

from __future__ import annotations

import json
from typing import Any

from django.utils.translation import gettext as _

from integrations.admin_labels import pretty, value
from integrations.vendors.errors import CrosswalkError

from .editing.sampling import preview_record, read_record, read_record_by_email
from .editing.sentences import mapping_words
from .editing.typing import written_steps
from .models import Mapping, MappingVersion, Rule, VersionState
from .preview import PreviewRow
from .publishing import Stored, findings_of_mapping
from .spec import Problem, SpecError, parse_mapping
from .transforms.catalogue import CATALOGUE


def rules_using() -> dict[str, list[Rule]]:
    """The rules by the mappings they name."""
    found: dict[str, list[Rule]] = {}
    for rule in Rule.objects.only("name", "actions"):
        for name in {params.get("mapping") for action in rule.actions for params in action.values()} - {None}:
            found.setdefault(str(name), []).append(rule)
    return found


def of_state(mapping: Mapping, state: str) -> MappingVersion | None:
    """Reads the prefetched versions."""
    return next((version for version in mapping.versions.all() if version.state == state), None)


def latest(mapping: Mapping) -> MappingVersion | None:
    """What is edited and previewed: the draft, else what is published, else the newest there is."""
    versions = of_state(mapping, VersionState.DRAFT) or of_state(mapping, VersionState.PUBLISHED)
    return versions or mapping.versions.first()


def words_of(mapping: Mapping) -> str:
    version = latest(mapping)
    try:
        return mapping_words(parse_mapping(mapping.name, version.spec)) if version else ""
    except SpecError:
        return _("It cannot be read as it stands. Mend what is marked below.")


def catalogue_rows() -> list[dict[str, str]]:
    """Every transform with its help and an example."""
    return [
        {
            "name": transform.name,
            "help": transform.help,
            "example": f"{_shown(transform.examples[0].value)} → {_shown(transform.examples[0].result)}",
            "parameters": ", ".join(parameter.name for parameter in transform.parameters),
        }
        for transform in CATALOGUE.values()
    ]


def _shown(thing: Any) -> str:
    return thing if isinstance(thing, str) else json.dumps(thing, ensure_ascii=False, default=str)


def required_fields(stored: Stored, connection: str, object: str) -> list[str]:
    """The fields that the target cannot do without; none when they were never heard."""
    fields = stored.known_fields(connection, object) or {}
    return [field.name for field in fields.values() if field.required and field.createable]


def findings_of(mapping: Mapping, version: MappingVersion) -> tuple[list[Problem], list[Problem]]:
    """What refuses this version, and what is only said."""
    try:
        findings = findings_of_mapping(parse_mapping(mapping.name, version.spec))
    except SpecError as error:
        return error.problems, []
    return findings.problems, findings.warnings


def sample_of(mapping: Mapping, version: MappingVersion, who: str) -> dict[str, Any]:
    """One real record, by e-mail or id, with what the mapping would do to it; or why it cannot be shown."""
    try:
        spec = parse_mapping(mapping.name, version.spec)
        record = read_record_by_email(spec, who) if "@" in who else read_record(spec, who)
        sample = preview_record(spec, record)
    except SpecError as error:
        return {"trouble": str(error)}
    except CrosswalkError as error:
        return {"trouble": f"{error.message} {error.help}".strip()}
    rows = sample.preview.rows
    shown = {"sample": sample, "changed": sum(row.changes for row in rows), "lines": [_line(row) for row in rows]}
    return shown | {"record_text": pretty(sample.record), "target_text": pretty(sample.target) if sample.target else ""}


def _line(row: PreviewRow) -> dict[str, Any]:
    """One field as the page shows it."""
    shown = {"to": row.to, "origin": row.origin, "changes": row.changes, "synthetic": row.synthetic}
    via = written_steps(row.via).replace("\n", " → ")
    return shown | {"via": via, "before": value(row.before), "after": value(row.after)}
