"""increment: a number of the person's record goes up, or down, once for each cause."""

from __future__ import annotations

from collections.abc import Sequence

from audit.increments import as_planned
from audit.ledger import identity_of
from audit.models import Change
from integrations.models import Connection
from integrations.vendors.registry import vendor

from ..case import Case, Step
from ..echoes import own_counts
from .acts import not_repeated
from .causes import Cause, cause_of, counted_before, known_identities
from .following import Subject, add_changes, change_about, label_of, with_subjects, written


def plan_increment(step: Step, cases: Sequence[Case]) -> None:
    """One change per cause. What the number is and becomes is found out when it is sent."""
    connection = step.shop.connections[step.params["connection"]]
    acting = [(case, cause_of(case)) for case in _without_echoes(step, not_repeated(step, cases))]
    counted, causes = counted_before(step, connection, acting), {case.event.id: cause for case, cause in acting}
    planned = []
    for case, subject in with_subjects(step, connection, [case for case, _cause in acting], step.params["object"]):
        cause = causes[case.event.id]
        change = _change(step, case, connection, subject, cause)
        planned.append((case, change, any(map(cause.is_that_of, counted.get(change.person_id or "", [])))))
    known = known_identities(change for _case, change, _is_known in planned)
    fresh = []
    for case, change, is_known in planned:
        if is_known or change.identity in known:
            case.reasons.append(f"{label_of(step)}: this was counted already.")
        else:
            fresh.append((case, change))
    add_changes(fresh)


def _without_echoes(step: Step, cases: Sequence[Case]) -> list[Case]:
    echoes = own_counts(cases)
    for case in cases:
        if case.event.id in echoes:
            case.reasons.append(f"{label_of(step)}: this reports what we counted there ourselves.")
    return [case for case in cases if case.event.id not in echoes]


def _change(step: Step, case: Case, connection: Connection, subject: Subject, cause: Cause) -> Change:
    field, by = step.params["field"], step.params["by"]
    capability = vendor(connection.vendor).capabilities.object(subject.object)
    spot = (connection.pk, step.params["object"], field, step.rule.name)
    person_id = case.person.pk if case.person else ""
    return change_about(
        step,
        case,
        connection,
        subject,
        object=subject.object,
        kind=capability.kind if capability else "other",
        record_id=subject.record_id,
        diff={field: written(as_planned(by), cause.what)},
        params={"field": field, "by": by, "cause": cause.facts()},
        identity=identity_of("increment", person_id, *spot, cause.key()),
    )
