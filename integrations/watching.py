"""Looks again and again at what vendors do not report, and stores what is new as events.

What was found, what is remembered of it and where to go on are committed together: a crash repeats a look and
loses nothing, and what a look finds again has the same key and is stored once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from . import clock
from .clients import ExchangeList, open_client
from .health import note_failure, note_success
from .ids import new_id
from .leases import LEASE, Holding, over_before
from .models import Connection, Event, EventSource, EventState, RecordState, WatchState
from .receive import dedupe_key, lane_of, order_key, store
from .rows import put_rows
from .storable import storable, storable_text
from .vendors.base import Glance, Look, Notice, Record, Watch
from .vendors.errors import CrosswalkError, RateLimited
from .vendors.registry import VENDORS
from .wake import wake

logger = logging.getLogger(__name__)

Wanted = Mapping[int, frozenset[str]]  # connection id → the events that somebody listens to there
_Spot = tuple[int, str]  # connection id, the watch's key
TIME_BUDGET = 10.0  # seconds; a long listing goes on in the next round
AFTER_FAILURE = timedelta(minutes=1)
LONGEST_WATCH_MINUTES = 24 * 60
LATE, SURELY_LATE = 3, timedelta(minutes=30)  # so many pauses, and at least so long, after the last look
CONVERTED = "converted"  # in a notice's context: the record lives on as another, which concerns its opt-outs


@dataclass(frozen=True)
class _Place:
    """One watch of one connection, under our lease."""

    connection: Connection
    watch: Watch
    state: WatchState
    wanted: frozenset[str]

    @property
    def held(self) -> Q:
        return Q(pk=self.state.pk, lease=self.state.lease)


def watches_of(connection: Connection, wanted: frozenset[str]) -> list[Watch]:
    """The vendor's watches that can notice something that is wanted and that are not switched off."""
    kind = VENDORS.get(connection.vendor)
    watches = kind.capabilities.watches if kind else ()
    return [watch for watch in watches if wanted & set(watch.events) and pause_of(connection, watch)]


def pause_of(connection: Connection, watch: Watch) -> timedelta | None:
    """How long it waits between two looks; None when it is switched off."""
    minutes = (connection.options or {}).get("watch", {}).get(watch.key)
    if minutes is None:
        return watch.every
    return timedelta(minutes=minutes) if minutes else None


def look_at_due(wanted: Wanted) -> int:
    """Every watch that is due, one page after the other until the time is up. Returns how many events were found."""
    ends, found = time.monotonic() + TIME_BUDGET, 0
    while time.monotonic() < ends and (place := _claim(wanted)) is not None:
        found += _look(place)
    return found


def blind_spots() -> list[WatchState]:
    """Watches that have seen nothing for longer than they should, of connections that are not stopped as a whole."""
    states = WatchState.objects.filter(connection__blocked=False).select_related("connection")
    return [state for state in states.defer("connection__credentials") if _is_blind(state)]


def _is_blind(state: WatchState) -> bool:
    """The first look is given as long as a late one."""
    kind = VENDORS.get(state.connection.vendor)
    watch = kind.capabilities.watch(state.key) if kind else None
    pause = pause_of(state.connection, watch) if watch else None
    since = state.looked_at or state.begun_at
    return pause is not None and clock.now() - since > max(LATE * pause, SURELY_LATE)


def look_now(connection: Connection) -> None:
    """All its watches are due at once."""
    WatchState.objects.filter(connection=connection).update(due_at=clock.now())
    wake("bulk")


def _claim(wanted: Wanted) -> _Place | None:
    """The watch that has been due for longest."""
    places, states = _places(wanted), _states()
    _begin_and_end(places, states)
    now = clock.now()
    due = [state for spot, state in states.items() if state.due_at <= now and _is_awake(places[spot][0], now)]
    state = next(filter(_take, sorted(due, key=lambda state: state.due_at)), None)
    if state is None:
        return None
    connection, watch = places[state.connection_id, state.key]
    return _Place(connection, watch, state, wanted[connection.pk])


def _places(wanted: Wanted) -> dict[_Spot, tuple[Connection, Watch]]:
    """Everything that is to be looked at."""
    connections = Connection.objects.filter(pk__in=wanted).order_by("pk")
    return {(c.pk, watch.key): (c, watch) for c in connections for watch in watches_of(c, wanted[c.pk])}


def _states() -> dict[_Spot, WatchState]:
    return {(state.connection_id, state.key): state for state in WatchState.objects.all()}


def _begin_and_end(places: Iterable[_Spot], states: dict[_Spot, WatchState]) -> None:
    """A watch begins when somebody wants it and ends when nobody does: what happens in between is nobody's news."""
    ended = states.keys() - set(places)
    for spot in ended:
        _end(states.pop(spot))
    begun = set(places) - states.keys()
    if begun:
        rows = [WatchState(connection_id=pk, key=key, due_at=clock.now()) for pk, key in begun]
        WatchState.objects.bulk_create(rows, ignore_conflicts=True)
        states.update({spot: state for spot, state in _states().items() if spot in begun})


@transaction.atomic
def _end(state: WatchState) -> None:
    """With all it remembers, which may be as many rows as the vendor has records."""
    remembered = RecordState.objects.filter(watch=state)
    remembered._raw_delete(remembered.db)
    state.delete()


def _is_awake(connection: Connection, now: datetime) -> bool:
    return not connection.blocked and (connection.paused_until is None or connection.paused_until <= now)


def _take(state: WatchState) -> bool:
    """Ours from now on, unless another worker is at it. Read again: that one may have just moved on."""
    lease, now = new_id(), clock.now()
    free = Q(lease="") | Q(lease_until__lt=over_before())
    taken = WatchState.objects.filter(free, pk=state.pk, due_at__lte=now).update(lease=lease, lease_until=now + LEASE)
    if taken:
        state.refresh_from_db()
    return bool(taken)


def _look(place: _Place) -> int:
    """One page. What went wrong stands in the row, and the watch looks again a little later."""
    try:
        glance = _ask(place)
        note_success(place.connection)
    except CrosswalkError as error:
        note_failure(place.connection, error)
        _note_problem(place, f"{error.message} {error.help}".strip(), _wait_after(place, error))
        return 0
    except (OperationalError, InterfaceError):  # the database is away: the lease expires
        raise
    except Exception as bug:
        logger.exception("A look at %s of %s stopped with a fault of Crosswalk.", place.watch.key, place.connection)
        said = f"This is a fault of Crosswalk ({type(bug).__name__}); the log has the details."
        _note_problem(place, said, place.watch.every)
        return 0
    return _keep(place, glance)


def _ask(place: _Place) -> Glance:
    holding = Holding(WatchState.objects.filter(place.held))
    client = open_client(place.connection, ExchangeList(holding))
    recall = partial(_recall, place.state)
    return client.watch(Look(place.watch.key, place.state.cursor, clock.now(), place.wanted, recall))


def _recall(state: WatchState, object: str, record_ids: Sequence[str]) -> dict[str, Record]:
    rows = RecordState.objects.filter(watch=state, object=object, record_id__in=list(record_ids))
    return dict(rows.values_list("record_id", "facts"))


def _wait_after(place: _Place, error: CrosswalkError) -> timedelta:
    return max(error.retry_after, AFTER_FAILURE) if isinstance(error, RateLimited) else AFTER_FAILURE


def _note_problem(place: _Place, words: str, wait: timedelta) -> None:
    now = clock.now()
    WatchState.objects.filter(place.held).update(
        problem=words, problem_at=now, due_at=now + wait, lease="", lease_until=None
    )


def _keep(place: _Place, glance: Glance) -> int:
    """All of it or nothing, and only while the watch is ours still."""
    with transaction.atomic():
        if not WatchState.objects.select_for_update().filter(place.held).exists():
            return 0
        stored = _store(place, glance.notices)
        _remember(place.state, glance.states)
        _go_on(place, glance, len(stored))
    for lane in {event.lane for event in stored}:
        wake(lane)
    return len(stored)


def _store(place: _Place, notices: Sequence[Notice]) -> list[Event]:
    """Those that somebody listens to, or that concern who somebody is, and that were not known yet."""
    events = [_event(place.connection, notice) for notice in notices if _is_wanted(notice, place.wanted)]
    keys = [event.dedupe_key for event in events]
    known = Event.objects.filter(connection=place.connection, dedupe_key__in=keys).values_list("dedupe_key", flat=True)
    seen = set(known)
    return store([event for event in events if event.dedupe_key not in seen])


def _is_wanted(notice: Notice, wanted: frozenset[str]) -> bool:
    return notice.type in wanted or CONVERTED in notice.context


def _remember(state: WatchState, states: Mapping[tuple[str, str], Record]) -> None:
    rows = [
        RecordState(watch=state, object=object, record_id=record_id, facts=storable(facts))
        for (object, record_id), facts in states.items()
    ]
    put_rows(rows, ["watch", "object", "record_id"], ["facts"])


def _go_on(place: _Place, glance: Glance, found: int) -> None:
    now, state = clock.now(), place.state
    pause = pause_of(place.connection, place.watch) or place.watch.every
    state.cursor, state.found, state.problem, state.problem_at = glance.cursor, state.found + found, "", None
    state.due_at, state.looked_at = (now, state.looked_at) if glance.more else (now + pause, now)
    state.lease, state.lease_until = "", None
    state.save()


def _event(connection: Connection, notice: Notice) -> Event:
    """Its content is its record: there is no body that came from outside."""
    now, content = clock.now(), storable(notice.content)
    return Event(
        connection=connection,
        type=notice.type,
        vendor_type=storable_text(notice.vendor_type, 80),
        object=notice.object,
        record_id=storable_text(notice.record_id, 200),
        state=EventState.NEW,
        source=EventSource.POLL,
        lane=lane_of(notice.type),
        vendor_event_id=storable_text(notice.vendor_event_id, 200),
        dedupe_key=dedupe_key(notice.vendor_event_id, content),
        order_key=order_key(connection, notice.object, notice.record_id, notice.email),
        body_hash=hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest(),
        record=storable(notice.record),
        context=storable(notice.context),
        occurred_at=min(notice.occurred_at or now, now),
        received_at=now,
        next_attempt_at=now,
    )
