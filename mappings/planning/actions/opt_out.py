"""opt_out: a person said stop; every record of theirs at the named connections is told."""

from __future__ import annotations

from collections.abc import Sequence

from audit import optouts
from audit.models import Channel, OptOut
from integrations.models import Connection
from integrations.people import emails_of, normal_email
from integrations.schemas import fields_of
from integrations.vendors.base import Client, Found
from integrations.vendors.errors import CrosswalkError, FieldHidden
from integrations.vendors.registry import vendor

from ..case import Case, Step


def plan_opt_out(step: Step, cases: Sequence[Case]) -> None:
    """Register each person's stop first, then find and tell their records.

    What cannot be looked up now is looked up later.
    """
    stops = [(case, stop) for case in cases for stop in _register(step, case)]
    for name in step.params["connections"]:
        _tell(step, step.shop.connections[name], stops)


def _register(step: Step, case: Case) -> list[OptOut]:
    if case.person is None:
        return []
    email, phone = case.kind.identify(case.event.object, case.record)
    channels = step.params.get("channels") or [Channel.EMAIL]
    return [
        optouts.register_opt_out(
            case.person,
            normal_email(email) if channel in (Channel.EMAIL, Channel.ALL) else phone,
            channel,
            case.event,
            step.params["connections"],
            reason=step.params.get("reason", ""),
            rule=step.rule.name,
        )
        for channel in channels
    ]


def _tell(step: Step, connection: Connection, stops: Sequence[tuple[Case, OptOut]]) -> None:
    objects = optouts.objects_of(connection, step.params.get("channels") or [Channel.EMAIL])
    for case, stop in stops:
        if not objects:
            case.reasons.append(f"{connection.name} has nowhere to keep an opt-out of {stop.get_channel_display()}.")
    try:
        found = _look_up(step.shop.client(connection.name), connection, objects, stops)
    except FieldHidden:
        raise
    except CrosswalkError as error:  # tell what is known now, look up the rest later
        found = {stop.id: optouts.linked_records(stop, connection, objects) for _case, stop in stops}
        for case, _stop in stops:
            case.problem = error
    for case, stop in stops:
        _add_changes(case, stop, connection, found.get(stop.id, []))


def _look_up(
    client: Client, connection: Connection, objects: Sequence[str], stops: Sequence[tuple[Case, OptOut]]
) -> dict[str, list[Found]]:
    """Every record of each person, by id and by each of their addresses, and what converted records became."""
    addresses = emails_of(case.person for case, _stop in stops if case.person)
    found: dict[str, list[Found]] = {stop.id: [] for _case, stop in stops}
    for object in objects:
        ids = {stop.id: _ids(stop, connection, object, found[stop.id]) for _case, stop in stops}
        records = _find(client, connection, object, ids, addresses)
        email_field = _email_field(connection, object)
        for _case, stop in stops:
            wanted = {stop.address, *addresses.get(stop.person_id, [])} - {""}
            found[stop.id] += [f for f in records if f.record_id in ids[stop.id] or _email(f, email_field) in wanted]
    return found


def _ids(stop: OptOut, connection: Connection, object: str, found: Sequence[Found]) -> list[str]:
    """Records known by their link, and those that records found so far were converted to."""
    linked = [record.record_id for record in optouts.linked_records(stop, connection, [object])]
    return linked + [f.moved_to[1] for f in found if f.moved_to and f.moved_to[0] == object and f.moved_to[1]]


def _find(
    client: Client, connection: Connection, object: str, ids: dict[str, list[str]], addresses: dict[str, list[str]]
) -> list[Found]:
    capability = vendor(connection.vendor).capabilities.object(object)
    keys = {
        capability.id_field if capability else "Id": [record_id for group in ids.values() for record_id in group],
        _email_field(connection, object): [address for group in addresses.values() for address in group],
    }
    keys = {field: list(dict.fromkeys(values)) for field, values in keys.items() if values}
    return client.find_any(object, keys, _fields(client, connection, object)) if keys else []


def _fields(client: Client, connection: Connection, object: str) -> list[str]:
    """The e-mail and the flags, those the vendor shows us; a hidden flag is found out loudly when it is written."""
    schema = fields_of(connection, object, client)
    flags = vendor(connection.vendor).capabilities.opt_outs
    names = [_email_field(connection, object)]
    names += [name for f in flags if f.object == object for name in (f.field, f.date_field) if name]
    return [name for name in dict.fromkeys(names) if name in schema]


def _email_field(connection: Connection, object: str) -> str:
    flags = vendor(connection.vendor).capabilities.opt_outs
    return next((flag.email_field for flag in flags if flag.object == object), "")


def _email(found: Found, field: str) -> str:
    return normal_email(str(found.record.get(field) or ""))


def _add_changes(case: Case, stop: OptOut, connection: Connection, records: Sequence[Found]) -> None:
    for found in records:
        if optouts.says_stop(connection, found.object, stop.channel, found.record):
            optouts.note_already(stop, connection, found)
            case.reasons.append(f"{found.object} {found.record_id} at {connection.name} was opted out already.")
        else:
            case.changes.append(optouts.change_for(stop, connection, found, case.event))
    if not records and case.problem is None:
        case.reasons.append(f"Nobody with this address is at {connection.name}; a record made later is made opted out.")
