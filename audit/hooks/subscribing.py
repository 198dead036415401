"""Subscribes a URL to what happens, tests it, and switches it on again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from integrations import clock
from integrations.ids import new_id
from integrations.models import Connection
from integrations.vendors.http import is_safe_url
from integrations.vendors.signatures import new_secret
from integrations.waiting import due_now
from integrations.wake import wake

from .delivering import message_of, note_replies
from .models import DeliveryState, Hook, HookState
from .recording import LANE, payload_of
from .samples import sample_data
from .sending import Reply, send_all


def problem_of_url(url: str) -> str:
    """Why nothing can be sent there; "" when it can."""
    if not is_safe_url(url):
        return "The URL starts with https://, or with http:// when it is on this machine."
    if urlsplit(url).username or urlsplit(url).password:
        return "A URL with a user name or a password in it is not taken: calls are signed instead."
    return ""


def subscribe(target_url: str, event: str, connection: Connection | None, owner: Any) -> Hook:
    """From now on, within a second on every worker."""
    return Hook.objects.create(
        target_url=target_url, event=event, connection=connection, secret=new_secret(), owner=owner
    )


def send_test(hook: Hook) -> Reply:
    """Send the sample of its event, now; how the hook stands goes by the answer, as with any other."""
    payload = payload_of(hook.event, sample_data(hook.event))
    [reply] = send_all([message_of(hook, f"test_{new_id()}", payload)], clock.now())
    note_replies(hook, [reply])
    return reply


@transaction.atomic
def switch_on(hook: Hook) -> None:
    """With a full set of attempts for what still waits."""
    facts = {"failures": 0, "failing_since": None, "paused_until": None, "paused_at": None, "off_reason": ""}
    Hook.objects.filter(pk=hook.pk).update(state=HookState.ON, **facts)
    hook.deliveries.filter(state=DeliveryState.DUE).update(attempts=0, **due_now())
    transaction.on_commit(lambda: wake(LANE))
