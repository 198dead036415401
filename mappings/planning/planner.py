"""Plans a batch of events: find the person, run the rules that match, record the changes, settle the events."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from django.db import IntegrityError, InterfaceError, OperationalError, transaction

from audit.hooks.recording import tell_events
from audit.ledger import record_changes, wake_for
from audit.models import ChangeState
from audit.notifications.recording import record_notifications
from integrations.conflicts import open_conflicts, waits_for
from integrations.health import note_failure
from integrations.inbox import VERSIONS, claim_events, held, postpone, settle_planned, still_ours, wait_for_person
from integrations.leases import Holding
from integrations.models import Connection, Event, EventSource, EventState, IdentityConflict
from integrations.rows import add_rows, update_rows
from integrations.schemas import forget_fields
from integrations.vendors.errors import Busy, ConfigurationError, CrosswalkError, FieldHidden, TransientError

from ..spec import RuleSpec
from .actions import PLANNERS
from .actions.opt_out import tell_stops
from .approvals import hold_for_approval
from .brake import brake
from .case import Case, Step, Workshop
from .echoes import drop_own_tags
from .first_links import tell_stops_found
from .forbidding import hold_for_source
from .identifying import identify_cases, is_about_identity, stops_at_conversions, stops_carried
from .naming import name_records
from .opt_ins import hear_opt_ins
from .reading import READ, read_records
from .rules import load_rules, open_workshop, rules_for
from .twins import DONE_ONCE, told_before

logger = logging.getLogger(__name__)

CLAIM = 200


def plan_due(lane: str, limit: int = CLAIM) -> int:
    """Plan what is due on this lane. Returns how many events were taken."""
    claimed = claim_events(lane, limit)
    for connection, events in _together(claimed):
        try:
            plan_events(connection, events, lane)
        except (OperationalError, InterfaceError):  # the database is away: the leases expire, and all is taken up again
            raise
        except Exception as bug:  # a bug must not hold the other connections, nor be retried without a trace
            logger.exception("Planning failed; its events are tried again one by one.")
            _plan_alone(connection, events, lane, bug)
    return len(claimed)


def _together(events: Sequence[Event]) -> Iterator[tuple[Connection, list[Event]]]:
    """Events of one connection are planned together, those of a run by themselves.

    A replay with the mappings of its own time stands for itself.
    """
    groups: dict[tuple[int, str], list[Event]] = {}
    for event in events:
        own = event.id if event.context.get(VERSIONS) else event.run_id
        groups.setdefault((event.connection_id, own), []).append(event)
    connections = Connection.objects.in_bulk({pk for pk, _own in groups})
    for (pk, _own), group in groups.items():
        yield connections[pk], group


def _plan_alone(connection: Connection, events: Sequence[Event], lane: str, bug: Exception) -> None:
    """One poisonous event must not hold the others of its batch."""
    for event in events:
        try:
            if len(events) > 1:
                plan_events(connection, [event], lane)
            else:
                raise bug
        except (OperationalError, InterfaceError):
            raise
        except (IntegrityError, Busy):  # people were merged, or a conflict settled, at this very moment
            postpone(event, TransientError("What this is about changed in the database meanwhile."))
        except Exception as error:
            logger.exception("Event %s cannot be planned.", event.id)
            help = "This is a fault of Crosswalk; the log has the details. Replay the event after an update."
            postpone(event, CrosswalkError(f"Planning stopped with {type(error).__name__}.", help=help))


def plan_events(connection: Connection, events: Sequence[Event], lane: str) -> None:
    """Plan events of one connection together: queries and vendor calls do not grow with their number."""
    rules = load_rules(connection)
    holding = Holding(held(lane, events[0].lease)) if events[0].lease else None
    shop = open_workshop(lane, events[0].context.get(VERSIONS) or {}, holding, events[0].run_id)
    cases = open_cases(connection, rules, events, shop)
    intend(connection, rules, cases, shop)
    _settle(cases)


def open_cases(
    connection: Connection, rules: Sequence[RuleSpec], events: Sequence[Event], shop: Workshop
) -> list[Case]:
    """One case per event with its record and the rules whose conditions hold. Writes nothing."""
    for event in events:
        event.connection = connection
    cases = [Case(event, rules_for(event, rules), dict(event.record)) for event in events]
    heard = [case for case in cases if case.rules]
    name_records(connection, heard, shop)
    read_records(connection, heard, shop)
    _apply_conditions(cases)
    return cases


def intend(connection: Connection, rules: Sequence[RuleSpec], cases: Sequence[Case], shop: Workshop) -> None:
    """Find whose each case is, and what is to be written for it. The changes are not recorded yet; people are."""
    active = identify_cases(connection, [case for case in cases if case.rules or is_about_identity(case.event)])
    drop_own_tags(active)
    _carry_opt_outs(active, shop)
    _follow_conversions(connection, active, shop)
    _run_rules(rules, active, shop)


def _apply_conditions(cases: Sequence[Case]) -> None:
    """Drop rules whose conditions do not hold, and say so; a rule whose fields could not be read waits."""
    for case in cases:
        if not case.rules:
            case.reasons.append(_no_rule(case))
            continue
        kept = [rule for rule in case.rules if _readable(case, rule) and case.holds(rule.condition)]
        if not kept and case.problem is None:
            names = ", ".join(rule.name for rule in case.rules)
            case.reasons.append(f"The conditions of {names} do not hold.")
        case.rules = kept


def _no_rule(case: Case) -> str:
    if case.reasons or is_about_identity(case.event):
        return ""
    return f"No rule that is on listens to {case.event.type} at {case.event.connection.name}."


def _readable(case: Case, rule: RuleSpec) -> bool:
    """Where the record could not be read, only what needs nothing of it goes on: an opt-out does not wait."""
    if case.complete:
        return True
    return all(action.name == "opt_out" for action in rule.actions) and all(case.lookup(p)[0] for p in rule.paths())


def _carry_opt_outs(cases: Sequence[Case], shop: Workshop) -> None:
    """Records with a new address of somebody who said stop are told, as those with the old one were."""
    stops = stops_carried(cases)
    for name in dict.fromkeys(name for _case, stop in stops for name in stop.targets if name in shop.connections):
        telling = [(case, stop) for case, stop in stops if name in stop.targets]
        connection = shop.connections[name]
        _asking(connection, [case for case, _stop in telling], partial(tell_stops, shop, connection, telling))


def _follow_conversions(connection: Connection, cases: Sequence[Case], shop: Workshop) -> None:
    """What a record was converted to is told what the record knew: the vendor may not have taken it over."""
    telling = stops_at_conversions(cases)
    if telling:
        _asking(connection, [case for case, _stop in telling], partial(tell_stops, shop, connection, telling))


def _run_rules(rules: Sequence[RuleSpec], cases: Sequence[Case], shop: Workshop) -> None:
    """Rule after rule, action after action, each for all cases in which the rule applies."""
    for rule in rules:
        for position, action in enumerate(rule.actions):
            concerned = [case for case in cases if rule in case.rules]
            if concerned:
                _run_action(Step(rule, action, position, shop), concerned)


def _run_action(step: Step, cases: Sequence[Case]) -> None:
    target = _target_name(step)
    going_on = [case for case in cases if case.may_go_on(step.action.name, target)]
    if step.action.name in DONE_ONCE:
        going_on = _told_first(step, going_on)
    if going_on:
        _asking(step.shop.connections[target], going_on, partial(PLANNERS[step.action.name], step, going_on))


def _told_first(step: Step, cases: Sequence[Case]) -> list[Case]:
    """Without those whose event was pushed and is now seen as well, or the other way round."""
    again = told_before(cases)
    for case in cases:
        if case.event.id in again:
            case.reasons.append(f"{step.action.name}: this was heard before, by another way; it is done once.")
    return [case for case in cases if case.event.id not in again]


def _asking(connection: Connection, cases: Sequence[Case], act: Callable[[], None]) -> None:
    """A vendor that cannot be asked now postpones the events, not the batch."""
    try:
        try:
            act()
        except FieldHidden:  # what we knew of the vendor's fields is out of date: ask again, once
            forget_fields(connection)
            act()
    except CrosswalkError as error:
        note_failure(connection, error)
        for case in cases:
            case.problem = error


def _target_name(step: Step) -> str:
    """The connection an action is about; of several, the first; of none, that of the event."""
    if step.action.mapping:
        return step.shop.mappings[step.action.mapping][0].target_connection
    return step.action.connection or next(iter(step.params.get("connections", ())), step.rule.connection)


@transaction.atomic
def _settle(cases: Sequence[Case]) -> None:
    """Changes recorded and events done commit together; of an event that another worker took over, nothing does."""
    ours = still_ours([case.event for case in cases])
    present = [case for case in cases if case.event.pk in ours]
    finished = [case for case in present if case.problem is None]
    clear = [case for case in finished if not case.questions]
    hear_opt_ins(clear)
    hold_for_source(finished)
    hold_for_approval(finished)
    brake(present)
    urgent = [
        change for case in present if case.problem is not None for change in case.changes if change.lane == "optouts"
    ]
    made = record_changes([change for case in finished for change in case.changes] + urgent)
    record_notifications([notice for case in finished for notice in case.notices])
    tell_stops_found(clear)
    _remember(clear)
    conflicts = open_conflicts([(case.event, question) for case in finished for question in case.questions])
    settle_planned(_settled(case, conflicts) for case in finished)
    tell_events([case.event for case in finished if case.event.state != EventState.FAILED])
    for case in present:
        if case.problem is not None:
            _postpone(case)
    wake_for(change for change in made if change.state == ChangeState.QUEUED)


def _settled(case: Case, conflicts: Mapping[str, IdentityConflict]) -> Event:
    """An event with a question rests until a human answers it, and is planned again then."""
    event = case.event
    counts = case.rules or is_about_identity(event)
    event.state = EventState.FAILED if case.questions else EventState.PLANNED if counts else EventState.IGNORED
    rests = [waits_for(conflicts[question.key], question.sentence) for question in case.questions]
    event.reason = " ".join(dict.fromkeys(reason for reason in [*rests, *case.reasons] if reason))
    return event


def _remember(cases: Sequence[Case]) -> None:
    """Records found at targets that needed no write are the person's all the same."""
    add_rows([link for case in cases for link in case.links])
    current = [link for case in cases for link in case.agreed]
    update_rows(list({link.pk: link for link in current}.values()), ["snapshot", "bases"])


def _postpone(case: Case) -> None:
    if isinstance(case.problem, ConfigurationError):
        wait_for_person([case.event], f"{case.problem.message} {case.problem.help}".strip())
    elif case.problem is not None:
        postpone(case.event, case.problem, **_worth_keeping(case))


def _worth_keeping(case: Case) -> dict[str, Any]:
    """What was read for a backfill is not read again when another vendor is waited for: it was paid for."""
    is_read = case.complete and case.event.source == EventSource.BACKFILL
    return {"record": case.event.record, "context": {**case.event.context, READ: True}} if is_read else {}
