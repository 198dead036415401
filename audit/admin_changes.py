"""The audit log in the admin: every change with its before and after, its attempts and the vendor's answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from integrations.admin_labels import and_more, length, lines, ltr, moment, page_link, pretty, said, state_badge, subtle
from integrations.admin_pages import Button, WatchAdmin
from integrations.admin_search import found
from integrations.models import Event

from .admin_decisions import ask_about_ids, changes_with_names, decide, links_of_list, report
from .admin_filters import BrakeFilter, ConnectionFilter, DayFilter, ErrorFilter, RuleFilter, RunFilter
from .admin_words import (
    ATTEMPT_LOOK,
    CHANGE_LOOK,
    change_badge,
    diff_rows,
    in_a_load,
    name_loads,
    name_people,
    sentence_of,
    who,
    who_link,
    why_it_rests,
)
from .models import Attempt, Change, ChangeState, Kind, Load
from .undo import undo
from .verbs import VERBS, Verb

NEVER_UNDONE = (Kind.OPT_OUT,)


def is_undoable(change: Change) -> bool:
    """Whether there is something to write back; whether the record has moved on is asked when the button is pressed."""
    fits = change.state == ChangeState.APPLIED and change.kind not in NEVER_UNDONE
    return bool(fits and not change.created and change.diff and change.record_id)


def decide_one(verb: Verb, request: HttpRequest, change: Change) -> None:
    report(request, verb, verb.act([change.pk], request.user, request.POST.get("comment", "")[:500]))


def undo_one(request: HttpRequest, change: Change) -> Change:
    return undo(change, request.user)  # type: ignore[arg-type]  # the admin lets nobody in who is not signed in


def button_for(verb: Verb) -> Button:
    """The same decision on one change's page; what is final asks first."""
    final = verb.tone == "danger"
    return Button(
        verb.name,
        verb.label,
        verb.permission,
        partial(decide_one, verb),
        verb.icon,
        "default" if final else verb.tone,
        confirm=verb.warning if final else "",
        comment=final,
        when=lambda change: change.state in verb.states,
    )


def bulk_action(verb: Verb) -> Callable[..., HttpResponse]:
    """An action of the list that leads to the page that asks."""

    def act(model_admin: ChangeAdmin, request: HttpRequest, queryset: QuerySet[Change]) -> HttpResponse:
        return ask_about_ids(model_admin, request, verb, list(queryset.values_list("pk", flat=True)))

    act.__name__ = f"{verb.name}_changes"
    described = admin.action(description=verb.label)(act)
    described.allowed_permissions = [verb.permission.partition(".")[2].partition("_")[0]]  # type: ignore[attr-defined]
    return described


@admin.register(Change)
class ChangeAdmin(WatchAdmin):
    page_template = "admin/audit/change/page.html"
    list_before_template = "admin/audit/change/before.html"
    intro = gettext_lazy("Every write to every system, newest first: what it was, who asked for it, how it ended.")
    list_display = ("made", "state_label", "who", "what", "rule_label", "fields_changed")
    list_display_links = ("made", "what")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ConnectionFilter,
        ("kind", ChoicesDropdownFilter),
        RuleFilter,
        RunFilter,
        ErrorFilter,
        BrakeFilter,
        ("created_at", DayFilter),
    )
    search_fields = ("id",)
    search_help_text = gettext_lazy("E-mail, phone, record id or change id")
    actions = tuple(bulk_action(verb) for verb in VERBS.values())
    buttons = (
        *(button_for(verb) for verb in VERBS.values()),
        Button(
            "undo",
            gettext_lazy("Undo"),
            "audit.undo_change",
            undo_one,
            "undo",
            confirm=gettext_lazy("The values from before are written back, if nobody has changed them since."),
            when=is_undoable,
        ),
    )

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("audit.retry_change"))

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("audit.decide_change"))

    # --- the list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        return changes_with_names()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Change], search_term: str
    ) -> tuple[QuerySet[Change], bool]:
        return found(queryset, search_term) if search_term.strip() else queryset, False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        links = {"links": links_of_list(request)}
        shown: HttpResponse = super().changelist_view(request, links | (extra_context or {}))
        return shown

    def prepare_rows(self, rows: list[Change]) -> None:
        name_people(rows)
        name_loads(rows)

    @admin.display(description=gettext_lazy("when"))
    def made(self, change: Change) -> SafeString:
        return moment(change.created_at)

    @admin.display(description=gettext_lazy("state"))
    def state_label(self, change: Change) -> SafeString:
        return change_badge(change)

    @admin.display(description=gettext_lazy("person"))
    def who(self, change: Change) -> SafeString:
        return who(change)

    @admin.display(description=gettext_lazy("what"))
    def what(self, change: Change) -> SafeString:
        return lines([sentence_of(change), subtle(why_it_rests(change))])

    @admin.display(description=gettext_lazy("rule"))
    def rule_label(self, change: Change) -> SafeString:
        return ltr(change.rule or change.actor)

    @admin.display(description=gettext_lazy("fields"))
    def fields_changed(self, change: Change) -> SafeString:
        return ltr(and_more(change.diff))

    # --- the page of one change

    def page_facts(self, request: HttpRequest, row: Change) -> dict[str, Any]:
        name_people([row])
        name_loads([row])
        load = getattr(row, "load", None)
        tone, icon = CHANGE_LOOK[ChangeState(row.state)]
        return {
            "title": sentence_of(row),
            "tone": tone,
            "icon": icon,
            "state": change_badge(row),
            "error": row.error if row.state != ChangeState.APPLIED else None,
            "load": in_a_load(load) if load else "",
            "rows": diff_rows(row),
            "attempts": [attempt_facts(attempt) for attempt in row.attempt_rows.all()],
            "facts": facts_of(row),
            "params": pretty(row.params) if row.params else "",
        }

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(decide, self))
        return [path("decide/<slug:verb_name>/", view, name="audit_change_decide"), *super().get_urls()]


def attempt_facts(attempt: Attempt) -> dict[str, Any]:
    """One attempt as its page shows it. The calls of a batch are kept on its first change."""
    exchanges = attempt.exchanges or exchanges_of_batch(attempt)
    took = attempt.finished_at - attempt.started_at if attempt.finished_at else None
    return {
        "number": attempt.number,
        "result": state_badge(attempt, ATTEMPT_LOOK, "result"),
        "started": moment(attempt.started_at),
        "took": length(took),
        "together": together(attempt),
        "response": pretty(attempt.response) if attempt.response is not None else "",
        "error": attempt.error,
        "exchanges": exchanges,
    }


def together(attempt: Attempt) -> str:
    """What went out with it."""
    if attempt.rows < 2:
        return ""
    load = Load.objects.filter(pk=attempt.batch).first()
    return in_a_load(load) if load else _("one call for %(n)s changes") % {"n": f"{attempt.rows:,}"}


def exchanges_of_batch(attempt: Attempt) -> list[dict[str, Any]]:
    if attempt.rows < 2:
        return []
    first = Attempt.objects.filter(batch=attempt.batch).exclude(exchanges=[]).first()
    return list(first.exchanges) if first else []


def facts_of(change: Change) -> list[tuple[str, SafeString]]:
    """Everything else about a change, those that are empty left out."""
    mapping = f"{change.mapping} v{change.mapping_version}" if change.mapping else ""
    external = f"{change.key_field} = {change.external_id}" if change.key_field else change.external_id
    made = {
        _("Person"): who_link(change),
        _("Connection"): ltr(change.connection.name),
        _("Record"): ltr(change.record_id),
        _("Key"): ltr(external),
        _("Rule"): ltr(change.rule),
        _("Mapping"): ltr(mapping),
        _("Asked for by"): said(change.actor),
        _("Made"): moment(change.created_at),
        _("Applied"): moment(change.applied_at),
        _("Read back"): moment(change.read_back_at),
        _("Next attempt"): moment(change.next_attempt_at) if change.state == ChangeState.QUEUED else "",
        _("Decided by"): lines([said(change.decided_by or ""), moment(change.decided_at), said(change.comment)]),
        _("Event"): _event_link(change.event),
        _("Opt-out"): page_link(change.opt_out, change.opt_out) if change.opt_out else "",
        _("Waits for"): page_link(change.depends_on, sentence_of(change.depends_on)) if change.depends_on else "",
        _("Answers"): page_link(change.replaces, sentence_of(change.replaces)) if change.replaces else "",
        _("Answered by"): lines(page_link(row, sentence_of(row)) for row in change.replacements.all()[:10]),
        _("Change id"): ltr(change.pk),
    }
    return [(label, SafeString(fact)) for label, fact in made.items() if fact]


def _event_link(event: Event | None) -> SafeString | str:
    return page_link(event, ltr(event.type or event.vendor_type or event.pk)) if event else ""
