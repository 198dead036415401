"""Events about tasks and notes: whose they are, what they hold, and which only bring our own write back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from audit.comparing import is_blank, same_value
from audit.models import Kind
from integrations.models import WRITTEN, Link
from integrations.people import Spot
from integrations.records import ABOUT_PEOPLE

from .case import Case

COMPLETED = "task.completed"


def kind_of(case: Case) -> str:
    """The kind of object that the event is about."""
    capability = case.kind.capabilities.object(case.event.object)
    return capability.kind if capability else Kind.OTHER


def is_about_people(case: Case) -> bool:
    return kind_of(case) in ABOUT_PEOPLE


def parent_of(case: Case) -> Spot | None:
    """The record that the event's task or note is about, where the event or the record says so."""
    said = case.event.context.get("parent")
    if isinstance(said, dict) and said.get("record_id"):
        return case.event.connection_id, str(said.get("object", "")), str(said["record_id"])
    return next(_named_parents(case), None)


def lacks_parent(case: Case) -> bool:
    """Whether only its full record can say whom it is about."""
    return is_about_people(case) and bool(_about(case)) and parent_of(case) is None


def _named_parents(case: Case) -> Iterator[Spot]:
    for name, object in _about(case).items():
        if case.record.get(name):
            yield case.event.connection_id, object, str(case.record[name])


def _about(case: Case) -> Mapping[str, str]:
    capability = case.kind.capabilities.object(case.event.object)
    return capability.about if capability else {}


def hear_of_tasks(cases: Iterable[Case]) -> None:
    """Our own writes coming back run no rule; what any event says is what the task is known to hold from now on."""
    for case in cases:
        if case.link is None or not is_about_people(case):
            continue
        if _is_own_write(case, case.link):
            case.rules = []
            case.reasons.append(f"{case.event.object} {case.event.record_id} is as Crosswalk wrote it: no news.")
        case.link.snapshot = {**case.link.snapshot, **case.record}
        case.agreed.append(case.link)


def _is_own_write(case: Case, link: Link) -> bool:
    if WRITTEN not in link.bases or case.event.type.endswith(".deleted"):
        return False
    if case.event.type == COMPLETED and _status_field(case) not in link.snapshot:
        return False
    known = [name for name in case.record if name in link.snapshot]
    as_known = all(same_value(case.record[name], link.snapshot[name]) for name in known)
    return as_known and not any(_is_new(case, link, name) for name in _telling_fields(case))


def _is_new(case: Case, link: Link, name: str) -> bool:
    return name not in link.snapshot and not is_blank(case.record.get(name))


def _telling_fields(case: Case) -> list[str]:
    """What no vendor fills in by itself: when it holds anything that we did not write, somebody else did."""
    form = case.kind.capabilities.task
    named: list[Any] = [form.title, form.body, form.due] if form and form.object == case.event.object else []
    notes = [note for note in case.kind.capabilities.notes if note.object == case.event.object]
    return [name for name in [*named, *(part for note in notes for part in (note.title, note.body))] if name]


def _status_field(case: Case) -> str:
    form = case.kind.capabilities.task
    return form.status if form else ""
