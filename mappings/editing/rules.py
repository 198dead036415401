"""Stores a rule as it was typed, after everything it names was checked."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max

from integrations.models import Connection

from ..models import Rule
from ..spec import RuleSpec


@transaction.atomic
def save_rule(rule: Rule | None, spec: RuleSpec) -> Rule:
    """Make or change the rule; history keeps what it was. Call it with a spec that was checked."""
    rule = rule or Rule(position=_next_position())
    data: dict[str, Any] = dict(spec.data)
    rule.name, rule.connection, rule.event = spec.name, Connection.objects.get(name=spec.connection), spec.event
    rule.condition, rule.actions = data.get("if") or {}, data["do"]
    rule.approve, rule.opt_in, rule.enabled = data.get("approve", "never"), spec.opt_in, spec.enabled
    rule.save()
    return rule


def switch_rule(rule: Rule) -> bool:
    """Turn a rule on or off; True when it is on now."""
    rule.enabled = not rule.enabled
    rule.save()
    return rule.enabled


def _next_position() -> int:
    last: int | None = Rule.objects.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1
