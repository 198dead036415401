"""Delivers what hooks are to be told: claim, commit, call, settle, as changes are, and never in the way of those."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from integrations import clock
from integrations.crypto import CannotDecrypt
from integrations.ids import new_id
from integrations.leases import LEASE, over_before, skip_claimed
from integrations.rows import update_rows

from ..settling import LADDER
from .models import DeliveryState, Hook, HookDelivery, HookState
from .sending import Message, Reply, send_all

logger = logging.getLogger(__name__)

ROUND = 32  # calls of one round: what is claimed is sent at most two times its turn later, well within the lease
PORTION = 8  # of one hook; of one that failed last, a single one looks whether it is back
MAX_ATTEMPTS = 10
PATIENCE = timedelta(days=5)  # after which a hook that only ever fails is switched off
LONGEST_PAUSE = timedelta(minutes=5)
UNREADABLE = Reply(None, "Its secret cannot be read: a key is missing from CREDENTIAL_KEYS.")


def deliver_hooks() -> int:
    """One round. Returns how many deliveries were taken."""
    ready = _ready(clock.now())
    claimed = claim(ready) if ready else []
    if claimed:
        settle(claimed, _send(claimed))
    return len(claimed)


@transaction.atomic
def claim(ready: Sequence[Hook]) -> list[HookDelivery]:
    """Due deliveries of these hooks, some of each; their attempt is counted before any call."""
    lease, now = new_id(), clock.now()
    claimed: list[HookDelivery] = []
    for hook in ready:
        if len(claimed) < ROUND:
            due = skip_claimed(_due(now).filter(hook=hook).order_by("next_attempt_at", "id"))
            claimed += _of_hook(hook, list(due[: 1 if hook.failures else PORTION]))
    for each in claimed:
        each.lease, each.lease_until, each.attempts = lease, now + LEASE, each.attempts + 1
    ids = [each.id for each in claimed]
    HookDelivery.objects.filter(id__in=ids).update(lease=lease, lease_until=now + LEASE, attempts=F("attempts") + 1)
    return claimed


def _ready(now: datetime) -> list[Hook]:
    """Hooks that are on, not paused, and have something due; who has waited longest first. Mostly there is none."""
    awake = Q(paused_until=None) | Q(paused_until__lte=now)
    ready = Hook.objects.filter(awake, Exists(_due(now).filter(hook=OuterRef("pk"))), state=HookState.ON)
    return list(ready.defer("secret").order_by(F("last_at").asc(nulls_first=True))[:ROUND])


def _due(now: datetime) -> QuerySet[HookDelivery]:
    free = Q(lease_until=None) | Q(lease_until__lt=over_before())
    return HookDelivery.objects.filter(free, state=DeliveryState.DUE, next_attempt_at__lte=now)


def _of_hook(hook: Hook, rows: list[HookDelivery]) -> list[HookDelivery]:
    for row in rows:
        row.hook = hook
    return rows


def message_of(hook: Hook, id: str, payload: Mapping[str, Any], via: Sequence[str] = ()) -> Message:
    return Message(id, hook.target_url, hook.secret, payload, [*via, hook.pk])


def _send(claimed: Sequence[HookDelivery]) -> dict[str, Reply]:
    """By delivery. What cannot be signed is not sent."""
    readable = [row for row in claimed if _can_sign(row.hook)]
    replies = send_all([message_of(row.hook, row.id, row.payload, row.via) for row in readable], clock.now())
    answered = dict(zip([row.id for row in readable], replies, strict=True))
    return {row.id: answered.get(row.id, UNREADABLE) for row in claimed}


def _can_sign(hook: Hook) -> bool:
    try:
        return bool(hook.secret)
    except (CannotDecrypt, Hook.DoesNotExist):  # it may have been removed just now
        return False


@transaction.atomic
def settle(claimed: Sequence[HookDelivery], replies: Mapping[str, Reply]) -> None:
    """What came of each; nothing of one that another worker took over."""
    mine = HookDelivery.objects.select_for_update().filter(
        id__in=[row.id for row in claimed], lease=claimed[0].lease, state=DeliveryState.DUE
    )
    ours = set(mine.values_list("id", flat=True))
    rows = [row for row in claimed if row.id in ours]
    for row in rows:
        _settle_one(row, replies[row.id])
    fields = ("state", "attempts", "next_attempt_at", "postponed_at", "status", "result", "delivered_at")
    update_rows(rows, [*fields, "lease", "lease_until"])
    for hook in {row.hook.pk: row.hook for row in rows}.values():
        note_replies(hook, [replies[row.id] for row in rows if row.hook.pk == hook.pk])


def _settle_one(row: HookDelivery, reply: Reply) -> None:
    now = clock.now()
    row.lease, row.lease_until, row.status, row.result = "", None, reply.status, reply.words
    if reply.ok:
        row.state, row.delivered_at = DeliveryState.DELIVERED, now
    elif row.attempts >= MAX_ATTEMPTS:
        row.state = DeliveryState.DROPPED
    else:
        rung = LADDER[row.attempts - 1] * random.uniform(0.8, 1.2)
        row.next_attempt_at, row.postponed_at = now + timedelta(seconds=rung), now


def note_replies(hook: Hook, replies: Sequence[Reply]) -> None:
    """How the hook stands after these: gone, fine, or paused for a while; off once it has failed for too long."""
    if any(reply.is_gone for reply in replies):
        logger.info("Hook %s answered 410: it is removed.", hook.pk)
        hook.delete()
        return
    now, last = clock.now(), replies[-1]
    facts: dict[str, Any] = {"last_at": now, "last_status": last.status, "last_result": last.words}
    if any(reply.ok for reply in replies):
        facts |= {"failures": 0, "failing_since": None, "paused_until": None, "paused_at": None}
    else:
        facts |= _failing(hook, max((r.wait for r in replies if r.wait), default=None), now)
        if now - facts["failing_since"] >= PATIENCE:
            facts |= {"state": HookState.OFF, "off_reason": f"Nothing came through for five days. {last.words}"}
    Hook.objects.filter(pk=hook.pk).update(**facts)


def _failing(hook: Hook, asked: timedelta | None, now: datetime) -> dict[str, Any]:
    pause = min(LONGEST_PAUSE, timedelta(seconds=2 ** min(hook.failures, 9)))
    facts = {"failures": hook.failures + 1, "failing_since": hook.failing_since or now}
    return facts | {"paused_until": now + max(pause, asked or pause), "paused_at": now}
