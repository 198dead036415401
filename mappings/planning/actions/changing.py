"""update_task, complete_task, delete_task, update_note, delete_note: what was made for the event's task follows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from audit.comparing import same_value
from audit.ledger import identity_of
from audit.models import Change, Kind
from integrations.models import Connection
from integrations.vendors.errors import Unsupported
from integrations.vendors.registry import vendor

from ..case import Case, Step
from ..targets import schema_of
from .counterparts import with_counterparts
from .following import Subject, add_changes, change_about, label_of, written
from .notes import form_of, note_values
from .tasks import task_values
from .wording import Written, fitted_diff, said

TASK_KEYS = ("title", "body", "due", "assignee")


def plan_change(step: Step, cases: Sequence[Case]) -> None:
    """One change for each counterpart that does not hold all of it already."""
    connection = step.shop.connections[step.params["connection"]]
    kind = Kind.TASK if step.action.name.endswith("_task") else Kind.NOTE
    values_of = _task_values if kind == Kind.TASK else _note_values
    planned = []
    for case, subject in with_counterparts(step, connection, cases):
        if subject.link is not None and subject.link.gone_at is not None:
            case.reasons.append(f"{label_of(step)}: {subject.object} {subject.record_id} was deleted.")
            continue
        values, notes = values_of(step, case, connection, subject)
        schema = schema_of(connection, subject.object, step.shop.client(connection.name)) if values else None
        diff, cut = fitted_diff(values, schema)
        diff = _news(diff, subject)
        case.reasons += notes
        if diff or step.action.name.startswith("delete"):
            planned.append((case, _change(step, case, connection, subject, kind, diff, [*notes, *cut])))
        else:
            case.reasons.append(f"{label_of(step)}: {subject.object} {subject.record_id} holds all of it already.")
    add_changes(planned)


def _task_values(step: Step, case: Case, connection: Connection, subject: Subject) -> tuple[list[Written], list[str]]:
    """What the rule names; completing sets the status besides, deleting writes nothing."""
    form = vendor(connection.vendor).capabilities.task
    if form is None:
        raise Unsupported(f"{connection.name} has no tasks.")
    if step.action.name == "delete_task":
        return [], []
    values, notes = task_values(step, case, connection, form, [key for key in TASK_KEYS if key in step.params])
    done = [Written(form.status, form.done, "rule: completed")] if step.action.name == "complete_task" else []
    return [*values, *done], notes


def _note_values(step: Step, case: Case, connection: Connection, subject: Subject) -> tuple[list[Written], list[str]]:
    if step.action.name == "delete_note":
        return [], []
    form = form_of(connection, subject.object)
    return note_values(step, said(step, case, "title"), said(step, case, "body"), form), []


def _news(diff: dict[str, Any], subject: Subject) -> dict[str, Any]:
    """Only what the record is not known to hold; with what it held before."""
    known = subject.link.snapshot if subject.link else {}
    return {
        field: {**written(entry["after"], entry["from"]), "before": known.get(field)}
        for field, entry in diff.items()
        if field not in known or not same_value(known[field], entry["after"])
    }


def _change(
    step: Step,
    case: Case,
    connection: Connection,
    subject: Subject,
    kind: str,
    diff: dict[str, Any],
    notes: list[str],
) -> Change:
    return change_about(
        step,
        case,
        connection,
        subject,
        object=subject.object,
        kind=kind,
        record_id=subject.record_id,
        diff=diff,
        notes=notes,
        known=dict(subject.link.snapshot) if subject.link and not diff else {},
        identity=identity_of(case.event.id, step.rule.name, step.position),
    )
