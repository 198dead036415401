"""Finds the person each case is about, asks where two fit, and carries opt-outs to a new address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import transaction

from audit import optouts
from audit.carrying import carry_to
from audit.ledger import FREE, IN_LINE
from audit.models import Change, Kind, OptOut
from integrations.conflicts import ask_about_people
from integrations.inbox import give_back
from integrations.models import Connection, Event
from integrations.people import Sighting, identify, normal_email
from integrations.vendors.errors import Busy
from integrations.vendors.registry import vendor
from integrations.watching import CONVERTED

from .case import Case
from .own_tasks import hear_of_tasks, is_about_people, kind_of, parent_of
from .tombstones import DELETED, mind_tombstones

OURS = (Kind.CONTACT, Kind.TASK, Kind.NOTE)  # writes that a vendor may tell us of as events
SLOW_LANE = timedelta(
    seconds=15
)  # between two looks whether a write of the bulk lane has arrived: a load takes minutes
EMAIL_CHANGED = "contact.email_changed"
ABOUT_IDENTITY = (DELETED, EMAIL_CHANGED)


def is_about_identity(event: Event) -> bool:
    """Whether it counts without any rule."""
    return event.type in ABOUT_IDENTITY or CONVERTED in event.context


def identify_cases(connection: Connection, cases: Sequence[Case]) -> list[Case]:
    """Set each case's person; one event per person stays in this batch, the others come in the next."""
    sightings = [_sighting(connection, case) for case in cases]
    active: dict[str, Case] = {}
    with transaction.atomic():
        identify(sightings)
        for case, sighting in zip(cases, sightings, strict=True):
            _adopt(case, sighting, active)
        mind_tombstones(list(active.values()))
    hear_of_tasks(active.values())
    return _without_own_writes(connection, active)


def _adopt(case: Case, sighting: Sighting, active: dict[str, Case]) -> None:
    case.person, case.link = sighting.person, sighting.link
    case.event.person = sighting.person
    if sighting.rivals:
        where = (sighting.connection, sighting.object)
        case.questions.append(ask_about_people(sighting.rivals, *where, sighting.contested))
    if sighting.person is None:
        case.reasons.append("Nobody is known whom this is about.")
        return
    if sighting.person.pk in active:
        case.reasons = ["later"]
        give_back([case.event])
    else:
        active[sighting.person.pk] = case


def _without_own_writes(connection: Connection, active: dict[str, Case]) -> list[Case]:
    """While we still write to the record an event is about, the event waits: it may be that very write coming back.

    An opt-out waits for nothing, and nothing for a write that waits for another.
    """
    waiting = [case for case in active.values() if case.event.lane != "optouts"]
    people = [case.person for case in waiting if case.person]
    rows = Change.objects.filter(FREE, person__in=people, connection=connection, kind__in=OURS, state__in=IN_LINE)
    lanes: dict[tuple[str | None, str], set[str]] = {}
    for person_id, kind, lane in rows.values_list("person_id", "kind", "lane"):
        lanes.setdefault((person_id, kind), set()).add(lane)
    for case in waiting:
        if at_work := _at_work(case, lanes):
            case.problem = Busy(f"A write of ours to {connection.name} is on its way.")
            case.problem.retry_after = SLOW_LANE if at_work == {"bulk"} else None
    return [case for case in active.values() if case.problem is None]


def _at_work(case: Case, lanes: Mapping[tuple[str | None, str], set[str]]) -> set[str]:
    """The lanes of the writes that the event may be the echo of."""
    if case.person is None:
        return set()
    return {lane for kind in (Kind.CONTACT, kind_of(case)) for lane in lanes.get((case.person.pk, kind), ())}


def _sighting(connection: Connection, case: Case) -> Sighting:
    email, phone = vendor(connection.vendor).identify(case.event.object, case.record)
    name = case.record.get("name") or case.record.get("Name") or ""
    return Sighting(
        connection,
        case.event.object,
        case.event.record_id,
        email,
        phone,
        str(name),
        parent=parent_of(case),
        is_somebody=not is_about_people(case),
    )


def stops_carried(cases: Sequence[Case]) -> list[tuple[Case, OptOut]]:
    """Who said stop at another address is left alone at this one too: the opt-outs that now hold for it."""
    clear = [case for case in cases if case.person and not case.questions]
    stops = optouts.open_opt_outs(case.person for case in clear if case.person)
    found: list[tuple[Case, OptOut]] = []
    for case in clear:
        email = normal_email(case.kind.identify(case.event.object, case.record)[0])
        theirs = stops.get(case.person.pk, []) if case.person else []
        if email and theirs:
            found += [(case, stop) for stop in carry_to(email, theirs, case.event)]
    return found


def stops_at_conversions(cases: Sequence[Case]) -> list[tuple[Case, OptOut]]:
    """A record lives on as another one that may not know: the opt-outs in force of whose it is."""
    converted = [case for case in cases if case.person and CONVERTED in case.event.context]
    stops = optouts.open_opt_outs(case.person for case in converted if case.person)
    return [(case, stop) for case in converted if case.person for stop in stops.get(case.person.pk, [])]
