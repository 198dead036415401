"""The task or note here that was made for one there: told by the changes that made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from audit.models import Change, ChangeState
from integrations.models import Connection, Link

from ..case import Case, Step
from ..own_tasks import is_about_people
from .following import Subject, label_of

MAKING = ("create_task", "add_note")
TAKEN_BACK = (ChangeState.CANCELLED, ChangeState.REJECTED)
Spot = list[str]  # connection's name, object, record id


def twin_params(case: Case) -> dict[str, Any]:
    """What a change that makes a task keeps of the task that the event is about."""
    return {"twin": _spot_of(case)} if is_about_people(case) and case.event.record_id else {}


def counterparts(connection: Connection, cases: Sequence[Case]) -> dict[str, Subject]:
    """By event: what stands at the connection for the task that the event is about."""
    about = [case for case in cases if case.person and is_about_people(case)]
    made = _made(about)
    found = {case.event.id: _counterpart(case, connection, made.get(_person(case), [])) for case in about}
    return _with_links(connection, {key: subject for key, subject in found.items() if subject is not None})


def with_counterparts(step: Step, connection: Connection, cases: Sequence[Case]) -> list[tuple[Case, Subject]]:
    """Each case with its counterpart; a case without one says so."""
    found = counterparts(connection, cases)
    for case in cases:
        if case.event.id not in found:
            case.reasons.append(f"{label_of(step)}: nothing at {connection.name} was made for what this is about.")
    return [(case, found[case.event.id]) for case in cases if case.event.id in found]


def _person(case: Case) -> str:
    return case.person.pk if case.person else ""


def _spot_of(case: Case) -> Spot:
    return [case.event.connection.name, case.event.object, case.event.record_id]


def _made(cases: Sequence[Case]) -> dict[str, list[Change]]:
    """By person: every task and note that was made for them, or is on its way, the oldest first."""
    rows = Change.objects.filter(person__in=[case.person for case in cases], operation__in=MAKING)
    found: dict[str, list[Change]] = {}
    for change in rows.exclude(state__in=TAKEN_BACK).select_related("connection").order_by("id") if cases else ():
        found.setdefault(change.person_id or "", []).append(change)
    return found


def _counterpart(case: Case, connection: Connection, made: Sequence[Change]) -> Subject | None:
    """What it was made for, when that is there; else what was made there for the same."""
    here = _spot_of(case)
    maker = next((c for c in made if [c.connection.name, c.object, c.record_id] == here), None)
    origin: Spot = maker.params.get("twin", here) if maker else here
    if origin != here and origin[0] == connection.name:
        return Subject(origin[1], origin[2])
    twin = next((c for c in made if c.connection_id == connection.pk and c.params.get("twin") == origin), None)
    if twin is None or twin is maker:
        return None
    return Subject(twin.object, twin.record_id, maker=None if twin.record_id else twin)


def _with_links(connection: Connection, subjects: Mapping[str, Subject]) -> dict[str, Subject]:
    ids = [subject.record_id for subject in subjects.values() if subject.record_id]
    rows = Link.objects.filter(connection=connection, record_id__in=ids) if ids else ()
    links = {(link.object, link.record_id): link for link in rows}
    return {
        key: Subject(each.object, each.record_id, links.get((each.object, each.record_id)), each.maker)
        for key, each in subjects.items()
    }
