"""Hears a newer, explicit opt-in of somebody who had opted out: a person decides, or the rule says to lift it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from audit import optouts
from audit.ledger import record_changes, wake_for
from audit.models import OptOut
from audit.opting_in import opt_in_changes

from .case import Case

OPT_IN_EVENT = "contact.subscribed"


def hear_opt_ins(cases: Sequence[Case]) -> None:
    """Only an act of the person counts, at a time after the opt-out.

    Call inside the transaction that settles the events.
    """
    hearing = [case for case in cases if case.event.type == OPT_IN_EVENT and case.person and case.rules]
    stops = optouts.open_opt_outs(case.person for case in hearing if case.person)
    for case in hearing:
        theirs = stops.get(case.person.pk, []) if case.person else []
        for stop in theirs:
            _hear(case, stop, optouts.last_heard(stop, theirs))


def _hear(case: Case, stop: OptOut, last_heard: datetime) -> None:
    acted_at = case.kind.opted_in_at(case.record, case.event.context)
    if acted_at is None or acted_at <= last_heard:
        case.reasons.append("The person is opted out; this event is no newer opt-in of their own.")
        return
    rule = next((rule for rule in case.rules if rule.opt_in == "lift"), case.rules[0])
    ask = rule.opt_in != "lift"
    if not ask:
        optouts.lift_opt_out(stop, {"event": case.event.id, "rule": rule.name})
    made = record_changes(opt_in_changes(stop, case.event, rule.name, ask))
    case.reasons.append("A newer opt-in waits for approval." if ask else "A newer opt-in lifted the opt-out.")
    wake_for(made)
