"""Finds the record a mapping should write to: by link, by key, by e-mail or phone; one look-up for a whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from audit.ledger import IN_LINE
from audit.models import UNFINISHED, Change, Kind
from integrations.models import Connection, Link
from integrations.schemas import fields_of
from integrations.vendors.base import Client, Found, ObjectCapability
from integrations.vendors.errors import Ambiguous, RecordError
from integrations.vendors.registry import vendor

from ..mapper import Schema
from ..spec import MappingSpec
from .case import Case


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


def schema_of(connection: Connection, object: str, client: Client) -> Schema:
    """The object's fields; None when the vendor does not describe it, so that nothing can be fitted."""
    try:
        return fields_of(connection, object, client)
    except RecordError:
        return None


def find_targets(
    spec: MappingSpec, cases: Sequence[Case], connection: Connection, client: Client, schema: Schema
) -> list[Target]:
    """Where each case's values go.

    A case whose target cannot be told has its `problem` or a reason set and is left out.
    """
    capability = _capability(connection, spec.target_object)
    targets = [_target(spec, case) for case in cases]
    _attach_links(targets, connection, spec.target_object)
    fields = wanted_fields(spec, connection, spec.target_object, schema)
    _attach_pending(targets, connection, spec.target_object)  # before the look-up: what arrives meanwhile is seen twice
    found = _look_up(spec, targets, capability, client, fields)
    return [target for target in targets if _choose(spec, target, found, capability)]


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
    for link in Link.objects.filter(person__in=list(people), connection=connection, object=object).order_by("id"):
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
        if change.state in IN_LINE and (change.record_id or open_ended):
            target.under_way.append(change)
        if open_ended:
            target.pending = change


def wanted_fields(spec: MappingSpec, connection: Connection, object: str, schema: Schema) -> list[str]:
    """The target's fields that a look-up must bring: all mapped ones, the key, what identifies, and who said stop."""
    flags = [flag.field for flag in vendor(connection.vendor).capabilities.opt_outs if flag.object == object]
    names = [row.to for row in spec.fields] + [spec.key_field] * bool(spec.key_field) + flags
    capability = _capability(connection, object)
    names += [*capability.addresses.values(), *([capability.modified_field] if capability.modified_field else [])]
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


def _collect(keys: dict[str, list[str]], field: str, values: Sequence[str]) -> None:
    if field and values:
        keys[field] = list(dict.fromkeys([*keys.get(field, []), *values]))


def _choose(spec: MappingSpec, target: Target, found: Sequence[Found], capability: ObjectCapability) -> bool:
    """Settle on one record, on a pending one, or on making one. False when the case ends here."""
    if target.links:
        return _choose_linked(spec, target, found, capability)
    by_key = [f for f in found if target.key and _is(f.record.get(spec.key_field), target.key)]
    candidates = by_key or [f for f in found if _same_address(f, target, capability)]
    return _settle(target, candidates, spec)


def _choose_linked(spec: MappingSpec, target: Target, found: Sequence[Found], capability: ObjectCapability) -> bool:
    ids = {link.record_id for link in target.links if link.gone_at is None}
    mine = [f for f in found if f.record_id in ids]
    if mine:
        return _settle(target, mine[:1] if len(ids) == 1 else mine, spec)
    merged = [f for f in found if _same_address(f, target, capability)]
    _mark_gone([link for link in target.links if link.record_id in ids])
    if merged:
        return _settle(target, merged, spec)
    gone = target.links[-1]
    target.case.reasons.append(
        f"{gone.object} {gone.record_id} was deleted at {spec.target_connection}; it is not made again."
    )
    return False


def _settle(target: Target, candidates: Sequence[Found], spec: MappingSpec) -> bool:
    """One living record is it; a converted one stands back behind a living one; several are for a person to settle."""
    living = [f for f in candidates if f.moved_to is None]
    if len(living) > 1:
        names = ", ".join(sorted(f.record_id for f in living)[:5])
        target.case.problem = Ambiguous(f"{len(living)} records of {spec.target_object} fit this person: {names}.")
        return False
    target.found = living[0] if living else candidates[-1] if candidates else None
    if target.pending is not None and target.found is not None:
        target.pending = None
    return True


def _same_address(found: Found, target: Target, capability: ObjectCapability) -> bool:
    return any(_is(found.record.get(capability.addresses.get("email", "")), email) for email in target.emails) or any(
        _is(found.record.get(capability.addresses.get("phone", "")), phone) for phone in target.phones
    )


def _is(held: Any, wanted: str) -> bool:
    return isinstance(held, str) and held.strip().lower() == wanted.lower()


def _mark_gone(links: Sequence[Link]) -> None:
    Link.objects.filter(pk__in=[link.pk for link in links]).update(gone_at=timezone.now())
