"""Tags that we put on or took off ourselves and that a look, or the vendor, now reports as news: they start nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from audit.models import Change, ChangeState
from integrations.models import EventSource

from .case import Case
from .twins import TAGS_WINDOW, WINDOW

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
