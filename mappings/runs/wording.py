"""A backfill's plan and progress in words and rows, for the terminal and for the run's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..models import Run
from .backfill import since_of
from .forecast import is_ready
from .progress import Progress

Row = tuple[str, ...]
HOUR, DAY = 1.0, 24.0
ENDS = {
    "created": gettext_lazy("would be created"),
    "changed": gettext_lazy("would be changed"),
    "left": gettext_lazy("left as they are"),
    "conflict": gettext_lazy("wait for an answer under Conflicts"),
    "failed": gettext_lazy("cannot be planned"),
    "opted_out": gettext_lazy("of these, people who said stop: the stop stays"),
}
ALWAYS_SAID = ("created", "changed", "left")
CALL_HEADS = (
    gettext_lazy("connection"),
    gettext_lazy("pages"),
    gettext_lazy("reads"),
    gettext_lazy("look-ups"),
    gettext_lazy("writes"),
    gettext_lazy("calls"),
    gettext_lazy("of a day's budget"),
    gettext_lazy("at the limits"),
)
BURN_HEADS = (gettext_lazy("connection"), gettext_lazy("used"), gettext_lazy("planned"), gettext_lazy("share"))


@dataclass(frozen=True)
class PlanWords:
    """A plan as it is shown."""

    sides: list[Row]  # where, how many
    counts: list[Row]  # what, how many
    calls: list[Row]  # as CALL_HEADS
    notes: list[str]


def plan_words(run: Run) -> PlanWords | None:
    """None while there is no plan yet."""
    plan = run.plan
    if plan is None or not is_ready(plan):
        return None
    return PlanWords(_sides(plan), _counts(plan["counts"]), [_call_row(line) for line in plan["calls"]], _notes(plan))


def _sides(plan: Mapping[str, Any]) -> list[Row]:
    places = [plan["source"], *plan["targets"]]
    return [(f"{p['object']} · {p['connection']}", _number(p["records"])) for p in places]


def _counts(counts: Mapping[str, Mapping[str, int]]) -> list[Row]:
    shown = [name for name in ENDS if counts[name]["n"] or name in ALWAYS_SAID]
    return [(str(ENDS[name]), _estimate(counts[name])) for name in shown]


def _estimate(count: Mapping[str, int]) -> str:
    return f"{count['n']:,} ± {count['margin']:,}" if count["margin"] else f"{count['n']:,}"


def _call_row(line: Mapping[str, Any]) -> Row:
    numbers = [f"{line[name]:,}" for name in ("pages", "reads", "look_ups", "writes", "total")]
    percent = line["day_percent"]
    return (line["connection"], *numbers, "–" if percent is None else f"{percent:,} %", duration(line["hours"]))


def _notes(plan: Mapping[str, Any]) -> list[str]:
    nights = ngettext("%(n)s night", "%(n)s nights", plan["nights"]) % {"n": f"{plan['nights']:,}"}
    words = {"time": duration(plan["hours"]), "nights": nights}
    notes = [
        _("It takes %(time)s; at night only (22:00 to 06:00), %(nights)s.") % words,
        _("Of each limit it leaves 30 % to live traffic and opt-outs."),
        _sampled(plan["sample"], plan["records"]),
    ]
    made, brake = plan["counts"]["created"], plan["brake"]
    if brake is not None and made["n"] + made["margin"] > brake:
        notes.append(_("It stops at the brake after %s records made within an hour, and asks you.") % f"{brake:,}")
    return notes


def _sampled(sample: Mapping[str, Any], total: int | None) -> str:
    if total is None:
        return _("How many there are is not said: all this is about the first %s only.") % f"{sample['records']:,}"
    if sample["all"]:
        return _("Every record was looked at: the numbers hold for this moment.")
    words = {"n": f"{sample['records']:,}", "total": f"{total:,}"}
    return (
        _(
            "An estimate from the first %(n)s of %(total)s records in the order of the listing. The margins (95 %%) "
            "suppose that the others are like them."
        )
        % words
    )


def duration(hours: float) -> str:
    """'under a minute', '50 min', '3.5 h', '12 days'."""
    if hours < 1 / 60:
        return _("under a minute")
    if hours < HOUR:
        return _("%s min") % round(hours * 60)
    return _("%s h") % f"{hours:.1f}" if hours < 2 * DAY else _("%s days") % f"{hours / DAY:.1f}"


def progress_rows(progress: Progress) -> list[Row]:
    """What became of the records, without what there is none of."""
    shown = {
        _("read"): progress.read,
        _("planned"): progress.planned,
        _("created"): progress.created,
        _("changed"): progress.changed,
        _("left as they are"): progress.left,
        _("being sent"): progress.under_way,
        _("wait for approval"): progress.held,
        _("failed"): progress.failed,
        _("rejected, cancelled or replaced"): progress.cancelled,
        _("wait under Conflicts"): progress.conflicts,
    }
    return [(name, f"{count:,}") for name, count in shown.items() if count]


def burn_rows(run: Run, progress: Progress) -> list[Row]:
    """Calls used against the plan, per connection."""
    lines = (run.plan or {}).get("calls", []) if is_ready(run.plan) else []
    planned = {line["connection"]: line["total"] for line in lines}
    names = sorted({*planned, *progress.calls})
    return [(name, *_burnt(progress.calls.get(name, 0), planned.get(name))) for name in names]


def _burnt(used: int, planned: int | None) -> Row:
    if planned is None:
        return (f"{used:,}", "–", "–")
    return (f"{used:,}", f"{planned:,}", f"{round(100 * used / planned)} %" if planned else "–")


def time_left(progress: Progress) -> str:
    """'about 12 min left' at the rate so far; "" while nobody can tell."""
    if progress.seconds_left is None:
        return ""
    hours = progress.seconds_left / 3600
    return (_("%s left") if hours < 1 / 60 else _("about %s left")) % duration(hours)


def records_seen(run: Run) -> int:
    """How many records a plan stands on so far."""
    plan = run.plan or {}
    return int(plan["sample"]["records"] if "sample" in plan else plan.get("draft", {}).get("seen", 0))


def scope_words(run: Run) -> str:
    """'20 records of rule new-subscriber, changed since 2026-01-31, at night only'."""
    rule, limit = run.scope.get("rule", ""), run.scope.get("limit")
    some = ngettext("%(n)s record of rule %(rule)s", "%(n)s records of rule %(rule)s", limit or 0)
    parts = [some % {"n": limit, "rule": rule} if limit else _("all records of rule %s") % rule]
    since = since_of(run)
    parts += [_("changed since %s") % f"{since:%Y-%m-%d}"] if since else []
    if run.scope.get("nights_only"):
        parts.append(_("at night only"))
    return ", ".join(parts)


def _number(count: int | None) -> str:
    return _("not said") if count is None else f"{count:,}"
