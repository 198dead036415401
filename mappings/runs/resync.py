"""A resync reads records afresh and turns them into events; the planner and the delivery do the rest."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from integrations.clients import open_client
from integrations.models import Connection, EventSource, Link
from integrations.people import emails_of, find_people, normal_email
from integrations.receive import store
from integrations.vendors.base import Record

from ..models import Rule, Run
from .base import Kind, RunRefused, Step
from .sources import STATE_EVENTS, capability_of, event_of, filters_of, id_field, source_object


def _prepare(run: Run) -> None:
    """`scope` is one of {"email"}, {"rule"}, {"connection"}."""
    if run.dry_run:
        raise RunRefused("A dry run of a resync is not available yet.")
    if not rules_of(run.scope):
        raise RunRefused(_nothing_to_run(run.scope))


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


def _next_step(run: Run) -> Step | None:
    """One page of the rule the run is at."""
    rule = _rule_at(run)
    if rule is None:
        return None
    records, cursor = _records(run, rule)
    return partial(_store, run, rule, records, cursor)


def _rule_at(run: Run) -> Rule | None:
    rules = rules_of(run.scope)
    return rules[run.position] if run.position < len(rules) else None


def _store(run: Run, rule: Rule, records: Sequence[Record], cursor: str) -> None:
    stored = store([event_of(run, rule, record, EventSource.RESYNC) for record in records])
    run.done, run.cursor = run.done + len(stored), cursor
    run.position += 0 if cursor else 1


def _records(run: Run, rule: Rule) -> tuple[list[Record], str]:
    """The next records of the rule's connection and where to go on; "" at the end."""
    client, object = open_client(rule.connection, lane="bulk", run_id=run.id), source_object(rule)
    if "email" in run.scope:
        return _of_person(rule.connection, object, run.scope["email"]), ""
    page = client.page(object, run.cursor, None, filters_of(rule))
    return list(page.records), page.cursor


def _of_person(connection: Connection, object: str, email: str) -> list[Record]:
    """Every record of the person at a connection: those linked, and those with one of their addresses."""
    people = find_people(email)
    addresses = {normal_email(email), *(value for values in emails_of(people).values() for value in values)}
    client, name = open_client(connection), id_field(connection, object)
    links = Link.objects.filter(person__in=people, connection=connection, object=object, gone_at=None)
    ids = set(links.values_list("record_id", flat=True))
    capability = capability_of(connection, object)
    field = capability.addresses.get("email", "") if capability else ""
    found = client.find(object, field, sorted(addresses)) if field else []
    ids |= {f.record_id for f in found}
    return [{name: record_id} for record_id in sorted(ids)]


def _conclude(run: Run) -> None:
    run.total = run.done
    run.message = f"{run.done} records were looked at again." if run.done else "No record was found."


def _connection_of(run: Run) -> Connection | None:
    rule = _rule_at(run)
    return rule.connection if rule else None


RESYNC = Kind(
    permission="mappings.add_run",
    prepare=_prepare,
    next_step=_next_step,
    conclude=_conclude,
    connection_of=_connection_of,
)
