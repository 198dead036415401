"""Starts a run and stops it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from integrations.wake import wake

from ..models import OPEN, Run, RunState
from .backfill import resume
from .base import RunRefused
from .kinds import KINDS


def start_run(
    kind: str,
    scope: dict[str, Any],
    actor: str,
    dry_run: bool = False,
    *,
    user: AbstractBaseUser | None = None,
    comment: str = "",
    until: str = "",
) -> Run:
    """Queue a run and wake a worker. `scope` says what it is about, as its kind wants it. Raises RunRefused.

    `until` is the youngest change that a decision is about; the youngest there is when nothing is said.
    """
    if kind not in KINDS:
        raise RunRefused(f"{kind} is not available yet; start a resync instead.")
    run = Run(kind=kind, scope=scope, actor=actor, dry_run=dry_run, user_id=getattr(user, "pk", None))
    run.comment, run.until = comment, until
    KINDS[kind].prepare(run)
    run.save(force_insert=True)
    wake("bulk")
    return run


def stop_run(run: Run, actor: str) -> bool:
    """End a run where it is; what it did stays done. False when it had ended before."""
    facts = {"finished_at": timezone.now(), "message": f"Stopped by {actor}.", "lease": "", "lease_until": None}
    under_way = Run.objects.filter(pk=run.pk, state__in=OPEN)
    return under_way.update(state=RunState.STOPPED, **facts) == 1


def resume_run(run: Run, actor: str, user: AbstractBaseUser | None) -> bool:
    """Take up a backfill that stopped, failed, or stands at the brake. False when there is nothing to resume."""
    if not resume(run, actor, user):
        return False
    wake("bulk")
    return True
