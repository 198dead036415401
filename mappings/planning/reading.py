"""Reads the full records that events are too thin for: together, and only where a rule needs them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from integrations.budgets import windows_of
from integrations.health import note_failure, note_success
from integrations.models import Connection, EventSource
from integrations.storable import storable
from integrations.vendors.base import Client, Record
from integrations.vendors.errors import BudgetUsedUp, Busy, CrosswalkError
from integrations.vendors.registry import vendor

from ..spec import RuleSpec
from .case import Case, Workshop
from .forbidding import stop_fields, unknown_stop
from .own_tasks import lacks_parent

ROUND_SECONDS = 15.0  # after which no further portion is asked for
READ = "read_for_its_run"  # in the context of an event whose full record was read before
PATIENCE_SECONDS = 2.0  # longer than a window of one second is full


def read_records(connection: Connection, cases: Sequence[Case], shop: Workshop) -> None:
    """Complete the record of each case that needs it. The vendor's record wins.

    The event adds only what it alone knows.
    """
    thin = [case for case in cases if case.event.record_id and needs_reading(case, shop)]
    for object in dict.fromkeys(case.event.object for case in thin):
        _read_object(connection, object, [case for case in thin if case.event.object == object], shop)


def needs_reading(case: Case, shop: Workshop) -> bool:
    """Whether any rule of the case wants the record read: always, or because a path is not in the event.

    Who might be added somewhere is read for whether they said stop, and a task for whom it is about. Where nothing can
    be read, the event says all there is.
    """
    if not case.kind.capabilities.can_read(case.event.object):
        return False
    if case.event.source in (EventSource.RESYNC, EventSource.POLL):
        return True
    if case.event.context.get(READ):
        return False
    return lacks_parent(case) or any(_wants(rule, case, shop) for rule in case.rules)


def _wants(rule: RuleSpec, case: Case, shop: Workshop) -> bool:
    policies = {shop.mappings[a.mapping][0].read for a in rule.actions if a.mapping in shop.mappings}
    if "always" in policies:
        return True
    if policies == {"never"}:
        return False
    return unknown_stop(case, rule) or any(not case.lookup(path)[0] for path in paths_of(rule, shop))


def paths_of(rule: RuleSpec, shop: Workshop) -> set[str]:
    """Every path of the source record that the rule and its mappings read."""
    paths = set(rule.paths())
    for action in rule.actions:
        if action.mapping in shop.mappings:
            paths |= shop.mappings[action.mapping][0].paths()
    return paths


def _read_object(connection: Connection, object: str, cases: Sequence[Case], shop: Workshop) -> None:
    """In portions that the smallest budget window can pay for; once a portion fails, the rest waits with it.

    What a slow vendor could not give in time is read in the next round.
    """
    consent = vendor(connection.vendor).capabilities.consent_paths
    paths = {path for case in cases for rule in case.rules for path in paths_of(rule, shop)}
    client, size, until = shop.client(connection.name), portion_of(connection), time.monotonic() + ROUND_SECONDS
    stops, failure = _stop_fields(connection, object, client)
    wanted = sorted({*consent, *paths, *stops})
    for start in range(0, len(cases), size):
        portion = cases[start : start + size]
        if failure is None and time.monotonic() > until:
            failure = Busy(f"{connection.name} answers slowly; this is read next.")
        failure = failure or _read_in_time(connection, client, object, portion, wanted, until, shop.lane)
        for case in portion if failure else ():
            case.complete, case.problem = False, failure


def _stop_fields(connection: Connection, object: str, client: Client) -> tuple[list[str], CrosswalkError | None]:
    try:
        return stop_fields(connection, object, client), None
    except CrosswalkError as error:
        note_failure(connection, error)
        return [], error


def portion_of(connection: Connection) -> int:
    """How many records are asked for at a time: as many as can be under way, and half of what a window allows."""
    capabilities = vendor(connection.vendor).capabilities
    windows = windows_of(connection, capabilities.limits)
    return max(1, min([capabilities.parallel, *(calls // 2 for calls, _seconds in windows)]))


def _read_in_time(
    connection: Connection,
    client: Client,
    object: str,
    cases: Sequence[Case],
    wanted: Sequence[str],
    until: float,
    lane: str,
) -> CrosswalkError | None:
    """Of many records at once, a budget that is full for a moment is waited for: look-ups and writes stay together."""
    while True:
        failure = _read_portion(connection, client, object, cases, wanted)
        wait = failure.retry_after.total_seconds() if isinstance(failure, BudgetUsedUp) and lane == "bulk" else None
        if wait is None or wait > PATIENCE_SECONDS or time.monotonic() + wait > until:
            return failure
        time.sleep(wait)


def _read_portion(
    connection: Connection, client: Client, object: str, cases: Sequence[Case], wanted: Sequence[str]
) -> CrosswalkError | None:
    ids = list(dict.fromkeys(case.event.record_id for case in cases))
    try:
        records = client.read(object, ids, wanted)
        note_success(connection)
    except CrosswalkError as error:
        note_failure(connection, error)
        return error
    for case in cases:
        _merge(case, records.get(case.event.record_id))
    return None


def _merge(case: Case, record: Record | None) -> None:
    """A record that is gone leaves the event to speak for itself."""
    if record is not None:
        case.record = {**case.record, **storable(record)}
        case.event.record = case.record
    elif case.event.source in (EventSource.RESYNC, EventSource.BACKFILL):
        case.reasons.append("The record no longer exists at the source.")
        case.rules = []
