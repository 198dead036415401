"""Channels in the admin: where a team is told, of which alerts, and whether that works."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from integrations.admin_labels import badge, lines, ltr, moment, said, subtle
from integrations.admin_pages import Button, ButtonsMixin

from .notifications.channels import send_test, shown_target
from .notifications.models import AlertKind, NotificationChannel
from .notifications.targets import problem_of_target

CHANGE = "audit.change_notificationchannel"


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no arguments at run time
    """A name, where it leads, and the alerts it is told of. Where it leads goes in and never out."""

    where = forms.CharField(
        label=gettext_lazy("Where"),
        max_length=2000,
        widget=UnfoldAdminTextInputWidget({"dir": "ltr", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "E-mail addresses; or the webhook URL that Slack, Teams, Discord or another tool gives you; or a URL of "
            "the Apprise library, for many others. It is stored encrypted and not shown again."
        ),
    )
    alerts = forms.MultipleChoiceField(
        label=gettext_lazy("Alerts"),
        choices=AlertKind.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=gettext_lazy("Told when it begins, and when it is over."),
    )

    class Meta:
        model = NotificationChannel
        fields = ("name", "alerts")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "where" in self.fields:
            self.fields["where"].required = False
            self.fields["where"].help_text = _("Leads to: %s. Leave empty to keep that.") % shown_target(self.instance)

    def clean_where(self) -> str:
        target: str = self.cleaned_data["where"].strip()
        if target and (problem := problem_of_target(target)):
            raise ValidationError(problem)
        return target


def run_test(request: HttpRequest, channel: NotificationChannel) -> None:
    reply = send_test(channel)
    if reply.ok:
        messages.success(request, _("A test was sent and taken. Look whether it arrived."))
    else:
        messages.error(request, _("A test was sent and did not come through. %s") % reply.problem)


@admin.register(NotificationChannel)
class ChannelAdmin(ButtonsMixin):  # type: ignore[misc]  # unfold is not typed
    form = ChannelForm
    fieldsets = ((None, {"fields": ("name", "where", "alerts")}),)
    list_display = ("title", "state_label", "alerts_label", "told")
    intro = gettext_lazy("Where your team is told: rules name these channels, and alerts go to them.")
    list_before_template = "admin/integrations/intro.html"
    change_form_template = "admin/audit/notificationchannel/change_form.html"
    actions = None
    ordering = ("name",)
    sortable_by = ()
    list_fullwidth = True
    buttons = (Button("test", gettext_lazy("Send test"), CHANGE, run_test, "send", "primary"),)

    class Media:
        css = {"all": ["crosswalk/watch.css"]}
        js = ["crosswalk/watch.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[NotificationChannel]:
        return NotificationChannel.objects.select_related("owner").defer("target")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Rules name a channel: it keeps its name."""
        return ("name",) if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        may_edit = obj is None or self.has_change_permission(request, obj)
        return self.fieldsets if may_edit else [(None, {"fields": ("name",)})]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        channel = self.get_object(request, unquote(object_id))
        facts = self._page_facts(request, channel) if channel else {}
        shown: HttpResponse = super().change_view(request, object_id, form_url, {**facts, **(extra_context or {})})
        return shown

    def _page_facts(self, request: HttpRequest, channel: NotificationChannel) -> dict[str, Any]:
        return {
            "row": channel,
            "press_name": f"admin:{self._press_name}",
            "buttons": self.buttons_for(request, channel),
            **answer_of(channel),
        }

    def save_model(self, request: HttpRequest, obj: NotificationChannel, form: Any, change: bool) -> None:
        if form.cleaned_data.get("where"):
            obj.target, obj.last_at, obj.last_result = form.cleaned_data["where"], None, ""
        if not change:
            obj.owner = request.user  # type: ignore[assignment]  # who is here is signed in
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: NotificationChannel, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Stay on its page: the next thing to press is Send test."""
        super().response_add(request, obj, post_url_continue)
        return redirect("admin:audit_notificationchannel_change", obj.pk)

    # --- the list

    @admin.display(description=gettext_lazy("channel"))
    def title(self, channel: NotificationChannel) -> SafeString:
        return lines([ltr(channel.name), subtle(shown_target(channel))])

    @admin.display(description=gettext_lazy("state"))
    def state_label(self, channel: NotificationChannel) -> SafeString:
        facts = answer_of(channel)
        return lines([badge(facts["answer"], facts["tone"], facts["icon"]), subtle(channel.last_result[:160])])

    @admin.display(description=gettext_lazy("alerts"))
    def alerts_label(self, channel: NotificationChannel) -> SafeString:
        return lines(said(AlertKind(kind).label) for kind in channel.alerts if kind in AlertKind.values)

    @admin.display(description=gettext_lazy("last told"))
    def told(self, channel: NotificationChannel) -> SafeString:
        return moment(channel.last_at) or SafeString(_("not yet"))


def answer_of(channel: NotificationChannel) -> dict[str, Any]:
    """How it stands, by what was sent there last."""
    if channel.last_at is None:
        return {"tone": "plain", "icon": "help", "answer": _("Not tried yet"), "more": _("Press Send test.")}
    if channel.last_result:
        return {"tone": "bad", "icon": "error", "answer": _("Does not work"), "more": channel.last_result}
    return {"tone": "good", "icon": "check_circle", "answer": _("Works"), "more": ""}
