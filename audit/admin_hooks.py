"""Hooks in the admin: which tools are told of what, how that goes, and the buttons that mend it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminURLInputWidget

from integrations.admin_connections import copyable
from integrations.admin_labels import badge, lines, ltr, moment, said, state_badge, subtle
from integrations.admin_pages import Button, WatchAdmin
from integrations.models import Connection
from integrations.vendors.registry import VENDORS

from .hooks.models import DeliveryState, Hook, HookDelivery, HookState
from .hooks.recording import OWN_EVENTS
from .hooks.subscribing import problem_of_url, send_test, subscribe, switch_on

CHANGE, DELETE = "audit.change_hook", "audit.delete_hook"
SHOWN_DELIVERIES = 30
HOOK_LOOK = {HookState.ON: ("good", "check_circle"), HookState.OFF: ("bad", "notifications_off")}
DELIVERY_LOOK = {
    DeliveryState.DUE: ("wait", "schedule"),
    DeliveryState.DELIVERED: ("good", "check_circle"),
    DeliveryState.DROPPED: ("bad", "error"),
}


def events_told() -> list[str]:
    """Every event that some vendor can report, by its object, and what happens here."""
    reported = {event.type for kind in VENDORS.values() for event in kind.capabilities.events}
    return [*sorted(reported), *OWN_EVENTS]


class HookForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no arguments at run time
    """A URL, and what it is to be told of."""

    event = forms.ChoiceField(
        label=gettext_lazy("Event"),
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("What a vendor reports (contact.subscribed), or what is done here (change.failed)."),
    )
    connection = forms.ModelChoiceField(
        Connection.objects.defer("credentials", "webhook_token"),
        label=gettext_lazy("Connection"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        empty_label=gettext_lazy("All"),
        help_text=gettext_lazy("All, except what other tools tell us by webhook: choose that connection by its name."),
    )

    class Meta:
        model = Hook
        fields = ("target_url", "event", "connection")
        help_texts = {"target_url": gettext_lazy("Where the tool listens: https://, or http:// on this machine.")}
        widgets = {"target_url": UnfoldAdminURLInputWidget({"dir": "ltr"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        event: Any = self.fields["event"]
        event.choices = [("", "—"), *((name, name) for name in events_told())]

    def clean_target_url(self) -> str:
        url: str = self.cleaned_data["target_url"]
        if problem := problem_of_url(url):
            raise ValidationError(problem)
        return url


def run_test(request: HttpRequest, hook: Hook) -> Any:
    reply = send_test(hook)
    if reply.ok:
        messages.success(request, _("A sample was sent. %s") % reply.words)
    else:
        messages.error(request, _("A sample was sent and did not come through. %s") % reply.words)
    return redirect("admin:audit_hook_changelist") if reply.is_gone else None


def turn_on(request: HttpRequest, hook: Hook) -> None:
    switch_on(hook)
    messages.success(request, _("Switched on again. What waited of the last seven days is sent now."))


def remove(request: HttpRequest, hook: Hook) -> HttpResponse:
    hook.delete()
    messages.success(request, _("The hook was removed."))
    return redirect("admin:audit_hook_changelist")


@admin.register(Hook)
class HookAdmin(WatchAdmin):
    page_template = "admin/audit/hook/page.html"
    form = HookForm
    intro = gettext_lazy("Other tools that are told when something happens, each at its own URL.")
    list_display = ("title", "state_label", "connection_label", "told", "owner_label")
    search_fields = ("event", "target_url")
    buttons = (
        Button("test", gettext_lazy("Send test"), CHANGE, run_test, "send", "primary"),
        Button("on", gettext_lazy("Switch on again"), CHANGE, turn_on, "power", when=lambda hook: hook.state == "off"),
        Button(
            "remove",
            gettext_lazy("Remove"),
            DELETE,
            remove,
            "delete",
            "danger",
            confirm=gettext_lazy("The tool is not told any more, and what waits is not sent."),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hook]:
        secrets = ("secret", "connection__credentials", "connection__webhook_token")
        return Hook.objects.select_related("connection", "owner").defer(*secrets)

    # --- a new one

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("audit.add_hook")

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if object_id is None:
            adding: HttpResponse = ModelAdmin.changeform_view(self, request, None, form_url, extra_context)
            return adding
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Hook, form: Any, change: bool) -> None:
        made = subscribe(obj.target_url, obj.event, obj.connection, request.user)
        obj.pk, obj.secret = made.pk, made.secret

    def response_add(self, request: HttpRequest, obj: Hook, post_url_continue: str | None = None) -> HttpResponse:
        words = _("Copy the secret now, for the tool that checks signatures. It is not shown again:")
        messages.success(request, format_html("{} {}", words, copyable(obj.secret)))
        return redirect("admin:audit_hook_change", obj.pk)

    # --- the list

    @admin.display(description=gettext_lazy("hook"))
    def title(self, hook: Hook) -> SafeString:
        return lines([ltr(hook.event), subtle(hook.target_url[:120])])

    @admin.display(description=gettext_lazy("state"))
    def state_label(self, hook: Hook) -> SafeString:
        return lines([state_of(hook), subtle(hook.off_reason)])

    @admin.display(description=gettext_lazy("connection"))
    def connection_label(self, hook: Hook) -> SafeString:
        return ltr(hook.connection.name) if hook.connection else SafeString(_("all"))

    @admin.display(description=gettext_lazy("last told"))
    def told(self, hook: Hook) -> SafeString:
        return lines([moment(hook.last_at), subtle(hook.last_result)]) or SafeString(_("not yet"))

    @admin.display(description=gettext_lazy("made by"))
    def owner_label(self, hook: Hook) -> SafeString:
        return said(hook.owner.get_username() if hook.owner else "")

    # --- the page of one

    def page_facts(self, request: HttpRequest, row: Hook) -> dict[str, Any]:
        rows = row.deliveries.order_by("-id")[:SHOWN_DELIVERIES]
        facts = {
            _("URL"): ltr(row.target_url),
            _("Event"): ltr(row.event),
            _("Connection"): self.connection_label(row),
            _("State"): state_of(row),
            _("Failing since"): moment(row.failing_since),
            _("Paused until"): moment(row.paused_until) if row.failures else "",
            _("Made"): moment(row.created_at),
            _("Made by"): self.owner_label(row),
        }
        shown = [(label, SafeString(fact)) for label, fact in facts.items() if fact]
        return {**answer_of(row), "facts": shown, "deliveries": [_line(each) for each in rows]}


def state_of(hook: Hook) -> SafeString:
    if hook.state == HookState.ON and hook.failures:
        return badge(_("Failing"), "warn", "warning")
    return state_badge(hook, HOOK_LOOK)


def answer_of(hook: Hook) -> dict[str, Any]:
    """The page's first line."""
    if hook.state == HookState.OFF:
        return {"tone": "bad", "icon": "notifications_off", "answer": _("Switched off"), "more": hook.off_reason}
    if hook.failures:
        words = _("Sent again by itself; after five days of failures the hook is switched off.")
        return {"tone": "warn", "icon": "warning", "answer": hook.last_result, "more": words}
    if hook.last_at is None:
        return {"tone": "plain", "icon": "schedule", "answer": _("On, and nothing happened yet")}
    return {"tone": "good", "icon": "check_circle", "answer": _("On, and told")}


def _line(row: HookDelivery) -> dict[str, Any]:
    return {
        "state": state_badge(row, DELIVERY_LOOK),
        "about": _about(row),
        "result": said(row.result),
        "attempts": row.attempts,
        "at": moment(row.delivered_at or row.next_attempt_at),
    }


def _about(row: HookDelivery) -> SafeString:
    data = row.payload.get("data") or {}
    return lines([ltr(row.payload.get("type", "")), subtle(data.get("id", ""))])
