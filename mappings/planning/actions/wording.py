"""What an action's texts say for one event, fitted to the fields that they are written into."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...fitting import fit
from ...mapper import Schema
from ...spec.parameters import paths_of_due
from ...texts import paths_of, render
from ...values import is_blank
from ..case import Case, Step
from .following import written


class Written(NamedTuple):
    field: str
    value: Any
    source: str


def said(step: Step, case: Case, key: str) -> str:
    """The text with its placeholders filled in; "" when the rule gives none."""
    return str(render(str(step.params.get(key) or ""), case.context()).value).strip()


def source_of(step: Step, key: str) -> str:
    """Which fields of the source a text of the rule reads; the rule itself where it reads none."""
    text = str(step.params.get(key) or "")
    return ", ".join(sorted(paths_of_due(text) if key == "due" else paths_of(text))) or f"rule: {key}"


def fitted_diff(values: Sequence[Written], schema: Schema) -> tuple[dict[str, Any], list[str]]:
    """(the change's diff without what is blank, what was cut or dropped)."""
    diff: dict[str, Any] = {}
    notes = []
    for field, value, source in values:
        described = (schema or {}).get(field)
        fitted = fit(value, described) if described is not None and not is_blank(value) else None
        kept = fitted.value if fitted else value
        if fitted and fitted.note:
            notes.append(f"{field}: {fitted.note}")
        if not is_blank(kept):
            diff[field] = written(kept, source)
    return diff, notes
