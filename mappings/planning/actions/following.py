"""What an action is about: the person's record at a connection, or the change that is still to make it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from audit import optouts
from audit.ledger import order_key
from audit.models import Change, ChangeState, Kind
from integrations.models import Connection, Link
from integrations.vendors.registry import vendor

from ...spec import ACTIONS
from ..case import Case, Step

UNDER_WAY = (ChangeState.QUEUED, ChangeState.SENDING, ChangeState.HELD)


@dataclass(frozen=True)
class Subject:
    """One record. `maker` is the change that this action waits for; until that is applied there may be no id."""

    object: str
    record_id: str = ""
    link: Link | None = None
    maker: Change | None = None

    @property
    def place(self) -> list[str]:
        """As a change's params name it; [] while only the maker will know."""
        return [self.object, self.record_id] if self.record_id else []


def with_subjects(
    step: Step, connection: Connection, cases: Sequence[Case], object: str = ""
) -> list[tuple[Case, Subject]]:
    """Each case with the record that its person has there, of this object or of any; who has none says so."""
    objects = [object] if object else objects_that_stand_for_people(connection)
    known = [case for case in cases if case.person]
    links, waiting = _links(connection, known, objects), _waiting(connection, known, objects)
    found = []
    for case in known:
        person_id = case.person.pk if case.person else ""
        subject = _subject(links.get(person_id), _maker(case, connection, objects) or waiting.get(person_id))
        if subject is None:
            what = f"has no {object}" if object else "has no record"
            case.reasons.append(f"{label_of(step)}: the person {what} at {connection.name}.")
        else:
            found.append((case, subject))
    return found


def objects_that_stand_for_people(connection: Connection) -> list[str]:
    return [o.name for o in vendor(connection.vendor).capabilities.objects if o.kind == Kind.CONTACT]


def label_of(step: Step) -> str:
    return ACTIONS[step.action.name].label


def _subject(link: Link | None, maker: Change | None) -> Subject | None:
    """What a change of this very event says comes first; while it makes the record, it is waited for."""
    if maker is not None and maker.record_id:
        same = link is not None and (link.object, link.record_id) == (maker.object, maker.record_id)
        return Subject(maker.object, maker.record_id, link if same else None)
    if link is not None:
        return Subject(link.object, link.record_id, link, maker)
    return Subject(maker.object, maker=maker) if maker is not None else None


def _links(connection: Connection, cases: Sequence[Case], objects: Collection[str]) -> dict[str, Link]:
    """The record of each person: the newest, and a contact before a lead it came from."""
    people = [case.person for case in cases]
    known = Link.objects.filter(person__in=people, connection=connection, object__in=objects, gone_at=None)
    found = {link.person_id: link for link in known.filter(moved_to__isnull=True).order_by("preferred", "id")}
    for case in cases:
        for link in case.links:  # found in this very batch
            if link.connection_id == connection.pk and link.object in objects:
                found.setdefault(link.person_id, link)
    return found


def _maker(case: Case, connection: Connection, objects: Collection[str]) -> Change | None:
    """The change of this event that makes or updates the person's record."""
    mine = [c for c in case.changes if c.connection_id == connection.pk and c.kind == Kind.CONTACT]
    return next((c for c in reversed(mine) if c.object in objects and c.operation != "delete"), None)


def _waiting(connection: Connection, cases: Sequence[Case], objects: Collection[str]) -> dict[str, Change]:
    """By person: the newest change of an earlier event that is to make their record and has not done so yet."""
    unfinished = Q(state__in=UNDER_WAY) | Q(state=ChangeState.FAILED)
    rows = Change.objects.filter(
        unfinished, person__in=[case.person for case in cases], connection=connection, kind=Kind.CONTACT, record_id=""
    )
    making = rows.filter(object__in=objects).exclude(operation__in=("delete", "increment"))
    return {change.person_id or "": change for change in making.order_by("id")}


def last_done(connection: Connection, cases: Sequence[Case], kind: str) -> dict[str, list[Change]]:
    """What of this kind was done, or is under way, with these people at a connection, the newest first.

    What an earlier action asks for in this very event comes before all that.
    """
    rows = Change.objects.filter(
        person__in=[case.person for case in cases if case.person],
        connection=connection,
        kind=kind,
        state__in=(ChangeState.APPLIED, *UNDER_WAY),
    )
    found = {
        case.person.pk: [c for c in reversed(case.changes) if c.kind == kind and c.connection_id == connection.pk]
        for case in cases
        if case.person
    }
    for change in rows.order_by("-id"):
        found.setdefault(change.person_id or "", []).append(change)
    return found


def change_about(step: Step, case: Case, connection: Connection, subject: Subject, **facts: Any) -> Change:
    """A change that this action asks for, in the line of its person; it says nothing of what is written yet."""
    person_id = case.person.pk if case.person else None
    return Change(
        connection=connection,
        operation=step.action.name,
        person_id=person_id,
        event=case.event,
        rule=step.rule.name,
        lane=step.shop.lane if step.shop.lane != "optouts" else "events",
        order_key=order_key(connection, person_id),
        depends_on=subject.maker,
        run_id=case.event.run_id,
        **facts,
    )


def written(after: Any, source: str = "") -> dict[str, Any]:
    """One entry of a change's diff, where nobody knows what was there before."""
    return {"before": None, "after": after, "from": source, "via": [], "synthetic": False}


def add_changes(planned: Sequence[tuple[Case, Change]]) -> None:
    """Give each case its change; what would re-add somebody who said stop is held."""
    stops = optouts.open_opt_outs(case.person for case, _change in planned if case.person)
    for case, change in planned:
        if change.person_id in stops and optouts.is_subscribing(change):
            change.state, change.held_reason = ChangeState.HELD, optouts.held_by(change, stops[change.person_id])
        case.changes.append(change)
