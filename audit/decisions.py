"""What a person decides about changes: retry, approve, reject, cancel. Each says what it did and what it refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from integrations import clock
from integrations.health import check_connection
from integrations.models import Connection
from integrations.waiting import due_now

from . import optouts
from .ledger import cancel_dependants, move, wake_for
from .models import Change, ChangeState, OptOut

Stops = Mapping[str, Sequence[OptOut]]  # opt-outs in force, by person


@dataclass
class Decision:
    """Ids that were decided, and why others were not."""

    done: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def retry(ids: Iterable[str], user: AbstractBaseUser | None, comment: str = "") -> Decision:
    """Send failed changes again, with a full set of attempts. A stopped connection is tested first."""
    ids = list(ids)
    look_at_stopped(Change.objects.filter(id__in=ids, state=ChangeState.FAILED))
    return requeue(ids, user, comment)


def look_at_stopped(changes: QuerySet[Change]) -> None:
    """Test the stopped connections of these changes. Calls vendors: not inside a transaction."""
    for connection in Connection.objects.filter(blocked=True):
        if changes.filter(connection=connection).exists():
            check_connection(connection)


def requeue(ids: Iterable[str], user: AbstractBaseUser | None, comment: str = "") -> Decision:
    """Retry without calling anybody."""
    decision = _decide(ids, (ChangeState.FAILED,), _("Only a failed change can be retried."))
    facts = _facts(user, comment) | due_now() | {"tries": 0}
    return _carry_out(decision, (ChangeState.FAILED,), ChangeState.QUEUED, facts)


def approve(ids: Iterable[str], user: AbstractBaseUser | None, comment: str = "") -> Decision:
    """Let held changes go. One held by an opt-out cannot be approved: only a newer opt-in lifts it."""
    decision = _decide(
        ids, (ChangeState.HELD,), _("Only a change that waits for approval can be approved."), _why_not_approved
    )
    facts = _facts(user, comment) | due_now() | {"held_reason": ""}
    with transaction.atomic():
        _lift_for(decision.done, user)
        return _carry_out(decision, (ChangeState.HELD,), ChangeState.QUEUED, facts)


def reject(ids: Iterable[str], user: AbstractBaseUser | None, comment: str = "") -> Decision:
    """Refuse held changes for good, and cancel what was to follow them."""
    decision = _decide(ids, (ChangeState.HELD,), _("Only a change that waits for approval can be rejected."))
    done = _carry_out(decision, (ChangeState.HELD,), ChangeState.REJECTED, _facts(user, comment))
    cancel_dependants(done.done, _("The change it was to follow was rejected."))
    return done


def cancel(ids: Iterable[str], user: AbstractBaseUser | None, comment: str = "") -> Decision:
    """Take back changes that were not sent. An opt-out is not taken back."""
    states = (ChangeState.QUEUED, ChangeState.HELD, ChangeState.FAILED)
    decision = _decide(ids, states, _("Only a change that was not applied yet can be cancelled."), _why_not_cancelled)
    done = _carry_out(decision, states, ChangeState.CANCELLED, _facts(user, comment))
    cancel_dependants(done.done, _("The change it was to follow was cancelled."))
    return done


def _decide(
    ids: Iterable[str],
    states: Sequence[str],
    sentence: str,
    why_not: Callable[[Change, Stops], str] = lambda change, stops: "",
) -> Decision:
    """Sort changes into those in one of `states` and those that are refused, with the reason."""
    decision = Decision()
    rows = Change.objects.filter(id__in=list(ids)).defer("known", "diff")
    changes = list(rows.select_related("connection", "opt_out__joined_to", "event"))
    stops = optouts.open_opt_outs(_people_of(changes))
    for change in changes:
        reason = (
            "" if change.state in states else f"{sentence} {_('This one is')} {change.get_state_display().lower()}."
        )
        reason = reason or why_not(change, stops)
        if reason:
            decision.refused[change.id] = reason
        else:
            decision.done.append(change.id)
    return decision


def _people_of(changes: Iterable[Change]) -> set[str]:
    """Whose opt-outs count: the person's, and that of the opt-out which an opt-in answers."""
    answered = [change.opt_out.joined_to or change.opt_out for change in changes if change.opt_out is not None]
    return {change.person_id for change in changes if change.person_id} | {stop.person_id for stop in answered}


def _carry_out(decision: Decision, start: Sequence[str], end: str, facts: dict[str, Any]) -> Decision:
    moved = move(decision.done, start, end, **facts)
    for lost in set(decision.done) - set(moved):
        decision.refused[lost] = _("Somebody else was faster.")
    decision.done = moved
    wake_for(Change.objects.filter(id__in=moved).only("lane", "state"))
    return decision


def _facts(user: AbstractBaseUser | None, comment: str) -> dict[str, Any]:
    return {"decided_by_id": getattr(user, "pk", None), "decided_at": clock.now(), "comment": comment}


def _why_not_approved(change: Change, stops: Stops) -> str:
    if change.operation == optouts.OPT_IN and change.opt_out is not None:
        return _why_not_lifted(change, change.opt_out.joined_to or change.opt_out, stops)
    if change.person_id in stops and optouts.is_subscribing(change):
        return _("The person opted out. Only a newer opt-in lifts that.")
    return ""


def _why_not_lifted(change: Change, opt_out: OptOut, stops: Stops) -> str:
    """Since it was asked for, the person may have said stop again, or turned out to be somebody who had."""
    said = stops.get(opt_out.person_id, [])
    if change.event is not None and change.event.occurred_at > optouts.last_heard(opt_out, said):
        return ""
    return _("The person has said stop since. Only a newer opt-in lifts that.")


def _why_not_cancelled(change: Change, stops: Stops) -> str:
    return _("An opt-out is not taken back.") if change.operation == optouts.OPT_OUT else ""


def _lift_for(ids: Sequence[str], user: AbstractBaseUser | None) -> None:
    """Approving an opt-in lifts the opt-out it answers."""
    for change in Change.objects.filter(id__in=ids, operation=optouts.OPT_IN).select_related(
        "opt_out__joined_to", "event"
    ):
        if change.opt_out is not None:
            stop = change.opt_out.joined_to or change.opt_out
            optouts.lift_opt_out(stop, {"change": change.id, "event": change.event_id, "by": str(user or "")})
