"""Asks a human who is who where records at a target fit several people, or several records fit one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from integrations.conflicts import Candidate, ask_about_people, ask_about_records
from integrations.models import Connection, Link, Person
from integrations.people import Pair, pairs_of
from integrations.storable import storable
from integrations.vendors.base import Client, Field, Found, ObjectCapability, Record

from ..mapper import Schema
from .case import Case


class Unclear(Protocol):
    """A target that cannot be told: whose the records are, or which of them is the person's."""

    case: Case
    owners: list[Person]
    rivals: list[Found]

    @property
    def pairs(self) -> list[Pair]: ...


def owners_of(connection: Connection, object: str, found: Sequence[Found]) -> dict[str, Person]:
    """Whose the records are, by record id, as far as they are anybody's."""
    ids = [each.record_id for each in found]
    links = Link.objects.filter(connection=connection, object=object, record_id__in=ids) if ids else Link.objects.none()
    return {link.record_id: link.person for link in links.select_related("person").defer("snapshot", "bases")}


def holds_any(person: Person, pairs: Sequence[Pair]) -> bool:
    held = {(address.kind, address.value) for address in person.addresses.all()}
    return bool(held.intersection(pairs))


def ask_whose(target: Unclear, connection: Connection, object: str) -> None:
    """The record with the person's address stands for somebody else: is that the same person?"""
    if target.owners and target.case.person:
        people = (target.case.person, target.owners[0])
        target.case.questions.append(ask_about_people(people, connection, object, target.pairs))


def ask_which(
    targets: Sequence[Unclear], connection: Connection, client: Client, capability: ObjectCapability, schema: Schema
) -> None:
    """Several living records fit the person: what tells them apart is read for all, and a human chooses."""
    ids = list(dict.fromkeys(found.record_id for target in targets for found in target.rivals))
    if not ids:
        return
    times = [name for name, field in (schema or {}).items() if _is_kept_by_the_vendor(field)]
    names = [name for name in capability.name_fields if schema is None or name in schema]
    details = client.read(capability.name, ids, [*names, *capability.addresses.values(), *times])
    for target in targets:
        if target.case.person:
            records = [
                _candidate(found, details.get(found.record_id, {}), capability, times) for found in target.rivals
            ]
            question = ask_about_records(target.case.person, connection, capability.name, records)
            target.case.questions.append(question)


def _is_kept_by_the_vendor(field: Field) -> bool:
    """A moment nobody can write: when the record was made is the earliest of these."""
    return field.type == "datetime" and not field.createable and not field.updateable


def _candidate(found: Found, details: Record, capability: ObjectCapability, times: Sequence[str]) -> Candidate:
    record: Mapping[str, Any] = {**details, **found.record}
    named = " ".join(str(record[name]) for name in capability.name_fields if record.get(name))
    held = [str(record.get(capability.addresses.get(kind, "")) or "") for kind in ("email", "phone")]
    facts = {name: value for name, value in record.items() if value not in (None, "") and not isinstance(value, dict)}
    return {
        "id": found.record_id,
        "name": named,
        "addresses": [list(pair) for pair in pairs_of(*held)],
        "made_at": min((str(record[name]) for name in times if record.get(name)), default=""),
        "facts": storable(facts),
    }
