"""The ledger: records intended writes, hands them out for delivery, and is the only module that changes their state.

An applied, cancelled or rejected change is never edited again: every transition below says from which states it starts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from integrations import clock
from integrations.ids import id_after, new_id
from integrations.inbox import runs_being_planned
from integrations.leases import LEASE, over_before, skip_claimed
from integrations.models import Connection, Mode, Person
from integrations.rows import add_rows, update_rows
from integrations.vendors.registry import VENDORS
from integrations.waiting import LEEWAY
from integrations.wake import wake

from .folding import fold
from .hooks.recording import tell_changes
from .models import LINED_UP, Attempt, AttemptResult, Change, ChangeState, Kind, Load

MAX_TRIES = 10
POISON = {
    "code": "crashed",
    "vendor_code": "",
    "message": "The worker stopped each time this was sent.",
    "help": "Look at the record at the vendor; the log says why the worker stopped. Then press Retry.",
}
REPLACED = "A newer event replaced it."
IN_LINE = (ChangeState.QUEUED, ChangeState.SENDING)
# What it depends on is done. What still waits for another change stands in nobody's way.
FREE = Q(depends_on=None) | Q(depends_on__state=ChangeState.APPLIED)
LOAD = 10_000  # changes of one load
LOAD_TRIES = 3  # what could not be loaded that often goes the ordinary way
GATHERING = timedelta(minutes=15)  # that a run's changes may wait for the rest of it, to go in one load
# What may go in a load: a write that does no harm when it is repeated, of a record that stands for itself.
LOADED = Q(operation__in=("upsert", "update", "set"), kind__in=(Kind.CONTACT, Kind.OTHER))
CLAIM = 200  # changes one worker takes at once: what a call takes, and no longer a transaction than must be


def order_key(connection: Connection, person_id: str | None, record_id: str = "") -> str:
    """Whose turn it is: changes of one person at one connection are delivered in order."""
    return hashlib.sha256(f"{connection.pk}:{person_id or record_id}".encode()).hexdigest()


def identity_of(*parts: object) -> str:
    """One key per intent, so that planning the same thing twice records it once."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()


def record_changes(changes: Sequence[Change]) -> list[Change]:
    """Write intended changes down, each intent once. Call inside the transaction that settles their event."""
    fold(changes)
    _put_last(changes)
    add_rows(changes)
    known = set(Change.objects.filter(id__in=[change.id for change in changes]).values_list("id", flat=True))
    made = [change for change in changes if change.id in known]
    folded = {id: change for change in made for id in change.folds}
    if folded:
        move(folded, (ChangeState.QUEUED,), ChangeState.CANCELLED, held_reason=REPLACED)
    _take_places({change.replaces_id: change for change in made if change.replaces_id} | folded)
    tell_changes(made)
    return made


def _take_places(successors: Mapping[str, Change]) -> None:
    """By the id of the change each replaces: that one is not sent any more, and what was to follow it follows these."""
    if not successors:
        return
    move(successors, (ChangeState.FAILED, ChangeState.HELD), ChangeState.CANCELLED, held_reason=REPLACED)
    waiting = Change.objects.filter(depends_on__in=list(successors), depends_on__state=ChangeState.CANCELLED)
    following = list(waiting.filter(state__in=(ChangeState.QUEUED, ChangeState.HELD)).select_for_update(of=("self",)))
    for change in following:
        change.depends_on = successors[str(change.depends_on_id)]
    update_rows(following, ["depends_on"])


def _put_last(changes: Sequence[Change]) -> None:
    """A change stands behind all that its person has, and behind those before it, whatever the clocks said."""
    last, now = _last_of({change.person_id for change in changes if change.person_id}), clock.now()
    moved: dict[str | None, Change] = {}
    for change in changes:
        change.created_at = change.next_attempt_at = now
        who = change.person_id or ""
        if change.id <= last.get(who, ""):
            moved[change.id], change.id = change, id_after(last[who])
        last[who] = change.id
    for change in changes:
        if change.depends_on_id in moved:
            change.depends_on = moved[change.depends_on_id]


def _last_of(people: Iterable[str]) -> dict[str, str]:
    """The id of each person's newest change; one look into an index for each, in one query."""
    newest = Change.objects.filter(person=OuterRef("pk")).order_by("-id").values("id")[:1]
    rows = Person.objects.filter(pk__in=people).order_by().annotate(newest=Subquery(newest))
    return {person: id for person, id in rows.values_list("pk", "newest") if id}


def wake_for(changes: Iterable[Change]) -> None:
    """Ask the lanes of these changes to deliver, once the transaction is through."""
    lanes = {change.lane for change in changes if change.state == ChangeState.QUEUED}
    for lane in sorted(lanes, reverse=True):  # opt-outs first
        transaction.on_commit(partial(wake, lane))


def _due(lane: str) -> QuerySet[Change]:
    now = clock.now()
    ready = Q(state=ChangeState.QUEUED) | Q(state=ChangeState.SENDING, lease_until__lt=over_before())
    awake = Q(connection__paused_until=None) | Q(connection__paused_until__lte=now)
    due = Change.objects.filter(LINED_UP, ready, awake, FREE, lane=lane, next_attempt_at__lte=now)
    due = due.filter(connection__blocked=False)
    if lane == "optouts":  # a stop waits for nothing
        return due
    if lane == "bulk":
        due = due.exclude(_gathering())
    earlier = Change.objects.filter(LINED_UP, FREE, order_key=OuterRef("order_key"), id__lt=OuterRef("id"))
    return due.filter(~Exists(earlier.exclude(lane="optouts")))


def _gathering() -> Q:
    """More of its run is being planned at this moment, and its vendor makes loads."""
    now, vendors = clock.now(), [slug for slug, kind in VENDORS.items() if kind.capabilities.has_loads]
    young = Q(created_at__gt=now - GATHERING, created_at__lte=now + LEEWAY)
    return LOADED & young & Q(connection__vendor__in=vendors, run_id__in=runs_being_planned("bulk"))


def loadable() -> QuerySet[Change]:
    """What could go in a load now. What stopped a worker once takes no others along."""
    known = Q(record_id__gt="") | Q(external_id__gt="")
    due = _due("bulk").filter(LOADED, known, state=ChangeState.QUEUED, tries__lt=LOAD_TRIES)
    return due.filter(connection__mode=Mode.READ_WRITE).exclude(unknown_outcome=True, error_code="")


def changes_wait(lane: str, count: int = CLAIM) -> bool:
    """Whether so many are due on this lane; more than one claim takes, if nothing is said."""
    return _due(lane).order_by()[:count].count() == count


@transaction.atomic
def claim_changes(lane: str, limit: int) -> list[Change]:
    """Take due changes for delivery: they are being sent, their attempt is counted and written before any call."""
    claimed = list(skip_claimed(_due(lane).order_by("next_attempt_at", "id"))[:limit])
    if not claimed:
        return []
    _attach(claimed)
    lease, now = new_id(), clock.now()
    claimed = _without_poison(claimed)
    for change in claimed:
        change.unknown_outcome = change.unknown_outcome or change.state == ChangeState.SENDING
        change.error_code = "" if change.state == ChangeState.SENDING else change.error_code  # its worker died
        change.state, change.lease, change.lease_until = ChangeState.SENDING, lease, now + LEASE
        change.attempts, change.tries = change.attempts + 1, change.tries + 1
    ids = [change.id for change in claimed]
    Change.objects.filter(id__in=ids, state=ChangeState.SENDING).update(unknown_outcome=True)
    Change.objects.filter(id__in=ids).update(
        state=ChangeState.SENDING,
        lease=lease,
        lease_until=now + LEASE,
        attempts=F("attempts") + 1,
        tries=F("tries") + 1,
    )
    add_rows([Attempt(change=c, number=c.attempts, batch=lease, rows=len(claimed), started_at=now) for c in claimed])
    return claimed


@transaction.atomic
def claim_load(load: Load, alike: Q, least: int) -> int:
    """Take due changes that are alike into a load, each record once; none when there are fewer than `least`.

    Their lease is the load itself and does not run out: whoever works on the load settles them.
    """
    rows = skip_claimed(loadable().filter(alike).only("id", "record_id", "external_id", "attempts"))
    due = list(rows.order_by("next_attempt_at", "id")[:LOAD])
    taken = list({(change.record_id or change.external_id).casefold(): change for change in reversed(due)}.values())
    if len(taken) < least:
        return 0
    now, ids = clock.now(), [change.id for change in taken]
    load.rows = len(taken)
    load.save(force_insert=True)
    sending = {"state": ChangeState.SENDING, "lease": load.id, "lease_until": None}
    Change.objects.filter(id__in=ids).update(**sending, attempts=F("attempts") + 1, tries=F("tries") + 1)
    begun = {"batch": load.id, "rows": len(taken), "started_at": now}
    add_rows([Attempt(change_id=change.id, number=change.attempts + 1, **begun) for change in taken])
    return len(taken)


def _attach(changes: Sequence[Change]) -> None:
    """Give each its connection and what it depends on: every connection is read, and its secrets decrypted, once."""
    connections = Connection.objects.in_bulk({change.connection_id for change in changes})
    makers = Change.objects.in_bulk({change.depends_on_id for change in changes if change.depends_on_id})
    for change in changes:
        change.connection = connections[change.connection_id]
        if change.depends_on_id:
            change.depends_on = makers[change.depends_on_id]


def _without_poison(claimed: list[Change]) -> list[Change]:
    """A worker died while it sent some of these: that was an attempt, and what used all of them up ends as failed."""
    crashed = [change for change in claimed if change.state == ChangeState.SENDING]
    Attempt.objects.filter(change__in=crashed, result=AttemptResult.SENDING).update(
        result=AttemptResult.CRASHED, finished_at=clock.now()
    )
    poison = {change.id for change in crashed if change.tries >= MAX_TRIES}
    if poison:
        move(poison, (ChangeState.SENDING,), ChangeState.FAILED, error=POISON, error_code=POISON["code"])
        tell_changes(Change.objects.filter(id__in=poison).select_related("connection"))
    return [change for change in claimed if change.id not in poison]


def still_ours(changes: Sequence[Change]) -> list[Change]:
    """Those whose lease we still hold; another worker took the rest over. Locks them; call inside a transaction.

    People may have been merged while the vendor was called: each change says whose it is now.
    """
    mine = Change.objects.filter(state=ChangeState.SENDING, id__in=[change.id for change in changes])
    rows = mine.select_for_update().filter(lease__in={c.lease for c in changes})
    held = {(pk, lease): person for pk, lease, person in rows.values_list("id", "lease", "person_id")}
    ours = [change for change in changes if (change.id, change.lease) in held]
    for change in ours:
        change.person_id = held[change.id, change.lease]
    return ours


@transaction.atomic
def note_intents(changes: Sequence[Change]) -> list[Change]:
    """Write down what is about to be sent, before it is. Returns those that are still ours; only they may be sent."""
    mine = still_ours(changes)
    update_rows(mine, ["diff", "object", "record_id"])
    return mine


def save_settled(changes: Sequence[Change]) -> None:
    """Write what delivery found out about changes it holds the lease of. One query."""
    for change in changes:
        change.lease, change.lease_until = "", None
        change.error_code = (change.error or {}).get("code", "")
    fields = [
        "state",
        "object",
        "record_id",
        "created",
        "attempts",
        "tries",
        "unknown_outcome",
        "error",
        "error_code",
        "applied_at",
        "diff",
    ]
    fields += ["next_attempt_at", "postponed_at", "lease", "lease_until", "notes", "params", "held_reason"]
    update_rows(changes, fields)


def move(ids: Iterable[str], start: Sequence[str], end: str, **facts: Any) -> list[str]:
    """Move changes from one of the `start` states to `end`. Returns the ids that were in such a state."""
    with transaction.atomic():
        rows = Change.objects.select_for_update().filter(id__in=list(ids), state__in=start)
        moved = list(rows.values_list("id", flat=True))
        Change.objects.filter(id__in=moved).update(state=end, lease="", lease_until=None, **facts)
    return moved


def move_to_bulk(ids: Iterable[str]) -> None:
    """What is let go in great number stands in nobody's way; a stop stays on its own lane."""
    queued = Change.objects.filter(id__in=list(ids), state=ChangeState.QUEUED)
    queued.exclude(lane="optouts").update(lane="bulk")


def cancel_dependants(ids: Iterable[str], reason: str) -> None:
    """What was to follow a change that will never be applied is cancelled too."""
    waiting = Change.objects.filter(depends_on_id__in=list(ids), state__in=(ChangeState.QUEUED, ChangeState.HELD))
    following = list(waiting.values_list("id", flat=True))
    if following:
        move(following, (ChangeState.QUEUED, ChangeState.HELD), ChangeState.CANCELLED, held_reason=reason)
        cancel_dependants(following, reason)
