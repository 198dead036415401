"""Finds the person behind a record: by its link, else by e-mail, else by phone; makes one when nobody fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from .models import Address, AddressKind, Connection, Link, Person
from .vendors.errors import Ambiguous

Spot = tuple[int, str, str]  # connection, object, record id


@dataclass
class Sighting:
    """One record seen at a connection, and who it turned out to be. `problem` is set when two people fit."""

    connection: Connection
    object: str
    record_id: str
    email: str = ""
    phone: str = ""
    name: str = ""
    person: Person | None = None
    link: Link | None = None
    problem: Ambiguous | None = None
    addresses: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        email, phone = normal_email(self.email), normal_phone(self.phone)
        pairs: list[tuple[str, str]] = [(AddressKind.EMAIL.value, email), (AddressKind.PHONE.value, phone)]
        self.addresses = [pair for pair in pairs if pair[1]]

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


def identify(sightings: Sequence[Sighting]) -> None:
    """Set `person` and `link` of each sighting; a constant number of queries. Call inside a transaction."""
    _by_link(sightings)
    _by_address([s for s in sightings if s.person is None])
    _make_people([s for s in sightings if s.person is None and s.problem is None])
    found = [s for s in sightings if s.person is not None]
    _add_links(found)
    _add_addresses(found)


def _by_link(sightings: Sequence[Sighting]) -> None:
    wanted = {s.spot for s in sightings if s.record_id}
    links = Link.objects.select_related("person").filter(
        connection_id__in={spot[0] for spot in wanted}, record_id__in={spot[2] for spot in wanted}
    )
    known = {(link.connection_id, link.object, link.record_id): link for link in links}
    for sighting in sightings:
        sighting.link = known.get(sighting.spot)
        sighting.person = sighting.link.person if sighting.link else None


def _by_address(sightings: Sequence[Sighting]) -> None:
    holders = _holders(address for s in sightings for address in s.addresses)
    for sighting in sightings:
        for address in sighting.addresses:  # e-mail first, then phone
            people = holders.get(address, [])
            if len(people) > 1:
                sighting.problem = Ambiguous(f"Two people hold the {address[0]} of this record.")
            elif people:
                sighting.person = people[0]
            if people:
                break


def _holders(addresses: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[Person]]:
    wanted = set(addresses)
    found: dict[tuple[str, str], list[Person]] = {}
    rows = Address.objects.select_related("person").filter(value__in={value for _, value in wanted}).order_by("slot")
    for row in rows:
        if (row.kind, row.value) in wanted:
            found.setdefault((row.kind, row.value), []).append(row.person)
    return found


def _make_people(sightings: Sequence[Sighting]) -> None:
    """One person per address not known yet; who loses a race against another worker takes the winner's person."""
    by_key: dict[object, Person] = {}
    for sighting in sightings:
        key: object = sighting.addresses[0] if sighting.addresses else sighting.spot
        sighting.person = by_key.setdefault(key, Person(name=sighting.name[:300]))
    Person.objects.bulk_create(by_key.values())
    first = [
        (person, address) for address, person in by_key.items() if isinstance(address, tuple) and len(address) == 2
    ]
    Address.objects.bulk_create(
        [Address(person=person, kind=kind, value=value) for person, (kind, value) in first], ignore_conflicts=True
    )
    winners = _holders(address for _, address in first)
    lost = {person.pk: winners[address][0] for person, address in first if winners[address][0] != person}
    for sighting in sightings:
        if sighting.person and sighting.person.pk in lost:
            sighting.person = lost[sighting.person.pk]
    Person.objects.filter(pk__in=list(lost)).delete()


def _add_links(sightings: Sequence[Sighting]) -> None:
    fresh = {
        s.spot: Link(person=s.person, connection=s.connection, object=s.object, record_id=s.record_id)
        for s in sightings
        if s.link is None and s.record_id
    }
    if not fresh:
        return
    Link.objects.bulk_create(fresh.values(), ignore_conflicts=True)
    _by_link([s for s in sightings if s.link is None])


def _add_addresses(sightings: Sequence[Sighting]) -> None:
    """Remember further addresses of a person; one that somebody else holds stays theirs."""
    rows = {(kind, value): s.person for s in sightings for kind, value in s.addresses}
    have = set(Address.objects.filter(value__in=[value for _, value in rows]).values_list("kind", "value"))
    Address.objects.bulk_create(
        [
            Address(person=person, kind=kind, value=value)
            for (kind, value), person in rows.items()
            if (kind, value) not in have
        ],
        ignore_conflicts=True,
    )


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
