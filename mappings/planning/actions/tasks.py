"""create_task: somebody gets a task about the person's record, once for each event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from audit.models import Change, ChangeState, Kind
from integrations import clock
from integrations.ids import first_id
from integrations.models import Connection
from integrations.vendors.base import TaskForm
from integrations.vendors.errors import Unsupported
from integrations.vendors.registry import vendor

from ...moments import zone_of
from ..case import Case, Step
from ..targets import schema_of
from .acts import name_act, not_repeated
from .assignees import assignee_of
from .due import due_of
from .following import Subject, add_changes, change_about, label_of, with_subjects
from .wording import Written, fitted_diff, said, source_of

DONE = ("completed", "complete", "done", "closed", "true", "yes")
UNDONE = (ChangeState.CANCELLED, ChangeState.REJECTED)


def plan_create_task(step: Step, cases: Sequence[Case]) -> None:
    """One change per person; it waits for the record that an earlier action of the rule makes."""
    connection = step.shop.connections[step.params["connection"]]
    form = vendor(connection.vendor).capabilities.task
    if form is None:
        raise Unsupported(f"{connection.name} has no tasks.")
    going_on = _within_the_day(step, connection, not_repeated(step, cases))
    planned = []
    for case, subject in with_subjects(step, connection, going_on):
        change = _change(step, case, connection, subject, form)
        if change is not None and name_act(step, case, change):
            planned.append((case, change))
    add_changes(planned)


def zone_name(connection: Connection, case: Case) -> str:
    """The time zone of the action's connection, else that of the event's."""
    return str((connection.options or {}).get("timezone") or case.context().timezone)


# --- so many a day ----------------------------------------------------------------------------------------------


def _within_the_day(step: Step, connection: Connection, cases: Sequence[Case]) -> list[Case]:
    """Those whose person has not had as many tasks of the rule today as it allows."""
    most = step.params.get("most_per_day")
    if most is None or not cases:
        return list(cases)
    made = _made_today(step, connection, cases)
    for case in cases:
        if _count(step, case, made) >= most:
            case.reasons.append(f"{label_of(step)}: the person has {most} of this rule today; more are not made.")
    return [case for case in cases if _count(step, case, made) < most]


def _count(step: Step, case: Case, made: Counter[str]) -> int:
    here = [c for c in case.changes if c.rule == step.rule.name and c.operation == step.action.name]
    return len(here) + made[case.person.pk if case.person else ""]


def _made_today(step: Step, connection: Connection, cases: Sequence[Case]) -> Counter[str]:
    """By person: tasks of the rule since midnight, whatever became of them but those that a person took back."""
    zone = zone_of(zone_name(connection, cases[0]))
    midnight = datetime.combine(clock.now().astimezone(zone).date(), time(), zone)
    rows = Change.objects.filter(
        person__in=[case.person for case in cases if case.person],
        id__gte=first_id(midnight),
        created_at__gte=midnight,
        rule=step.rule.name,
        operation=step.action.name,
    )
    others = rows.exclude(state__in=UNDONE).exclude(event__in=[case.event for case in cases])
    return Counter(str(person) for person in others.values_list("person_id", flat=True))


# --- what is written --------------------------------------------------------------------------------------------


def _change(step: Step, case: Case, connection: Connection, subject: Subject, form: TaskForm) -> Change | None:
    values, notes = _values(step, case, connection, form)
    diff, cut = fitted_diff(values, schema_of(connection, form.object, step.shop.client(connection.name)))
    if form.title not in diff:
        case.reasons.append(f"{label_of(step)}: none was made, for its title is empty.")
        return None
    case.reasons += notes
    return change_about(
        step,
        case,
        connection,
        subject,
        object=form.object,
        kind=Kind.TASK,
        diff=diff,
        notes=[*notes, *cut],
        params={"parent": subject.place} if subject.place else {},
    )


def _values(step: Step, case: Case, connection: Connection, form: TaskForm) -> tuple[list[Written], list[str]]:
    """What each of the vendor's fields is to hold, and what could not be had."""
    due, no_due = due_of(str(step.params.get("due") or ""), case, form, zone_name(connection, case), clock.now())
    wanted = said(step, case, "assignee") if form.assignee else ""
    assignee, nobody = assignee_of(wanted, connection, step.shop.client(connection.name))
    status = _status(said(step, case, "status"), form)
    parts: list[tuple[str, str, Any]] = [
        ("title", form.title, said(step, case, "title")),
        ("body", form.body, said(step, case, "body")),
        ("due", form.due, due if form.due else ""),
        ("assignee", form.assignee, assignee),
        ("priority", form.priority, said(step, case, "priority")),
        ("status", form.status, status),
    ]
    values = [Written(field, value, source_of(step, key)) for key, field, value in parts if field]
    return values, [note for note in (no_due if form.due else "", nobody) if note]


def _status(said: str, form: TaskForm) -> Any:
    """By the vendor's word; where it only knows done and open, by ours."""
    if not said:
        return form.open
    if isinstance(form.done, str) or form.done is None:
        return said
    return form.done if said.casefold() in DONE else form.open
