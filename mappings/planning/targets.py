"""Finds the record a mapping should write to: by link, by key, by e-mail or phone; one look-up for a whole batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from audit.increments import INCREMENT
from audit.ledger import IN_LINE
from audit.models import UNFINISHED, Change, Kind
from audit.settling import DELETE
from integrations import clock
from integrations.models import Connection, Link, Person
from integrations.people import Pair, pairs_of
from integrations.records import standing_for_people
from integrations.schemas import fields_of
from integrations.vendors.base import Client, Found, ObjectCapability
from integrations.vendors.errors import Busy, RecordError
from integrations.vendors.registry import vendor

from ..mapper import Schema, map_record
from ..spec import MappingSpec
from ..transforms import Context
from ..values import Lookup
from .case import Case
from .preferring import prefer_others
from .questions import ask_which, ask_whose, holds_any, owners_of
from .tombstones import is_made_again


@dataclass
class Target:
    """Where one case's values go. Neither `found` nor `pending`: a new record is made."""

    case: Case
    key: str = ""
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    found: Found | None = None
    pending: Change | None = None  # a record that is being made for this person right now
    under_way: list[Change] = field(default_factory=list)  # updates of their records that are not delivered yet
    owners: list[Person] = field(default_factory=list)  # whose the records with the address are: is it the same person?
    preferred: bool = False  # `found` is a contact that takes the place of a lead that is not made
    rivals: list[Found] = field(default_factory=list)  # several living records fit: a human says which
    leaving: set[str] = field(default_factory=set)  # ids of their records that are about to be deleted
    place: Any = None  # which of the person's records, where they have one for each of something: GetResponse's list

    @property
    def pairs(self) -> list[Pair]:
        """The addresses it is looked for by."""
        emails = [pair for email in self.emails for pair in pairs_of(email, "")]
        return emails + [pair for phone in self.phones for pair in pairs_of("", phone)]


def schema_of(connection: Connection, object: str, client: Client) -> Schema:
    """The object's fields; None when the vendor does not describe it, so that nothing can be fitted."""
    try:
        return fields_of(connection, object, client)
    except RecordError:
        return None


def find_targets(
    spec: MappingSpec,
    cases: Sequence[Case],
    connection: Connection,
    client: Client,
    schema: Schema,
    moves: bool = False,
) -> list[Target]:
    """Where each case's values go. `moves`: what says which of a person's records it is, is itself what is written.

    A case whose target cannot be told has a question, its `problem` or a reason set and is left out.
    """
    capability = _capability(connection, spec.target_object)
    targets = [_target(spec, case) for case in cases]
    _attach_links(targets, connection, spec.target_object)
    fields = wanted_fields(spec, connection, spec.target_object, schema)
    _attach_pending(targets, connection, spec.target_object)  # before the look-up: what arrives meanwhile is seen twice
    found = _look_up(spec, targets, capability, client, fields)
    if capability.one_per and not moves:
        _keep_apart(spec, targets, found, capability.one_per)
    owners = owners_of(connection, spec.target_object, found)
    prefer_others(spec, [target for target in targets if _may_go_elsewhere(spec, target, found)], connection, client)
    chosen = [target for target in targets if target.preferred or _choose(spec, target, found, capability, owners)]
    for target in targets:
        ask_whose(target, connection, spec.target_object)
    ask_which([target for target in targets if target.rivals], connection, client, capability, schema)
    return chosen


def _capability(connection: Connection, object: str) -> ObjectCapability:
    kind = vendor(connection.vendor)
    return kind.capabilities.object(object) or ObjectCapability(object, "other")


def _target(spec: MappingSpec, case: Case) -> Target:
    email, phone = case.kind.identify(case.event.object, case.record)
    key = case.lookup(spec.key_from)[1] if spec.key_from else ""
    return Target(
        case,
        key="" if key is None else str(key),
        emails=[email.strip()] if "email" in spec.match and email.strip() else [],
        phones=[phone.strip()] if "phone" in spec.match and phone.strip() else [],
    )


def _attach_links(targets: Sequence[Target], connection: Connection, object: str) -> None:
    people = {target.case.person.pk: target for target in targets if target.case.person}
    rows = Link.objects.filter(person__in=list(people), connection=connection, object=object)
    for link in standing_for_people(rows).order_by("id"):
        people[link.person_id].links.append(link)


def _attach_pending(targets: Sequence[Target], connection: Connection, object: str) -> None:
    """Changes that are to make or update this person's records and have not done so yet."""
    people = {target.case.person.pk: target for target in targets if target.case.person}
    rows = Change.objects.filter(
        person__in=list(people), connection=connection, state__in=UNFINISHED, kind=Kind.CONTACT
    )
    for change in rows.order_by("id"):
        target = people[change.person_id or ""]
        open_ended = not change.record_id and change.object == object and change.operation in ("upsert", "create")
        if change.operation == DELETE and change.state in IN_LINE:
            target.leaving.add(change.record_id)
        elif change.state in IN_LINE and (change.record_id or open_ended) and change.operation != INCREMENT:
            target.under_way.append(change)
        if open_ended:
            target.pending = change


def wanted_fields(spec: MappingSpec, connection: Connection, object: str, schema: Schema) -> list[str]:
    """The target's fields that a look-up must bring: all mapped ones, the key, what identifies, and who said stop."""
    flags = [flag.field for flag in vendor(connection.vendor).capabilities.opt_outs if flag.object == object]
    names = [row.to for row in spec.fields] + [spec.key_field] * bool(spec.key_field) + flags
    capability = _capability(connection, object)
    names += [*capability.addresses.values(), *filter(None, (capability.modified_field, capability.one_per))]
    return [name for name in dict.fromkeys(names) if schema is None or name in schema]


def _look_up(
    spec: MappingSpec, targets: Sequence[Target], capability: ObjectCapability, client: Client, fields: Sequence[str]
) -> list[Found]:
    keys: dict[str, list[str]] = {}
    _collect(keys, capability.id_field, [link.record_id for t in targets for link in t.links if link.gone_at is None])
    if spec.key_field in fields:
        _collect(keys, spec.key_field, [t.key for t in targets if t.key])
    _collect(keys, capability.addresses.get("email", ""), [email for t in targets for email in t.emails])
    _collect(keys, capability.addresses.get("phone", ""), [phone for t in targets for phone in t.phones])
    return client.find_any(spec.target_object, keys, fields) if keys else []


def _keep_apart(spec: MappingSpec, targets: Sequence[Target], found: Sequence[Found], field: str) -> None:
    """Each target is the record of the place that the mapping names: none of another place is moved to it."""
    places = {each.record_id: each.record.get(field) for each in found}
    for target in targets:
        target.place = place_wanted(spec, target.case.record, target.case.lookup, target.case.context(), field)
        if target.place is None:
            continue
        links = [(places.get(link.record_id, link.snapshot.get(field)), link) for link in target.links]
        target.links = [link for place, link in links if place == target.place]
        target.under_way = [change for change in target.under_way if change.known.get(field) == target.place]
        if target.pending is not None and target.pending.known.get(field) != target.place:
            target.pending = None


def place_wanted(spec: MappingSpec, record: Mapping[str, Any], lookup: Lookup, context: Context, field: str) -> Any:
    """What the mapping writes to the field that tells a person's records apart; None when it writes nothing there."""
    rows = replace(spec, fields=tuple(row for row in spec.fields if row.to == field))
    return next((each.value for each in map_record(rows, record, lookup, context) if not each.is_blank), None)


def _is_there(found: Found, target: Target, capability: ObjectCapability) -> bool:
    return target.place is None or found.record.get(capability.one_per) == target.place


def _collect(keys: dict[str, list[str]], field: str, values: Sequence[str]) -> None:
    if field and values:
        keys[field] = list(dict.fromkeys([*keys.get(field, []), *values]))


def _choose(
    spec: MappingSpec,
    target: Target,
    found: Sequence[Found],
    capability: ObjectCapability,
    owners: Mapping[str, Person],
) -> bool:
    """Settle on one record, on a pending one, or on making one. False when the case ends here."""
    by_address = [f for f in found if _same_address(f, target, capability) and _is_there(f, target, capability)]
    if target.links:
        return _choose_linked(spec, target, found, by_address, owners)
    by_key = [f for f in found if target.key and _is(f.record.get(spec.key_field), target.key)]
    return _settle(target, by_key or _of_nobody_else(target, by_address, owners))


def _choose_linked(
    spec: MappingSpec, target: Target, found: Sequence[Found], by_address: Sequence[Found], owners: Mapping[str, Person]
) -> bool:
    links = {link.record_id: link for link in target.links if link.gone_at is None}
    mine = [f for f in found if f.record_id in links]
    if mine:
        preferred = [f for f in mine if links[f.record_id].preferred and f.moved_to is None]
        return _settle(target, preferred[:1] or mine)
    _mark_gone(links.values())
    merged = _of_nobody_else(target, by_address, owners)
    if merged or target.owners or is_made_again(target.case, target.links):
        return _settle(target, merged)
    gone = target.links[-1]
    target.case.reasons.append(
        f"{gone.object} {gone.record_id} was deleted at {spec.target_connection}; it is not made again."
    )
    return False


def _may_go_elsewhere(spec: MappingSpec, target: Target, found: Sequence[Found]) -> bool:
    """Nothing that carries our key is there or on its way."""
    return target.pending is None and not any(
        target.key and _is(f.record.get(spec.key_field), target.key) for f in found
    )


def _of_nobody_else(target: Target, records: Sequence[Found], owners: Mapping[str, Person]) -> list[Found]:
    """Records that are not linked to another person.

    One whose person holds the same address was kept apart on purpose; any other owner makes a question.
    """
    free = []
    for found in records:
        owner = owners.get(found.record_id)
        if owner is None or owner == target.case.person:
            free.append(found)
        elif not holds_any(owner, target.pairs):
            target.owners.append(owner)
    return free


def _settle(target: Target, candidates: Sequence[Found]) -> bool:
    """One living record is it; a converted one stands back behind a living one; several are for a person to settle."""
    living = [f for f in candidates if f.moved_to is None]
    if target.owners or len(living) > 1:
        target.rivals = [] if target.owners else living
        return False
    target.found = living[0] if living else candidates[-1] if candidates else None
    if target.pending is not None and target.found is not None:
        target.pending = None
    return not _is_leaving(target)


def _is_leaving(target: Target) -> bool:
    """Our own deletion comes first; what is to happen then is planned when it is done."""
    if target.found is None or target.found.record_id not in target.leaving:
        return False
    target.case.problem = Busy(f"{target.found.object} {target.found.record_id} is about to be deleted.")
    return True


def _same_address(found: Found, target: Target, capability: ObjectCapability) -> bool:
    return any(_is(found.record.get(capability.addresses.get("email", "")), email) for email in target.emails) or any(
        _is(found.record.get(capability.addresses.get("phone", "")), phone) for phone in target.phones
    )


def _is(held: Any, wanted: str) -> bool:
    return isinstance(held, str) and held.strip().lower() == wanted.lower()


def _mark_gone(links: Iterable[Link]) -> None:
    Link.objects.filter(pk__in=[link.pk for link in links]).update(gone_at=clock.now())
