"""Runs: one pass over many records. A run turns records into events; the planner and the delivery do the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from integrations import clock
from integrations.clients import open_client
from integrations.health import note_failure
from integrations.ids import new_id
from integrations.leases import LEASE, over_before, skip_claimed
from integrations.models import Connection, Event, EventSource, Link
from integrations.people import emails_of, find_people, normal_email
from integrations.receive import order_key, store
from integrations.storable import storable
from integrations.vendors.base import Record
from integrations.vendors.errors import CrosswalkError, TransientError
from integrations.vendors.registry import vendor
from integrations.wake import wake

from .models import Rule, Run, RunKind, RunState

# A resync runs the rules that carry a record's state; it repeats nobody's act: no opt-out, no opening, no click.
STATE_EVENTS = ("contact.created", "contact.updated", "contact.subscribed", "contact.tagged", "contact.moved")


class RunRefused(Exception):
    """The run cannot be started; says why."""


def start_run(kind: str, scope: dict[str, Any], actor: str, dry_run: bool = False) -> Run:
    """Queue a run and wake a worker. `scope` is one of {"email"}, {"rule"}, {"connection"}. Raises RunRefused."""
    if kind != RunKind.RESYNC:
        raise RunRefused(f"{kind} is not available yet; start a resync instead.")
    if dry_run:
        raise RunRefused("A dry run of a resync is not available yet.")
    if not rules_of(scope):
        raise RunRefused(_nothing_to_run(scope))
    run = Run.objects.create(kind=kind, scope=scope, actor=actor, dry_run=dry_run)
    wake("bulk")
    return run


def _nothing_to_run(scope: dict[str, Any]) -> str:
    if "rule" in scope:
        return f"There is no rule {scope['rule']} that is on and carries a record's state."
    if "connection" in scope:
        return f"No rule that is on starts at {scope['connection']}."
    return "No rule is on."


def rules_of(scope: dict[str, Any]) -> list[Rule]:
    """The rules a run repeats."""
    rules = Rule.objects.filter(enabled=True, event__in=STATE_EVENTS).select_related("connection").order_by("pk")
    if "rule" in scope:
        rules = Rule.objects.filter(enabled=True, name=scope["rule"]).select_related("connection")
        return [rule for rule in rules if rule.event in STATE_EVENTS]
    if "connection" in scope:
        rules = rules.filter(connection__name=scope["connection"])
    return list(rules)


def advance_runs() -> int:
    """Take one run a page further. Returns 1 when there was one."""
    run = _claim()
    if run is None:
        return 0
    try:
        _advance(run)
    except CrosswalkError as error:
        _fail(run, error)
    return 1


@transaction.atomic
def _claim() -> Run | None:
    now = clock.now()
    free = Q(lease_until=None) | Q(lease_until__lt=over_before())
    due = Run.objects.filter(free, state__in=(RunState.QUEUED, RunState.RUNNING), next_attempt_at__lte=now)
    run = skip_claimed(due.order_by("id")).first()
    if run is not None:
        run.state, run.lease, run.lease_until = RunState.RUNNING, new_id(), now + LEASE
        run.started_at = run.started_at or now
        run.save(update_fields=["state", "lease", "lease_until", "started_at"])
    return run


def _advance(run: Run) -> None:
    """One page of the rule the run is at.

    The cursor and the events commit together, so that a crash repeats nothing.
    """
    rules = rules_of(run.scope)
    if run.position >= len(rules):
        return _finish(run)
    rule = rules[run.position]
    records, cursor = _records(run, rule)
    with transaction.atomic():
        stored = store([_event(run, rule, record) for record in records])
        run.done, run.cursor = run.done + len(stored), cursor
        run.position += 0 if cursor else 1
        run.lease, run.lease_until = "", None
        run.save(update_fields=["done", "cursor", "position", "lease", "lease_until"])
    wake("bulk")


def _records(run: Run, rule: Rule) -> tuple[list[Record], str]:
    """The next records of the rule's connection and where to go on; "" at the end."""
    client = open_client(rule.connection)
    object = source_object(rule)
    if "email" in run.scope:
        return _of_person(rule.connection, object, run.scope["email"]), ""
    filters = {"campaignId": campaign} if (campaign := _list_of(rule)) else None
    page = client.page(object, run.cursor, None, filters)
    return list(page.records), page.cursor


def _of_person(connection: Connection, object: str, email: str) -> list[Record]:
    """Every record of the person at a connection: those linked, and those with one of their addresses."""
    people = find_people(email)
    addresses = {normal_email(email), *(value for values in emails_of(people).values() for value in values)}
    client, id_field = open_client(connection), _id_field(connection, object)
    links = Link.objects.filter(person__in=people, connection=connection, object=object, gone_at=None)
    ids = set(links.values_list("record_id", flat=True))
    capability = vendor(connection.vendor).capabilities.object(object)
    field = capability.addresses.get("email", "") if capability else ""
    found = client.find(object, field, sorted(addresses)) if field else []
    ids |= {f.record_id for f in found}
    return [{id_field: record_id} for record_id in sorted(ids)]


def source_object(rule: Rule) -> str:
    """The object the rule's event is about."""
    capabilities = vendor(rule.connection.vendor).capabilities
    kind = rule.event.split(".")[0]
    contacts = [o.name for o in capabilities.objects if o.kind == kind]
    return contacts[0] if contacts else kind


def _id_field(connection: Connection, object: str) -> str:
    capability = vendor(connection.vendor).capabilities.object(object)
    return capability.id_field if capability else "id"


def _list_of(rule: Rule) -> str:
    """The one list a rule is limited to, so that a resync reads only that one."""
    for part in _conditions(rule.condition):
        if isinstance(part, dict) and part.get("field") == "campaign.campaignId" and part.get("op") == "equals":
            return str(part.get("value") or "")
    return ""


def _conditions(condition: Any) -> Sequence[Any]:
    if isinstance(condition, list):
        return condition
    if isinstance(condition, dict):
        return condition.get("all") or [condition]
    return []


def _event(run: Run, rule: Rule, record: Record) -> Event:
    object = source_object(rule)
    record_id = str(record[_id_field(rule.connection, object)])
    email, _phone = vendor(rule.connection.vendor).identify(object, record)
    now = clock.now()
    return Event(
        connection=rule.connection,
        type=rule.event,
        vendor_type="resync",
        object=object,
        record_id=record_id,
        record=storable(record),
        source=EventSource.RESYNC,
        lane="bulk",
        dedupe_key=f"run:{run.id}:{rule.pk}:{record_id}"[:120],
        order_key=order_key(rule.connection, object, record_id, email),
        rule_name=rule.name,
        run_id=run.id,
        occurred_at=now,
        received_at=now,
        next_attempt_at=now,
    )


def _finish(run: Run) -> None:
    run.state, run.finished_at, run.total = RunState.DONE, clock.now(), run.done
    run.message = f"{run.done} records were looked at again." if run.done else "No record was found."
    run.lease, run.lease_until = "", None
    run.save(update_fields=["state", "finished_at", "total", "message", "lease", "lease_until"])


def _fail(run: Run, error: CrosswalkError) -> None:
    """A vendor that cannot be asked now is asked again; anything else ends the run."""
    rules = rules_of(run.scope)
    if run.position < len(rules):
        note_failure(rules[run.position].connection, error)
    run.message, run.lease, run.lease_until = f"{error.message} {error.help}".strip(), "", None
    if isinstance(error, TransientError):
        run.postponed_at = clock.now()
        run.next_attempt_at = run.postponed_at + getattr(error, "retry_after", timedelta(seconds=30))
    else:
        run.state, run.finished_at = RunState.FAILED, clock.now()
    fields = ["state", "finished_at", "message", "lease", "lease_until", "next_attempt_at", "postponed_at"]
    run.save(update_fields=fields)
