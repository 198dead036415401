"""Runs in the admin: the list, one run with its progress, and what starts and stops them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from audit.admin_selections import selection_words
from audit.verbs import VERBS
from integrations.admin_labels import length, moment, said, state_badge
from integrations.admin_pages import Button, WatchAdmin

from .admin_backfills import RESUME, STARTS, backfill_facts
from .admin_editing import connection_names
from .forms.runs import RunForm
from .models import OPEN, Rule, Run, RunKind, RunState
from .runs import RunRefused, may_resume, may_see_runs, may_start, start_run, stop_run
from .runs.wording import records_seen, scope_words

STATE_LOOK = {
    RunState.QUEUED: ("wait", "schedule"),
    RunState.RUNNING: ("wait", "sync"),
    RunState.WAITING: ("warn", "front_hand"),
    RunState.DONE: ("good", "check_circle"),
    RunState.FAILED: ("bad", "error"),
    RunState.STOPPED: ("warn", "stop_circle"),
}
SCOPE_WORDS = {
    "email": gettext_lazy("everything of %s"),
    "rule": gettext_lazy("all records of rule %s"),
    "connection": gettext_lazy("all records of connection %s"),
}


REASONS = 5  # of the commonest, on the page of a run


def stop(request: HttpRequest, run: Run) -> None:
    if stop_run(run, request.user.get_username()):
        messages.success(request, _("It is stopped. What was done until then stays done."))
    else:
        messages.warning(request, _("It had ended already."))


@admin.register(Run)
class RunAdmin(WatchAdmin):
    page_template = "admin/mappings/run/page.html"
    list_display = ("when", "what", "state_label", "progress", "who")
    list_filter = ("state", "kind")
    intro = gettext_lazy("What was read and compared again or decided for many changes, and how far it is.")
    buttons = (
        Button(
            "stop",
            gettext_lazy("Stop"),
            "mappings.add_run",
            stop,
            "stop_circle",
            when=lambda run: run.state in OPEN,
        ),
        RESUME,
        *STARTS,
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_start(request.user, RunKind.RESYNC)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see_runs(request.user)

    def may_press(self, request: HttpRequest, button: Button, row: Any) -> bool:
        return may_resume(request.user, row) if button == RESUME else may_start(request.user, row.kind)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.decide)
        return [path("decide/<slug:verb_name>/", view, name="mappings_run_decide"), *super().get_urls()]

    def decide(self, request: HttpRequest, verb_name: str) -> HttpResponse:
        """POST starts the run that decides the changes of `filter`, up to the id `until`: what a person was shown."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if verb_name not in VERBS or not may_start(request.user, verb_name):
            raise PermissionDenied
        user: Any = request.user  # the admin lets nobody in who is not signed in
        wanted = QueryDict(request.POST.get("filter", "")).dict()
        comment, until = request.POST.get("comment", "")[:500], request.POST.get("until", "")[:26]
        try:
            run = start_run(verb_name, wanted, user.get_username(), user=user, comment=comment, until=until)
        except RunRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:audit_change_changelist")
        return redirect("admin:mappings_run_change", run.pk)

    @admin.display(description=gettext_lazy("started"))
    def when(self, run: Run) -> SafeString:
        return moment(run.created_at)

    @admin.display(description=gettext_lazy("what"))
    def what(self, run: Run) -> SafeString:
        return said(what_words(run))

    @admin.display(description=gettext_lazy("state"))
    def state_label(self, run: Run) -> SafeString:
        return state_badge(run, STATE_LOOK)

    @admin.display(description=gettext_lazy("progress"))
    def progress(self, run: Run) -> str:
        return progress_words(run)

    @admin.display(description=gettext_lazy("started by"))
    def who(self, run: Run) -> SafeString:
        return said(run.actor)

    def page_facts(self, request: HttpRequest, row: Run) -> dict[str, Any]:
        tone, icon = STATE_LOOK[RunState(row.state)]
        text = _("%(what)s: %(state)s") % {"what": what_words(row), "state": row.get_state_display().lower()}
        more = backfill_facts(row) if row.kind == RunKind.BACKFILL else {}
        buttons = self.buttons_for(request, row)
        return {
            "title": what_words(row),
            "original": row,
            "answer": {"tone": tone, "icon": icon, "text": text, "more": row.message},
            "facts": _facts(row),
            "percent": percent(row),
            "progress": progress_words(row),
            "reasons": Counter(row.reasons).most_common(REASONS),
            "may_add": self.has_add_permission(request),
            "buttons": [button for button in buttons if button not in STARTS],
            "starts": [button for button in buttons if button in STARTS],
            **more,
        }

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if object_id is None:
            return self._new(request)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _new(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        rules = list(Rule.objects.filter(enabled=True).values_list("name", flat=True))
        form = RunForm(request.POST or None, initial=request.GET.dict(), rules=rules, connections=connection_names())
        if request.method == "POST" and form.is_valid() and (run := _start(request, form)):
            return redirect("admin:mappings_run_change", run.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("New resync"),
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/mappings/run/new.html", context)

    class Media:
        css = {"all": ["crosswalk/setup.css"]}


def _start(request: HttpRequest, form: RunForm) -> Run | None:
    try:
        run = start_run(RunKind.RESYNC, form.scope(), request.user.get_username())
    except RunRefused as error:
        form.add_error(None, str(error))
        return None
    messages.success(request, _("The resync has started. This page shows how far it is."))
    return run


def what_words(run: Run) -> str:
    """'Resync of all records of rule new-subscriber', 'Retry of 3,214 failed changes of connection salesforce-main'."""
    if run.kind == RunKind.BACKFILL:
        scope = scope_words(run)
    elif run.kind in VERBS:
        scope = selection_words(VERBS[run.kind], run.scope, run.total or 0)
    else:
        name, value = next(iter(run.scope.items()), ("", ""))
        scope = str(SCOPE_WORDS.get(name, "%s")) % value
    words = _("%(kind)s of %(scope)s") % {"kind": run.get_kind_display(), "scope": scope}
    return f"{words} ({_('plan')})" if run.dry_run else words


def progress_words(run: Run) -> str:
    """'1,200 of 3,214 changes, 14 of them left alone'; of a resync only what it has looked at is known."""
    looked_at, total = f"{run.done + run.refused:,}", run.total or 0
    if run.dry_run:
        seen = records_seen(run)
        return ngettext("%(n)s record looked at", "%(n)s records looked at", seen) % {"n": f"{seen:,}"}
    if run.kind not in VERBS:
        return ngettext("%(n)s record", "%(n)s records", run.done) % {"n": looked_at}
    words = ngettext("%(n)s of %(total)s change", "%(n)s of %(total)s changes", total)
    progress = words % {"n": looked_at, "total": f"{total:,}"}
    left = _("%(progress)s, %(left)s of them left alone")
    return left % {"progress": progress, "left": f"{run.refused:,}"} if run.refused else progress


def percent(run: Run) -> int | None:
    """None while nobody knows how many there are."""
    if run.total is None:
        return None
    return min(100, round(100 * (run.done + run.refused) / run.total)) if run.total else 100


def _facts(run: Run) -> list[tuple[Any, Any]]:
    ended = run.finished_at
    facts = [
        (_("Started by"), said(run.actor)),
        (_("Asked for"), moment(run.created_at)),
        (_("Started"), moment(run.started_at)),
        (_("Finished"), moment(ended)),
        (_("Took"), length(ended - run.started_at) if ended and run.started_at else ""),
        (_("Comment"), said(run.comment)),
    ]
    return [(label, fact) for label, fact in facts if fact]
