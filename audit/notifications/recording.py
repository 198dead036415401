"""Writes down who is to be told of what, in the transaction in which it is planned; when, with a digest, and once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations import clock
from integrations.models import Person
from integrations.rows import add_rows
from integrations.storable import storable_text
from integrations.wake import wake

from .models import Notification, NotificationState

LANE = "bulk"  # a mail server that is slow to answer must not hold up leads, let alone a stop
DAILY_AT = 8  # o'clock in TIME_ZONE
LONGEST_TEXT, LONGEST_SUBJECT = 20_000, 200
UNTOLD = (NotificationState.FAILED, NotificationState.LEFT)
Told = tuple[str, str]  # (person id, recipient)


def notification(to: str, subject: str, body: str, digest: str = "", **facts: Any) -> Notification:
    """One that is due at once, or with the next digest. Nothing is stored yet."""
    return Notification(
        to=to,
        subject=storable_text(" ".join(subject.split()), LONGEST_SUBJECT),
        body=storable_text(body.strip(), LONGEST_TEXT),
        digest=digest,
        **_due(digest),
        **facts,
    )


def _due(digest: str) -> dict[str, Any]:
    now = clock.now()
    if not digest:
        return {"next_attempt_at": now}
    return {"next_attempt_at": next_digest(digest, now), "postponed_at": now}


def next_digest(digest: str, now: datetime) -> datetime:
    """The next full hour, or the next eight o'clock, by the clock on the wall."""
    local = timezone.localtime(now)
    if digest == "hourly":
        return (local + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    today = local.replace(hour=DAILY_AT, minute=0, second=0, microsecond=0)
    return today if today > local else today + timedelta(days=1)


def record_notifications(rows: Sequence[Notification]) -> None:
    """What is recorded already, by its identity, stays as it is. Call it in the transaction of what it tells."""
    if rows:
        add_rows(rows)
        transaction.on_commit(partial(wake, LANE))


def told_lately(people: Iterable[Person], rule: str, position: int, span: timedelta) -> set[Told]:
    """Who was told of which of these people by this action within the span, or is to be."""
    now = clock.now()
    rows = Notification.objects.filter(person__in=list(people), rule=rule, position=position)
    lately = rows.filter(created_at__range=(now - span, now + span)).exclude(state__in=UNTOLD)
    return {(str(person_id), to) for person_id, to in lately.values_list("person_id", "to")}


def recorded(identities: Collection[str]) -> bool:
    """Whether one of these was told, or is to be; what failed was not."""
    known = Notification.objects.filter(identity__in=identities)
    return known.exclude(state__in=UNTOLD).exists()
