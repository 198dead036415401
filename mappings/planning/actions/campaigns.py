"""add_to_campaign and remove_from_campaign: the person's record joins or leaves a campaign at the target."""

from __future__ import annotations

from collections.abc import Sequence

from audit.ledger import identity_of
from audit.models import Change, Kind
from integrations.models import Connection
from integrations.vendors.registry import vendor

from ...texts import render
from ..case import Case, Step
from .following import Subject, add_changes, change_about, last_done, with_subjects, written


def plan_campaign(step: Step, cases: Sequence[Case]) -> None:
    """One change per person; it waits for the record that an earlier action of the rule makes."""
    connection = step.shop.connections[step.params["connection"]]
    done = last_done(connection, cases, Kind.CAMPAIGN)
    planned = []
    for case, subject in with_subjects(step, connection, cases):
        change = _change(step, case, connection, subject)
        if _is_member(change, done.get(change.person_id or "", [])):
            case.reasons.append(f"The person is in campaign {change.params['campaign']} already.")
        else:
            planned.append((case, change))
    add_changes(planned)


def _is_member(change: Change, done: Sequence[Change]) -> bool:
    """Whether the last thing done with this campaign is what is asked for now."""
    last = next((c for c in done if c.params.get("campaign") == change.params["campaign"]), None)
    same = ("campaign", "status")
    return (
        last is not None
        and last.operation == change.operation
        and all(last.params.get(k) == change.params[k] for k in same)
    )


def _change(step: Step, case: Case, connection: Connection, subject: Subject) -> Change:
    campaign = render(str(step.params["campaign"]), case.context()).value
    status = render(str(step.params.get("status") or ""), case.context()).value
    return change_about(
        step,
        case,
        connection,
        subject,
        object=vendor(connection.vendor).capabilities.campaign_object,
        kind=Kind.CAMPAIGN,
        diff={"Status": written(status)} if status else {},
        params={"campaign": campaign, "status": status, **({"member": subject.place} if subject.place else {})},
        identity=identity_of(case.event.id, step.rule.name, step.position),
    )
