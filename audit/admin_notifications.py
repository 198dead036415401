"""Notifications in the admin: who was told of what and when, what did not go out, and Retry."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from integrations.admin_labels import lines, link, ltr, moment, said, state_badge, subtle
from integrations.admin_pages import Button, WatchAdmin
from integrations.admin_search import id_prefix
from integrations.models import Event

from .admin_words import name_people, who, who_link
from .notifications.delivering import leave, retry
from .notifications.models import AlertKind, Notification, NotificationState
from .notifications.recording import UNTOLD

CHANGE = "audit.change_notification"
SHOWN = 90  # characters of a problem in the list; its page has all
NOTIFICATION_LOOK = {
    NotificationState.DUE: ("wait", "schedule"),
    NotificationState.SENT: ("good", "check_circle"),
    NotificationState.FAILED: ("bad", "error"),
    NotificationState.LEFT: ("plain", "notifications_off"),
}


def retry_one(request: HttpRequest, row: Notification) -> None:
    retry([row])
    messages.success(request, _("It is sent again now."))


@admin.action(description=gettext_lazy("Retry"), permissions=["retry"])
def retry_selected(model_admin: Any, request: HttpRequest, rows: QuerySet[Notification]) -> None:
    count = retry(rows)
    said_so = ngettext("%(n)s notification is sent again.", "%(n)s notifications are sent again.", count)
    messages.success(request, said_so % {"n": count})


def leave_one(request: HttpRequest, row: Notification) -> None:
    leave([row])
    messages.success(request, _("It stays unsent, and is in the way no more."))


@admin.action(description=gettext_lazy("Leave unsent"), permissions=["retry"])
def leave_selected(model_admin: Any, request: HttpRequest, rows: QuerySet[Notification]) -> None:
    count = leave(rows)
    said_so = ngettext("%(n)s notification stays unsent.", "%(n)s notifications stay unsent.", count)
    messages.success(request, said_so % {"n": count})


@admin.register(Notification)
class NotificationAdmin(WatchAdmin):
    page_template = "admin/audit/notification/page.html"
    intro = gettext_lazy("What your team was told by rules and alerts, newest first. It is kept for 90 days.")
    list_display = ("made", "state_label", "to_label", "about", "what", "why")
    list_display_links = ("made", "what")
    list_filter = (("state", ChoicesDropdownFilter),)
    search_fields = ("id",)
    search_help_text = gettext_lazy("Recipient, or id")
    actions = (retry_selected, leave_selected)
    buttons = (
        Button(
            "retry",
            gettext_lazy("Retry"),
            CHANGE,
            retry_one,
            "replay",
            "primary",
            when=lambda row: row.state in UNTOLD,
        ),
        Button(
            "leave",
            gettext_lazy("Leave unsent"),
            CHANGE,
            leave_one,
            "notifications_off",
            when=lambda row: row.state == NotificationState.FAILED,
        ),
    )

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(CHANGE))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        return Notification.objects.select_related("person")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Notification], search_term: str
    ) -> tuple[QuerySet[Notification], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        to = queryset.filter(to=term.lower())
        return (to if to.exists() else queryset.filter(id_prefix(term))), False

    def prepare_rows(self, rows: list[Any]) -> None:
        name_people(rows)

    @admin.display(description=gettext_lazy("recorded"))
    def made(self, row: Notification) -> SafeString:
        return moment(row.created_at)

    @admin.display(description=gettext_lazy("state"))
    def state_label(self, row: Notification) -> SafeString:
        is_due = row.state == NotificationState.DUE
        return lines([state_of(row), subtle(shortened(row.problem)), moment(row.next_attempt_at) if is_due else ""])

    @admin.display(description=gettext_lazy("to"))
    def to_label(self, row: Notification) -> SafeString:
        return ltr(row.to)

    @admin.display(description=gettext_lazy("about"))
    def about(self, row: Notification) -> SafeString:
        return who(row)

    @admin.display(description=gettext_lazy("what"))
    def what(self, row: Notification) -> SafeString:
        return said(row.subject)

    @admin.display(description=gettext_lazy("why"))
    def why(self, row: Notification) -> SafeString:
        return reason_of(row)

    def page_facts(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        name_people([row])
        event = Event.objects.filter(pk=row.event).only("pk").first() if row.event else None
        facts = {
            _("To"): ltr(row.to),
            _("About"): who_link(row),
            _("Why"): reason_of(row),
            _("Event"): link(reverse("admin:integrations_event_change", args=[event.pk]), event.pk) if event else "",
            _("Recorded"): moment(row.created_at),
            _("Gathered"): {"hourly": _("every full hour"), "daily": _("every day at 8:00")}.get(row.digest, ""),
            _("Next attempt"): moment(row.next_attempt_at) if row.state == NotificationState.DUE else "",
            _("Attempts"): row.attempts or "",
            _("Sent"): moment(row.sent_at),
        }
        shown = [(label, SafeString(fact)) for label, fact in facts.items() if fact]
        return {**answer_of(row), "title": row.subject, "text": row.body, "facts": shown}


def reason_of(row: Notification) -> SafeString:
    """The rule, or the alert, that it comes from."""
    if row.alert:
        return said(AlertKind(row.alert).label if row.alert in AlertKind.values else row.alert)
    return ltr(row.rule)


def shortened(problem: str) -> str:
    return problem if len(problem) <= SHOWN else f"{problem[:SHOWN]}…"


def state_of(row: Notification) -> SafeString:
    return state_badge(row, NOTIFICATION_LOOK)


def answer_of(row: Notification) -> dict[str, Any]:
    """The page's first line."""
    tone, icon = NOTIFICATION_LOOK[NotificationState(row.state)]
    if row.state == NotificationState.FAILED:
        words = row.problem + " " + _("Mend that, then press Retry; or leave it unsent.")
        return {"tone": tone, "icon": icon, "answer": _("It was not sent"), "more": words}
    if row.state == NotificationState.LEFT:
        return {"tone": tone, "icon": icon, "answer": _("It was left unsent"), "more": row.problem}
    if row.state == NotificationState.SENT:
        return {"tone": tone, "icon": icon, "answer": _("It was sent"), "more": ""}
    return {"tone": tone, "icon": icon, "answer": _("It waits to be sent"), "more": row.problem}
