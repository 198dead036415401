"""Delivers thousands of changes as one load that the vendor works off by itself, while no worker waits for it.

A load is a row. Whoever works on it holds its lease; the changes in it are being sent under its id, and wait for it
however long it takes. Each step is stored before the next: what a crash leaves behind, another worker goes on with.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.models import Count, F, Q, QuerySet

from integrations import clock
from integrations.clients import ExchangeList, open_client
from integrations.health import note_failure, note_success
from integrations.ids import new_id
from integrations.leases import LEASE, Holding, over_before
from integrations.models import Connection
from integrations.storable import storable
from integrations.vendors.base import Client, Outcome, Write
from integrations.vendors.errors import (
    ConfigurationError,
    CrosswalkError,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    RecordError,
    Unavailable,
)
from integrations.vendors.registry import vendor
from integrations.waiting import due_in

from .addressing import address
from .delivery import flag_new_records, sent_as, without_held, write_of
from .ledger import LOAD, claim_load, loadable, note_intents
from .models import Attempt, Change, ChangeState, Load, LoadState
from .settling import give_back, settle

logger = logging.getLogger(__name__)

PORTION = 500  # changes that are written in one transaction
FIRST_LOOK, LONGEST_PAUSE = 5.0, 60.0  # seconds until the first look, and at most between two
PATIENCE = 1440  # looks, mostly a minute apart; a load that is not over by then counts as lost
LOST = OutcomeUnknown("What became of the load is not known.")  # each row may be repeated, or it would not be in one
NEVER = ("", "false", "no", "0")  # an option that says so is as good as none
Outcomes = Sequence[Outcome] | CrosswalkError | None  # of each row, or of all; None: nobody knows yet
ASKED_ON = "events"  # others wait for what became of a load: its looks do not stand behind the next ones


def pays_from(connection: Connection, object: str) -> int:
    """How many changes make a load worth while there; 0 when there are no loads."""
    capability = vendor(connection.vendor).capabilities.object(object)
    if capability is None or any(_is_set(connection, option) for option in capability.load_unless):
        return 0
    return capability.load_from


def _is_set(connection: Connection, option: str) -> bool:
    return str((connection.options or {}).get(option) or "").strip().lower() not in NEVER


def load_due() -> int:
    """Begin one load where enough waits, and look at those that are under way. Returns how many changes that moved."""
    return _look_at_due() + _begin_next()


# --- beginning --------------------------------------------------------------------------------------------------


def _begin_next() -> int:
    group = _that_pays()
    if group is None:
        return 0
    load, alike, least = group
    taken = claim_load(load, alike, least)
    if taken:
        _begin(load)
    return taken


def _that_pays() -> tuple[Load, Q, int] | None:
    """The largest group of due changes that can go together and for which a load pays: (its load, which, how many)."""
    due = loadable().order_by("next_attempt_at", "id")
    rows = due.values_list("connection", "object", "run_id", "key_field", "record_id")[:LOAD]
    counts = Counter((pk, object, run, "" if known else key, bool(known)) for pk, object, run, key, known in rows)
    connections = Connection.objects.in_bulk({group[0] for group in counts})
    for (pk, object, run, key, is_known), count in counts.most_common():
        least = pays_from(connections[pk], object)
        if 0 < least <= count:
            which = Q(record_id__gt="") if is_known else Q(record_id="", key_field=key)
            operation = "update" if is_known else "upsert"
            return _new_load(connections[pk], object, operation, run), which & _of(pk, object, run), least
    return None


def _of(pk: int, object: str, run_id: str) -> Q:
    return Q(connection=pk, object=object, run_id=run_id)


def _new_load(connection: Connection, object: str, operation: str, run_id: str) -> Load:
    held = {"lease": new_id(), "lease_until": clock.now() + LEASE}
    return Load(connection=connection, object=object, operation=operation, run_id=run_id, **held)


def _begin(load: Load) -> None:
    """Hand the rows over. Once the vendor's id of the load is stored, a look says what became of it."""
    holding = Holding(_held(load))
    changes = _prepared(load, holding)
    if not changes:
        _finish(load, LoadState.DONE)
        return
    journal, writes = ExchangeList(holding), _writes(changes)
    try:
        client = open_client(load.connection, journal, "bulk", load.run_id)
        job = client.open_load(writes)
    except (OperationalError, InterfaceError):  # the database is away: the lease expires, and another goes on
        raise
    except Exception as error:
        failure = _as_failure(load, error)
        _settle(load, changes, failure, journal, holding, stopped=isinstance(failure, ConfigurationError))
        _finish(load, LoadState.DONE)
        return
    if _held(load).update(job=job, rows=len(changes)):
        _fill(load, client, job, writes, journal)


def _fill(load: Load, client: Client, job: str, writes: Sequence[Write], journal: ExchangeList) -> None:
    try:
        client.fill_load(job, writes)
        note_success(load.connection)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        _as_failure(load, error)
    _look_later(load, timedelta(seconds=FIRST_LOOK), state=LoadState.UNDER_WAY, exchanges=_stored(journal))


def _prepared(load: Load, holding: Holding) -> list[Change]:
    """What the rows are, written down before they are sent: the same rows are built from it when the results come.

    What turns out to be of another sort, because its record was made meanwhile, goes back.
    """
    ready: list[Change] = []
    for portion in _portions(_changes_in(load)):
        address(portion)
        free = without_held(portion)
        flag_new_records(free)
        noted = note_intents(free)
        give_back([change for change in noted if sent_as(change) != load.operation])
        ready += [change for change in noted if sent_as(change) == load.operation]
        holding.keep()
    return ready


def _as_failure(load: Load, error: Exception) -> CrosswalkError:
    """What went wrong with the load as a whole, which says nothing of its rows: they are tried again."""
    if not isinstance(error, CrosswalkError):
        logger.exception("A load at %s stopped with a fault of Crosswalk.", load.connection, exc_info=error)
        return Unavailable(f"The load stopped with {type(error).__name__}; the log has the details.")
    note_failure(load.connection, error)
    if isinstance(error, RecordError):
        return Unavailable(f"There was no load: {error.message}", vendor_code=error.vendor_code)
    return error


# --- looking ----------------------------------------------------------------------------------------------------


def _look_at_due() -> int:
    return sum(_look(load) for load in _due_loads() if _take(load))


def _due_loads() -> list[Load]:
    now = clock.now()
    awake = Q(connection__paused_until=None) | Q(connection__paused_until__lte=now)
    due = _free().filter(awake, next_attempt_at__lte=now, connection__blocked=False)
    return list(due.select_related("connection").order_by("next_attempt_at"))


def _free() -> QuerySet[Load]:
    """Those that are not over and that nobody works on."""
    return Load.objects.filter(Q(lease="") | Q(lease_until__lt=over_before()), finished_at=None)


def _take(load: Load) -> bool:
    """Ours from now on, unless another worker is at it. Read again: that one may just have gone on with it."""
    now = clock.now()
    mine = _free().filter(pk=load.pk, next_attempt_at__lte=now)
    if not mine.update(lease=new_id(), lease_until=now + LEASE, looks=F("looks") + 1):
        return False
    load.refresh_from_db(fields=["job", "rows", "looks", "exchanges", "lease", "lease_until"])
    return True


def _look(load: Load) -> int:
    """Ask once; when it is over, every change gets the outcome of its own row. Returns how many did."""
    holding = Holding(_held(load))
    journal, changes = ExchangeList(holding), _changes_in(load)
    if not changes:  # its worker died when all was settled
        _finish(load, LoadState.DONE)
        return 0
    try:
        found = _found(load, changes, journal)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        failure = _as_failure(load, error)
        _look_later(load, failure.retry_after if isinstance(failure, RateLimited) else _pause(load))
        return 0
    if found is None:
        _look_later(load, _pause(load))
        return 0
    _settle(load, changes, found, journal, holding)
    _finish(load, LoadState.LOST if isinstance(found, CrosswalkError) else LoadState.DONE)
    return len(changes)


def _found(load: Load, changes: Sequence[Change], journal: ExchangeList) -> Outcomes:
    if not load.job:
        return Unavailable("The worker stopped before the load was handed over: nothing was sent.")
    if load.looks > PATIENCE:
        return LOST
    client = open_client(load.connection, journal, ASKED_ON, load.run_id)
    try:
        outcomes = client.look_at_load(load.job, _writes(changes))
    except NotFound:
        return LOST
    note_success(load.connection)
    return outcomes


def _pause(load: Load) -> timedelta:
    """Less and less often."""
    return timedelta(seconds=min(FIRST_LOOK * 2 ** min(load.looks, 9), LONGEST_PAUSE))


def _look_later(load: Load, wait: timedelta, **facts: Any) -> None:
    _held(load).update(lease="", lease_until=None, **due_in(wait), **facts)


# --- the changes in it ------------------------------------------------------------------------------------------


def _held(load: Load) -> QuerySet[Load]:
    """As long as no other worker took it over."""
    return Load.objects.filter(pk=load.pk, lease=load.lease, finished_at=None)


def _changes_in(load: Load) -> list[Change]:
    changes = list(Change.objects.filter(lease=load.pk, state=ChangeState.SENDING).order_by("id"))
    for change in changes:
        change.connection = load.connection
    return changes


def _portions(changes: Sequence[Change]) -> Iterator[Sequence[Change]]:
    for start in range(0, len(changes), PORTION):
        yield changes[start : start + PORTION]


def _writes(changes: Sequence[Change]) -> list[Write]:
    return [write_of(change, is_harmless=True) for change in changes]


def _settle(
    load: Load,
    changes: Sequence[Change],
    found: Outcomes,
    journal: ExchangeList,
    holding: Holding,
    stopped: bool = False,
) -> None:
    """Portion by portion: what a crash leaves out is settled at the next look. The calls stand with the first."""
    if isinstance(found, CrosswalkError):
        found = [Outcome(change.id, error=found) for change in changes]
    outcomes = {outcome.id: outcome for outcome in found or ()}
    exchanges = [*load.exchanges, *_stored(journal)]
    for portion in _portions(changes):
        settle(portion, outcomes, exchanges, load.pk, stopped, load.rows)
        exchanges = []
        holding.keep()


def _stored(journal: ExchangeList) -> list[dict[str, Any]]:
    return [storable(asdict(exchange)) for exchange in journal.exchanges]


def _finish(load: Load, state: LoadState) -> None:
    attempts = Attempt.objects.filter(batch=load.pk).order_by().values_list("result").annotate(Count("id"))
    facts = {"state": state, "results": dict(attempts), "finished_at": clock.now()}
    _held(load).update(**facts, exchanges=[], lease="", lease_until=None)
