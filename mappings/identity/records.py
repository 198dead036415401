"""Settles which of several records is a person's: those chosen are linked, the others are somebody else's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.conflicts import Candidate
from integrations.models import IdentityConflict, Link, Person
from integrations.vendors.errors import Conflict

from .moving import Holders, Moved, change_holders, check_holders, lock_people, move_links, restore_holders
from .people import leave_alone, merge


def choose_records(conflict: IdentityConflict, chosen: Sequence[str], actor: str) -> Moved:
    """Link the chosen records; the oldest of them is written from now on. Each other one gets a person of its own.

    Call inside a transaction. Raises Conflict when a record belongs to somebody else by now.
    """
    [person] = lock_people(conflict.person_id or "")
    made = _link_all(conflict, person)
    links = _links_of(conflict)
    ours = sorted((c for c in conflict.candidates if c["id"] in chosen), key=_made_at)
    preferred = _prefer(links[ours[0]["id"]])
    addresses: list[Holders] = []
    strangers = []
    for candidate in conflict.candidates:
        if candidate["id"] not in chosen:
            stranger = _stranger(person, candidate, links[candidate["id"]])
            addresses += _also_held_by(stranger, candidate["addresses"])
            leave_alone(person, stranger, actor, {value for _kind, value in candidate["addresses"]})
            strangers.append({"person": stranger.pk, "link": links[candidate["id"]].pk})
    return {"made": made, "preferred": preferred, "strangers": strangers, "addresses": addresses}


def return_records(conflict: IdentityConflict, actor: str) -> None:
    """Take the choice back. Raises Conflict when somebody made for a record has a life of their own by now."""
    moved = conflict.moved
    [person] = lock_people(conflict.person_id or "")
    check_holders(moved["addresses"])
    strangers = [(each["link"], lock_people(each["person"])[0]) for each in moved["strangers"]]
    for link, stranger in strangers:
        _check_unused(stranger, link)
    for _link_id, stranger in strangers:
        merge(person, stranger, actor)
    restore_holders(moved["addresses"])
    Link.objects.filter(pk__in=moved["made"]).delete()
    _places(conflict, person).update(preferred=False)
    _places(conflict, person).filter(pk__in=moved["preferred"]).update(preferred=True)


def _links_of(conflict: IdentityConflict) -> dict[str, Link]:
    ids = [candidate["id"] for candidate in conflict.candidates]
    rows = Link.objects.filter(connection=conflict.connection, object=conflict.object, record_id__in=ids)
    return {link.record_id: link for link in rows}


def _made_at(candidate: Candidate) -> str:
    """Sorts the oldest first; what nobody knows the age of comes last."""
    return candidate.get("made_at") or "~"


def _link_all(conflict: IdentityConflict, person: Person) -> list[int]:
    """Link the records that nobody has yet, the oldest first. Returns the new links' ids."""
    links = _links_of(conflict)
    taken = next((link for link in links.values() if link.person_id != person.pk), None)
    if taken is not None:
        what = f"{taken.object} {taken.record_id}"
        raise Conflict(f"{what} belongs to another person by now.", help="Look at the people.")
    facts: dict[str, Any] = {"person": person, "connection": conflict.connection, "object": conflict.object}
    fresh = [c["id"] for c in sorted(conflict.candidates, key=_made_at) if c["id"] not in links]
    return [Link.objects.create(**facts, record_id=record_id).pk for record_id in fresh]


def _places(conflict: IdentityConflict, person: Person) -> Any:
    return Link.objects.filter(person=person, connection=conflict.connection, object=conflict.object)


def _prefer(link: Link) -> list[int]:
    """This one is written from now on. Returns the ids of those that were before."""
    rivals = Link.objects.filter(person=link.person_id, connection=link.connection_id, object=link.object)
    before = list(rivals.filter(preferred=True).values_list("pk", flat=True))
    rivals.update(preferred=False)
    rivals.filter(pk=link.pk).update(preferred=True)
    return before


def _stranger(person: Person, candidate: Candidate, link: Link) -> Person:
    """What "not this one" means: the record is somebody else's, who has the same address."""
    stranger = Person.objects.create(name=str(candidate.get("name") or "")[:300])
    move_links([link], person, stranger)
    return stranger


def _also_held_by(stranger: Person, addresses: Sequence[Sequence[str]]) -> list[Holders]:
    return [change_holders((kind, value), lambda who: [*who, stranger]) for kind, value in addresses]


def _check_unused(stranger: Person, link_id: int) -> None:
    if stranger.links.exclude(pk=link_id).exists() or not stranger.links.exists():
        raise Conflict(
            f"Person {stranger.pk}, made for a record that was not chosen, has other records by now.",
            help="Merge or separate the people by hand.",
        )
