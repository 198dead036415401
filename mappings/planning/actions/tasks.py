"""create_task: somebody gets a task about the person's record, once for each event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, time
from typing import Any

from audit.models import Change, ChangeState, Kind
from integrations import clock
from integrations.ids import first_id
from integrations.models import WRITTEN, Connection
from integrations.vendors.base import TaskForm
from integrations.vendors.errors import Unsupported
from integrations.vendors.registry import vendor

from ...moments import zone_of
from ..case import Case, Step
from ..own_tasks import is_about_people
from ..targets import schema_of
from .acts import name_act, not_repeated
from .assignees import assignee_of
from .counterparts import counterparts, twin_params
from .due import due_of
from .following import Subject, add_changes, change_about, label_of, with_subjects
from .wording import Written, fitted_diff, said, source_of

ALL = ("title", "body", "due", "assignee", "priority", "status")
DONE = ("completed", "complete", "done", "closed", "true", "yes")
UNDONE = (ChangeState.CANCELLED, ChangeState.REJECTED)


def plan_create_task(step: Step, cases: Sequence[Case]) -> None:
    """One change per person; it waits for the record that an earlier action of the rule makes."""
    connection = step.shop.connections[step.params["connection"]]
    form = vendor(connection.vendor).capabilities.task
    if form is None:
        raise Unsupported(f"{connection.name} has no tasks.")
    going_on = without_twins(step, connection, _within_the_day(step, connection, not_repeated(step, cases)))
    planned = []
    for case, subject in with_subjects(step, connection, going_on):
        change = _change(step, case, connection, subject, form)
        if change is not None and name_act(step, case, change):
            planned.append((case, change))
    add_changes(planned)


def without_twins(step: Step, connection: Connection, cases: Sequence[Case]) -> list[Case]:
    """A task that was made for one there, or for which one was made there, gets no second; none gets one beside it."""
    twins = counterparts(connection, cases)
    for case in cases:
        if case.event.id in twins:
            case.reasons.append(f"{label_of(step)}: there is one at {connection.name} for this one already.")
        elif _is_ours_there(case, connection):
            case.reasons.append(f"{label_of(step)}: Crosswalk made this one itself at {connection.name}.")
    return [case for case in cases if case.event.id not in twins and not _is_ours_there(case, connection)]


def _is_ours_there(case: Case, connection: Connection) -> bool:
    is_ours = case.link is not None and WRITTEN in case.link.bases
    return is_ours and is_about_people(case) and case.event.connection_id == connection.pk


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
    values, notes = task_values(step, case, connection, form, ALL)
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
        params={**({"parent": subject.place} if subject.place else {}), **twin_params(case)},
    )


def task_values(
    step: Step, case: Case, connection: Connection, form: TaskForm, keys: Collection[str]
) -> tuple[list[Written], list[str]]:
    """What each of the vendor's fields is to hold by these keys of the rule, and what could not be had."""
    values, notes = [], []
    for key in keys:
        if field := getattr(form, key):
            value, note = PARTS.get(key, _text)(step, case, connection, form, key)
            values.append(Written(field, value, source_of(step, key)))
            notes += [note] if note else []
    return values, notes


def _text(step: Step, case: Case, connection: Connection, form: TaskForm, key: str) -> tuple[Any, str]:
    return said(step, case, key), ""


def _due(step: Step, case: Case, connection: Connection, form: TaskForm, key: str) -> tuple[Any, str]:
    return due_of(str(step.params.get(key) or ""), case, form, zone_name(connection, case), clock.now())


def _assignee(step: Step, case: Case, connection: Connection, form: TaskForm, key: str) -> tuple[Any, str]:
    return assignee_of(said(step, case, key), connection, step.shop.client(connection.name))


def _state(step: Step, case: Case, connection: Connection, form: TaskForm, key: str) -> tuple[Any, str]:
    return _status(said(step, case, key), form), ""


PARTS: dict[str, Callable[[Step, Case, Connection, TaskForm, str], tuple[Any, str]]] = {
    "due": _due,
    "assignee": _assignee,
    "status": _state,
}


def _status(said: str, form: TaskForm) -> Any:
    """By the vendor's word; where it only knows done and open, by ours."""
    if not said:
        return form.open
    if isinstance(form.done, str) or form.done is None:
        return said
    return form.done if said.casefold() in DONE else form.open
