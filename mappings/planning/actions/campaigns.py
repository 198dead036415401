"""add_to_campaign and remove_from_campaign: the person's record joins or leaves a campaign at the target."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from audit import optouts
from audit.ledger import identity_of, order_key
from audit.models import Change, ChangeState, Kind
from integrations.models import Connection, Link
from integrations.vendors.registry import vendor

from ...texts import render
from ..case import Case, Step

UNDER_WAY = (ChangeState.QUEUED, ChangeState.SENDING, ChangeState.HELD)


def plan_campaign(step: Step, cases: Sequence[Case]) -> None:
    """One change per person; it waits for the record that an earlier action of the rule makes."""
    connection = step.shop.connections[step.params["connection"]]
    links = _links(connection, cases)
    stops = optouts.open_opt_outs(case.person for case in cases if case.person)
    done = _memberships(connection, cases)
    for case in cases:
        if case.person is None:
            continue
        link, maker = links.get(case.person.pk), _maker(case, connection)
        if maker is None and link is None:
            case.reasons.append(
                f"Nobody at {connection.name} to {step.action.name.replace('_', ' ')}: the person has no record there."
            )
            continue
        change = _change(step, case, connection, link, maker)
        if _is_member(change, done.get(case.person.pk, [])):
            case.reasons.append(f"The person is in campaign {change.params['campaign']} already.")
            continue
        if change.person_id in stops and optouts.is_subscribing(change):
            change.state, change.held_reason = ChangeState.HELD, optouts.held_by(stops[change.person_id])
        case.changes.append(change)


def _links(connection: Connection, cases: Sequence[Case]) -> dict[str, Link]:
    """The record of each person that can be a member; the newest, and a contact before a lead it came from."""
    people = [case.person for case in cases if case.person]
    known = Link.objects.filter(person__in=people, connection=connection, gone_at=None)
    rows = known.filter(moved_to__isnull=True).order_by("id")
    members = {o.name for o in vendor(connection.vendor).capabilities.objects if o.kind == Kind.CONTACT}
    found = {link.person_id: link for link in rows if link.object in members}
    for case in cases:
        for link in case.links:  # found in this very batch
            if link.connection_id == connection.pk and link.object in members:
                found.setdefault(link.person_id, link)
    return found


def _memberships(connection: Connection, cases: Sequence[Case]) -> dict[str, list[Change]]:
    """What was done, or is under way, with campaigns of these people, the newest first."""
    rows = Change.objects.filter(
        person__in=[case.person for case in cases if case.person],
        connection=connection,
        kind=Kind.CAMPAIGN,
        state__in=(ChangeState.APPLIED, *UNDER_WAY),
    )
    found: dict[str, list[Change]] = {}
    for change in rows.order_by("-id"):
        found.setdefault(change.person_id or "", []).append(change)
    return found


def _is_member(change: Change, done: Sequence[Change]) -> bool:
    """Whether the last thing done with this campaign is what is asked for now."""
    last = next((c for c in done if c.params.get("campaign") == change.params["campaign"]), None)
    same = ("campaign", "status")
    return (
        last is not None
        and last.operation == change.operation
        and all(last.params.get(k) == change.params[k] for k in same)
    )


def _maker(case: Case, connection: Connection) -> Change | None:
    """The change that makes or updates the person's record: of this event, else one under way from an earlier event."""
    mine = [c for c in case.changes if c.connection_id == connection.pk and c.kind == Kind.CONTACT]
    if mine:
        return mine[-1]
    waiting = Q(state__in=UNDER_WAY) | Q(state=ChangeState.FAILED)
    rows = Change.objects.filter(waiting, person=case.person, connection=connection, kind=Kind.CONTACT, record_id="")
    return rows.order_by("-id").first()


def _change(step: Step, case: Case, connection: Connection, link: Link | None, maker: Change | None) -> Change:
    campaign = render(str(step.params["campaign"]), case.context()).value
    status = render(str(step.params.get("status") or ""), case.context()).value
    member = (
        [maker.object, maker.record_id]
        if maker is not None and maker.record_id
        else [link.object, link.record_id]
        if link
        else []
    )
    return Change(
        connection=connection,
        object=vendor(connection.vendor).capabilities.campaign_object,
        operation=step.action.name,
        kind=Kind.CAMPAIGN,
        person=case.person,
        event=case.event,
        rule=step.rule.name,
        diff={"Status": {"before": None, "after": status, "from": "", "via": [], "synthetic": False}} if status else {},
        params={"campaign": campaign, "status": status, **({"member": member} if member else {})},
        lane=step.shop.lane if step.shop.lane != "optouts" else "events",
        order_key=order_key(connection, case.person.pk if case.person else None),
        identity=identity_of(case.event.id, step.rule.name, step.position),
        depends_on=maker if maker is not None and not maker.record_id else None,
        run_id=case.event.run_id,
    )
