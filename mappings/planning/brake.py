"""The brake: a burst that would make, opt out, blank or delete more than its limit stops and waits for a person.

An import that went wrong at a vendor looks exactly like a thousand people saying stop. The stops are registered all the
same, and hold back what would re-add somebody; only the telling waits, with samples, for an approval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from django.conf import settings

from audit.comparing import is_blank
from audit.models import Brake, Change, ChangeState, Kind
from audit.settling import DELETIONS
from integrations import clock
from integrations.ids import first_id

from ..models import Run
from .case import Case

BURST = timedelta(hours=1)
HELD = "The brake: more than {limit} changes of this sort ({sort}) within an hour. Look at some; approve or reject."


def _makes(change: Change) -> bool:
    """A record made by a run over many; one made by a person's own sign-up is no reason to stop."""
    return bool(change.run_id) and change.kind == Kind.CONTACT and not change.record_id


def _blanks(change: Change) -> bool:
    return any(is_blank(entry["after"]) and not is_blank(entry["before"]) for entry in change.diff.values())


SORTS: dict[str, Callable[[Change], bool]] = {
    Brake.CREATE: _makes,
    Brake.OPT_OUT: lambda change: change.operation == "opt_out",
    Brake.BLANK: _blanks,
    Brake.DELETE: lambda change: change.operation in DELETIONS,
}


def brake(cases: Sequence[Case]) -> None:
    """Hold what goes beyond a limit. Call before the changes are recorded."""
    changes = [change for case in cases for change in case.changes if change.state == ChangeState.QUEUED]
    released = _released(changes)
    for sort, limit in settings.BRAKE_PER_HOUR.items():
        mine = [c for c in changes if SORTS[sort](c) and sort not in released.get(c.run_id, ())]
        for change in mine:
            change.braked = sort
        if mine:
            _hold(mine[max(0, limit - _recent(sort)) :], sort, limit)


def _released(changes: Sequence[Change]) -> dict[str, list[str]]:
    """By run: the sorts of which a person looked at what the brake held, and let the run go on."""
    runs = {change.run_id for change in changes if change.run_id}
    return dict(Run.objects.filter(pk__in=runs).values_list("pk", "released")) if runs else {}


def _recent(sort: str) -> int:
    now = clock.now()
    lately = Change.objects.filter(id__gt=first_id(now - BURST), created_at__range=(now - BURST, now + BURST))
    return lately.filter(braked=sort).count()


def _hold(changes: Sequence[Change], sort: str, limit: int) -> None:
    for change in changes:
        change.state, change.held_reason = ChangeState.HELD, HELD.format(limit=limit, sort=sort)
