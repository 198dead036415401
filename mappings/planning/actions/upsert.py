"""upsert, update and set: make the person's record at the target hold what the mapping, or the rule, says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.comparing import same_value
from audit.ledger import identity_of, order_key
from audit.models import Change, ChangeState
from integrations.models import Connection, Link
from integrations.vendors.base import Client, Found
from integrations.vendors.errors import Rejected
from integrations.vendors.registry import vendor

from ...mapper import Comparison, Diff, Mapped, Schema, compare, map_record
from ...spec import MappingSpec, parse_mapping
from ..case import Case, Step
from ..sides import note_base, sides_of
from ..targets import Target, find_targets, schema_of, wanted_fields
from .folding import foldable


@dataclass(frozen=True)
class Work:
    """What one upsert action works with."""

    step: Step
    spec: MappingSpec
    version: int | None
    connection: Connection
    client: Client
    schema: Schema


def plan_upsert(step: Step, cases: Sequence[Case]) -> None:
    """Add the change each case needs, or say why none is needed."""
    work = _work(step)
    moves = step.action.name == "set"
    targets = find_targets(work.spec, cases, work.connection, work.client, work.schema, moves)
    for target in targets:
        if target.found is None or target.found.moved_to is None:
            _plan(work, target, work.spec.target_object, target.found, work.schema)
    _plan_moved(work, [t for t in targets if t.found is not None and t.found.moved_to is not None])
    if work.step.shop.is_two_way(work.spec):
        for case in cases:
            if case.problem is None:
                note_base(work.spec, case)


def _work(step: Step) -> Work:
    spec, version = step.shop.mappings[step.action.mapping] if step.action.mapping else (_spec_of_set(step), None)
    connection, client = step.shop.connections[spec.target_connection], step.shop.client(spec.target_connection)
    return Work(step, spec, version, connection, client, schema_of(connection, spec.target_object, client))


def _spec_of_set(step: Step) -> MappingSpec:
    """`set` is an update whose few fields stand in the rule itself; texts take placeholders."""
    fields = [
        {"to": field, "via": [{"template": value}]} if isinstance(value, str) else {"to": field, "value": value}
        for field, value in step.params["fields"].items()
    ]
    source = {"connection": step.rule.connection, "object": step.params["object"]}
    target = {"connection": step.params["connection"], "object": step.params["object"]}
    return parse_mapping("set", {"source": source, "target": target, "fields": fields})


def _plan_moved(work: Work, targets: Sequence[Target]) -> None:
    """Records that live on as another one, as the mapping says: write to that one, skip, or fail.

    A contact that is preferred to a new lead is written to in any case.
    """
    for target in targets:
        if target.preferred:
            continue
        if work.spec.converted == "skip":
            target.case.reasons.append(
                f"{work.spec.target_object} {_moved(target)[2]} is converted; the mapping skips those."
            )
        elif work.spec.converted == "fail":
            target.case.problem = Rejected(
                f"{work.spec.target_object} {_moved(target)[2]} is converted.",
                help="The mapping says to fail then. Settle it by hand.",
            )
    if work.spec.converted != "contact":
        targets = [target for target in targets if target.preferred]
    for object in dict.fromkeys(_moved(target)[0] for target in targets):
        group = [target for target in targets if _moved(target)[0] == object]
        schema = schema_of(work.connection, object, work.client)
        names = wanted_fields(work.spec, work.connection, object, schema)
        records = work.client.read(object, [_moved(target)[1] for target in group], names)
        for target in group:
            record_id = _moved(target)[1]
            if record_id in records:
                _plan(work, target, object, Found(object, record_id, records[record_id]), schema)
            else:
                target.case.reasons.append(f"{object} {record_id} no longer exists.")


def _moved(target: Target) -> tuple[str, str, str]:
    """(object, record id) it became, and the old record's id."""
    assert target.found is not None and target.found.moved_to is not None
    return (*target.found.moved_to, target.found.record_id)


def _plan(work: Work, target: Target, object: str, found: Found | None, schema: Schema) -> None:
    case, known = target.case, _known(target, found)
    mapped = map_record(work.spec, case.record, case.lookup, case.context())
    pending = target.pending if found is None else None
    if pending is not None and pending.state in (ChangeState.QUEUED, ChangeState.SENDING):
        known = pending.known  # on its way: only what is newer follows it
    if work.step.action.name != "upsert" and known is None:
        case.reasons.append(
            f"There is no {object} of this person at {work.connection.name}; {work.step.action.name} makes none."
        )
        return
    if found is not None and _link_of(target) is None:
        case.first_seen.append((work.connection, found))
    comparison = _compare(work, target, object, mapped, known, schema)
    _note_agreement(target, found, mapped)
    if comparison.conflicts:
        case.changes.append(
            _question(_change(work, target, object, found, pending, comparison.conflicts, comparison, known))
        )
    if comparison.diff:
        change = _change(work, target, object, found, pending, comparison.diff, comparison, known)
        change.folds = foldable(change, target.under_way)
        case.changes.append(change)
    elif not comparison.conflicts:
        _note_in_step(work, target, object, found)


def _known(target: Target, found: Found | None) -> Mapping[str, Any] | None:
    """What the record will hold once everything on its way to it has arrived."""
    if found is None:
        return None
    coming = [change for change in target.under_way if change.record_id in ("", found.record_id)]
    return {**found.record, **{name: entry["after"] for change in coming for name, entry in change.diff.items()}}


def _note_agreement(target: Target, found: Found | None, mapped: list[Mapped]) -> None:
    """Where the target holds what the mapping says, both sides agree: that is the base of the next comparison."""
    link = _link_of(target)
    if link is None or found is None:
        return
    agreed = {m.spec.to: found.record[m.spec.to] for m in mapped if m.spec.to in found.record}
    agreed = {name: value for name, value in agreed.items() if any(_says(m, name, value) for m in mapped)}
    if any(name not in link.snapshot or not same_value(link.snapshot[name], value) for name, value in agreed.items()):
        link.snapshot = {**link.snapshot, **agreed}
        target.case.agreed.append(link)


def _says(item: Mapped, name: str, value: Any) -> bool:
    return item.spec.to == name and same_value(item.value, value)


def _link_of(target: Target) -> Link | None:
    return next((link for link in target.links if target.found and link.record_id == target.found.record_id), None)


def _question(change: Change) -> Change:
    """Both sides changed these fields and the mapping says to ask: a person sees both values and decides."""
    names = ", ".join(change.diff)
    change.state = ChangeState.HELD
    change.held_reason = f"Both sides changed {names}. Approve to write the new value, reject to keep what is there."
    change.identity = identity_of(change.identity, "ask")
    return change


def _compare(
    work: Work, target: Target, object: str, mapped: list[Mapped], known: Mapping[str, Any] | None, schema: Schema
) -> Comparison:
    link = _link_of(target)
    guarded = frozenset(
        flag.field for flag in vendor(work.connection.vendor).capabilities.opt_outs if flag.object == object
    )
    comparison = compare(
        mapped,
        known,
        schema,
        guarded=guarded,
        made_up=frozenset(link.synthetic) if link else frozenset(),
        sides=sides_of(work.spec, target.case, work.step.shop, link, target.found),
    )
    _add_key(work, target, known, schema, comparison)
    return comparison


def _add_key(
    work: Work, target: Target, known: Mapping[str, Any] | None, schema: Schema, comparison: Comparison
) -> None:
    """A record found by its address gets our key, unless it carries one already."""
    name = work.spec.key_field
    if known is None or not name or not target.key or known.get(name) or target.pending is not None:
        return
    if _link_of(target) is not None:
        return  # we know it by its id
    if schema is not None and (name not in schema or not schema[name].updateable):
        return
    comparison.diff[name] = {
        "before": None,
        "after": target.key,
        "from": work.spec.key_from,
        "via": [],
        "synthetic": False,
    }


def _note_in_step(work: Work, target: Target, object: str, found: Found | None) -> None:
    """Nothing to write; the record is remembered as this person's all the same."""
    case = target.case
    where = f"{object} {found.record_id}" if found else object
    case.reasons.append(f"{where} at {work.connection.name} already holds all of it.")
    if found and case.person:
        case.links.append(
            Link(
                person=case.person,
                connection=work.connection,
                object=object,
                record_id=found.record_id,
                snapshot=found.record,
            )
        )


def _change(
    work: Work,
    target: Target,
    object: str,
    found: Found | None,
    pending: Change | None,
    diff: Diff,
    comparison: Comparison,
    known: Mapping[str, Any] | None,
) -> Change:
    case, chained = target.case, pending is not None and known is not None
    person_id = case.person.pk if case.person else None
    key = pending.external_id if chained and pending else target.key
    made_by_key = found is None and bool(work.spec.key_field) and bool(key)
    after = {field: entry["after"] for field, entry in diff.items()}
    return Change(
        connection=work.connection,
        object=object,
        operation=work.step.action.name,
        kind=_kind(work.connection, object),
        record_id=found.record_id if found else "",
        key_field=work.spec.key_field if made_by_key else "",
        external_id=key if made_by_key else "",
        person_id=person_id,
        event=case.event,
        rule=work.step.rule.name,
        mapping=work.step.action.mapping,
        mapping_version=work.version,
        diff=diff,
        notes=comparison.notes,
        known={**(known or {}), **after},
        lane=work.step.shop.lane if work.step.shop.lane != "optouts" else "events",
        order_key=order_key(work.connection, person_id, found.record_id if found else ""),
        identity=identity_of(case.event.id, work.step.rule.name, work.step.position),
        depends_on=pending if chained else None,
        replaces=None if chained else pending,  # one that failed or waits to make the same record gives way to it
        run_id=case.event.run_id,
    )


def _kind(connection: Connection, object: str) -> str:
    capability = vendor(connection.vendor).capabilities.object(object)
    return capability.kind if capability else "other"
