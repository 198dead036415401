"""A backfill carries what a source holds already to where its rule sends new things.

It says first what it will do and cost, reads no further ahead than it can deliver, leaves a part of each budget and, if
wanted, the day to live traffic, and stops at the brake for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import loading
from audit.ledger import LOAD, move_to_bulk
from audit.models import Change
from audit.verbs import AT_ONCE, VERBS
from integrations import clock
from integrations.clients import open_client
from integrations.models import Connection, Event, EventSource
from integrations.receive import store
from integrations.vendors.base import Record
from integrations.vendors.errors import RecordError

from ..models import OPEN, Rule, Run, RunKind, RunState
from .base import Kind, Rest, RunRefused, Step
from .forecast import is_ready, rehearse_further
from .nights import is_night, next_night
from .progress import changes_under_way, events_waiting, held_by_the_brake, progress_of
from .sources import STATE_EVENTS, capability_of, event_of, filters_of, source_object

PLANNING, READING, FINISHING = range(3)  # `Run.position`
AHEAD = 500  # records that are begun and not done when the next page is read, where no load would hold more
PILOT = 20
PLAN_HOLDS = timedelta(days=1)
KEYS = frozenset({"rule", "since", "limit", "nights_only"})


def _prepare(run: Run) -> None:
    """`scope` is {"rule"} with, if wanted, "since", "limit" and "nights_only"."""
    if unknown := sorted(set(run.scope) - KEYS):
        raise RunRefused(f"A backfill knows no {', '.join(unknown)}.")
    rule = rule_of(run)
    since_of(run)
    _check_limit(run.scope.get("limit"))
    run.scope = {key: value for key, value in run.scope.items() if value}
    if run.dry_run:
        return
    if twin := _twin(rule):
        raise RunRefused(_("The same is under way already: run %s.") % twin.pk)
    if (plan := plan_for(run.scope)) is not None and "limit" not in run.scope:
        run.plan, run.total, run.position = plan, plan["records"], READING


def rule_of(run: Run) -> Rule:
    """The rule it carries out. Raises RunRefused when that cannot be done, or no more."""
    name = str(run.scope.get("rule", ""))
    rule = Rule.objects.select_related("connection").filter(name=name, enabled=True).first()
    if rule is None or rule.event not in STATE_EVENTS:
        raise RunRefused(_("There is no rule %s that is on and carries a record's state.") % name)
    capability = capability_of(rule.connection, source_object(rule))
    if capability is None or "page" not in capability.reads:
        raise RunRefused(_("%s cannot be read page by page.") % rule.connection.name)
    return rule


def since_of(run: Run) -> datetime | None:
    """Only what was changed since; a day begins in the time zone of this installation. Raises RunRefused."""
    text = str(run.scope.get("since") or "")
    try:
        at, day = parse_datetime(text), parse_date(text)
    except ValueError:
        at = day = None
    if at is None and day is not None:
        at = datetime(day.year, day.month, day.day)
    if text and at is None:
        raise RunRefused(_("'%s' is no date; write 2026-01-31.") % text[:40])
    return timezone.make_aware(at) if at is not None and timezone.is_naive(at) else at


def _check_limit(limit: Any) -> None:
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise RunRefused(_("The limit is a number of records, for example 20."))


def _twin(rule: Rule) -> Run | None:
    """One that does the same now: asked for twice, it still runs once."""
    others = Run.objects.filter(kind=RunKind.BACKFILL, state__in=OPEN, dry_run=False)
    return next((run for run in others if run.scope.get("rule") == rule.name), None)


def plan_for(scope: dict[str, Any]) -> dict[str, Any] | None:
    """The newest plan of the same that is not out of date."""
    done = Run.objects.filter(kind=RunKind.BACKFILL, dry_run=True, state=RunState.DONE)
    plans = done.filter(created_at__gte=clock.now() - PLAN_HOLDS).order_by("-id")[:50]
    same = [run.plan for run in plans if all(run.scope.get(k) == scope.get(k) for k in ("rule", "since", "limit"))]
    return same[0] if same else None


# --- step by step -----------------------------------------------------------------------------------------------


def _next_step(run: Run) -> Step | Rest | None:
    if run.position == PLANNING:
        rule = _rule_still(run)
        return partial(_keep_plan, run, rehearse_further(run, rule, since_of(run)))
    if run.dry_run:
        return None
    if held_by_the_brake(run).exclude(braked__in=run.released).exists():
        return partial(_stop_at_brake, run)
    ahead = _ahead(run)
    waiting = _begun(run, ahead)
    if run.position == FINISHING:
        return Rest(_("All is read; what was begun is being finished.")) if waiting else None
    if run.scope.get("nights_only") and not is_night(clock.now()):
        return Rest(_("It goes on at night, from 22:00."), next_night(clock.now()))
    if waiting >= ahead:
        return Rest("")
    return _page(run)


def _rule_still(run: Run) -> Rule:
    """A rule that was turned off meanwhile ends the run with that sentence."""
    try:
        return rule_of(run)
    except RunRefused as refusal:
        raise RecordError(str(refusal), help=_("Mend the rule, then press Resume.")) from refusal


def _keep_plan(run: Run, plan: dict[str, Any]) -> None:
    run.plan = plan
    if is_ready(plan):
        run.position, run.total = READING, plan["records"]


def _ahead(run: Run) -> int:
    """A load is filled when one of the targets makes loads and enough is to be read."""
    targets = [(target["connection"], target["object"]) for target in (run.plan or {}).get("targets", ())]
    connections = Connection.objects.only("name", "vendor", "options").in_bulk(
        {name for name, _object in targets}, field_name="name"
    )
    least = [loading.pays_from(connections[name], object) for name, object in targets if name in connections]
    enough = min(filter(None, least), default=None)
    return LOAD if enough and (run.total is None or run.total >= enough) else AHEAD


def _begun(run: Run, ahead: int) -> int:
    """Records that are read and not planned, and changes that are not delivered; no more is counted than matters."""
    most = ahead + 1
    return events_waiting(run)[:most].count() + changes_under_way(run)[:most].count()


def _page(run: Run) -> Step:
    rule = _rule_still(run)
    client = open_client(rule.connection, lane="bulk", run_id=run.pk)
    page = client.page(source_object(rule), run.cursor, since_of(run), filters_of(rule))
    return partial(_store, run, rule, page.records, page.cursor)


def _store(run: Run, rule: Rule, records: Sequence[Record], cursor: str) -> None:
    """With the cursor, in one transaction. A record that is listed again is known already."""
    events = [event_of(run, rule, record, EventSource.BACKFILL) for record in records]
    keys = [event.dedupe_key for event in events]
    known = Event.objects.filter(connection=rule.connection, dedupe_key__in=keys)
    seen, limit = set(known.values_list("dedupe_key", flat=True)), run.scope.get("limit")
    fresh = [event for event in events if event.dedupe_key not in seen]
    run.done += len(store(fresh[: limit - run.done] if limit else fresh))
    run.cursor, run.message = cursor, ""
    run.position = READING if cursor and not (limit and run.done >= limit) else FINISHING


# --- at the brake -----------------------------------------------------------------------------------------------


def _stop_at_brake(run: Run) -> None:
    held = held_by_the_brake(run).count()
    run.state = RunState.WAITING
    run.message = ngettext(
        "Stopped at the brake: %(n)s change waits. Look at it in the audit log. If it is right, press Resume: it is "
        "sent, and this run goes on without this brake. If not, reject it there and press Stop.",
        "Stopped at the brake: %(n)s changes wait. Look at some in the audit log. If they are right, press Resume: "
        "they are sent, and this run goes on without this brake. If not, reject them there and press Stop.",
        held,
    ) % {"n": f"{held:,}"}


def resume(run: Run, actor: str, user: AbstractBaseUser | None) -> bool:
    """Go on where it stopped; what the brake holds of it is let go, and no more of that sort is held.

    False when there is nothing to resume.
    """
    resumable = Run.objects.filter(pk=run.pk, kind=RunKind.BACKFILL, dry_run=False)
    if not resumable.filter(state__in=(RunState.WAITING, RunState.STOPPED, RunState.FAILED)).exists():
        return False
    held = held_by_the_brake(run)
    sorts = sorted({*run.released, *held.order_by().values_list("braked", flat=True).distinct()})
    facts = {"state": RunState.QUEUED, "finished_at": None, "message": "", "released": sorts}
    with transaction.atomic():
        resumable.update(**facts, next_attempt_at=clock.now(), postponed_at=None)
        _let_go(held, user, _("Run %(run)s was resumed by %(actor)s.") % {"run": run.pk, "actor": actor})
    return True


def _let_go(held: QuerySet[Change], user: AbstractBaseUser | None, comment: str) -> None:
    """Approve them, a few at a time; what an opt-out holds too stays where it is."""
    last = ""
    while ids := list(held.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        move_to_bulk(VERBS["approve"].step(ids, user, comment).done)
        last = ids[-1]


# --- the end ----------------------------------------------------------------------------------------------------


def _conclude(run: Run) -> None:
    if run.dry_run:
        run.message = _("This is what it would do. Nothing was written.")
        return
    progress = progress_of(run)
    words = _("%(read)s records: %(created)s created, %(changed)s changed, %(left)s left as they are.")
    run.message = words % {name: f"{count:,}" for name, count in progress.facts().items() if isinstance(count, int)}
    for count, what in ((progress.failed, _("failed")), (progress.held, _("wait for approval"))):
        run.message += f" {count:,} {what}." if count else ""
    run.message += f" {progress.conflicts:,} {_('wait for an answer under Conflicts')}." if progress.conflicts else ""


def _connection_of(run: Run) -> Connection | None:
    rule = Rule.objects.select_related("connection").filter(name=run.scope.get("rule", "")).first()
    return rule.connection if rule else None


BACKFILL = Kind(
    permission="mappings.add_run",
    prepare=_prepare,
    next_step=_next_step,
    conclude=_conclude,
    connection_of=_connection_of,
)
