"""The inbox of events: claims those that are due, settles them, replays them.

The only module that changes their state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from . import clock
from .addressees import may_be_about
from .ids import new_id
from .leases import LEASE, over_before, skip_claimed
from .models import Event, EventSource, EventState
from .receive import VIA, lane_of
from .rows import update_rows
from .storable import storable
from .vendors.base import Inbound, Notice
from .vendors.errors import CrosswalkError, TransientError, Unreadable
from .vendors.registry import vendor
from .waiting import due_in, due_now
from .wake import wake

MAX_ATTEMPTS = 9
VERSIONS = "mapping_versions"  # in the context of a replay: which version of a mapping counts for it
LOOK_AGAIN = timedelta(seconds=30)
LADDER = (5, 30, 120, 600, 1800, 7200, 18000, 36000, 36000)  # seconds between attempts


@transaction.atomic
def claim_events(lane: str, limit: int) -> list[Event]:
    """The oldest unplanned event of as many people as `limit`.

    An opt-out does not wait for older events of its person.
    """
    now = clock.now()
    due = _waiting(lane)
    if lane != "optouts":
        due = due.filter(~Exists(_older_of_the_same_person()), connection__blocked=False)
    claimed = _without_poison(list(skip_claimed(due.order_by("occurred_at", "id"))[:limit]))
    lease = new_id()
    for event in claimed:
        event.lease, event.lease_until, event.attempts = lease, now + LEASE, event.attempts + 1
    Event.objects.filter(id__in=[event.id for event in claimed]).update(
        lease=lease, lease_until=now + LEASE, attempts=F("attempts") + 1
    )
    return claimed


def _waiting(lane: str) -> QuerySet[Event]:
    """What could be planned now, were it not for older events of its person."""
    due = Event.objects.filter(state=EventState.NEW, lane=lane, next_attempt_at__lte=clock.now())
    return due.filter(Q(lease_until=None) | Q(lease_until__lt=over_before()))


def events_wait(lane: str, count: int) -> bool:
    """Whether so many wait to be planned on this lane."""
    return _waiting(lane).order_by()[:count].count() == count


def runs_being_planned(lane: str) -> QuerySet[Event, Any]:
    """Ids of the runs of which something is about to be planned on this lane."""
    due = Event.objects.filter(state=EventState.NEW, lane=lane, next_attempt_at__lte=clock.now())
    return due.filter(connection__blocked=False).exclude(run_id="").values("run_id")


def oldest_unplanned() -> datetime | None:
    """When it came in; one look into the index, because ids begin with the time."""
    new = Event.objects.filter(state=EventState.NEW).order_by("id")
    return new.values_list("received_at", flat=True).first()


def _without_poison(claimed: list[Event]) -> list[Event]:
    """An event that killed too many workers ends as failed and holds nobody up."""
    poison = {event.id for event in claimed if event.lease and event.attempts >= MAX_ATTEMPTS}
    reason = "The worker stopped each time this was planned. The log says why; then replay the event."
    Event.objects.filter(id__in=poison).update(state=EventState.FAILED, reason=reason, lease="", lease_until=None)
    return [event for event in claimed if event.id not in poison]


def _older_of_the_same_person() -> QuerySet[Event]:
    older = Q(occurred_at__lt=OuterRef("occurred_at")) | Q(occurred_at=OuterRef("occurred_at"), id__lt=OuterRef("id"))
    return Event.objects.filter(older, state=EventState.NEW, order_key=OuterRef("order_key"))


def still_ours(events: Sequence[Event]) -> set[str]:
    """Ids of those whose lease we still hold; another worker took the rest over. Locks them, inside a transaction."""
    return set(_leased(events).select_for_update().order_by("id").values_list("id", flat=True))


def _leased(events: Sequence[Event]) -> QuerySet[Event]:
    """As long as nobody took them over."""
    ids, leases = [event.id for event in events], {event.lease for event in events}
    return Event.objects.filter(id__in=ids, lease__in=leases, state=EventState.NEW)


def held(lane: str, lease: str) -> QuerySet[Event]:
    """What is being planned under this lease; the lane's queue finds it, however large the inbox is."""
    return Event.objects.filter(state=EventState.NEW, lane=lane, lease=lease)


def settle_planned(events: Iterable[Event]) -> None:
    """Record what became of events: `state`, `reason` and `person` as set on them. One query."""
    settled = [copy(event) for event in events]  # when the transaction fails, the events are still leased
    for event in settled:
        event.planned_at, event.lease, event.lease_until = clock.now(), "", None
    update_rows(settled, ["state", "reason", "person", "record_id", "record", "planned_at", "lease", "lease_until"])


def give_back(events: Sequence[Event]) -> None:
    """Leave events for the next round, at no cost."""
    _leased(events).update(lease="", lease_until=None, attempts=F("attempts") - 1)


def postpone(event: Event, error: CrosswalkError, **facts: Any) -> None:
    """Planning failed: later, or for a person once the attempts are used up. `facts` are kept of what was found."""
    free = isinstance(error, TransientError) and not error.costs_attempt
    attempts = event.attempts - 1 if free else event.attempts
    if attempts >= MAX_ATTEMPTS or not isinstance(error, TransientError):
        _leased([event]).update(
            state=EventState.FAILED,
            reason=f"{error.message} {error.help}".strip(),
            attempts=attempts,
            lease="",
            lease_until=None,
        )
        return
    wait = getattr(error, "retry_after", None) or timedelta(
        seconds=LADDER[min(attempts, len(LADDER)) - 1] if attempts else 1
    )
    facts |= {"reason": error.message, "attempts": attempts, "lease": "", "lease_until": None}
    _leased([event]).update(**facts, **due_in(wait))


def wait_for_person(events: Sequence[Event], reason: str) -> None:
    """A connection they need stopped: events wait at no cost, and look again now and then."""
    _leased(events).update(
        reason=reason,
        lease="",
        lease_until=None,
        attempts=F("attempts") - 1,
        **due_in(LOOK_AGAIN),
    )


def look_again_now() -> None:
    """A connection works again: what waited is due at once."""
    waiting = Event.objects.filter(state=EventState.NEW, next_attempt_at__gt=clock.now())
    waiting.exclude(reason="").update(**due_now())


def plan_again(ids: Iterable[str]) -> None:
    """What rested until a human decided is due now, with a full set of attempts. It stays the event it was."""
    rested = Event.objects.filter(pk__in=list(ids), state=EventState.FAILED)
    lanes = set(rested.values_list("lane", flat=True))
    rested.update(state=EventState.NEW, reason="", attempts=0, planned_at=None, **due_now())
    for lane in lanes:
        transaction.on_commit(partial(wake, lane))


def replay_event(event: Event, actor: str, versions: Mapping[str, int] | None = None) -> Event:
    """Plan an event again, read afresh from its stored body. Returns the new event, which points at the old one.

    `versions` names mappings by the version that is to be used, for a replay as it was then; without it, today's.
    Raises Unreadable with the reason when nobody can read the body still.
    """
    notice = _read_again(event)
    replayed = Event.objects.create(
        connection=event.connection,
        type=notice.type,
        vendor_type=event.vendor_type or notice.vendor_type,
        object=notice.object,
        record_id=notice.record_id,
        record=storable(notice.record),
        context={
            **storable(notice.context),
            **{key: event.context[key] for key in (VIA,) if key in event.context},
            "replayed_by": actor,
            **({VERSIONS: dict(versions)} if versions else {}),
        },
        source=EventSource.REPLAY,
        lane=lane_of(notice.type),
        dedupe_key=f"replay:{new_id()}",
        order_key=event.order_key,
        body=event.body,
        body_hash=event.body_hash,
        content_type=event.content_type,
        method=event.method,
        rule_name=event.rule_name,
        replay_of=event,
        occurred_at=event.occurred_at,
        received_at=clock.now(),
        **due_now(),
    )
    wake(replayed.lane)
    return replayed


def _read_again(event: Event) -> Notice:
    """What the event says, as the vendor package reads its body today.

    Events we made ourselves say it in their record.
    """
    has_body = bool(bytes(event.body))
    if event.pruned_at is not None or (event.source == EventSource.WEBHOOK and not has_body):
        raise Unreadable("The body of this event was pruned; only its hash is kept.")
    if event.source != EventSource.WEBHOOK and not has_body:
        return Notice(
            event.type,
            event.vendor_type,
            event.object,
            event.record_id,
            None,
            record=event.record,
            context=event.context,
        )
    inbound = Inbound(
        method="POST",
        headers={},
        query=[],
        body=bytes(event.body),
        content_type=event.content_type,
        options=event.connection.options or {},
        received_at=event.received_at,
    )
    notices = vendor(event.connection.vendor).webhooks.parse(inbound)
    notice = next((each for each in notices if each.type == event.type), notices[0])  # one body may say two things
    if not may_be_about(event.connection, notice):
        raise Unreadable(f"It is about {notice.account}, which is not the account of {event.connection}.")
    if notice.unreadable or not notice.type:
        raise Unreadable(notice.unreadable or f"The event type {notice.vendor_type} is still unknown.")
    return notice
