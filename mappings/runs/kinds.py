"""Every kind of run there is, and who may have to do with it."""

from __future__ import annotations

from typing import Any

from audit.verbs import VERBS

from ..models import Run, RunKind, RunState
from .backfill import BACKFILL
from .base import Kind
from .deciding import DECISIONS
from .resync import RESYNC

KINDS: dict[str, Kind] = {RunKind.RESYNC: RESYNC, RunKind.BACKFILL: BACKFILL, **DECISIONS}
ADD, VIEW = "mappings.add_run", "mappings.view_run"


def may_start(user: Any, kind: str) -> bool:
    """Whoever may start a run of a kind may also stop it."""
    return bool(user.has_perm(KINDS[kind].permission if kind in KINDS else ADD))


def may_resume(user: Any, run: Run) -> bool:
    """At the brake it is a decision about changes that wait."""
    decides = run.state != RunState.WAITING or user.has_perm(VERBS["approve"].permission)
    return may_start(user, run.kind) and bool(decides)


def may_see_runs(user: Any) -> bool:
    """Whoever may start any must see how far it is."""
    return any(user.has_perm(permission) for permission in {VIEW, *(kind.permission for kind in KINDS.values())})
