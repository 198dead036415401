"""What the pages of mappings and rules share: a page of their own for the form, and lists fetched as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.views import ChangeList

from integrations.admin_pages import ButtonsMixin
from integrations.models import Connection
from integrations.schemas import described_objects
from integrations.vendors.base import Field
from integrations.vendors.registry import VENDORS

from .publishing import Stored
from .spec import Problem


class PreparedChangeList(ChangeList):  # type: ignore[misc]  # unfold is not typed
    """Lets the admin fetch for the whole page what its columns show."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: list[Any] = list(self.result_list)
        self.model_admin.prepare_rows(self.result_list)


class SetUpAdmin(ButtonsMixin):  # type: ignore[misc]  # unfold is not typed
    """A list, and one page per thing that shows it in words and lets it be edited."""

    intro: Any = ""  # what the list answers, in one line
    list_before_template = "admin/integrations/intro.html"
    sortable_by = ()
    list_fullwidth = True
    actions = None

    class Media:
        css = {"all": ["crosswalk/watch.css", "crosswalk/setup.css"]}
        js = ["crosswalk/watch.js", "crosswalk/setup.js"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PreparedChangeList]:
        return PreparedChangeList

    def prepare_rows(self, rows: list[Any]) -> None:
        """Fetch for the whole page what its columns show."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if object_id is None:
            _require(self.has_add_permission(request))
            return self.edit(request, None)
        row = self.get_object(request, unquote(object_id))
        if row is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        _require(self.has_view_or_change_permission(request, row))
        _require(request.method != "POST" or self.has_change_permission(request, row))
        return self.edit(request, row)

    def edit(self, request: HttpRequest, row: Any) -> HttpResponse:
        """The page of one thing; of a new one when `row` is None."""
        raise NotImplementedError

    def page(self, request: HttpRequest, template: str, title: Any, row: Any = None, **facts: Any) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "row": row,
            "original": row,
            "press_name": f"admin:{self._press_name}",
            "may_change": self.has_change_permission(request, row) if row else self.has_add_permission(request),
            "may_delete": bool(row) and self.has_delete_permission(request, row),
            **facts,
        }
        return TemplateResponse(request, template, context)


def _require(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied


def say_problems(request: HttpRequest, problems: Iterable[Problem]) -> None:
    for problem in problems:
        messages.error(request, str(problem))


def say_warnings(request: HttpRequest, warnings: Sequence[Problem]) -> None:
    """What was not refused but should be known."""
    for warning in warnings:
        messages.warning(request, warning.message)


def connection_names() -> list[str]:
    return list(Connection.objects.values_list("name", flat=True))


def objects_by_connection() -> dict[str, list[str]]:
    """The objects of each connection's vendor, for the lists beside the inputs."""
    rows = Connection.objects.values_list("name", "vendor")
    return {name: [o.name for o in VENDORS[slug].capabilities.objects] for name, slug in rows if slug in VENDORS}


def events_by_connection() -> dict[str, dict[str, dict[str, str]]]:
    """How each event is seen at each connection: pushed, polled or invisible, with how soon and why."""
    rows = Connection.objects.values_list("name", "vendor")
    return {
        name: {e.type: {"seen": e.seen, "note": e.note} for e in VENDORS[slug].capabilities.events}
        for name, slug in rows
        if slug in VENDORS
    }


def path_choices(stored: Stored, connection: str, object: str) -> list[dict[str, str]]:
    """The fields of an object as suggestions, with label, type and length, as heard last: a page asks no vendor."""
    fields = stored.known_fields(connection, object) or {}
    return [{"name": f.name, "about": _about(f)} for f in fields.values()]


def unread(stored: Stored, *sides: tuple[str, str]) -> list[Connection]:
    """The connections whose fields were never heard, of (connection, object) each: reading them again mends it."""
    rows = [stored.rows[name] for name, object in sides if _is_unread(stored, name, object)]
    return list(dict.fromkeys(rows))


def _is_unread(stored: Stored, connection: str, object: str) -> bool:
    row = stored.rows.get(connection)
    return row is not None and object in described_objects(row.vendor) and stored.known_fields(row.name, object) is None


def _about(field: Field) -> str:
    length = f" {field.length}" if field.length else ""
    required = " *" if field.required else ""
    return f"{field.label or field.name} · {field.type}{length}{required}"
