"""The dashboard: is everything in step, and if not, what is in the way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.admin_connections import budget_of
from integrations.admin_labels import HEALTH_LOOK, bounded, length, link, moment, page_url, pretty, state_badge
from integrations.ids import first_id
from integrations.inbox import oldest_unplanned
from integrations.models import Connection, Event, Health
from integrations.vendors.registry import VENDORS
from integrations.watching import blind_spots

from .admin_decisions import changes_with_names
from .admin_words import change_badge, error_sentence, name_people, sentence_of, who
from .failures import Cause, causes_of_failure
from .hooks.models import Hook, HookState
from .models import Change, ChangeState, Notification, OptOut
from .notifications.models import NotificationState
from .restarts import restarts_since
from .seeking import newest_of_each
from .tallies import HOURS, counts_since
from .telling import BOUND, PROMISE, Progress, overdue_opt_outs, progress_of, unfinished_opt_outs

LATEST = 15
CAUSES = 8
OPT_OUT_ROWS = 500
OPT_OUT_DAYS = timedelta(days=30)
SLOW_PLANNING = timedelta(minutes=1)

# result → (label, colour, states)
RESULTS = (
    (gettext_lazy("Applied"), "var(--color-green-500)", (ChangeState.APPLIED,)),
    (gettext_lazy("Failed"), "var(--color-red-500)", (ChangeState.FAILED,)),
    (
        gettext_lazy("Under way or waiting"),
        "var(--color-blue-400)",
        (ChangeState.QUEUED, ChangeState.SENDING, ChangeState.HELD),
    ),
    (gettext_lazy("Cancelled or rejected"), "var(--color-base-400)", (ChangeState.CANCELLED, ChangeState.REJECTED)),
)
Problem = dict[str, str]


def fill_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the first page shows, as far as this user may see it."""
    may_watch = request.user.has_perm("audit.view_change")
    connections = connection_cards() if request.user.has_perm("integrations.view_connection") else []
    context["title"] = _("Dashboard")
    context["connections"] = connections
    context["may_watch"] = may_watch
    context["may_connect"] = request.user.has_perm("integrations.add_connection")
    context["may_retry"] = request.user.has_perm("audit.retry_change")
    if may_watch:
        context.update(watched(connections))
    return context


def watched(connections: Sequence[dict[str, Any]]) -> dict[str, Any]:
    opt_outs = opt_out_numbers()
    return {
        **in_step(connections, opt_outs),
        "opt_outs": opt_outs,
        "chart": pretty(hourly()),
        "results": [(label, colour) for label, colour, _states in RESULTS],
        "causes": causes(),
        "restarts": [(moment(again.last), again) for again in restarts_since(timezone.now() - timedelta(hours=HOURS))],
        "latest": latest(),
    }


# --- the first line --------------------------------------------------------------------------------------------


def in_step(connections: Sequence[dict[str, Any]], opt_outs: dict[str, Any]) -> dict[str, Any]:
    """The answer, its tone, and what is in the way, worst first."""
    problems = [
        *connection_problems(connections),
        *blind_problems(),
        *opt_out_problems(opt_outs),
        *count_problem(ChangeState.FAILED, "bad", "%(n)s change failed", "%(n)s changes failed"),
        *planning_problem(),
        *hook_problem(),
        *notification_problem(),
        *count_problem(ChangeState.HELD, "warn", "%(n)s change waits for approval", "%(n)s changes wait for approval"),
    ]
    tone = "bad" if any(p["tone"] == "bad" for p in problems) else "warn" if problems else "good"
    answer = _("Not everything is in step") if problems else _("Everything is in step")
    return {"tone": tone, "answer": answer, "problems": problems}


def connection_problems(connections: Sequence[dict[str, Any]]) -> list[Problem]:
    broken = [card for card in connections if card["row"].health in (Health.BLOCKED, Health.DOWN)]
    return [
        {"tone": "bad", "text": f"{card['row'].name}: {card['row'].get_health_display()}", "url": card["url"]}
        for card in broken
    ]


def blind_problems() -> list[Problem]:
    """What is to be looked at and was not for too long: opt-outs may be among what nobody sees."""
    return [
        {
            "tone": "bad",
            "text": _("%(connection)s: %(what)s were not looked at since %(when)s")
            % {
                "connection": state.connection.name,
                "what": watch_label(state),
                "when": date_format(timezone.localtime(state.looked_at or state.begun_at), "Y-m-d H:i"),
            },
            "url": f"{page_url(state.connection)}#watches",
        }
        for state in blind_spots()
    ]


def watch_label(state: Any) -> str:
    watch = VENDORS[state.connection.vendor].capabilities.watch(state.key)
    return str(watch.label) if watch else str(state.key)


def opt_out_problems(opt_outs: dict[str, Any]) -> list[Problem]:
    waiting, overdue = opt_outs["waiting"], opt_outs["overdue"]
    if not waiting and not overdue:
        return []
    text = ngettext(
        "%(n)s opt-out is not told everywhere", "%(n)s opt-outs are not told everywhere", waiting or overdue
    )
    url = reverse("admin:audit_optout_changelist")
    return [
        {"tone": "bad" if overdue else "warn", "text": text % {"n": bounded(waiting or overdue, BOUND)}, "url": url}
    ]


def count_problem(state: ChangeState, tone: str, one: str, many: str) -> list[Problem]:
    count = Change.objects.filter(state=state).order_by()[: BOUND + 1].count()
    if not count:
        return []
    url = reverse("admin:audit_change_changelist") + f"?state__exact={state}"
    return [{"tone": tone, "text": ngettext(one, many, count) % {"n": bounded(count, BOUND)}, "url": url}]


def hook_problem() -> list[Problem]:
    """Tools that are not told any more."""
    off = Hook.objects.filter(state=HookState.OFF).count()
    if not off:
        return []
    text = ngettext("%(n)s hook is switched off", "%(n)s hooks are switched off", off) % {"n": off}
    return [{"tone": "warn", "text": text, "url": reverse("admin:audit_hook_changelist")}]


def notification_problem() -> list[Problem]:
    """People of the team who were not told."""
    failed = Notification.objects.filter(state=NotificationState.FAILED).order_by()[: BOUND + 1].count()
    if not failed:
        return []
    text = ngettext("%(n)s notification was not sent", "%(n)s notifications were not sent", failed)
    url = reverse("admin:audit_notification_changelist") + "?state__exact=failed"
    return [{"tone": "warn", "text": text % {"n": bounded(failed, BOUND)}, "url": url}]


def planning_problem() -> list[Problem]:
    """The oldest event that nobody planned yet, when it is older than it should be."""
    oldest = oldest_unplanned()
    waits = timezone.now() - oldest if oldest else timedelta()
    if waits <= SLOW_PLANNING:
        return []
    text = _("the oldest event has waited %(time)s to be planned") % {"time": length(waits)}
    url = reverse("admin:integrations_event_changelist") + "?state__exact=new"
    return [{"tone": "warn", "text": text, "url": url}]


# --- connections ------------------------------------------------------------------------------------------------


def connection_cards() -> list[dict[str, Any]]:
    rows = Connection.objects.defer("credentials", "webhook_token").prefetch_related("budget_windows").order_by("name")
    heard = newest_of_each(Event.objects.all(), "connection", [row.pk for row in rows], "received_at")
    return [card_of(row, heard.get(row.pk)) for row in rows]


def card_of(connection: Connection, last_event: datetime | None) -> dict[str, Any]:
    kind = VENDORS.get(connection.vendor)
    return {
        "row": connection,
        "url": page_url(connection),
        "vendor": kind.label if kind else connection.vendor,
        "health": state_badge(connection, HEALTH_LOOK, "health"),
        "budget": budget_of(connection, kind) if kind else [],
        "last_event": moment(last_event),
    }


# --- opt-outs ---------------------------------------------------------------------------------------------------


def opt_out_numbers() -> dict[str, Any]:
    """How many of the last 30 days, how long they took, and how many still wait, of whatever age."""
    recent = OptOut.objects.filter(pk__gte=first_id(timezone.now() - OPT_OUT_DAYS)).order_by("-pk")[:OPT_OUT_ROWS]
    progress = list(progress_of(recent).values())
    took = sorted(each.took for each in progress if each.took is not None)
    waiting = unfinished_opt_outs()
    overdue = overdue_opt_outs(waiting).count()
    return {
        "count": bounded_rows(progress),
        "p50": length(quantile(took, 0.5)),
        "p95": length(quantile(took, 0.95)),
        "worst": length(took[-1] if took else None),
        "worst_tone": "bad" if took and took[-1] > PROMISE else "",
        "waiting": len(waiting),
        "waiting_text": bounded(len(waiting), BOUND),
        "overdue": overdue,
    }


def bounded_rows(progress: Sequence[Progress]) -> str:
    return f"{OPT_OUT_ROWS}+" if len(progress) == OPT_OUT_ROWS else str(len(progress))


def quantile(spans: Sequence[timedelta], share: float) -> timedelta | None:
    """The smallest span that this share of sorted spans does not exceed."""
    return spans[max(0, ceil(share * len(spans)) - 1)] if spans else None


# --- changes ----------------------------------------------------------------------------------------------------


def hourly() -> dict[str, Any]:
    """Changes of the last 24 hours per hour and result, as the chart takes them."""
    now = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    hours = [now - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    counts = counts_since(hours[0])
    return {
        "labels": [f"{hour:%H}:00" for hour in hours],
        "datasets": [
            {
                "label": str(label),
                "data": [sum(counts.get((hour, state), 0) for state in states) for hour in hours],
                "backgroundColor": colour,
                "stack": "changes",
                "displayYAxis": True,
                "maxTicksXLimit": 8,
            }
            for label, colour, states in RESULTS
        ],
    }


def causes() -> list[dict[str, Any]]:
    """Failures by cause and connection, the most frequent first, each with what to do."""
    return [shown_cause(cause) for cause in causes_of_failure(CAUSES)]


def shown_cause(cause: Cause) -> dict[str, Any]:
    found = urlencode({"state__exact": "failed", "error_code": cause.code, "connection": cause.connection})
    retried = urlencode({"state": "failed", "error_code": cause.code, "connection": cause.connection})
    return {
        "count": cause.count,
        "code": cause.code.replace("_", " ") or _("unknown"),
        "connection": cause.connection,
        "message": cause.error.get("message", ""),
        "help": cause.error.get("help", ""),
        "log": reverse("admin:audit_change_changelist") + "?" + found,
        "retry": reverse("admin:audit_change_decide", args=["retry"]) + "?" + retried,
    }


def latest() -> list[dict[str, Any]]:
    rows = list(changes_with_names().order_by("-pk")[:LATEST])
    name_people(rows)
    return [
        {
            "at": moment(row.created_at),
            "state": change_badge(row),
            "who": who(row),
            "what": link(page_url(row), sentence_of(row)),
            "error": error_sentence(row) if row.state == ChangeState.FAILED else "",
        }
        for row in rows
    ]
