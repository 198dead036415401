"""What there is to watch: the events that rules listen to, and what concerns who somebody is or their opt-out."""

from __future__ import annotations

import time

from integrations.models import Connection
from integrations.watching import Wanted, look_at_due

from .models import Rule
from .planning.identifying import ABOUT_IDENTITY

PAUSE_SECONDS = 1.0
_looked_at = float("-inf")


def watch_due() -> int:
    """Look at what is due, asked at most once a second in each process. Returns how many events were found."""
    global _looked_at
    now = time.monotonic()
    if now - _looked_at < PAUSE_SECONDS:
        return 0
    found = look_at_due(wanted_events())
    _looked_at = time.monotonic()
    return found


def wanted_events() -> Wanted:
    """By connection: what rules that are on listen to; where they tell opt-outs, what may undo that as well."""
    wanted: dict[int, set[str]] = {}
    told: set[str] = set()
    for pk, event, actions in Rule.objects.filter(enabled=True).values_list("connection_id", "event", "actions"):
        wanted.setdefault(pk, set(ABOUT_IDENTITY)).add(event)
        told.update(name for action in actions for name in action.get("opt_out", {}).get("connections", []))
    for pk in Connection.objects.filter(name__in=told).values_list("pk", flat=True):
        wanted.setdefault(pk, set(ABOUT_IDENTITY))
    return {pk: frozenset(events) for pk, events in wanted.items()}
