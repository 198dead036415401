"""The register of opt-outs in the admin: who said stop, and when each system was told."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from integrations.admin_labels import badge, length, lines, ltr, moment, page_link, pretty, said, state_badge
from integrations.admin_pages import WatchAdmin
from integrations.admin_search import found

from .admin_filters import DayFilter
from .admin_words import OPT_OUT_LOOK, change_badge, error_sentence, name_people, who, who_link
from .models import OptOut, OptOutState
from .telling import Progress, System, Told, progress_of

TOLD_LOOK = {
    Told.TOLD: ("good", "check_circle"),
    Told.WAITING: ("wait", "schedule"),
    Told.FAILED: ("bad", "error"),
    Told.NOBODY: ("plain", "person_off"),
}


@admin.register(OptOut)
class OptOutAdmin(WatchAdmin):
    page_template = "admin/audit/optout/page.html"
    intro = gettext_lazy("Everybody who said stop, and when each system was told.")
    list_display = ("who", "address_label", "channel_label", "heard", "told", "took", "state_label")
    list_filter = (("state", ChoicesDropdownFilter), ("channel", ChoicesDropdownFilter), ("received_at", DayFilter))
    search_fields = ("id",)
    search_help_text = gettext_lazy("E-mail, phone or record id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OptOut]:
        secrets = ("connection__credentials", "connection__webhook_token")
        return OptOut.objects.select_related("person", "connection", "event").defer(*secrets)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OptOut], search_term: str
    ) -> tuple[QuerySet[OptOut], bool]:
        return found(queryset, search_term) if search_term.strip() else queryset, False

    def prepare_rows(self, rows: list[Any]) -> None:
        name_people(rows)
        progress = progress_of(rows)
        for row in rows:
            row.progress = progress[row.pk]

    @admin.display(description=gettext_lazy("person"))
    def who(self, opt_out: OptOut) -> SafeString:
        return who(opt_out)

    @admin.display(description=gettext_lazy("address"))
    def address_label(self, opt_out: OptOut) -> SafeString:
        return ltr(opt_out.address)

    @admin.display(description=gettext_lazy("channel"))
    def channel_label(self, opt_out: OptOut) -> str:
        return opt_out.get_channel_display()

    @admin.display(description=gettext_lazy("heard"))
    def heard(self, opt_out: OptOut) -> SafeString:
        return moment(opt_out.heard_at)

    @admin.display(description=gettext_lazy("told everywhere?"))
    def told(self, opt_out: Any) -> SafeString:
        return lines(system_line(system) for system in opt_out.progress.systems) or SafeString(
            _("nobody is to be told")
        )

    @admin.display(description=gettext_lazy("took"))
    def took(self, opt_out: Any) -> SafeString:
        return took_label(opt_out.progress)

    @admin.display(description=gettext_lazy("state"))
    def state_label(self, opt_out: OptOut) -> SafeString:
        return state_badge(opt_out, OPT_OUT_LOOK)

    def page_facts(self, request: HttpRequest, row: OptOut) -> dict[str, Any]:
        name_people([row])
        progress = progress_of([row])[row.pk]
        return {
            **answer_of(progress),
            "took": took_label(progress),
            "systems": [
                {"name": s.name, "told": told_badge(s.state), "records": record_rows(s)} for s in progress.systems
            ],
            "facts": facts_of(row),
            "evidence": pretty(row.evidence),
        }


def system_line(system: System) -> SafeString:
    return format_html(
        '{} {} <span class="cw-subtle">{}</span>', told_badge(system.state), ltr(system.name), moment(system.at)
    )


def told_badge(state: str) -> SafeString:
    return badge(Told(state).label, *TOLD_LOOK[Told(state)])


def took_label(progress: Progress) -> SafeString:
    """How long it took; in red once it is late."""
    if progress.is_overdue:
        return badge(_("overdue"), "bad", "alarm")
    return SafeString(length(progress.took))


def record_rows(system: System) -> list[dict[str, Any]]:
    """Each record of the person at one system, with when it was told."""
    return [
        {
            "record": ltr(f"{record.object} {record.record_id}"),
            "state": change_badge(record.change)
            if record.change
            else badge(_("Held it already"), "good", "check_circle"),
            "at": moment(record.at),
            "read_back": moment(record.change.read_back_at) if record.change else "",
            "error": said(error_sentence(record.change)) if record.change else "",
            "change": page_link(record.change, _("Change")) if record.change else "",
        }
        for record in system.records
    ]


def answer_of(progress: Progress) -> dict[str, Any]:
    """The page's first line."""
    if progress.opt_out.state == OptOutState.LIFTED:
        return {"tone": "plain", "icon": "undo", "answer": _("Lifted by a newer opt-in")}
    if progress.opt_out.state == OptOutState.JOINED:
        return {"tone": "plain", "icon": "merge", "answer": _("Joined to another opt-out when people were merged")}
    if progress.is_done:
        return {"tone": "good", "icon": "check_circle", "answer": _("In force, and every system was told")}
    failed = any(system.state == Told.FAILED for system in progress.systems)
    if failed:
        return {"tone": "bad", "icon": "error", "answer": _("In force, but a system could not be told")}
    tone = "bad" if progress.is_overdue else "wait"
    return {"tone": tone, "icon": "schedule", "answer": _("In force, and a system still waits to be told")}


def facts_of(opt_out: OptOut) -> list[tuple[str, SafeString]]:
    event = opt_out.event
    facts = {
        _("Person"): who_link(opt_out),
        _("Address"): ltr(opt_out.address),
        _("Channel"): said(opt_out.get_channel_display()),
        _("List"): said(opt_out.list_id),
        _("Heard"): moment(opt_out.heard_at),
        _("Received"): moment(opt_out.received_at),
        _("Heard at"): ltr(opt_out.connection.name),
        _("Event"): page_link(event, ltr(event.type or event.pk)) if event else "",
        _("Reason"): said(opt_out.reason),
        _("Rule"): ltr(opt_out.rule),
        _("Joined to"): page_link(opt_out.joined_to, opt_out.joined_to) if opt_out.joined_to else "",
        _("Lifted"): moment(opt_out.lifted_at),
        _("Lifted by"): ltr(pretty(opt_out.lifted_by)) if opt_out.lifted_by else "",
    }
    return [(label, SafeString(fact)) for label, fact in facts.items() if fact]
