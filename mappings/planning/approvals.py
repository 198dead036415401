"""Holds changes for a person's approval, as their rule says. An opt-out is never held."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from audit.models import Change, ChangeState, Kind
from integrations import clock

from .case import Case

BURST = timedelta(hours=1)


def hold_for_approval(cases: Sequence[Case]) -> None:
    """`always`: every change of the rule waits. `over N`: from the N-th change within an hour on, they wait."""
    policies = {rule.name: rule.approve for case in cases for rule in case.rules}
    for name, policy in policies.items():
        changes = [c for case in cases for c in case.changes if c.rule == name and _can_wait(c)]
        if policy == "always":
            _hold(changes, "The rule asks for approval of every change.")
        elif isinstance(policy, int):
            room = max(0, policy - _recent(name)) if changes else 0
            _hold(changes[room:], f"More than {policy} changes of this rule within an hour.")


def _can_wait(change: Change) -> bool:
    return change.kind != Kind.OPT_OUT and change.state == ChangeState.QUEUED


def _recent(rule: str) -> int:
    now = clock.now()
    lately = Change.objects.filter(rule=rule, created_at__range=(now - BURST, now + BURST))
    return lately.exclude(kind=Kind.OPT_OUT).count()


def _hold(changes: Sequence[Change], reason: str) -> None:
    for change in changes:
        change.state, change.held_reason = ChangeState.HELD, reason
