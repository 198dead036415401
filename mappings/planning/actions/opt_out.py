"""opt_out: a person said stop; every record of theirs at the named connections is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit import optouts
from audit.models import Channel, OptOut
from integrations.models import Connection, Person
from integrations.people import Pair, emails_of, normal_email, pairs_of, who_holds
from integrations.schemas import fields_of
from integrations.vendors.base import Client, Found
from integrations.vendors.errors import CrosswalkError, FieldHidden
from integrations.vendors.registry import vendor

from ..case import Case, Step, Workshop

STATE = "opt_out.changed"  # that a record holds a stop now, whoever wrote it there
STOPPED = "stopped"  # in the context of such an event: of which channels, where its vendor says so


def plan_opt_out(step: Step, cases: Sequence[Case]) -> None:
    """Register each person's stop first, then find and tell their records.

    What cannot be looked up now is looked up later.
    """
    holders = who_holds(pair for case in cases for pair in pairs_of(*_address(case)))
    hearings = _hearings(step, cases)
    stops = {case.event.id: _register(step, case, holders, hearings[case.event.id]) for case in cases}
    for name in step.params["connections"]:
        told = [(c, stop) for c in cases if name in hearings[c.event.id].targets for stop in stops[c.event.id]]
        tell_stops(step.shop, step.shop.connections[name], told)


@dataclass(frozen=True)
class Hearing:
    """Who must know of what an event says; `echoes` when it only says what we wrote there ourselves."""

    targets: Sequence[str]
    echoes: bool = False


def _hearings(step: Step, cases: Sequence[Case]) -> dict[str, Hearing]:
    """By event. A stop that we wrote there ourselves does not go back to where it was heard."""
    names = list(step.params["connections"])
    states = [case for case in cases if case.event.type == STATE]
    heard = optouts.heard_where(states[0].event.connection, [c.person for c in states if c.person]) if states else {}
    hearings = {case.event.id: Hearing(names) for case in cases}
    for case in states:
        origins = heard.get((case.event.object, case.event.record_id), set())
        if origins:
            left = [name for name in names if name not in origins]
            hearings[case.event.id] = Hearing(left, echoes=True)
            case.reasons.append(f"We wrote this stop there ourselves; it was heard at {', '.join(sorted(origins))}.")
    return hearings


def _address(case: Case) -> tuple[str, str]:
    return case.kind.identify(case.event.object, case.record)


def _register(step: Step, case: Case, holders: Mapping[Pair, Sequence[Person]], hearing: Hearing) -> list[OptOut]:
    """Nobody's when nobody is to know. Whoever else holds the address said stop as well: it may have been them."""
    email, phone = _address(case)
    stops: list[OptOut] = []
    if not hearing.targets:
        return stops
    for channel in _channels(step, case):
        by_email = channel in (Channel.EMAIL, Channel.ALL)
        address, pairs = (normal_email(email), pairs_of(email, "")) if by_email else (phone, pairs_of("", phone))
        others = [person for pair in pairs for person in holders.get(pair, [])]
        people = [person for person in dict.fromkeys([case.person, *others]) if person is not None]
        stops += [_stop(step, case, person, address, channel, hearing) for person in people]
    return stops


def _channels(step: Step, case: Case) -> list[str]:
    """Those of the rule; where the event says what is stopped, only what is: who wants no SMS may want mail."""
    named: list[str] = list(step.params.get("channels") or [Channel.EMAIL])
    stopped = case.event.context.get(STOPPED)
    if not isinstance(stopped, list) or Channel.ALL in stopped:
        return named
    both = stopped if Channel.ALL in named else [channel for channel in named if channel in stopped]
    if not both:
        case.reasons.append(f"What was stopped there is {', '.join(stopped)}, of which the rule tells nobody.")
    return both


def _stop(step: Step, case: Case, person: Person, address: str, channel: str, hearing: Hearing) -> OptOut:
    return optouts.register_opt_out(
        person,
        address,
        channel,
        case.event,
        case.happened_at,
        hearing.targets,
        is_said=not hearing.echoes,
        reason=step.params.get("reason", ""),
        rule=step.rule.name,
    )


def tell_stops(shop: Workshop, connection: Connection, stops: Sequence[tuple[Case, OptOut]]) -> None:
    """Find every record of these people at a connection, and plan the changes that tell them."""
    objects = optouts.objects_of(connection, [stop.channel for _case, stop in stops])
    for case, stop in stops:
        if not objects:
            case.reasons.append(f"{connection.name} has nowhere to keep an opt-out of {stop.get_channel_display()}.")
    try:
        found = _look_up(shop.client(connection.name), connection, objects, stops)
    except FieldHidden:
        raise
    except CrosswalkError as error:  # tell what is known now, look up the rest later
        found = {stop.id: optouts.known_records(stop, connection, objects) for _case, stop in stops}
        for case, _stop in stops:
            case.problem = error
    for case, stop in stops:
        _add_changes(case, stop, connection, found.get(stop.id, []))


def _look_up(
    client: Client, connection: Connection, objects: Sequence[str], stops: Sequence[tuple[Case, OptOut]]
) -> dict[str, list[Found]]:
    """Every record of each person, by id and by each of their addresses, and what converted records became."""
    addresses = emails_of(stop.person for _case, stop in stops)
    found: dict[str, list[Found]] = {stop.id: [] for _case, stop in stops}
    for object in objects:
        ids = {stop.id: _ids(stop, connection, object, found[stop.id]) for _case, stop in stops}
        records = _find(client, connection, object, ids, addresses)
        email_field = _email_field(connection, object)
        tells = {(s.address, s.channel, record_id): s.id for _case, s in stops for record_id in ids[s.id]}
        for _case, stop in stops:
            wanted = {stop.address, *addresses.get(stop.person_id, [])} - {""}
            found[stop.id] += [
                f
                for f in records
                if f.record_id in ids[stop.id]
                or (
                    _email(f, email_field) in wanted  # of several who hold the address, one tells the record
                    and tells.setdefault((stop.address, stop.channel, f.record_id), stop.id) == stop.id
                )
            ]
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
