"""Finds the person behind a record: by its link, else by e-mail, else by phone; makes one when nobody fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from .models import Address, AddressKind, Connection, Link, Person
from .rows import add_rows

Spot = tuple[int, str, str]  # connection, object, record id
Pair = tuple[str, str]  # kind and value of an address


@dataclass
class Sighting:
    """One record seen at a connection, and who it turned out to be.

    `rivals` are the people it might stand for when a human must say, `contested` what several of them hold.
    `person` is then the one the record's link or e-mail leads to.
    """

    connection: Connection
    object: str
    record_id: str
    email: str = ""
    phone: str = ""
    name: str = ""
    person: Person | None = None
    link: Link | None = None
    rivals: list[Person] = field(default_factory=list)
    contested: list[Pair] = field(default_factory=list)
    addresses: list[Pair] = field(default_factory=list)
    parent: Spot | None = None  # the record that a task or note is about: whose it is
    is_somebody: bool = True  # False for a task or note: when nobody is known whom it is about, it makes no person

    def __post_init__(self) -> None:
        self.addresses = pairs_of(self.email, self.phone)

    @property
    def spot(self) -> Spot:
        return (self.connection.pk, self.object, self.record_id)


def normal_email(email: str) -> str:
    """The form addresses are compared in."""
    return email.strip().lower()[:320]


def normal_phone(phone: str) -> str:
    """E.164 as given by a vendor; anything else is no phone to match by."""
    digits = "".join(char for char in phone if char.isdigit())
    return f"+{digits}" if phone.strip().startswith("+") and 8 <= len(digits) <= 15 else ""


def pairs_of(email: str, phone: str) -> list[Pair]:
    """The addresses people are matched by: e-mail first, then phone."""
    pairs: list[Pair] = [
        (AddressKind.EMAIL.value, normal_email(email)),
        (AddressKind.PHONE.value, normal_phone(phone)),
    ]
    return [pair for pair in pairs if pair[1]]


def identify(sightings: Sequence[Sighting]) -> None:
    """Set `person` and `link` of each sighting; a constant number of queries. Call inside a transaction."""
    _by_link(sightings)
    _by_address(sightings)
    made = _make_people([s for s in sightings if s.person is None and (s.is_somebody or s.addresses)])
    settled = [s for s in sightings if not s.rivals and s.person is not None]
    _add_links(settled)
    _add_addresses(settled)
    _drop_unused(made, sightings)


def _by_link(sightings: Sequence[Sighting]) -> None:
    wanted = {s.spot for s in sightings if s.record_id} | {s.parent for s in sightings if s.parent}
    links = Link.objects.select_related("person").filter(
        connection_id__in={spot[0] for spot in wanted}, record_id__in={spot[2] for spot in wanted}
    )
    known = {(link.connection_id, link.object, link.record_id): link for link in links}
    for sighting in sightings:
        sighting.link = known.get(sighting.spot)
        owner = sighting.link or (known.get(sighting.parent) if sighting.parent else None)
        sighting.person = owner.person if owner else None


def _by_address(sightings: Sequence[Sighting]) -> None:
    holders = who_holds(address for s in sightings for address in s.addresses)
    for sighting in sightings:
        for address in sighting.addresses:  # e-mail first, then phone
            people = holders.get(address, [])
            if sighting.person is None:
                sighting.person = people[0] if people else None  # several were kept apart: the first
            elif _is_contested(sighting, address, people):
                sighting.rivals = [sighting.person, people[0]]
                sighting.contested.append(address)


def _is_contested(sighting: Sighting, address: Pair, people: Sequence[Person]) -> bool:
    """Whether the address leads to somebody else than the link or the e-mail does: two candidates, never a guess.

    A phone that people share is known as such once it was kept apart, and a known record may take one over.
    """
    if not people or sighting.person in people:
        return False
    return address[0] == AddressKind.EMAIL or (sighting.link is None and len(people) == 1)


def who_holds(addresses: Iterable[Pair]) -> dict[Pair, list[Person]]:
    """Who holds each address, the first by slot first."""
    wanted = set(addresses)
    found: dict[Pair, list[Person]] = {}
    rows = Address.objects.select_related("person").filter(value__in={value for _, value in wanted}).order_by("slot")
    for row in rows:
        if (row.kind, row.value) in wanted:
            found.setdefault((row.kind, row.value), []).append(row.person)
    return found


def _make_people(sightings: Sequence[Sighting]) -> list[Person]:
    """One person per address not known yet; who loses a race against another worker takes the winner's person.

    Addresses and links are written in sorted order, so that two workers never wait for each other.
    """
    by_key: dict[Pair | Spot, Person] = {}
    for sighting in sightings:
        key = sighting.addresses[0] if sighting.addresses else sighting.spot
        sighting.person = by_key.setdefault(key, Person(name=sighting.name[:300]))
    add_rows(list(by_key.values()))
    first = {key: person for key, person in by_key.items() if len(key) == 2}
    _remember(first)
    winners = who_holds(first)
    lost = {person.pk: winners[address][0] for address, person in first.items() if winners[address][0] != person}
    for sighting in sightings:
        if sighting.person and sighting.person.pk in lost:
            sighting.person = lost[sighting.person.pk]
    return list(by_key.values())


def _drop_unused(made: Iterable[Person], sightings: Sequence[Sighting]) -> None:
    """Somebody else made the same person, by address or by link, a moment earlier: ours goes."""
    needed = {s.person.pk for s in sightings if s.person}
    unused = [person.pk for person in made if person.pk not in needed]
    if unused:
        Person.objects.filter(pk__in=unused, addresses=None).delete()


def _remember(holders: Mapping[Pair, Person]) -> None:
    """Write addresses down as their person's own; one that somebody else holds stays theirs."""
    rows = [Address(person=holders[pair], kind=pair[0], value=pair[1]) for pair in sorted(holders)]
    add_rows(rows)


def _add_links(sightings: Sequence[Sighting]) -> None:
    fresh = {
        s.spot: Link(person=s.person, connection=s.connection, object=s.object, record_id=s.record_id)
        for s in sightings
        if s.link is None and s.record_id
    }
    if not fresh:
        return
    add_rows([fresh[spot] for spot in sorted(fresh)])
    _by_link([s for s in sightings if s.link is None and s.record_id])


def _add_addresses(sightings: Sequence[Sighting]) -> None:
    """Remember further addresses of a person; one that somebody else holds stays theirs."""
    rows = {address: s.person for s in sightings for address in s.addresses if s.person}
    known = Address.objects.filter(value__in=[value for _, value in rows]).values_list("kind", "value")
    for address in set(known):
        rows.pop(address, None)
    _remember(rows)


def arrange(address: Pair, people: Sequence[Person]) -> list[str]:
    """Let exactly these people hold the address, the first one at slot 0. Returns the ids of who held it before."""
    kind, value = address
    rows = Address.objects.filter(kind=kind, value=value).select_for_update().order_by("slot")
    before = [row.person_id for row in rows]
    rows.delete()
    Address.objects.bulk_create(
        [Address(person=person, kind=kind, value=value, slot=slot) for slot, person in enumerate(people)]
    )
    return before


def holders_of(address: Pair) -> list[Person]:
    """Who holds the address, the one it belongs to first."""
    return who_holds([address]).get(address, [])


def emails_of(people: Iterable[Person]) -> dict[str, list[str]]:
    """E-mail addresses by person id."""
    found: dict[str, list[str]] = {}
    rows = Address.objects.filter(person__in=list(people), kind=AddressKind.EMAIL).values_list("person_id", "value")
    for person_id, value in rows:
        found.setdefault(person_id, []).append(value)
    return found


def find_people(email: str) -> list[Person]:
    """The people who hold this address."""
    return list(
        Person.objects.filter(Q(addresses__kind=AddressKind.EMAIL, addresses__value=normal_email(email))).distinct()
    )
