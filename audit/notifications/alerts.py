"""Alerts: channels are told when something is wrong that a person must see to, and when it is over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from integrations import clock
from integrations.admin_labels import length

from ..chores import take_turn
from .models import Alert, AlertKind, Notification, NotificationChannel
from .recording import notification, record_notifications

ALERTING = "alerts"  # the chore
EVERY = timedelta(minutes=1)
AGAIN = timedelta(hours=1)  # of the same trouble with something new in it


@dataclass(frozen=True)
class Trouble:
    """Something that is wrong now: `key` tells it from others, `text` says what it is and what to do.

    `mark` is the id of the newest thing that is wrong: with a newer one it is told again, at most once an hour.
    """

    kind: AlertKind
    key: str
    title: str
    text: str
    path: str
    mark: str = ""


Source = Callable[[], Iterable[Trouble]]
Listeners = Mapping[str, Sequence[str]]  # by kind the names of the channels


def alert_due(sources: Sequence[Source]) -> None:
    """Once a minute, in one process: tell what is new and what is over. Where nobody listens, two queries."""
    if not take_turn(ALERTING, EVERY):
        return
    listeners = _listeners()
    if any(listeners.values()) or Alert.objects.exists():
        tell([trouble for source in sources for trouble in source()], listeners)


def _listeners() -> Listeners:
    channels = list(NotificationChannel.objects.values_list("name", "alerts"))
    return {kind: [name for name, alerts in channels if kind in alerts] for kind in AlertKind.values}


@transaction.atomic
def tell(troubles: Sequence[Trouble], listeners: Listeners) -> None:
    """What is recorded and what was told commit together."""
    known = {alert.key: alert for alert in Alert.objects.select_for_update()}
    rows: list[Notification] = []
    for trouble in troubles:
        rows += _tell_one(trouble, known.pop(trouble.key, None), listeners[trouble.kind])
    for alert in known.values():
        rows += _tell_over(alert, listeners.get(alert.kind, ()))
        alert.delete()
    record_notifications(rows)


def _tell_one(trouble: Trouble, known: Alert | None, names: Sequence[str]) -> list[Notification]:
    """To channels that were not told yet; to all, when there is something new in it."""
    if known is None and not names:
        return []
    now = clock.now()
    alert = known or Alert(key=trouble.key, kind=trouble.kind, began_at=now)
    alert.title = trouble.title[:200]
    is_new = known is None or _is_news(trouble, known)
    told = [] if is_new else [name for name in alert.channels if name in names]
    if is_new:
        alert.told_at, alert.mark = now, trouble.mark
    alert.channels = list(names)
    alert.save()
    return [_notice(name, trouble) for name in names if name not in told]


def _is_news(trouble: Trouble, alert: Alert) -> bool:
    lately = timedelta() <= clock.now() - alert.told_at < AGAIN
    return trouble.mark > alert.mark and not lately


def _notice(channel: str, trouble: Trouble) -> Notification:
    text = f"{trouble.text}\n\n{settings.PUBLIC_URL}{trouble.path}"
    return notification(channel, f"Crosswalk: {trouble.title}", text, alert=trouble.kind)


def _tell_over(alert: Alert, names: Sequence[str]) -> list[Notification]:
    lasted = length(max(clock.now() - alert.began_at, timedelta()))
    subject = _("Crosswalk: over: %s") % alert.title
    text = _("%(title)s: this is over. It lasted %(time)s.") % {"title": alert.title, "time": lasted}
    return [notification(name, subject, text, alert=alert.kind) for name in alert.channels if name in names]
