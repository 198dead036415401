"""Retry, approve, reject and cancel for many changes: first what it would touch, with samples, then the deed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.admin_labels import bounded

from .admin_selections import filter_of_list, selection_words
from .admin_words import change_badge, name_people, sentence_of, who, why_it_rests
from .choosing import FilterRefused, Selection
from .decisions import Decision
from .models import Change, ChangeState
from .verbs import AT_ONCE, VERBS, Verb

SAMPLES = 10
BOUND = 10_000  # nothing is counted past this; the run that decides them counts them all


def decide(admin: Any, request: HttpRequest, verb_name: str) -> HttpResponse:
    """GET asks about the changes of a filter; POST decides those of `ids`."""
    verb = VERBS.get(verb_name)
    if verb is None:
        raise Http404
    if not request.user.has_perm(verb.permission):
        raise PermissionDenied
    if request.method != "POST":
        return ask_about_filter(admin, request, verb, request.GET.dict())
    ids = [part for part in request.POST.get("ids", "").split(",") if part][:AT_ONCE]
    report(request, verb, verb.act(ids, request.user, request.POST.get("comment", "")[:500]))
    return redirect("admin:audit_change_changelist")


def ask_about_filter(admin: Any, request: HttpRequest, verb: Verb, wanted: dict[str, Any]) -> HttpResponse:
    """Ask about what fits of a filter: what is on this page is decided at once, more of it by a run."""
    wanted = wanted or {"state": ",".join(verb.states)}
    try:
        seen = Selection(verb, wanted).as_of_now()
    except FilterRefused as error:
        messages.error(request, str(error))
        return redirect("admin:audit_change_changelist")
    count = seen.rows.order_by()[: BOUND + 1].count()
    facts = {
        "count": count,
        "where": selection_words(verb, wanted, count, BOUND) if count else "",
        "samples": samples(seen.rows),
    }
    if count > AT_ONCE:
        return _page(admin, request, verb, facts | {"filter": urlencode(wanted), "until": seen.until})
    return _page(admin, request, verb, facts | {"ids": ",".join(seen.next_ids(""))})


def ask_about_ids(admin: Any, request: HttpRequest, verb: Verb, ids: Sequence[str]) -> HttpResponse:
    """Ask about changes that were chosen one by one."""
    if not request.user.has_perm(verb.permission):
        raise PermissionDenied
    states = dict(Change.objects.filter(pk__in=list(ids)[:AT_ONCE]).values_list("pk", "state"))
    fitting = sorted(pk for pk, state in states.items() if state in verb.states)
    facts = {
        "ids": ",".join(fitting),
        "count": len(fitting),
        "unfit": _unfit(states, verb),
        "samples": samples(Change.objects.filter(pk__in=fitting)),
    }
    return _page(admin, request, verb, facts)


def _page(admin: Any, request: HttpRequest, verb: Verb, facts: dict[str, Any]) -> HttpResponse:
    """The page that says what would happen."""
    context = {**admin.admin_site.each_context(request), "title": verb.label, "opts": admin.opts, "verb": verb}
    shown = {"shown": bounded(facts["count"], BOUND), "at_once": AT_ONCE}
    return TemplateResponse(request, "admin/audit/change/decide.html", context | shown | facts)


def links_of_list(request: HttpRequest) -> list[dict[str, Any]]:
    """For each verb that fits what the list is filtered by: where it is asked about for all of that."""
    wanted = filter_of_list(request.GET)
    if not wanted:
        return []
    fitting = [verb for verb in VERBS.values() if wanted.get("state", verb.states[0]) in verb.states]
    return [
        {"verb": verb, "url": reverse("admin:audit_change_decide", args=[verb.name]) + "?" + urlencode(wanted)}
        for verb in fitting
        if request.user.has_perm(verb.permission)
    ]


def samples(chosen: QuerySet[Change]) -> list[dict[str, Any]]:
    """The newest few changes as they would be shown in the list."""
    newest = list(chosen.order_by("-pk").values_list("pk", flat=True)[:SAMPLES])
    rows = list(changes_with_names().filter(pk__in=newest).order_by("-pk"))
    name_people(rows)
    return [
        {
            "row": row,
            "state": change_badge(row),
            "what": sentence_of(row),
            "who": who(row),
            "why": why_it_rests(row),
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


def changes_with_names() -> QuerySet[Change]:
    """Changes with what their lists show, and without anybody's secrets."""
    secrets = ("connection__credentials", "connection__webhook_token")
    return Change.objects.select_related("connection", "person").defer(*secrets)


def _unfit(states: dict[str, str], verb: Verb) -> list[tuple[str, int]]:
    """How many of the chosen changes this does not fit, by state."""
    counts = Counter(state for state in states.values() if state not in verb.states)
    return [(str(ChangeState(state).label), count) for state, count in counts.most_common()]
