"""Acts are done once for each event: a run over many repeats none, and a replay does only what was not done."""

from __future__ import annotations

from collections.abc import Sequence

from audit.ledger import identity_of
from audit.models import Change, ChangeState
from integrations.models import Event, EventSource

from ..case import Case, Step
from .following import label_of

CARRYING = (EventSource.RESYNC, EventSource.BACKFILL)


def not_repeated(step: Step, cases: Sequence[Case]) -> list[Case]:
    """The cases in which the act is to be done; resync and backfill carry what records hold, not what happened."""
    for case in cases:
        if case.event.source in CARRYING:
            case.reasons.append(f"{label_of(step)}: a {case.event.source} repeats nobody's act.")
    return [case for case in cases if case.event.source not in CARRYING]


def name_act(step: Step, case: Case, change: Change) -> bool:
    """Set the change's identity. False, with the reason, when the act was done for this event or is under way."""
    change.identity = _identity(step, case.event)
    if case.event.source != EventSource.REPLAY:
        return True
    identities = [_identity(step, event) for event in family(case.event)]
    earlier = list(Change.objects.filter(identity__in=identities).order_by("id"))
    if any(not _was_surely_not_done(each) for each in earlier):
        case.reasons.append(f"{label_of(step)}: it was done for this event before, or is under way.")
        return False
    change.replaces = next((each for each in reversed(earlier) if each.state == ChangeState.FAILED), None)
    return True


def _identity(step: Step, event: Event) -> str:
    return identity_of(event.id, step.rule.name, step.position)


def _was_surely_not_done(change: Change) -> bool:
    never_sent = change.state in (ChangeState.CANCELLED, ChangeState.REJECTED)
    return never_sent or (change.state == ChangeState.FAILED and not change.unknown_outcome)


def family(event: Event) -> list[Event]:
    """The event that was replayed and every other replay of it, without this one."""
    origin = event
    while origin.replay_of is not None:
        origin = origin.replay_of
    found, latest = [origin], [origin]
    while latest:
        latest = list(Event.objects.filter(replay_of__in=latest).only("id"))
        found += latest
    return [each for each in found if each.id != event.id]
