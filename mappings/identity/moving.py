"""Moves what stands for people: addresses, records, events and changes. Notes each move so that it can be undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Q

from audit.carrying import move_changes
from audit.models import UNFINISHED, Change
from integrations.models import Event, Link, Person
from integrations.people import Pair, arrange, holders_of
from integrations.vendors.errors import Conflict

Moved = dict[str, Any]  # JSON: what one decision moved
Holders = list[Any]  # [kind, value, ids before, ids after]


def lock_people(*ids: str) -> list[Person]:
    """These people, locked, in the order asked for. Raises Conflict when one of them is known no longer.

    Their changes first, then they themselves, each sorted: delivery and planning take their locks in this order too.
    """
    list(Change.objects.select_for_update().filter(person__in=ids, state__in=UNFINISHED).order_by("id").values("id"))
    found = {person.pk: person for person in Person.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    missing = [person_id for person_id in ids if person_id not in found]
    if missing:
        raise Conflict(f"Person {missing[0]} is known no longer.", help="They were merged since; look at the people.")
    return [found[person_id] for person_id in ids]


# --- addresses -------------------------------------------------------------------------------------------------


def change_holders(address: Pair, change: Callable[[list[Person]], Sequence[Person]]) -> Holders:
    """Let `change` say who holds the address now. Returns who did before and who does now."""
    people = list({person.pk: person for person in change(holders_of(address))}.values())
    before = arrange(address, people)
    return [*address, before, [person.pk for person in people]]


def check_holders(entries: Sequence[Holders]) -> None:
    """Raises Conflict when somebody else holds one of the addresses by now."""
    for (kind, value), after in {(kind, value): after for kind, value, _before, after in entries}.items():
        if [person.pk for person in holders_of((kind, value))] != after:
            raise Conflict(f"Who holds the {kind} {value} was changed since.", help="Undo the later decision first.")


def restore_holders(entries: Sequence[Holders]) -> None:
    """The holders from before, the last move first."""
    for kind, value, before, _after in reversed(entries):
        people = Person.objects.in_bulk(before)
        arrange((kind, value), [people[person_id] for person_id in before if person_id in people])


# --- records, and what happened to them --------------------------------------------------------------------------


def move_links(links: Sequence[Link], source: Person, target: Person) -> None:
    """Records go to `target`, with the events they sent and the changes made to them."""
    Link.objects.filter(pk__in=[link.pk for link in links]).update(person=target)
    spots = [Q(connection=link.connection_id, object=link.object, record_id=link.record_id) for link in links]
    if not spots:
        return
    theirs = Q()
    for spot in spots:
        theirs |= spot
    Event.objects.filter(theirs, person=source).update(person=target)
    move_changes(Change.objects.filter(theirs, person=source).values_list("pk", flat=True), target)


def move_everything(source: Person, target: Person) -> Moved:
    """All records, events and changes of `source` go to `target`."""
    links = list(source.links.order_by("pk").values_list("pk", flat=True))
    events = list(Event.objects.filter(person=source).values_list("pk", flat=True))
    changes = list(Change.objects.filter(person=source).values_list("pk", flat=True))
    Link.objects.filter(pk__in=links).update(person=target)
    Event.objects.filter(person=source).update(person=target)
    move_changes(changes, target)
    return {"links": links, "events": events, "changes": changes}


def move_back(moved: Moved, source: Person, target: Person) -> None:
    """What `move_everything` moved, and what has happened to those records since, goes back."""
    move_links(list(Link.objects.filter(pk__in=moved["links"], person=source)), source, target)
    Event.objects.filter(pk__in=moved["events"], person=source).update(person=target)
    move_changes(Change.objects.filter(pk__in=moved["changes"], person=source).values_list("pk", flat=True), target)


def check_links(ids: Sequence[int], person: Person) -> None:
    """Raises Conflict when one of these records belongs to somebody else by now."""
    lost = Link.objects.filter(pk__in=ids).exclude(person=person).first()
    if lost is not None:
        raise Conflict(
            f"{lost.object} {lost.record_id} belongs to another person since.", help="Undo the later decision first."
        )
