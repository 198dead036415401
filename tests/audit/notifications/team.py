"""A team that is told: its mailbox, its chat room at a URL, and short ways to notifications."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import responses
from django.utils import timezone

from audit.notifications.models import Notification, NotificationChannel
from audit.notifications.recording import notification

URL = "https://tool.example.com/rooms/secret-of-the-room"


class Room:
    """A chat room that takes JSON; answers 200 unless it was told otherwise."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.always: Any = 200

    def take(self, request: Any) -> tuple[int, dict[str, str], str]:
        self.calls.append(request)
        if isinstance(self.always, Exception):
            raise self.always
        return self.always, {}, ""

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(call.body) for call in self.calls]

    @contextmanager
    def listening(self) -> Iterator[Room]:
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
            mock.add_passthru("http://127.0.0.1")
            mock.add_callback("POST", URL, callback=self.take)
            yield self


def channel(name: str = "sales-team", target: str = URL, *alerts: str) -> NotificationChannel:
    return NotificationChannel.objects.create(name=name, target=target, alerts=list(alerts))


def note(
    to: str = "noa@example.com", subject: str = "A hot lead", body: str = "Call her.", **facts: Any
) -> Notification:
    row = notification(to, subject, body, **facts)
    row.save()
    return row


def let_time_pass() -> None:
    Notification.objects.filter(state="due").update(next_attempt_at=timezone.now())
