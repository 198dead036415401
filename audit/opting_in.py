"""Opting in again: the records to be let go, and what becomes of that when the person says stop once more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from integrations.models import Connection, Event
from integrations.vendors.base import Found

from .ledger import identity_of, order_key, record_changes, wake_for
from .models import Change, ChangeState, Kind, OptOut
from .optouts import OPT_IN, OPT_OUT, change_for, concern_the_same, flags_of, last_heard, open_opt_outs


def opt_in_changes(opt_out: OptOut, event: Event, rule: str, ask: bool) -> list[Change]:
    """One change per told record that would let the person be contacted again: held for approval when `ask`."""
    stops = [opt_out.pk, *opt_out.joined.values_list("pk", flat=True)]
    told = Change.objects.filter(opt_out_id__in=stops, operation=OPT_OUT, state=ChangeState.APPLIED)
    told = told.select_related("connection")
    spots = [(change.connection, change.object, change.record_id) for change in told]
    names = {entry["connection"] for entry in opt_out.already}
    connections = {c.name: c for c in Connection.objects.filter(name__in=names)}
    spots += [
        (connections[e["connection"]], e["object"], e["record_id"])
        for e in opt_out.already
        if e["connection"] in connections
    ]
    return [_opt_in_change(opt_out, spot, event, rule, ask) for spot in dict.fromkeys(spots)]


def _opt_in_change(opt_out: OptOut, spot: tuple[Connection, str, str], event: Event, rule: str, ask: bool) -> Change:
    connection, object, record_id = spot
    diff = {
        flag.field: {"before": flag.stop, "after": flag.go, "from": "opt-in", "via": [], "synthetic": False}
        for flag in flags_of(connection, object, opt_out.channel)
    }
    return Change(
        state=ChangeState.HELD if ask else ChangeState.QUEUED,
        held_reason="A newer opt-in: a person decides whether this opt-out is lifted." if ask else "",
        connection=connection,
        object=object,
        operation=OPT_IN,
        kind=Kind.OPT_OUT,
        record_id=record_id,
        person_id=opt_out.person_id,
        event=event,
        opt_out=opt_out,
        rule=rule,
        diff=diff,
        order_key=order_key(connection, opt_out.person_id),
        identity=identity_of(OPT_IN, opt_out.id, event.id, connection.pk, object, record_id),
    )


def overtaking(change: Change, opt_outs: Iterable[OptOut]) -> list[OptOut]:
    """The stops in force that an opt-in does not answer: said, or heard of, since it was asked for."""
    if change.opt_out is None:
        return []
    answered = change.opt_out.joined_to or change.opt_out
    since = change.event.occurred_at if change.event is not None else change.created_at
    alike = [stop for stop in opt_outs if concern_the_same(answered, stop)]
    return [stop for stop in alike if last_heard(stop) >= since or stop.received_at > change.created_at]


def cover_lifted_records(changes: Sequence[Change]) -> None:
    """Records that were let go while their people said stop again are told anew. Call inside a transaction."""
    lifted = [change for change in changes if change.operation == OPT_IN and change.person_id]
    opt_outs = open_opt_outs(change.person_id for change in lifted if change.person_id)
    missed = [
        _told_anew(stop, change)
        for change in lifted
        for stop in overtaking(change, opt_outs.get(change.person_id or "", []))
    ]
    wake_for(record_changes(missed) if missed else [])


def _told_anew(stop: OptOut, lifted: Change) -> Change:
    """It was told to the record before, or held there already: an intent of its own."""
    change = change_for(stop, lifted.connection, Found(lifted.object, lifted.record_id, {}), None, actor="opt-out")
    change.identity = identity_of(OPT_OUT, stop.id, lifted.id)
    return change
