"""Backfills in the admin: the plan that a rule's page asks for, what starts from it, and how far a run is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.admin_pages import Button

from .models import Rule, Run, RunKind, RunState
from .runs import RunRefused, resume_run, start_run
from .runs.backfill import PILOT
from .runs.forecast import is_ready
from .runs.progress import Progress, progress_of
from .runs.wording import BURN_HEADS, CALL_HEADS, burn_rows, plan_words, progress_rows, time_left

ADD = "mappings.add_run"
RESUMABLE = (RunState.WAITING, RunState.STOPPED, RunState.FAILED)


def plan_backfill(request: HttpRequest, rule: Rule) -> Run | None:
    """Look at the source and say what a backfill would do; shows that run."""
    return _start(request, {"rule": rule.name}, dry_run=True)


def _plan_again(request: HttpRequest, run: Run) -> Run | None:
    return _start(request, _scope(request, run), dry_run=True)


def _run_pilot(request: HttpRequest, run: Run) -> Run | None:
    return _start(request, {**run.scope, "limit": PILOT})


def _run_all(request: HttpRequest, run: Run) -> Run | None:
    return _start(request, {**run.scope, "nights_only": request.POST.get("nights_only") == "on"})


def _scope(request: HttpRequest, run: Run) -> dict[str, Any]:
    return {"rule": run.scope["rule"], "since": request.POST.get("since", "")[:40]}


def _start(request: HttpRequest, scope: dict[str, Any], dry_run: bool = False) -> Run | None:
    user: Any = request.user
    try:
        return start_run(RunKind.BACKFILL, scope, user.get_username(), dry_run, user=user)
    except RunRefused as refusal:
        messages.error(request, str(refusal))
        return None


def _resume(request: HttpRequest, run: Run) -> None:
    user: Any = request.user
    if resume_run(run, user.get_username(), user):
        messages.success(request, _("It goes on where it stopped."))
    else:
        messages.warning(request, _("There is nothing to resume."))


def is_plan(run: Run) -> bool:
    """Whether it says what would be done, so that doing it can start from here."""
    return run.kind == RunKind.BACKFILL and run.dry_run and is_ready(run.plan)


def _is_resumable(run: Run) -> bool:
    return run.kind == RunKind.BACKFILL and not run.dry_run and run.state in RESUMABLE


RESUME = Button("resume", gettext_lazy("Resume"), ADD, _resume, "play_arrow", "primary", when=_is_resumable)
STARTS = (
    Button("pilot", gettext_lazy("Pilot of 20"), ADD, _run_pilot, "science", "primary", when=is_plan),
    Button("run-all", gettext_lazy("Run all"), ADD, _run_all, "play_arrow", when=is_plan),
    Button("plan-again", gettext_lazy("Plan again"), ADD, _plan_again, "refresh", when=is_plan),
)


def backfill_facts(run: Run) -> dict[str, Any]:
    """What the page shows beside what it shows of every run."""
    progress = None if run.dry_run else progress_of(run)
    plan = plan_words(run)
    facts = {"plan": plan, "call_heads": CALL_HEADS, "plan_calls": _labelled(CALL_HEADS, plan.calls if plan else [])}
    facts |= {"since": run.scope.get("since")}
    if progress is None:
        return {**facts, "percent": None if run.finished_at is None else 100}
    return {
        **facts,
        "percent": share_done(run, progress),
        "progress": progress_line(run, progress),
        "counts": progress_rows(progress),
        "burn_heads": BURN_HEADS,
        "burn": _labelled(BURN_HEADS, burn_rows(run, progress)),
    }


def _labelled(heads: Sequence[Any], rows: Sequence[Sequence[str]]) -> list[list[tuple[Any, str]]]:
    """Each cell with its head: a narrow page shows them together."""
    return [list(zip(heads, row, strict=True)) for row in rows]


def share_done(run: Run, progress: Progress) -> int | None:
    if run.total is None:
        return None
    return min(100, round(100 * progress.planned / run.total)) if run.total else 100


def progress_line(run: Run, progress: Progress) -> str:
    """'45,000 of 100,000 records, about 12 min left'."""
    if run.total is None:
        return _("Looking at the first records.")
    words = _("%(n)s of %(total)s records") % {"n": f"{progress.planned:,}", "total": f"{run.total:,}"}
    left = time_left(progress)
    return f"{words}, {left}" if left else words
