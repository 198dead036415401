"""delete: the person's record at the target is deleted, because a rule says so."""

from __future__ import annotations

from collections.abc import Sequence

from audit.ledger import identity_of
from audit.models import Change, Kind
from audit.settling import DELETE
from integrations.models import Connection

from ..case import Case, Step
from .following import UNDER_WAY, add_changes, change_about, label_of, with_subjects


def plan_delete(step: Step, cases: Sequence[Case]) -> None:
    """One change per record; what it was known to hold is kept with the change."""
    connection, object = _where(step)
    going = _being_deleted(connection, cases)
    planned = []
    for case, subject in with_subjects(step, connection, cases, object):
        if subject.record_id and (subject.object, subject.record_id) in going:
            case.reasons.append(f"{label_of(step)}: {subject.object} {subject.record_id} is being deleted already.")
            continue
        change = change_about(
            step,
            case,
            connection,
            subject,
            object=subject.object,
            kind=Kind.CONTACT,
            record_id=subject.record_id,
            known=dict(subject.link.snapshot) if subject.link else {},
            mapping=step.action.mapping,
            identity=identity_of(case.event.id, step.rule.name, step.position),
        )
        planned.append((case, change))
    add_changes(planned)


def _where(step: Step) -> tuple[Connection, str]:
    """The connection, and the object that the mapping names; without a mapping "": whatever stands for the person."""
    if not step.action.mapping:
        return step.shop.connections[step.action.connection], ""
    spec, _version = step.shop.mappings[step.action.mapping]
    return step.shop.connections[spec.target_connection], spec.target_object


def _being_deleted(connection: Connection, cases: Sequence[Case]) -> set[tuple[str, str]]:
    rows = Change.objects.filter(
        person__in=[case.person for case in cases if case.person],
        connection=connection,
        operation=DELETE,
        state__in=UNDER_WAY,
    )
    return set(rows.values_list("object", "record_id"))
