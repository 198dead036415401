"""Merges two people into one, makes two of one, and takes either back. Each is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db import transaction
from django.utils.dateparse import parse_datetime

from audit.carrying import give_back_opt_outs, join_opt_outs, share_opt_outs, tell_records
from integrations.conflicts import close_overtaken, facts_of, note_settled
from integrations.inbox import plan_again
from integrations.models import Event, IdentityConflict, Link, Person, Settlement
from integrations.people import Pair, pairs_of
from integrations.records import standing_for_people
from integrations.vendors.errors import Conflict, Unsupported
from integrations.vendors.registry import vendor

from .moving import (
    Moved,
    change_holders,
    check_holders,
    check_links,
    lock_people,
    move_back,
    move_everything,
    move_links,
    restore_holders,
)


@transaction.atomic
def merge_people(keep: Person, absorbed: Person, actor: str) -> IdentityConflict:
    """Make one person of two. Returns the note of it, which can be undone. Raises Conflict."""
    facts = facts_of([keep, absorbed])
    moved = merge(keep, absorbed, actor)
    plan_again(close_overtaken([keep.pk, absorbed.pk], actor))
    return note_settled(Settlement.SAME, [keep, absorbed], facts, moved, actor)


@transaction.atomic
def separate(person: Person, links: Sequence[Link], actor: str) -> IdentityConflict:
    """Make another person of some of the records. Opt-outs stay with both. Returns the note of it. Raises Conflict."""
    [person] = lock_people(person.pk)
    theirs = list(standing_for_people(person.links.select_related("connection")))
    leaving = [link for link in theirs if link.pk in {each.pk for each in links}]
    staying = [link for link in theirs if link not in leaving]
    if not leaving or not staying:
        raise Unsupported("Nothing would be separated.", help="Choose some of the records, and leave at least one.")
    facts = facts_of([person])
    made = Person.objects.create(name=person.name)
    addresses = _divide_addresses(person, made, _addresses_of(leaving), _addresses_of(staying))
    move_links(leaving, person, made)
    leave_alone(person, made, actor)
    plan_again(close_overtaken([person.pk], actor))
    moved = {"made": made.pk, "keep": person.pk, "links": [link.pk for link in leaving], "addresses": addresses}
    return note_settled(Settlement.SEPARATED, [person, made], {**facts, **facts_of([made])}, moved, actor)


def merge(keep: Person, absorbed: Person, actor: str) -> Moved:
    """Everything of `absorbed` becomes `keep`'s, and `absorbed` is no more. Call inside a transaction."""
    if keep.pk == absorbed.pk:
        raise Unsupported("These are one person already.", help="Choose another person.")
    keep, absorbed = lock_people(keep.pk, absorbed.pk)
    gone = {"id": absorbed.pk, "name": absorbed.name, "created_at": absorbed.created_at.isoformat()}
    held = [(address.kind, address.value) for address in absorbed.addresses.order_by("pk")]
    addresses = [change_holders(pair, lambda who: [keep if p == absorbed else p for p in who]) for pair in held]
    moved = {**move_everything(absorbed, keep), **join_opt_outs(keep, absorbed), "addresses": addresses}
    preferred = _prefer_oldest(keep)
    IdentityConflict.objects.filter(person=absorbed).update(person=keep)
    if not keep.name and absorbed.name:
        Person.objects.filter(pk=keep.pk).update(name=absorbed.name)
    absorbed.delete()
    tell_records(keep, actor)
    return {**moved, "keep": keep.pk, "gone": gone, "name": keep.name, "preferred": preferred}


def unmerge(moved: Moved, actor: str) -> None:
    """Two people again, each with what was theirs; opt-outs hold for both. Raises Conflict with what is in the way."""
    [keep] = lock_people(moved["keep"])
    if Person.objects.filter(pk=moved["gone"]["id"]).exists():
        raise Conflict("The other person is there already.", help="Look at the people.")
    check_links(moved["links"], keep)
    check_holders(moved["addresses"])
    back = Person(pk=moved["gone"]["id"], name=moved["gone"]["name"])
    back.created_at = parse_datetime(moved["gone"]["created_at"]) or back.created_at
    back.save(force_insert=True)
    move_back(moved, keep, back)
    Link.objects.filter(pk__in=moved["preferred"]).update(preferred=False)
    Person.objects.filter(pk=keep.pk).update(name=moved["name"])
    restore_holders(moved["addresses"])
    give_back_opt_outs(back, moved)
    leave_alone(keep, back, actor)


def unseparate(moved: Moved, actor: str) -> None:
    """The two are one again."""
    keep, made = lock_people(moved["keep"], moved["made"])
    merge(keep, made, actor)


def leave_alone(one: Person, other: Person, actor: str, addresses: Collection[str] | None = None) -> None:
    """What either said, about one of these addresses or at all, holds for both; their records are told."""
    share_opt_outs(one, other, addresses)
    for person in (one, other):
        tell_records(person, actor)


def _prefer_oldest(person: Person) -> list[int]:
    """Of several records in one place the oldest is the one to write, unless one was chosen before."""
    groups: dict[tuple[int, str], list[Link]] = {}
    for link in standing_for_people(person.links.filter(gone_at=None, moved_to__isnull=True)).order_by("pk"):
        groups.setdefault((link.connection_id, link.object), []).append(link)
    several = [group for group in groups.values() if len(group) > 1 and not any(link.preferred for link in group)]
    chosen = [group[0].pk for group in several]
    Link.objects.filter(pk__in=chosen).update(preferred=True)
    return chosen


def _addresses_of(links: Sequence[Link]) -> set[Pair]:
    """The addresses in these records, as far as we know them: by the last event of each, else by what we wrote."""
    pairs: set[Pair] = set()
    for link in links:
        spot = {"connection": link.connection_id, "object": link.object, "record_id": link.record_id}
        said = Event.objects.filter(person=link.person_id, **spot).order_by("-pk").values_list("record", flat=True)
        pairs.update(pairs_of(*vendor(link.connection.vendor).identify(link.object, said.first() or link.snapshot)))
    return pairs


def _divide_addresses(person: Person, made: Person, leaving: set[Pair], staying: set[Pair]) -> list[list[object]]:
    """Addresses go with the records that have them; what both have is held by both."""
    held = {(address.kind, address.value) for address in person.addresses.all()}
    alone = [
        change_holders(pair, lambda who: [made if p == person else p for p in who])
        for pair in sorted(held & leaving - staying)
    ]
    shared = [change_holders(pair, lambda who: [*who, made]) for pair in sorted(held & leaving & staying)]
    return alone + shared
