"""What every watching page of the admin shares: lists that never count, read-only pages, and buttons that POST."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from .vendors.errors import CrosswalkError, TransientError

CURSOR = "p"  # the id after which the page starts; Django drops it by itself when a filter or search changes


class PagePaginator(Paginator):  # type: ignore[type-arg]  # Django's class takes no arguments at run time
    """One page and nothing else: its length is all that is ever counted."""

    template_name = "admin/integrations/older.html"

    @cached_property
    def count(self) -> int:
        return len(self.object_list)


class KeysetChangeList(ChangeList):  # type: ignore[misc]  # unfold is not typed
    """Newest first, from a cursor on: the last page costs what the first one costs."""

    def get_results(self, request: HttpRequest) -> None:
        cursor = request.GET.get(CURSOR, "")
        queryset = self.queryset.order_by("-pk")
        if len(cursor) > 1:
            queryset = queryset.filter(pk__lt=cursor)
        rows = list(queryset[: self.list_per_page + 1])
        self.result_list = rows[: self.list_per_page]
        self.older = self._step(rows[self.list_per_page - 1].pk) if len(rows) > self.list_per_page else ""
        self.newest = self.get_query_string(remove=[CURSOR]) if len(cursor) > 1 else ""
        self.result_count = self.full_result_count = len(self.result_list)
        self.show_full_result_count, self.show_admin_actions = False, True
        self.can_show_all = self.multi_page = False
        self.paginator = PagePaginator(self.result_list, self.list_per_page)
        self.model_admin.prepare_rows(self.result_list)

    def _step(self, pk: str) -> str:
        return str(self.get_query_string({CURSOR: pk}))

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[str]:
        return ["-pk"]


@dataclass(frozen=True)
class Button:
    """One thing a person can do on a page. `confirm` asks first; `when` says whether it fits this row."""

    verb: str
    label: Any
    permission: str
    act: Callable[[HttpRequest, Any], Any]
    icon: str = "play_arrow"
    tone: str = "default"  # default | primary | danger
    confirm: Any = ""
    comment: bool = False
    when: Callable[[Any], bool] = lambda row: True
    hint: Any = ""


class ButtonsMixin(ModelAdmin):  # type: ignore[misc]  # unfold is not typed
    """Adds `<id>/press/<verb>/`: POST only, each verb with its own permission."""

    buttons: tuple[Button, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        press = path(
            "<path:object_id>/press/<slug:verb>/", self.admin_site.admin_view(self.press), name=self._press_name
        )
        return [press, *super().get_urls()]

    @property
    def _press_name(self) -> str:
        return f"{self.model._meta.app_label}_{self.model._meta.model_name}_press"

    def buttons_for(self, request: HttpRequest, row: Model) -> list[Button]:
        """The buttons that this user may press on this row now."""
        return [b for b in self.buttons if self.may_press(request, b, row) and b.when(row)]

    def may_press(self, request: HttpRequest, button: Button, row: Model) -> bool:
        return bool(request.user.has_perm(button.permission))

    def press(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        button = next((b for b in self.buttons if b.verb == verb), None)
        if button is None:
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._missing(request, object_id)
        if not self.may_press(request, button, row):
            raise PermissionDenied
        return self._carry_out(request, button, row)

    def _missing(self, request: HttpRequest, object_id: str) -> HttpResponse:
        missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return missing

    def _carry_out(self, request: HttpRequest, button: Button, row: Model) -> HttpResponse:
        """Say what happened; what cannot be done is said as well."""
        target: Any = row
        try:
            result = button.act(request, row)
        except CrosswalkError as error:
            messages.error(request, advice(error))
        else:
            if isinstance(result, HttpResponse):
                return result
            target = result if isinstance(result, Model) else row
        meta = target._meta
        return redirect(f"admin:{meta.app_label}_{meta.model_name}_change", target.pk)


def advice(error: CrosswalkError) -> str:
    """What went wrong and what to do. Nobody tries again by itself what a person pressed, so that is not promised."""
    return error.message if isinstance(error, TransientError) else f"{error.message} {error.help}".strip()


class WatchAdmin(ButtonsMixin):  # type: ignore[misc]  # unfold is not typed
    """A list and a page per row that nobody edits: what happened stays as it was written."""

    page_template = ""
    intro: Any = ""  # what the list answers, in one line
    list_before_template = "admin/integrations/intro.html"
    list_per_page = 50
    show_full_result_count = False
    sortable_by = ()
    list_filter_submit = True
    list_fullwidth = True
    actions_selection_counter = True

    class Media:
        css = {"all": ["crosswalk/watch.css"]}
        js = ["crosswalk/watch.js"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def prepare_rows(self, rows: list[Any]) -> None:
        """Fetch for the whole page what its columns show: a number of queries that does not grow with it."""

    def page_facts(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page of one row shows."""
        return {}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(f"{self.opts.app_label}.view_{self.opts.model_name}"))

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        if not self.has_view_permission(request) or object_id is None:
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._missing(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": str(row),
            "opts": self.opts,
            "row": row,
            "list_title": self.opts.verbose_name_plural,
            "buttons": self.buttons_for(request, row),
            "press_name": f"admin:{self._press_name}",
            **self.page_facts(request, row),
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.page_template, context)
