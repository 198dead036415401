"""Runs in the admin: the list, one run with its progress, and the form that starts a resync."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.admin_labels import length, moment, said, state_badge
from integrations.admin_pages import WatchAdmin
from integrations.models import Event

from .admin_editing import connection_names
from .forms.runs import RunForm
from .models import Rule, Run, RunKind, RunState
from .runs import RunRefused, start_run

STATE_LOOK = {
    RunState.QUEUED: ("wait", "schedule"),
    RunState.RUNNING: ("wait", "sync"),
    RunState.DONE: ("good", "check_circle"),
    RunState.FAILED: ("bad", "error"),
    RunState.STOPPED: ("warn", "stop_circle"),
}
SCOPE_WORDS = {
    "email": gettext_lazy("everything of %s"),
    "rule": gettext_lazy("all records of rule %s"),
    "connection": gettext_lazy("all records of connection %s"),
}


@admin.register(Run)
class RunAdmin(WatchAdmin):
    page_template = "admin/mappings/run/page.html"
    list_display = ("when", "what", "state_label", "progress", "who")
    list_filter = ("state", "kind")
    intro = gettext_lazy("What was read and compared again, and how far it is.")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("mappings.add_run"))

    @admin.display(description=gettext_lazy("started"))
    def when(self, run: Run) -> SafeString:
        return moment(run.created_at)

    @admin.display(description=gettext_lazy("what"))
    def what(self, run: Run) -> SafeString:
        return said(what_words(run))

    @admin.display(description=gettext_lazy("state"))
    def state_label(self, run: Run) -> SafeString:
        return state_badge(run, STATE_LOOK)

    @admin.display(description=gettext_lazy("records"))
    def progress(self, run: Run) -> str:
        return progress_words(run)

    @admin.display(description=gettext_lazy("started by"))
    def who(self, run: Run) -> SafeString:
        return said(run.actor)

    def page_facts(self, request: HttpRequest, row: Run) -> dict[str, Any]:
        tone, icon = STATE_LOOK[RunState(row.state)]
        text = _("%(what)s: %(state)s") % {"what": what_words(row), "state": row.get_state_display().lower()}
        return {
            "title": what_words(row),
            "original": row,
            "answer": {"tone": tone, "icon": icon, "text": text, "more": row.message},
            "facts": _facts(row),
            "percent": percent(row),
            "progress": progress_words(row),
            "events": Event.objects.filter(run_id=row.id).exists() if row.done else False,
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
    """Resync of all records of rule new-subscriber"""
    name, value = next(iter(run.scope.items()), ("", ""))
    scope = str(SCOPE_WORDS.get(name, "%s")) % value
    words = _("%(kind)s of %(scope)s") % {"kind": run.get_kind_display(), "scope": scope}
    return f"{words} ({_('dry run')})" if run.dry_run else words


def progress_words(run: Run) -> str:
    return f"{run.done:,} / {run.total:,}" if run.total is not None else f"{run.done:,}"


def percent(run: Run) -> int | None:
    """None while nobody knows how many there are."""
    if run.total is None:
        return None
    return min(100, round(100 * run.done / run.total)) if run.total else 100


def _facts(run: Run) -> list[tuple[Any, Any]]:
    ended = run.finished_at
    facts = [
        (_("Started by"), said(run.actor)),
        (_("Asked for"), moment(run.created_at)),
        (_("Started"), moment(run.started_at)),
        (_("Finished"), moment(ended)),
        (_("Took"), length(ended - run.started_at) if ended and run.started_at else ""),
    ]
    return [(label, fact) for label, fact in facts if fact]
