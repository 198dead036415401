"""Retry, approve, reject and cancel for many changes: first what it would touch, with samples, then the deed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from . import decisions
from .admin_words import change_badge, error_sentence, name_people, sentence_of, who
from .decisions import Decision
from .models import Change, ChangeState

MOST = 1000  # changes one decision takes
SAMPLES = 10
FILTERS = ("error_code", "connection__name", "rule", "kind")
RETRY, DECIDE = "audit.retry_change", "audit.decide_change"


@dataclass(frozen=True)
class Verb:
    """One kind of decision: who may take it, which states it fits, and what is said before and after."""

    name: str
    label: Any
    permission: str
    states: tuple[str, ...]
    act: Callable[..., Decision]
    warning: Any
    icon: str
    tone: str = "primary"


VERBS = {
    verb.name: verb
    for verb in (
        Verb(
            "retry",
            gettext_lazy("Retry"),
            RETRY,
            (ChangeState.FAILED,),
            decisions.retry,
            gettext_lazy("They are sent again, with a full set of attempts. Mend the cause first."),
            "replay",
        ),
        Verb(
            "approve",
            gettext_lazy("Approve"),
            DECIDE,
            (ChangeState.HELD,),
            decisions.approve,
            gettext_lazy("They are sent to the vendor."),
            "thumb_up",
        ),
        Verb(
            "reject",
            gettext_lazy("Reject"),
            DECIDE,
            (ChangeState.HELD,),
            decisions.reject,
            gettext_lazy("They are never sent, nor what was to follow them. This is final."),
            "thumb_down",
            "danger",
        ),
        Verb(
            "cancel",
            gettext_lazy("Cancel"),
            DECIDE,
            (ChangeState.QUEUED, ChangeState.HELD, ChangeState.FAILED),
            decisions.cancel,
            gettext_lazy("They are taken back, with what was to follow them. This is final."),
            "cancel",
            "danger",
        ),
    )
}


def decide(admin: Any, request: HttpRequest, verb_name: str) -> HttpResponse:
    """GET asks about the changes of a filter, POST about `ids`; POST with `sure` carries it out."""
    verb = VERBS.get(verb_name)
    if verb is None:
        raise Http404
    if not request.user.has_perm(verb.permission):
        raise PermissionDenied
    if request.method != "POST":
        return ask(admin, request, verb, _filtered(request, verb))
    ids = [part for part in request.POST.get("ids", "").split(",") if part][:MOST]
    report(request, verb, verb.act(ids, request.user, request.POST.get("comment", "")[:500]))
    return redirect("admin:audit_change_changelist")


def ask(admin: Any, request: HttpRequest, verb: Verb, ids: Sequence[str]) -> HttpResponse:
    """The page that says what would happen."""
    if not request.user.has_perm(verb.permission):
        raise PermissionDenied
    ids = list(ids)[:MOST]
    states = dict(Change.objects.filter(pk__in=ids).values_list("pk", "state"))
    fitting = [pk for pk in ids if states.get(pk) in verb.states]
    context = {
        **admin.admin_site.each_context(request),
        "title": verb.label,
        "opts": admin.opts,
        "verb": verb,
        "ids": ",".join(fitting),
        "count": len(fitting),
        "at_bound": len(ids) == MOST,
        "unfit": _unfit(states, verb),
        "samples": samples(fitting),
    }
    return TemplateResponse(request, "admin/audit/change/decide.html", context)


def samples(ids: Sequence[str]) -> list[dict[str, Any]]:
    """The first few changes as they would be shown in the list."""
    rows = list(changes_with_names().filter(pk__in=list(ids)[:SAMPLES]).order_by("-pk"))
    name_people(rows)
    return [
        {
            "row": row,
            "state": change_badge(row),
            "what": sentence_of(row),
            "who": who(row),
            "error": error_sentence(row),
        }
        for row in rows
    ]


def report(request: HttpRequest, verb: Verb, decision: Decision) -> None:
    """Say what was done, and each reason why something was not."""
    if decision.done:
        done = ngettext("%(verb)s: %(n)d change.", "%(verb)s: %(n)d changes.", len(decision.done))
        messages.success(request, done % {"verb": verb.label, "n": len(decision.done)})
    for reason, count in Counter(decision.refused.values()).most_common(5):
        refused = ngettext("%(n)d change was left alone. %(why)s", "%(n)d changes were left alone. %(why)s", count)
        messages.warning(request, refused % {"n": count, "why": reason})
    if not decision.done and not decision.refused:
        messages.warning(request, _("There was nothing to do."))


def changes_with_names() -> Any:
    """Changes with what their lists show, and without anybody's secrets."""
    secrets = ("connection__credentials", "connection__webhook_token")
    return Change.objects.select_related("connection", "person").defer(*secrets)


def _filtered(request: HttpRequest, verb: Verb) -> list[str]:
    wanted = {name: request.GET[name] for name in FILTERS if name in request.GET}
    found = Change.objects.filter(state__in=verb.states, **wanted).order_by("-pk")
    return list(found.values_list("pk", flat=True)[:MOST])


def _unfit(states: dict[str, str], verb: Verb) -> list[tuple[str, int]]:
    """How many of the chosen changes this does not fit, by state."""
    counts = Counter(state for state in states.values() if state not in verb.states)
    return [(str(ChangeState(state).label), count) for state, count in counts.most_common()]
