"""Connections in the admin: list, form, connection test, webhook URL and callbacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import PROTECT, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin

from .admin_connection_form import BASICS, ConnectionForm, fieldsets_for, form_for, stored_credentials
from .admin_knowledge import known_rows, refresh
from .admin_labels import HEALTH_LOOK, badge, length, lines, ltr, moment, state_badge, subtle
from .admin_pages import Button, ButtonsMixin, advice
from .admin_watches import look, watch_rows
from .budgets import budget_lines, windows_of
from .clients import open_client
from .crypto import CannotDecrypt
from .health import account_changed, check_connection
from .models import Connection, Environment, Health, Mode
from .oauth import oauth_of, redirect_uri
from .tokens import callback_url, set_token
from .vendors.base import OAuth, Vendor
from .vendors.errors import Conflict, CrosswalkError
from .vendors.registry import VENDORS

CHANGE = "integrations.change_connection"
REFRESH, LOOK = "refresh", "look"
SIGN_IN = "sign-in"
SIGN_IN_FIELDS = {"base_url", "environment"}  # a token of the old address is no token of the new one
SEEN_LOOK = {
    "pushed": ("good", "bolt", gettext_lazy("Pushed")),
    "polled": ("wait", "schedule", gettext_lazy("Polled")),
    "invisible": ("plain", "visibility_off", gettext_lazy("Cannot be seen")),
}


def run_test(request: HttpRequest, connection: Connection) -> None:
    missing = [check for check in check_connection(connection) if not check.ok]
    if missing:
        messages.warning(request, _("Tested: %d things are missing. Read what to do below.") % len(missing))
    else:
        messages.success(request, _("Tested: everything works."))


def renew_webhook(request: HttpRequest, connection: Connection) -> None:
    set_token(connection)
    connection.save(update_fields=["webhook_token", "webhook_token_hash"])
    messages.warning(request, _("There is a new webhook URL. Give it to the vendor: the old one no longer works."))


def register_callback(request: HttpRequest, connection: Connection) -> HttpResponse:
    force = bool(request.POST.get("force"))
    try:
        open_client(connection).register_callback(callback_url(connection), force=force)
        messages.success(request, _("The vendor now reports to this connection."))
    except Conflict as error:
        messages.error(request, advice(error))
    return to_callbacks(connection)


def remove_callback(request: HttpRequest, connection: Connection) -> HttpResponse:
    open_client(connection).remove_callback(request.POST.get("callback", ""))
    messages.success(request, _("The callback was removed at the vendor."))
    return to_callbacks(connection)


def sign_in(request: HttpRequest, connection: Connection) -> HttpResponse:
    return redirect("oauth-start", connection.name)


def to_callbacks(connection: Connection) -> HttpResponse:
    return redirect("admin:integrations_connection_callbacks", connection.pk)


@admin.register(Connection)
class ConnectionAdmin(SimpleHistoryAdmin, ButtonsMixin):  # type: ignore[misc]  # unfold is not typed
    list_display = ("title", "health_label", "environment_label", "mode_label", "tested", "webhook")
    search_fields = ("name",)
    intro = gettext_lazy("Each system that Crosswalk talks to, and whether it works.")
    list_before_template = "admin/integrations/intro.html"
    actions = None
    ordering = ("name",)
    sortable_by = ()
    list_fullwidth = True
    change_form_template = "admin/integrations/connection/change_form.html"
    object_history_template = "simple_history/object_history.html"
    buttons = (
        Button("test", gettext_lazy("Test connection"), CHANGE, run_test, "network_check", "primary"),
        Button(
            "new-token",
            gettext_lazy("New webhook URL"),
            CHANGE,
            renew_webhook,
            "autorenew",
            confirm=gettext_lazy("The old URL stops working at once; the vendor must be given the new one."),
        ),
        Button(
            SIGN_IN,
            gettext_lazy("Sign in at the vendor"),
            CHANGE,
            sign_in,
            "login",
            when=lambda connection: oauth_of(connection) is not None,
        ),
        Button(REFRESH, "", CHANGE, refresh),
        Button(LOOK, "", CHANGE, look),
        Button("register-callback", "", CHANGE, register_callback),
        Button("remove-callback", "", CHANGE, remove_callback),
    )

    class Media:
        css = {"all": ["crosswalk/watch.css"]}
        js = ["crosswalk/watch.js"]

    # --- the list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        return super().get_queryset(request).defer("credentials", "webhook_token")  # type: ignore[no-any-return]

    @admin.display(description=gettext_lazy("connection"))
    def title(self, connection: Connection) -> SafeString:
        kind = VENDORS.get(connection.vendor)
        return lines([ltr(connection.name), subtle(kind.label if kind else connection.vendor)])

    @admin.display(description=gettext_lazy("health"))
    def health_label(self, connection: Connection) -> SafeString:
        reason = connection.health_reason if connection.health != Health.OK else ""
        return lines([state_badge(connection, HEALTH_LOOK, "health"), subtle(reason[:160])])

    @admin.display(description=gettext_lazy("environment"))
    def environment_label(self, connection: Connection) -> SafeString:
        return badge(
            connection.get_environment_display(), "warn" if connection.environment == Environment.SANDBOX else "plain"
        )

    @admin.display(description=gettext_lazy("mode"))
    def mode_label(self, connection: Connection) -> SafeString:
        read_only = connection.mode == Mode.READ_ONLY
        return badge(connection.get_mode_display(), "warn" if read_only else "plain", "lock" if read_only else "")

    @admin.display(description=gettext_lazy("last tested"))
    def tested(self, connection: Connection) -> SafeString:
        return moment(connection.health_at) if connection.report else SafeString(_("never"))

    @admin.display(description=gettext_lazy("webhook URL"))
    def webhook(self, connection: Connection) -> SafeString:
        return copyable(shown_url(connection))

    # --- the form

    def kind_of(self, request: HttpRequest, connection: Connection | None) -> Vendor | None:
        return VENDORS.get(connection.vendor if connection else request.GET.get("vendor", ""))

    def get_form(self, request: HttpRequest, obj: Connection | None = None, change: bool = False, **kwargs: Any) -> Any:
        kind = self.kind_of(request, obj)
        return super().get_form(request, obj, change, **({"form": form_for(kind)} if kind else {}), **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        kind = self.kind_of(request, obj)
        may_edit = self.has_change_permission(request, obj) if obj else True
        return fieldsets_for(kind) if kind and may_edit else [(None, {"fields": (*BASICS, "limits")})]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        kind = self.kind_of(request, None)
        if kind is None:
            return self._choose_vendor(request)
        title = _("Connect %s") % kind.label
        return super().add_view(request, form_url, {"kind": kind, "title": title, **(extra_context or {})})  # type: ignore[no-any-return]

    def _choose_vendor(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("What do you want to connect?"),
            "opts": self.opts,
            "vendors": sorted(VENDORS.values(), key=lambda kind: kind.label),
        }
        return TemplateResponse(request, "admin/integrations/connection/choose_vendor.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        connection = self.get_object(request, unquote(object_id))
        facts = self._page_facts(request, connection) if connection else {}
        return super().change_view(request, object_id, form_url, {**facts, **(extra_context or {})})  # type: ignore[no-any-return]

    def _page_facts(self, request: HttpRequest, connection: Connection) -> dict[str, Any]:
        kind, oauth = VENDORS.get(connection.vendor), oauth_of(connection)
        return {
            "kind": kind,
            "row": connection,
            "sign_in": copyable(redirect_uri(connection)) if oauth else "",
            "press_name": f"admin:{self._press_name}",
            "buttons": [named(b, oauth) for b in self.buttons_for(request, connection) if b.label],
            "health": state_badge(connection, HEALTH_LOOK, "health"),
            "tested": self.tested(connection),
            "report": connection.report,
            "missing": [line for line in connection.report if not line["ok"]],
            "webhook": copyable(shown_url(connection)),
            "budget": budget_of(connection, kind) if kind else [],
            "seen": seen_events(kind) if kind else [],
            "callbacks_url": callbacks_url(connection) if kind and kind.capabilities.callbacks else "",
            "known": known_rows(connection),
            "press_url": self._press_url(request, connection, REFRESH),
            "watches": watch_rows(connection, kind) if kind else [],
            "look_url": self._press_url(request, connection, LOOK),
        }

    def _press_url(self, request: HttpRequest, connection: Connection, verb: str) -> str:
        may = request.user.has_perm(CHANGE)
        return reverse(f"admin:{self._press_name}", args=[connection.pk, verb]) if may else ""

    def save_model(self, request: HttpRequest, obj: Connection, form: ConnectionForm, change: bool) -> None:
        credentials = form.new_credentials()
        renewed = credentials != stored_credentials(obj)
        obj.vendor, obj.options = form.kind.slug, form.new_options()
        if renewed:
            obj.credentials, obj.credentials_changed_at = credentials, timezone.now()
        if not change:
            set_token(obj)
        super().save_model(request, obj, form, change)
        if renewed or SIGN_IN_FIELDS & set(form.changed_data):
            account_changed(obj)

    def response_add(self, request: HttpRequest, obj: Connection, post_url_continue: str | None = None) -> HttpResponse:
        """Stay on the new connection's page: the next thing to press is Test connection."""
        super().response_add(request, obj, post_url_continue)
        return redirect("admin:integrations_connection_change", obj.pk)

    def revert_disabled(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        """Old settings beside today's credentials are no state that ever was: history is for reading."""
        return True

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """How the connection was: to be read, never to be sent back."""
        if request.method == "POST":
            raise PermissionDenied
        return super().history_form_view(request, object_id, version_id, extra_context)  # type: ignore[no-any-return]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What is in use is not deleted: it is said by what, and not row by row, for there may be millions."""
        users = what_uses(list(objs))
        return ([], {}, set(), users) if users else super().get_deleted_objects(objs, request)

    # --- callbacks

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.callbacks_view)
        return [
            path("<path:object_id>/callbacks/", view, name="integrations_connection_callbacks"),
            *super().get_urls(),
        ]

    def callbacks_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What is registered at the vendor now; asks the vendor, changes nothing."""
        connection = self.get_object(request, unquote(object_id))
        if connection is None or not request.user.has_perm(CHANGE):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Callbacks of %s") % connection.name,
            "opts": self.opts,
            "row": connection,
            "press_name": f"admin:{self._press_name}",
            "webhook": copyable(shown_url(connection)),
            **registered(connection),
        }
        return TemplateResponse(request, "admin/integrations/connection/callbacks.html", context)


def what_uses(connections: Sequence[Connection]) -> list[str]:
    """The tables whose rows keep these from being deleted."""
    relations = [each for each in Connection._meta.related_objects if each.on_delete is PROTECT]
    using = [
        each.related_model
        for each in relations
        if each.related_model._base_manager.filter(**{f"{each.field.name}__in": connections}).exists()
    ]
    return [str(capfirst(model._meta.verbose_name_plural)) for model in using]


def named(button: Button, oauth: OAuth | None) -> Button:
    """The button to sign in says where, in the vendor's words."""
    return replace(button, label=oauth.label) if oauth and button.verb == SIGN_IN else button


def registered(connection: Connection) -> dict[str, Any]:
    """The callbacks at the vendor, or why they cannot be listed."""
    try:
        callbacks = open_client(connection).callbacks(callback_url(connection))
    except CrosswalkError as error:
        return {"problem": advice(error), "callbacks": []}
    return {
        "callbacks": callbacks,
        "ours": any(each.ours for each in callbacks),
        "foreign": any(not each.ours for each in callbacks),
    }


def shown_url(connection: Connection) -> str:
    """The webhook URL; nothing when no key fits its token any more."""
    try:
        return callback_url(connection)
    except CannotDecrypt:
        return ""


def copyable(text: str) -> SafeString:
    """A text with a button that copies it."""
    if not text:
        return badge(_("cannot be read: a key is missing from CREDENTIAL_KEYS"), "bad", "key_off")
    return format_html(
        '<span class="cw-copy"><bdi dir="ltr" class="cw-code" title="{0}">{0}</bdi>'
        '<button type="button" class="cw-copy-button" data-copy="{0}" title="{1}" aria-label="{1}">'
        '<span class="material-symbols-outlined" aria-hidden="true">content_copy</span></button></span>',
        text,
        _("Copy"),
    )


def budget_of(connection: Connection, kind: Vendor) -> list[dict[str, Any]]:
    """Each window of the budget: what is used of it now."""
    lines = budget_lines(connection, list(connection.budget_windows.all()))
    used = {line.seconds: line for line in lines}
    return [
        {
            "calls": f"{used[seconds].calls if seconds in used else calls:,}",
            "per": length(seconds),
            "used": f"{used[seconds].used if seconds in used else 0:,}",
            "percent": used[seconds].percent if seconds in used else 0,
        }
        for calls, seconds in windows_of(connection, kind.capabilities.limits)
    ]


def seen_events(kind: Vendor) -> list[dict[str, Any]]:
    """What is pushed, polled, or cannot be seen at this vendor, with how soon and why."""
    rank = list(SEEN_LOOK)
    events = sorted(kind.capabilities.events, key=lambda event: rank.index(event.seen))
    return [
        {"type": ltr(e.type), "seen": badge(SEEN_LOOK[e.seen][2], *SEEN_LOOK[e.seen][:2]), "note": e.note}
        for e in events
    ]


def callbacks_url(connection: Connection) -> str:
    return reverse("admin:integrations_connection_callbacks", args=[connection.pk])
