"""Opt-outs: the register of who said stop, the changes that tell every system, and what they hold back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from integrations import clock
from integrations.models import Connection, Event, Link, Person
from integrations.people import emails_of, normal_email
from integrations.schemas import known_fields
from integrations.vendors.base import Found, ObjectCapability, OptOutField
from integrations.vendors.registry import vendor
from integrations.waiting import due_now

from .calls import is_call, operation_of
from .hooks.recording import tell_opt_outs
from .ledger import identity_of, order_key, record_changes, wake_for
from .models import Change, ChangeState, Channel, Kind, OptOut, OptOutState

OPT_OUT, OPT_IN = "opt_out", "opt_in"
OPTED_OUT = "The person opted out"
UNTOLD = f"{OPTED_OUT}, and nothing says so under the new address there yet. It goes on when something does."


def flags_of(connection: Connection, object: str, channel: str = "all") -> list[OptOutField]:
    """The fields of an object that show this channel's opt-out at the connection's vendor.

    Of "all" these are all there are. A vendor's one field for everything is for channels that have none of their own.
    """
    flags = [f for f in vendor(connection.vendor).capabilities.opt_outs if f.object == object]
    if channel == "all":
        return flags
    return [f for f in flags if f.channel == channel] or [f for f in flags if f.channel == "all"]


def objects_of(connection: Connection, channels: Iterable[str]) -> list[str]:
    """The objects of a connection that can show an opt-out of these channels."""
    wanted = set(channels)
    flags = vendor(connection.vendor).capabilities.opt_outs
    return list(dict.fromkeys(f.object for f in flags if "all" in wanted | {f.channel} or f.channel in wanted))


@transaction.atomic
def register_opt_out(
    person: Person,
    address: str,
    channel: str,
    event: Event,
    heard_at: datetime,
    targets: Sequence[str],
    *,
    is_said: bool = True,
    reason: str = "",
    rule: str = "",
) -> OptOut:
    """Write a person's stop down; hearing it again adds what is new to the one in force. May be repeated.

    `is_said` is False when nobody said it again, and somebody only saw what we wrote: the times stay as they are.
    """
    facts = {"person": person, "address": address, "channel": channel, "scope": "global", "list_id": ""}
    found = OptOut.objects.select_for_update().filter(**facts, state=OptOutState.OPEN).first()
    if found is None:
        found, made = OptOut.objects.get_or_create(
            **facts,
            state=OptOutState.OPEN,
            defaults={
                "connection": event.connection,
                "event": event,
                "evidence": evidence_of(event),
                "targets": list(targets),
                "reason": reason,
                "rule": rule,
                "heard_at": heard_at,
            },
        )
        if made:
            tell_opt_outs([found])
            return found
    hear_again(found, targets, heard_at if is_said else None)
    return found


def hear_again(opt_out: OptOut, targets: Sequence[str], heard_at: datetime | None) -> None:
    """It counts from when it was heard first, until an opt-in that is newer than when it was heard last. Saves."""
    opt_out.targets = [*opt_out.targets, *(name for name in targets if name not in opt_out.targets)]
    if heard_at is not None:
        opt_out.heard_last_at = max(last_heard(opt_out), heard_at)
        opt_out.heard_at = min(opt_out.heard_at, heard_at)
    opt_out.save(update_fields=["targets", "heard_at", "heard_last_at"])


def last_heard(opt_out: OptOut, others: Iterable[OptOut] = ()) -> datetime:
    """When the person last said so, about this channel, at whatever address: only an opt-in after that lifts it."""
    said = [opt_out, *(other for other in others if concern_the_same(opt_out, other))]
    return max(stop.heard_last_at or stop.heard_at for stop in said)


def concern_the_same(one: OptOut, other: OptOut) -> bool:
    """A stop of all channels stands in the same fields as that of one of them."""
    return one.channel == other.channel or Channel.ALL in (one.channel, other.channel)


def evidence_of(event: Event) -> dict[str, Any]:
    """What proves the opt-out when the event itself is pruned one day."""
    return {
        "event": event.id,
        "vendor_event_id": event.vendor_event_id,
        "vendor_type": event.vendor_type,
        "record_id": event.record_id,
        "list": (event.record.get("campaign") or {}).get("name", "") if isinstance(event.record, dict) else "",
        "body_sha256": event.body_hash,
        "received_at": event.received_at.isoformat(),
    }


def open_opt_outs(people: Iterable[Person | str]) -> dict[str, list[OptOut]]:
    """Opt-outs in force by person id."""
    found: dict[str, list[OptOut]] = {}
    ids = [person if isinstance(person, str) else person.pk for person in people]
    for opt_out in OptOut.objects.filter(person_id__in=ids, state=OptOutState.OPEN).order_by("id"):
        found.setdefault(opt_out.person_id, []).append(opt_out)
    return found


def heard_where(connection: Connection, people: Iterable[Person]) -> dict[tuple[str, str], set[str]]:
    """By (object, record id): where the stops in force were heard that we told these people's records ourselves."""
    told = Change.objects.filter(person__in=list(people), connection=connection, operation=OPT_OUT)
    told = told.filter(state=ChangeState.APPLIED, opt_out__state=OptOutState.OPEN)
    found: dict[tuple[str, str], set[str]] = {}
    for object, record_id, name in told.values_list("object", "record_id", "opt_out__connection__name"):
        found.setdefault((object, record_id), set()).add(name)
    return found


# --- telling the systems ---------------------------------------------------------------------------------------


def stop_diff(connection: Connection, object: str, opt_out: OptOut, before: dict[str, Any] | None) -> dict[str, Any]:
    """Before and after of the fields that say stop; `before` is what the record is known to hold, None when unknown."""
    values: dict[str, Any] = {}
    schema = known_fields(connection, object)
    for flag in flags_of(connection, object, opt_out.channel):
        values[flag.field] = flag.stop
        if flag.date_field and schema and flag.date_field in schema and schema[flag.date_field].updateable:
            values[flag.date_field] = _moment(opt_out.heard_at, schema[flag.date_field].type)
    extra = (connection.options or {}).get("opt_out_values", {}).get(object, {})
    return {
        field: {"before": (before or {}).get(field), "after": value, "from": "opt-out", "via": [], "synthetic": False}
        for field, value in {**values, **extra}.items()
    }


def _moment(when: datetime, kind: str) -> str:
    if kind == "date":
        return when.astimezone(UTC).date().isoformat()
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def says_stop(connection: Connection, object: str, channel: str, record: dict[str, Any]) -> bool:
    """Whether the record already holds the opt-out."""
    flags = flags_of(connection, object, channel)
    return bool(flags) and all(record.get(flag.field) == flag.stop for flag in flags)


def change_for(
    opt_out: OptOut, connection: Connection, found: Found, event: Event | None, actor: str = "rule"
) -> Change:
    """The change that tells one record. The same opt-out tells a record once."""
    return Change(
        connection=connection,
        object=found.object,
        operation=OPT_OUT,
        kind=Kind.OPT_OUT,
        record_id=found.record_id,
        person_id=opt_out.person_id,
        event=event,
        opt_out=opt_out,
        rule=opt_out.rule,
        diff=stop_diff(connection, found.object, opt_out, found.record),
        lane="optouts",
        order_key=order_key(connection, opt_out.person_id),
        identity=identity_of(OPT_OUT, opt_out.id, connection.pk, found.object, found.record_id),
        actor=actor,
    )


def note_already(opt_out: OptOut, connection: Connection, found: Found) -> None:
    """The record held the opt-out before we could tell it: also a fact worth keeping. Saves."""
    spot = {"connection": connection.name, "object": found.object, "record_id": found.record_id}
    if not any({**entry, "at": None} == {**spot, "at": None} for entry in opt_out.already):
        opt_out.already = [*opt_out.already, {**spot, "at": clock.now().isoformat()}]
        opt_out.save(update_fields=["already"])


def add_flags(change: Change, opt_outs: Sequence[OptOut]) -> None:
    """A record made for somebody who is opted out is made with the flag set, in the same write."""
    for opt_out in opt_outs:
        if change.connection.name in opt_out.targets or flags_of(change.connection, change.object, opt_out.channel):
            change.diff = {**change.diff, **stop_diff(change.connection, change.object, opt_out, None)}


def is_subscribing(change: Change) -> bool:
    """Whether this write would subscribe or re-add the person at its vendor.

    It makes a record, moves one to another place, or gives it an address under which nothing says stop.
    """
    if is_call(change):
        operation = operation_of(change)
        return operation is not None and operation.subscribing
    capability = vendor(change.connection.vendor).capabilities.object(change.object)
    if capability is None or change.operation not in capability.subscribing:
        return False
    return not change.record_id or capability.one_per in change.diff or _brings_free_address(change, capability)


def _brings_free_address(change: Change, capability: ObjectCapability) -> bool:
    """Where stops are kept by address, a new one is told first."""
    entry = change.diff.get(capability.addresses.get("email", ""))
    objects = [
        name for name in objects_of(change.connection, [Channel.EMAIL]) if _is_of_addresses(change.connection, name)
    ]
    if not entry or not objects:
        return False
    address = normal_email(str(entry["after"] or ""))
    told = Change.objects.filter(connection=change.connection, operation=OPT_OUT, state=ChangeState.APPLIED)
    told = told.filter(object__in=objects, record_id=address, opt_out__state=OptOutState.OPEN)
    return not told.exists() and not _is_held_already(change, address)


def _is_held_already(change: Change, address: str) -> bool:
    stops = open_opt_outs([change.person_id] if change.person_id else []).get(change.person_id or "", [])
    spots = [(entry["connection"], entry["record_id"]) for stop in stops for entry in stop.already]
    return (change.connection.name, address) in spots


def held_by(change: Change, opt_outs: Sequence[OptOut]) -> str:
    """Why a subscribing write waits."""
    capability = vendor(change.connection.vendor).capabilities.object(change.object)
    if change.record_id and capability is not None and capability.one_per not in change.diff:
        return UNTOLD
    who = opt_outs[0]
    when = f"{timezone.localtime(who.heard_at):%Y-%m-%d %H:%M}"
    return f"{OPTED_OUT} ({who.get_channel_display()}, {when}). Only a newer opt-in lifts it."


def release_told(changes: Sequence[Change]) -> None:
    """New addresses that are stopped now may be written. Call inside a transaction."""
    told = [c for c in changes if c.operation == OPT_OUT and c.person_id and _is_of_addresses(c.connection, c.object)]
    waiting = Change.objects.filter(person__in={c.person_id for c in told}, state=ChangeState.HELD, held_reason=UNTOLD)
    free = [change.id for change in waiting if not is_subscribing(change)] if told else []
    _let_go(Change.objects.filter(id__in=free))


def cover_new_records(changes: Sequence[Change]) -> list[Change]:
    """Records just made for people who said stop in the meantime are told at once. Call inside a transaction."""
    made = [change for change in changes if change.created and change.kind == Kind.CONTACT and change.person_id]
    opt_outs = open_opt_outs(change.person_id for change in made if change.person_id)
    missed = [
        change_for(
            opt_out, change.connection, Found(change.object, change.record_id, _after(change)), None, actor="opt-out"
        )
        for change in made
        for opt_out in opt_outs.get(change.person_id or "", [])
        if not says_stop(change.connection, change.object, opt_out.channel, _after(change))
        and flags_of(change.connection, change.object, opt_out.channel)
    ]
    missed += _of_addresses(made, opt_outs)
    recorded = record_changes(missed) if missed else []
    wake_for(recorded)
    return recorded


def cover_unknown_records(changes: Sequence[Change]) -> None:
    """Who may have been put somewhere by a write that is held now is told of by address; nobody looks for the record.

    Call inside a transaction.
    """
    opt_outs = open_opt_outs(change.person_id for change in changes if change.person_id) if changes else {}
    missed = _of_addresses(changes, opt_outs)
    wake_for(record_changes(missed) if missed else [])


def _of_addresses(changes: Sequence[Change], opt_outs: Mapping[str, Sequence[OptOut]]) -> list[Change]:
    return [
        change_for(opt_out, change.connection, found, None, actor="opt-out")
        for change in changes
        for opt_out in opt_outs.get(change.person_id or "", [])
        for found in address_records(opt_out, change.connection)
    ]


def _after(change: Change) -> dict[str, Any]:
    return {field: entry["after"] for field, entry in change.diff.items()}


# --- opting in again -------------------------------------------------------------------------------------------


@transaction.atomic
def lift_opt_out(opt_out: OptOut, by: dict[str, Any]) -> bool:
    """End an opt-out because of a newer, explicit opt-in; what it held back goes on. True when it was in force."""
    lifted = OptOut.objects.filter(pk=opt_out.pk, state=OptOutState.OPEN).update(
        state=OptOutState.LIFTED, lifted_at=clock.now(), lifted_by=by
    )
    if lifted and not OptOut.objects.filter(person_id=opt_out.person_id, state=OptOutState.OPEN).exists():
        _release(opt_out.person_id)
    return bool(lifted)


def _release(person_id: str) -> None:
    """What waits for an approval as well goes on waiting."""
    _let_go(Change.objects.filter(person_id=person_id, held_reason__startswith=OPTED_OUT))


def _let_go(changes: QuerySet[Change]) -> None:
    changes.filter(state=ChangeState.HELD).update(state=ChangeState.QUEUED, held_reason="", **due_now())


def known_records(opt_out: OptOut, connection: Connection, objects: Sequence[str]) -> list[Found]:
    """What can be told without asking the vendor: the records we know of, and the addresses themselves."""
    linked = linked_records(opt_out, connection, objects)
    known = {(found.object, found.record_id) for found in linked}
    return linked + [f for f in address_records(opt_out, connection) if (f.object, f.record_id) not in known]


def address_records(opt_out: OptOut, connection: Connection) -> list[Found]:
    """Where a record is an address itself (a blocklist): one for each address of the person, who may have no other."""
    objects = [name for name in objects_of(connection, [opt_out.channel]) if _is_of_addresses(connection, name)]
    addresses = emails_of([opt_out.person]).get(opt_out.person_id, []) if objects else []
    return [Found(name, address, {}) for name in objects for address in sorted(addresses)]


def _is_of_addresses(connection: Connection, object: str) -> bool:
    capability = vendor(connection.vendor).capabilities.object(object)
    return any(capability and flag.email_field == capability.id_field for flag in flags_of(connection, object))


def linked_records(opt_out: OptOut, connection: Connection, objects: Sequence[str]) -> list[Found]:
    """Records of the person that we know of at the connection."""
    links = Link.objects.filter(person_id=opt_out.person_id, connection=connection, object__in=objects, gone_at=None)
    return [Found(link.object, link.record_id, link.snapshot) for link in links]
