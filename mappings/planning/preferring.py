"""A contact that is there already takes what would have made a lead, where the mapping prefers contacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from integrations.models import Connection, Link, Person
from integrations.people import normal_email
from integrations.vendors.base import Client, Found, ObjectCapability
from integrations.vendors.registry import vendor

from ..spec import MappingSpec
from .case import Case
from .questions import owners_of

CONTACT = "contact"


class Wanting(Protocol):
    """A target that may go to a contact: nothing of the object it was meant for is the person's yet."""

    case: Case
    emails: list[str]
    links: list[Link]
    found: Found | None
    preferred: bool


def prefer_others(spec: MappingSpec, targets: Sequence[Wanting], connection: Connection, client: Client) -> None:
    """Point targets to the one living contact of their person: the linked one, else the one with the address.

    Several fit, or it stands for somebody else: the target stays where it was meant to go.
    """
    other = _other(spec, connection)
    free = [t for t in targets if not any(link.gone_at is None for link in t.links)] if other else []
    if other is None or not free:
        return
    links = _links(free, connection, other.name)
    email_field = other.addresses["email"]
    ids = [link.record_id for link in links]
    keys = {other.id_field: ids, email_field: list(dict.fromkeys(email for t in free for email in t.emails))}
    found = client.find_any(other.name, {field: values for field, values in keys.items() if values}, [email_field])
    owners = owners_of(connection, other.name, found)
    for target in free:
        fitting = _fitting(target, found, email_field, owners)
        if len(fitting) == 1:
            moved_to = (other.name, fitting[0].record_id)
            target.found, target.preferred = Found(spec.target_object, "", {}, moved_to), True


def _other(spec: MappingSpec, connection: Connection) -> ObjectCapability | None:
    """The vendor's contacts, unless the mapping writes them anyway or makes a lead in any case."""
    if spec.prefer != CONTACT or spec.target_object.casefold() == CONTACT:
        return None
    objects = vendor(connection.vendor).capabilities.objects
    return next((o for o in objects if o.name.casefold() == CONTACT and o.addresses.get("email")), None)


def _links(targets: Sequence[Wanting], connection: Connection, object: str) -> list[Link]:
    people = [target.case.person for target in targets if target.case.person]
    return list(Link.objects.filter(person__in=people, connection=connection, object=object, gone_at=None))


def _fitting(target: Wanting, found: Sequence[Found], email_field: str, owners: Mapping[str, Person]) -> list[Found]:
    """Those that are the person's by their link, else those of nobody with the person's address."""
    emails = {normal_email(email) for email in target.emails}
    own = [f for f in found if target.case.person and owners.get(f.record_id) == target.case.person]
    free = [f for f in found if f.record_id not in owners and normal_email(f.record.get(email_field) or "") in emails]
    return own or free
