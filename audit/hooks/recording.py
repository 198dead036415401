"""Writes down what hooks are to be told, in the transaction in which it happens; where nobody listens, at no cost.

What came to us by a hook is not told to that hook again, so that a hook into our own webhook URL is no loop.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction

from integrations import clock
from integrations.models import Event, EventSource, EventState
from integrations.receive import VIA
from integrations.vendors.registry import VENDORS
from integrations.wake import wake

from ..facts import change_facts, event_facts, moment, opt_out_facts
from ..models import Change, ChangeState, OptOut
from .models import Hook, HookDelivery, HookState

LANE = "bulk"  # a tool that is slow to answer must not hold up leads, let alone a stop
OPT_OUT_REGISTERED = "opt_out.registered"
OF_CHANGES = {
    ChangeState.APPLIED.value: "change.applied",
    ChangeState.FAILED.value: "change.failed",
    ChangeState.HELD.value: "change.held",
}
OWN_EVENTS = (*OF_CHANGES.values(), OPT_OUT_REGISTERED)

_heard: tuple[float, list[Hook]] = (0.0, [])  # until when it is believed, and who listens


def listening() -> list[Hook]:
    """The hooks that are on, as they were at most HOOK_SECONDS ago."""
    global _heard
    until, hooks = _heard
    if time.monotonic() >= until:
        hooks = list(Hook.objects.filter(state=HookState.ON).only("event", "connection_id"))
        _heard = (time.monotonic() + settings.HOOK_SECONDS, hooks)
    return hooks


def tell_events(events: Sequence[Event]) -> None:
    """Of events that were planned or ignored. Needs their `connection`; call it once their changes are recorded."""
    wanted = [(hook, event) for hook in listening() for event in events if _hears_event(hook, event)]
    wanted = [(hook, event) for hook, event in wanted if _is_news(event)]
    if not wanted:
        return
    changes: dict[str, list[str]] = {}
    rows = Change.objects.filter(event__in={event.pk for _hook, event in wanted}).order_by("-id")
    for event_id, change_id in rows.values_list("event_id", "id"):
        changes.setdefault(str(event_id), []).append(change_id)
    vias = {event.pk: event.context.get(VIA) or [] for _hook, event in wanted}
    _record((hook, event.type, event_facts(event, changes.get(event.pk, [])), vias[event.pk]) for hook, event in wanted)


def tell_changes(changes: Iterable[Change]) -> None:
    """Of changes that just became applied, failed or held; the others are nobody's news. Needs their `connection`."""
    news = [(OF_CHANGES[change.state], change) for change in changes if change.state in OF_CHANGES]
    hooks = listening() if news else []
    wanted = [(h, name, c) for h in hooks for name, c in news if _hears(h, name, c.connection_id)]
    vias = _vias_of(change.event_id for _hook, _name, change in wanted)
    _record((hook, name, change_facts(change), vias.get(change.event_id or "", [])) for hook, name, change in wanted)


def tell_opt_outs(opt_outs: Sequence[OptOut]) -> None:
    """Of stops that were just registered. Needs their `connection`."""
    hooks = listening() if opt_outs else []
    wanted = [(h, o) for h in hooks for o in opt_outs if _hears(h, OPT_OUT_REGISTERED, o.connection_id)]
    vias = _vias_of(opt_out.event_id for _hook, opt_out in wanted)
    _record((h, OPT_OUT_REGISTERED, opt_out_facts(o), vias.get(o.event_id or "", [])) for h, o in wanted)


def payload_of(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent, in the form that the Standard Webhooks scheme recommends."""
    return {"type": name, "timestamp": moment(clock.now()), "data": data}


def _hears(hook: Hook, name: str, connection_id: int) -> bool:
    return hook.event == name and hook.connection_id in (None, connection_id)


def _hears_event(hook: Hook, event: Event) -> bool:
    """What a tool told us is told to tools only where they ask for its connection by name: else they would circle."""
    if hook.connection_id is None and VENDORS[event.connection.vendor].capabilities.only_tells:
        return False
    return _hears(hook, event.type, event.connection_id)


def _is_news(event: Event) -> bool:
    """What is only looked at again happened long ago. A replay is news where nobody could read or plan the event."""
    if event.source == EventSource.REPLAY and event.replay_of is not None:
        return event.replay_of.state in (EventState.QUARANTINED, EventState.FAILED)
    return event.source in (EventSource.WEBHOOK, EventSource.POLL)


def _vias_of(event_ids: Iterable[str | None]) -> dict[str, list[str]]:
    """Through which hooks the events came; one query, and none where nothing is to be told."""
    ids = set(event_ids) - {None}
    if not ids:
        return {}
    brought = Event.objects.filter(pk__in=ids, context__has_key=VIA)
    return {id: context[VIA] for id, context in brought.values_list("id", "context")}


def _record(news: Iterable[tuple[Hook, str, dict[str, Any], list[str]]]) -> None:
    rows = [
        HookDelivery(hook=hook, payload=payload_of(name, data), via=via, next_attempt_at=clock.now())
        for hook, name, data, via in news
        if hook.pk not in via
    ]
    if rows:
        HookDelivery.objects.bulk_create(rows, batch_size=500)
        transaction.on_commit(partial(wake, LANE))
