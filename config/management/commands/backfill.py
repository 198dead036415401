"""`manage.py backfill`: says what a rule's backfill will cost, and carries it out with a progress bar."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from config.tasks import work_off
from integrations import clock
from mappings.models import UNDER_WAY, Run, RunKind, RunState
from mappings.runs import RunRefused, resume_run, start_run
from mappings.runs.backfill import PILOT
from mappings.runs.progress import progress_of
from mappings.runs.wording import CALL_HEADS, burn_rows, plan_words, progress_rows, time_left

ACTOR = "command line"
PAUSE_SECONDS = 1.0  # between two looks when nothing is due: a budget fills up again, a vendor comes back
LINE_SECONDS = 10.0  # between two lines of progress where the output is no terminal
WIDTH = 30
RESUMABLE = (RunState.WAITING, RunState.STOPPED, RunState.FAILED)


class Command(BaseCommand):
    help = "Carry what a rule's source holds already to its targets: plan says first what it will do and cost."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="plan|run")
        plan = verbs.add_parser("plan", help="How many records, calls and hours; nothing is written.")
        plan.add_argument("--format", choices=("text", "json"), default="text")
        run = verbs.add_parser("run", help="Carry it out here, with a progress bar; workers that run take part.")
        run.add_argument("--pilot", action="store_true", help=f"Only the first {PILOT} records.")
        run.add_argument("--nights-only", action="store_true", help="Only from 22:00 to 06:00.")
        run.add_argument("--background", action="store_true", help="Leave it to the workers.")
        run.add_argument("--resume", action="store_true", help="Take up the one that stopped, or stands at the brake.")
        for verb in (plan, run):
            verb.add_argument("rule", metavar="RULE")
            verb.add_argument("--since", metavar="DATE", help="Only what was changed since, for example 2026-01-31.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = self._run(options)
        except RunRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        if options.get("background"):
            self.stdout.write(f"Run {run.pk} is queued. {_url(run)}")
            return
        try:
            self._carry_out(run, quiet=options.get("format") == "json")
        except KeyboardInterrupt:
            self.stdout.write(f"\nWorkers that run go on with it; Stop is on its page. {_url(run)}")
            return
        self._tell_end(run, options)

    def _run(self, options: dict[str, Any]) -> Run:
        scope = {"rule": options["rule"], "since": options["since"]}
        if options["verb"] == "plan":
            return start_run(RunKind.BACKFILL, scope, ACTOR, dry_run=True)
        if options["resume"]:
            return _resumed(options["rule"])
        scope |= {"limit": PILOT if options["pilot"] else None, "nights_only": options["nights_only"]}
        return _under_way(options["rule"]) or start_run(RunKind.BACKFILL, scope, ACTOR)

    def _carry_out(self, run: Run, quiet: bool) -> None:
        """Until it ends, waits for a person or for the night. Ctrl-C leaves it to the workers."""
        told, shown_at = False, float("-inf")
        while run.state in UNDER_WAY and not _rests(run):
            if not work_off("bulk"):
                time.sleep(PAUSE_SECONDS)
            run.refresh_from_db()
            if not (quiet or told or run.dry_run):
                told = self._tell_plan(run)
            pause = PAUSE_SECONDS if self._is_terminal else LINE_SECONDS
            if told and time.monotonic() - shown_at > pause:
                self._tell_progress(run)
                shown_at = time.monotonic()
        if told:
            self._tell_progress(run)
            self.stdout.write("")

    @property
    def _is_terminal(self) -> bool:
        return bool(self.stdout.isatty())

    def _tell_plan(self, run: Run) -> bool:
        words = plan_words(run)
        if words is None:
            return False
        for label, number in [*words.sides, *words.counts]:
            self.stdout.write(f"{number:>18}  {label}")
        self.stdout.write("")
        self._tell_table([tuple(map(str, CALL_HEADS)), *words.calls])
        self.stdout.write("\n" + "\n".join(words.notes) + "\n")
        return True

    def _tell_table(self, rows: Sequence[Sequence[str]]) -> None:
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for first, *cells in rows:
            numbers = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
            self.stdout.write("  ".join([first.ljust(widths[0]), *numbers]))

    def _tell_progress(self, run: Run) -> None:
        progress = progress_of(run)
        share = min(1.0, progress.planned / run.total) if run.total else 1.0
        bar = "#" * round(WIDTH * share)
        left = time_left(progress)
        line = f"[{bar:-<{WIDTH}}] {share:4.0%}  {progress.planned:,} of {run.total or 0:,}"
        line += f", {left}" if left else ""
        self.stdout.write(f"\r{line:<79}" if self._is_terminal else line, ending="" if self._is_terminal else "\n")
        self.stdout.flush()

    def _tell_end(self, run: Run, options: dict[str, Any]) -> None:
        if run.state == RunState.FAILED:
            raise CommandError(run.message)
        if run.dry_run:
            if options["format"] == "json":
                self.stdout.write(json.dumps(run.plan, indent=2))
            else:
                self._tell_plan(run)
            return
        progress = progress_of(run)
        for label, number in progress_rows(progress):
            self.stdout.write(f"{number:>12}  {label}")
        for name, used, planned, share in burn_rows(run, progress):
            self.stdout.write(f"{used:>12}  calls to {name}, {planned} planned ({share})")
        self.stdout.write(f"{run.message}\n{_url(run)}")
        if run.state == RunState.WAITING:
            raise CommandError(f"It waits for you. When it is right: backfill run {run.scope['rule']} --resume")


def _under_way(rule: str) -> Run | None:
    """One that runs already is followed, not begun anew."""
    runs = Run.objects.filter(kind=RunKind.BACKFILL, state__in=UNDER_WAY, dry_run=False).order_by("-id")
    return next((run for run in runs if run.scope.get("rule") == rule), None)


def _resumed(rule: str) -> Run:
    runs = Run.objects.filter(kind=RunKind.BACKFILL, state__in=RESUMABLE, dry_run=False).order_by("-id")[:50]
    run = next((run for run in runs if run.scope.get("rule") == rule), None)
    if run is None or not resume_run(run, ACTOR, None):
        raise RunRefused(f"No backfill of {rule} stopped.")
    run.refresh_from_db()
    return run


def _rests(run: Run) -> bool:
    """It is for the workers to take up at night."""
    return bool(run.scope.get("nights_only")) and run.message != "" and run.next_attempt_at > clock.now()


def _url(run: Run) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse('admin:mappings_run_change', args=[run.pk])}"
