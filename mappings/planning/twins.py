"""The same happening, told in two ways: pushed by the vendor and seen by a look. Some things are done once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from integrations.models import Event, EventSource, EventState
from integrations.vendors.registry import vendor

from .case import Case

WINDOW = timedelta(hours=2)  # a push is repeated for less than that, and a look comes sooner
# When a tag was put on, a look may not know: it may find it only when all tags are compared, every six hours.
TAGS_WINDOW = timedelta(hours=8)
TAGGINGS = ("contact.tagged", "contact.untagged")
WAYS = (EventSource.WEBHOOK, EventSource.POLL)
# What repeats do double. What carries a state is done again: the later of the two may know more.
DONE_ONCE = frozenset({"create_task", "add_note", "increment", "call", "notify"})
SUBJECTS = {
    "tag": ("tagId", "name"),
    "webinar": ("webinarId",),
    "message": ("resourceId",),
    "campaign": ("campaignId",),
}


def told_before(cases: Sequence[Case]) -> set[str]:
    """Ids of the events of which another tells the same that came by the other way and was planned already.

    Each that came by one way answers for one by the other.
    """
    asking = [case for case in cases if case.event.source in WAYS and case.person and _is_watched(case)]
    if not asking:
        return set()
    rows = Event.objects.filter(
        person__in=[case.person for case in asking],
        type__in={case.event.type for case in asking},
        state=EventState.PLANNED,
        source__in=WAYS,
        occurred_at__gte=min(case.event.occurred_at for case in asking) - TAGS_WINDOW,
    )
    planned = list(rows.only("id", "connection", "object", "record_id", "type", "source", "occurred_at", "context"))
    return {case.event.id for case in asking if _is_told(case.event, planned)}


def _is_watched(case: Case) -> bool:
    """Whether this vendor both pushes such an event and is looked at for it."""
    return any(case.event.type in watch.events for watch in vendor(case.event.connection.vendor).capabilities.watches)


def _is_told(event: Event, planned: Sequence[Event]) -> bool:
    alike = [other for other in planned if _is_alike(event, other)]
    own = sum(other.source == event.source for other in alike)
    return len(alike) - own > own


def _is_alike(event: Event, other: Event) -> bool:
    same = ("connection_id", "object", "record_id", "type")
    if any(getattr(event, name) != getattr(other, name) for name in same):
        return False
    window = TAGS_WINDOW if event.type in TAGGINGS else WINDOW
    return abs(event.occurred_at - other.occurred_at) <= window and _same_subject(event.context, other.context)


def _same_subject(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both name the same tag, webinar, message; what one of them does not name may be the same."""
    for key, names in SUBJECTS.items():
        for name in names:
            pair = {str(value) for value in (_part(one, key, name), _part(other, key, name)) if value}
            if len(pair) == 2:
                return False
    return True


def _part(context: Mapping[str, Any], key: str, name: str) -> Any:
    held = context.get(key)
    return held.get(name) if isinstance(held, Mapping) else None
