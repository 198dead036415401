"""What we wrote ourselves and a look, or the vendor, now reports: a tag is no news, a number counts nothing again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from audit.increments import INCREMENT
from audit.models import Change, ChangeState
from integrations import clock
from integrations.models import Event, EventSource

from .case import Case
from .twins import TAGS_WINDOW, WAYS, WINDOW

UPDATED = "contact.updated"
ECHO_COMES = timedelta(hours=1)  # a watch looks every few minutes, and a webhook comes sooner
TAGS = "tags"  # the field that holds them, in every change that writes tags
REPORTS = {"contact.tagged": True, "contact.untagged": False}  # whether the tag is on afterwards


def drop_own_tags(cases: Sequence[Case]) -> None:
    """Take away the rules of cases that only tell what we wrote there, and say so."""
    tagged = [case for case in cases if case.event.type in REPORTS and case.person and _name(case)]
    if not tagged:
        return
    written = _written(tagged)
    for case in tagged:
        changes = written.get(case.person.pk if case.person else "", [])
        if any(_is_echo(case, change) for change in changes):
            case.rules = []
            case.reasons.append(f"We wrote the tag {_name(case)} there ourselves.")


def _name(case: Case) -> str:
    tag = case.event.context.get("tag")
    return str(tag.get("name") or "").casefold() if isinstance(tag, Mapping) else ""


def _written(cases: Iterable[Case]) -> dict[str, list[Change]]:
    """Lately applied changes of tags, by person."""
    cases = list(cases)
    rows = Change.objects.filter(
        person__in=[case.person for case in cases if case.person],
        connection=cases[0].event.connection,
        state=ChangeState.APPLIED,
        applied_at__gte=min(case.event.occurred_at for case in cases) - TAGS_WINDOW,
    )
    found: dict[str, list[Change]] = {}
    for change in rows.only("person_id", "operation", "diff", "applied_at"):
        if TAGS in change.diff:
            found.setdefault(change.person_id or "", []).append(change)
    return found


def _is_echo(case: Case, change: Change) -> bool:
    """Seen not much later than it was written; what was written long before is somebody else's act by now."""
    is_on = change.operation != "remove_tags"
    window = TAGS_WINDOW if case.event.source == EventSource.POLL else WINDOW
    near = change.applied_at is not None and abs(case.event.occurred_at - change.applied_at) <= window
    return near and is_on == REPORTS[case.event.type] and _name(case) in _names(change.diff[TAGS].get("after"))


def _names(tags: Any) -> set[str]:
    tags = tags if isinstance(tags, list) else [tags]
    return {str(tag.get("name") if isinstance(tag, Mapping) else tag).casefold() for tag in tags if tag}


# --- numbers ----------------------------------------------------------------------------------------------------------


def own_counts(cases: Sequence[Case]) -> set[str]:
    """Ids of the events that are the first to report a record after we counted something there: that is what they say.

    Rules that count updates at both sides, or at the very record that they write to, would go round for ever.
    """
    told = [case.event for case in cases if case.event.source in WAYS and case.person]
    updates = [event for event in told if event.type == UPDATED and event.record_id]
    written = _counted(updates) if updates else {}
    seen = _last_planned([event for event in updates if _spot(event) in written])
    return {event.id for event in updates if _is_first(event, written, seen)}


def _spot(event: Event) -> tuple[str, str]:
    return event.object, event.record_id


def _counted(events: Sequence[Event]) -> dict[tuple[str, str], datetime]:
    """When we last counted something at these records, if that was lately."""
    rows = Change.objects.filter(
        person__in={event.person_id for event in events},
        connection=events[0].connection_id,
        operation=INCREMENT,
        state=ChangeState.APPLIED,
        applied_at__gte=clock.now() - ECHO_COMES,
    )
    found = rows.order_by("applied_at").values_list("object", "record_id", "applied_at")
    return {(object, record_id): at for object, record_id, at in found if at}


def _last_planned(events: Sequence[Event]) -> dict[tuple[str, str], datetime]:
    rows = Event.objects.filter(
        person__in={event.person_id for event in events},
        connection__in={event.connection_id for event in events},
        type=UPDATED,
        planned_at__gte=clock.now() - ECHO_COMES,
    )
    found = rows.order_by("planned_at").values_list("object", "record_id", "planned_at")
    return {(object, record_id): at for object, record_id, at in found if at} if events else {}


def _is_first(
    event: Event, written: Mapping[tuple[str, str], datetime], seen: Mapping[tuple[str, str], datetime]
) -> bool:
    at, before = written.get(_spot(event)), seen.get(_spot(event))
    return at is not None and (before is None or before < at)
