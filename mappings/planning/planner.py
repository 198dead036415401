"""Plans a batch of events: find the person, run the rules that match, record the changes, settle the events."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

from django.db import InterfaceError, OperationalError, transaction

from audit.ledger import IN_LINE, record_changes, wake_for
from audit.models import Change, ChangeState, Kind
from integrations.health import note_failure
from integrations.inbox import VERSIONS, claim_events, give_back, postpone, settle_planned, wait_for_person
from integrations.models import Connection, Event, EventState, Link
from integrations.people import Sighting, identify
from integrations.rows import update_rows
from integrations.schemas import forget_fields
from integrations.vendors.errors import Busy, ConfigurationError, CrosswalkError, FieldHidden
from integrations.vendors.registry import vendor

from ..spec import RuleSpec
from .actions import PLANNERS
from .approvals import hold_for_approval
from .brake import brake
from .case import Case, Step, Workshop
from .opt_ins import hear_opt_ins
from .reading import read_records
from .rules import load_rules, open_workshop, rules_for

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
    """Events of one connection are planned together; a replay with the mappings of its own time stands for itself."""
    groups: dict[tuple[int, str], list[Event]] = {}
    for event in events:
        own = event.id if event.context.get(VERSIONS) else ""
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
        except Exception as error:
            logger.exception("Event %s cannot be planned.", event.id)
            help = "This is a fault of Crosswalk; the log has the details. Replay the event after an update."
            postpone(event, CrosswalkError(f"Planning stopped with {type(error).__name__}.", help=help))


def plan_events(connection: Connection, events: Sequence[Event], lane: str) -> None:
    """Plan events of one connection together: queries and vendor calls do not grow with their number."""
    rules = load_rules(connection)
    shop = open_workshop(lane, events[0].context.get(VERSIONS) or {})
    for event in events:
        event.connection = connection
    cases = [Case(event, rules_for(event, rules), dict(event.record)) for event in events]
    read_records(connection, [case for case in cases if case.rules], shop)
    _apply_conditions(cases)
    active = _identify(connection, [case for case in cases if case.rules])
    _run_rules(rules, active, shop)
    _settle(cases)


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
    if case.reasons:
        return ""
    return f"No rule that is on listens to {case.event.type} at {case.event.connection.name}."


def _readable(case: Case, rule: RuleSpec) -> bool:
    """Where the record could not be read, only what needs nothing of it goes on: an opt-out does not wait."""
    if case.complete:
        return True
    return all(action.name == "opt_out" for action in rule.actions) and all(case.lookup(p)[0] for p in rule.paths())


def _identify(connection: Connection, cases: Sequence[Case]) -> list[Case]:
    """Set each case's person; one event per person stays in this batch, the others come in the next."""
    sightings = [_sighting(connection, case) for case in cases]
    with transaction.atomic():
        identify(sightings)
    active: dict[str, Case] = {}
    for case, sighting in zip(cases, sightings, strict=True):
        case.person, case.link = sighting.person, sighting.link
        case.event.person = sighting.person
        if sighting.problem is not None:
            case.problem = sighting.problem
        elif sighting.person is not None and sighting.person.pk in active:
            case.reasons = ["later"]
            give_back([case.event])
        elif sighting.person is not None:
            active[sighting.person.pk] = case
    return _without_own_writes(connection, active)


def _without_own_writes(connection: Connection, active: dict[str, Case]) -> list[Case]:
    """While we still write to the record an event is about, the event waits: it may be that very write coming back.

    An opt-out waits for nothing.
    """
    waiting = [case for case in active.values() if case.event.lane != "optouts"]
    people = [case.person for case in waiting if case.person]
    rows = Change.objects.filter(person__in=people, connection=connection, kind=Kind.CONTACT, state__in=IN_LINE)
    busy = set(rows.values_list("person_id", flat=True))
    for case in waiting:
        if case.person and case.person.pk in busy:
            case.problem = Busy(f"A write of ours to {connection.name} is on its way.")
    return [case for case in active.values() if case.problem is None]


def _sighting(connection: Connection, case: Case) -> Sighting:
    email, phone = vendor(connection.vendor).identify(case.event.object, case.record)
    name = case.record.get("name") or case.record.get("Name") or ""
    return Sighting(connection, case.event.object, case.event.record_id, email, phone, str(name))


def _run_rules(rules: Sequence[RuleSpec], cases: Sequence[Case], shop: Workshop) -> None:
    """Rule after rule, action after action, each for all cases in which the rule applies."""
    for rule in rules:
        for position, action in enumerate(rule.actions):
            applying = [
                case for case in cases if rule in case.rules and (case.problem is None or action.name == "opt_out")
            ]
            if applying:
                _run_action(Step(rule, action, position, shop), applying)


def _run_action(step: Step, cases: Sequence[Case]) -> None:
    """A vendor that cannot be asked now postpones the events, not the batch."""
    connection = step.shop.connections[_target_name(step)]
    try:
        try:
            PLANNERS[step.action.name](step, cases)
        except FieldHidden:  # what we knew of the vendor's fields is out of date: ask again, once
            forget_fields(connection)
            PLANNERS[step.action.name](step, cases)
    except CrosswalkError as error:
        note_failure(connection, error)
        for case in cases:
            case.problem = error


def _target_name(step: Step) -> str:
    """The connection an action is about; of several, the first."""
    if step.action.mapping:
        return step.shop.mappings[step.action.mapping][0].target_connection
    return step.action.connection or step.params["connections"][0]


@transaction.atomic
def _settle(cases: Sequence[Case]) -> None:
    """Changes recorded and events done commit together."""
    present = [case for case in cases if case.reasons != ["later"]]
    finished = [case for case in present if case.problem is None]
    hear_opt_ins(finished)
    hold_for_approval(finished)
    brake(present)
    urgent = [
        change for case in present if case.problem is not None for change in case.changes if change.lane == "optouts"
    ]
    made = record_changes([change for case in finished for change in case.changes] + urgent)
    _remember(finished)
    settle_planned(_settled(case) for case in finished)
    for case in present:
        if case.problem is not None:
            _postpone(case)
    wake_for(change for change in made if change.state == ChangeState.QUEUED)


def _settled(case: Case) -> Event:
    event = case.event
    event.state = EventState.PLANNED if case.rules else EventState.IGNORED
    event.reason = " ".join(dict.fromkeys(reason for reason in case.reasons if reason))
    return event


def _remember(cases: Sequence[Case]) -> None:
    """Records found at targets that needed no write are the person's all the same."""
    Link.objects.bulk_create([link for case in cases for link in case.links], ignore_conflicts=True)
    current = [link for case in cases for link in case.agreed]
    update_rows(list({link.pk: link for link in current}.values()), ["snapshot", "bases"])


def _postpone(case: Case) -> None:
    if isinstance(case.problem, ConfigurationError):
        wait_for_person([case.event], f"{case.problem.message} {case.problem.help}".strip())
    elif case.problem is not None:
        postpone(case.event, case.problem)
