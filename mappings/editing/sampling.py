"""Finds one real record to show a mapping with: at the source by id, e-mail or event, and what the target holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from integrations.clients import open_client
from integrations.models import Connection, Event
from integrations.schemas import fields_of
from integrations.storable import storable
from integrations.vendors.base import Client, Found, ObjectCapability, Record
from integrations.vendors.errors import Ambiguous, MappingInvalid, NotFound, RecordError
from integrations.vendors.registry import vendor

from ..mapper import Schema
from ..planning.targets import place_wanted
from ..preview import Preview, preview_mapping
from ..spec import MappingSpec
from ..transforms import Context

LOOKED_THROUGH = 200  # events at the most, for one record of a source that cannot be asked


@dataclass(frozen=True)
class Sample:
    """One record with what the mapping would do to it. `target` is None when a new record would be made."""

    record: Record
    target: Record | None
    preview: Preview


def preview_record(spec: MappingSpec, record: Record) -> Sample:
    """Preview with this record. Raises what the target's client raises."""
    connection = _connection(spec.target_connection)
    client = open_client(connection)
    schema = _schema(connection, spec.target_object, client)
    target = _find_target(spec, record, connection, client, schema)
    return Sample(record, target, preview_mapping(spec, record, target, schema))


def read_record(spec: MappingSpec, record_id: str) -> Record:
    """The source's record. Raises NotFound when there is none."""
    connection = _connection(spec.source_connection)
    if not vendor(connection.vendor).capabilities.can_read(spec.source_object):
        return _as_told(spec, connection, record_id)
    record = open_client(connection).read(spec.source_object, [record_id], sorted(spec.paths())).get(record_id)
    if record is None:
        raise NotFound(f"{spec.source_connection} has no {spec.source_object} {record_id}.")
    return record


def read_record_by_email(spec: MappingSpec, email: str) -> Record:
    """The source's record with this address; the first when it is on several lists. Raises NotFound."""
    connection = _connection(spec.source_connection)
    if not vendor(connection.vendor).capabilities.can_read(spec.source_object):
        return _as_told(spec, connection, email.strip())
    field = _capability(connection, spec.source_object).addresses.get("email", "")
    found = open_client(connection).find(spec.source_object, field, [email.strip()]) if field else []
    if not found:
        raise NotFound(f"{spec.source_connection} has no {spec.source_object} with this e-mail address.")
    return read_record(spec, found[0].record_id)


def record_of_event(spec: MappingSpec, event: Event) -> Record:
    """The event's record, completed from the source. Raises MappingInvalid for an event of something else."""
    if event.connection.name != spec.source_connection or event.object != spec.source_object:
        raise MappingInvalid(f"This event is not about a {spec.source_object} of {spec.source_connection}.")
    can_read = vendor(event.connection.vendor).capabilities.can_read(event.object)
    if spec.read == "never" or not event.record_id or not can_read:
        return dict(event.record)
    return {**event.record, **storable(read_record(spec, event.record_id))}


def _as_told(spec: MappingSpec, connection: Connection, who: str) -> Record:
    """Where nothing can be read, what the newest event said of this record id, e-mail address or event id."""
    identify = vendor(connection.vendor).identify
    told = Event.objects.filter(connection=connection, object=spec.source_object).order_by("-id")
    for event in told[:LOOKED_THROUGH]:
        email, _phone = identify(event.object, event.record)
        if who.lower() in (event.id.lower(), event.record_id.lower(), email.lower()):
            return dict(event.record)
    raise NotFound(
        f"None of the last {LOOKED_THROUGH} events of {connection.name} is about this record.",
        help="Let the tool send it once more, then look again.",
    )


def _connection(name: str) -> Connection:
    connection = Connection.objects.filter(name=name).first()
    if connection is None:
        raise MappingInvalid(f"There is no connection {name}.")
    return connection


def _capability(connection: Connection, object: str) -> ObjectCapability:
    return vendor(connection.vendor).capabilities.object(object) or ObjectCapability(object, "other")


def _schema(connection: Connection, object: str, client: Client) -> Schema:
    try:
        return fields_of(connection, object, client)
    except RecordError:  # the vendor does not describe this object
        return None


def _find_target(
    spec: MappingSpec, record: Record, connection: Connection, client: Client, schema: Schema
) -> Record | None:
    """What the target holds now: by the key, else by e-mail. Raises Ambiguous when several living records fit."""
    keys, apart = _keys(spec, record, connection), _capability(connection, spec.target_object).one_per
    fields = [*(row.to for row in spec.fields), *filter(None, (spec.key_field, apart))]
    wanted = [name for name in dict.fromkeys(fields) if schema is None or name in schema]
    found = client.find_any(spec.target_object, keys, wanted) if keys else []
    if apart:
        found = _of_its_place(spec, record, found, apart)
    chosen = _by_key(found, spec, keys) or [item for item in found if item.moved_to is None] or found
    if len(chosen) > 1:
        raise Ambiguous(f"{len(chosen)} records of {spec.target_object} fit this person.")
    return chosen[0].record if chosen else None


def _of_its_place(spec: MappingSpec, record: Record, found: list[Found], apart: str) -> list[Found]:
    """Of a person's records those that the mapping writes to, where they have one for each list."""
    source = vendor(_connection(spec.source_connection).vendor)

    def lookup(path: str) -> tuple[bool, Any]:
        return source.path(record, path)

    place = place_wanted(spec, record, lookup, Context(record, lookup), apart)
    return [each for each in found if place is None or each.record.get(apart) == place]


def _keys(spec: MappingSpec, record: Record, connection: Connection) -> dict[str, list[str]]:
    source = vendor(_connection(spec.source_connection).vendor)
    key: Any = source.path(record, spec.key_from)[1] if spec.key_from else None
    email, phone = source.identify(spec.source_object, record)
    addresses = _capability(connection, spec.target_object).addresses
    keys = {spec.key_field: str(key) if key not in (None, "") else ""}
    known = {"email": email, "phone": phone}
    keys |= {addresses.get(kind, ""): value for kind, value in known.items() if kind in spec.match}
    return {field: [value] for field, value in keys.items() if field and value}


def _by_key(found: list[Found], spec: MappingSpec, keys: dict[str, list[str]]) -> list[Found]:
    return [item for item in found if [str(item.record.get(spec.key_field))] == keys.get(spec.key_field)]
