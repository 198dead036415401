"""Sends what is due: claim, commit, send, settle, as changes are; a digest's rows go out as one message."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import F, Q, QuerySet

from integrations import clock
from integrations.ids import new_id
from integrations.leases import LEASE, over_before, skip_claimed
from integrations.people import emails_of
from integrations.rows import update_rows
from integrations.waiting import due_now
from integrations.wake import wake

from ..models import OptOut, OptOutState
from ..settling import LADDER
from .models import Notification, NotificationChannel, NotificationState
from .recording import LANE, UNTOLD
from .sending import Reply, send
from .targets import target_of
from .wording import subject_of, text_of

ROUND = 8  # messages at once, each in a thread: all are done well within the lease
MOST_TOGETHER = 500  # rows of one digest
MAX_ATTEMPTS = 10
REST = timedelta(seconds=30)  # of what else goes the way on which nothing came through
UNREADABLE = "Where it leads cannot be read: a key is missing from CREDENTIAL_KEYS."
OWN_ADDRESS = "{to} is the person's own address: notifications are for your team, and nothing was sent."
SAID_STOP = "{to} said stop: nothing was sent."
NO_CHANNEL = "{to} is no e-mail address, no channel, and no user who is known with an e-mail address."
Messages = Sequence["Message"]


@dataclass(frozen=True)
class Message:
    """What goes to one recipient in one piece."""

    rows: Sequence[Notification]

    @property
    def to(self) -> str:
        return self.rows[0].to

    @property
    def way(self) -> str:
        """What may be down as a whole: the mail server, or a channel."""
        return "@" if "@" in self.to else self.to


def deliver_notifications() -> int:
    """One round. Returns how many notifications were taken."""
    claimed = claim() if _due().exists() else []
    if claimed:
        refused = refusals(claimed)
        messages = _together(claimed, refused)
        settle(messages, _send(messages, refused))
    return len(claimed)


def retry(rows: Iterable[Notification]) -> int:
    """Send what failed again, with a full set of attempts. Returns how many that were."""
    count = _unsent(rows).update(state=NotificationState.DUE, attempts=0, **due_now())
    transaction.on_commit(partial(wake, LANE))
    return count


def leave(rows: Iterable[Notification]) -> int:
    """A person decided that it need not be sent any more. Returns how many that were."""
    return _unsent(rows).filter(state=NotificationState.FAILED).update(state=NotificationState.LEFT)


def _unsent(rows: Iterable[Notification]) -> QuerySet[Notification]:
    return Notification.objects.filter(pk__in=[row.pk for row in rows], state__in=UNTOLD)


@transaction.atomic
def claim() -> list[Notification]:
    """What is due, with what else its digests hold; the attempt is counted before anything is sent."""
    due = _due().select_related("person").order_by("next_attempt_at", "id")
    claimed = list(skip_claimed(due)[:ROUND])
    for to, digest in dict.fromkeys((row.to, row.digest) for row in claimed if row.digest):
        others = due.filter(to=to, digest=digest).exclude(pk__in=[row.pk for row in claimed])
        claimed += skip_claimed(others)[:MOST_TOGETHER]
    lease, until = new_id(), clock.now() + LEASE
    for row in claimed:
        row.lease, row.lease_until, row.attempts = lease, until, row.attempts + 1
    mine = Notification.objects.filter(pk__in=[row.pk for row in claimed])
    mine.update(lease=lease, lease_until=until, attempts=F("attempts") + 1)
    return claimed


def _due() -> QuerySet[Notification]:
    free = Q(lease_until=None) | Q(lease_until__lt=over_before())
    return Notification.objects.filter(free, state=NotificationState.DUE, next_attempt_at__lte=clock.now())


def _together(claimed: Sequence[Notification], refused: Mapping[str, str]) -> list[Message]:
    """One message for each digest and each other row; what is refused spoils no digest."""
    groups: dict[tuple[str, ...], list[Notification]] = {}
    for row in sorted(claimed, key=lambda row: row.pk):
        in_digest = row.digest and row.pk not in refused
        groups.setdefault((row.to, row.digest) if in_digest else (row.pk,), []).append(row)
    return [Message(rows) for rows in groups.values()]


# --- sending ----------------------------------------------------------------------------------------------------


def _send(messages: Messages, refused: Mapping[str, str]) -> list[Reply]:
    """In order. The database is asked in this thread; only the network runs in others."""
    targets = _targets(messages)
    calls = [_call(message, refused.get(message.rows[0].pk, ""), targets) for message in messages]
    with ThreadPoolExecutor(ROUND) as pool:
        return list(pool.map(lambda call: call(), calls))


def _call(message: Message, refused: str, targets: Mapping[str, str]) -> Callable[[], Reply]:
    target = message.to if message.way == "@" else targets.get(message.to, "")
    if not refused and not target:
        refused = UNREADABLE if message.to in targets else NO_CHANNEL.format(to=message.to)
    if refused:
        return lambda: Reply(refused, is_final=True)
    return partial(send, target, message.rows[0].pk, subject_of(message.rows), text_of(message.rows))


def refusals(rows: Sequence[Notification]) -> dict[str, str]:
    """By row. An address that a record gave must not be the person's own, nor of somebody who said stop."""
    filled = [row for row in rows if row.is_filled]
    if not filled:
        return {}
    own = emails_of(row.person for row in filled if row.person)
    stops = OptOut.objects.filter(address__in={row.to for row in filled}, state=OptOutState.OPEN)
    stopped = set(stops.values_list("address", flat=True))
    said = {row.pk: SAID_STOP.format(to=row.to) for row in filled if row.to in stopped}
    theirs = [row for row in filled if row.to in own.get(row.person_id or "", [])]
    return said | {row.pk: OWN_ADDRESS.format(to=row.to) for row in theirs}


def _targets(messages: Messages) -> dict[str, str]:
    """By channel where it leads; "" for what cannot be decrypted."""
    names = {message.to for message in messages if message.way != "@"}
    channels = NotificationChannel.objects.filter(name__in=names).defer("target")
    return {channel.name: target_of(channel) for channel in channels}


# --- settling ---------------------------------------------------------------------------------------------------


@transaction.atomic
def settle(messages: Messages, replies: Sequence[Reply]) -> None:
    """What came of each; nothing of one that another worker took over."""
    rows = [row for message in messages for row in message.rows]
    held = Notification.objects.select_for_update().filter(pk__in=[row.pk for row in rows], lease=rows[0].lease)
    ours = set(held.filter(state=NotificationState.DUE).values_list("pk", flat=True))
    for message, reply in zip(messages, replies, strict=True):
        for row in message.rows:
            _settle_one(row, reply)
    names = ("state", "attempts", "next_attempt_at", "postponed_at", "problem", "sent_at", "lease", "lease_until")
    update_rows([row for row in rows if row.pk in ours], names)
    for way in dict.fromkeys(message.way for message in messages):
        _note_way(way, [reply for message, reply in zip(messages, replies, strict=True) if message.way == way])


def _settle_one(row: Notification, reply: Reply) -> None:
    now = clock.now()
    row.lease, row.lease_until, row.problem = "", None, reply.problem[:300]
    if reply.ok:
        row.state, row.sent_at = NotificationState.SENT, now
    elif reply.is_final or row.attempts >= MAX_ATTEMPTS:
        row.state = NotificationState.FAILED
    else:
        rung = LADDER[row.attempts - 1] * random.uniform(0.8, 1.2)
        row.next_attempt_at, row.postponed_at = now + timedelta(seconds=rung), now


def _note_way(way: str, replies: Sequence[Reply]) -> None:
    """How a channel stands; where nothing came through, what else goes that way waits a little."""
    now, last = clock.now(), replies[-1]
    NotificationChannel.objects.filter(name=way).update(last_at=now, last_result=last.problem[:300])
    if any(reply.ok or reply.is_final for reply in replies):
        return
    others = _due().filter(Q(to__contains="@") if way == "@" else Q(to=way))
    others.update(next_attempt_at=now + REST, postponed_at=now)
