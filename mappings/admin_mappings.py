"""Mappings in the admin: the list, one form for all fields, publishing with its difference, preview, and versions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.admin_labels import badge, lines, page_link
from integrations.admin_pages import Button

from .admin_editing import (
    SetUpAdmin,
    connection_names,
    objects_by_connection,
    path_choices,
    say_problems,
    say_warnings,
    unread,
)
from .admin_mapping_facts import (
    catalogue_rows,
    findings_of,
    latest,
    of_state,
    required_fields,
    rules_using,
    sample_of,
    words_of,
)
from .editing.differences import differences
from .forms.mapping import MappingForm
from .models import Mapping, MappingVersion, VersionState
from .publishing import Stored, findings_of_mapping, publish, save_draft
from .spec import MappingSpec, SpecError, parse_mapping

PUBLISH = "mappings.publish_mapping"
CHANGE = "mappings.change_mapping"
SIDES = ("source_connection", "source_object", "target_connection", "target_object")


def publish_draft(request: HttpRequest, mapping: Mapping) -> None:
    try:
        version = publish(mapping, _user(request))
    except SpecError as error:
        say_problems(request, error.problems)
    else:
        messages.success(request, _("Version %d is in force from now on.") % version.number)


def restore_version(request: HttpRequest, mapping: Mapping) -> None:
    """Make a draft of an older version; nothing is in force until it is published."""
    version = get_object_or_404(mapping.versions, number=request.POST.get("number", ""))
    try:
        spec = parse_mapping(mapping.name, version.spec)
    except SpecError as error:
        say_problems(request, error.problems)
        return
    save_draft(mapping, spec, _user(request), _("From version %d") % version.number)
    messages.success(request, _("The draft now holds version %d. Publish it to put it in force.") % version.number)


def _user(request: HttpRequest) -> Any:
    return request.user


@admin.register(Mapping)
class MappingAdmin(SetUpAdmin):
    list_display = ("title", "route", "published_label", "draft_label", "used_by")
    intro = gettext_lazy("Which field of one system becomes which field of another.")
    search_fields = ("name",)
    ordering = ("name",)
    buttons = (
        Button("publish", gettext_lazy("Publish"), PUBLISH, publish_draft, "publish", "primary"),
        Button("restore", gettext_lazy("Make draft from this version"), CHANGE, restore_version, "restore"),
    )

    # --- the list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mapping]:
        return super().get_queryset(request).prefetch_related("versions")  # type: ignore[no-any-return]

    def prepare_rows(self, rows: list[Any]) -> None:
        using = rules_using()
        for row in rows:
            row.using = using.get(row.name, [])

    @admin.display(description=gettext_lazy("mapping"))
    def title(self, mapping: Mapping) -> str:
        return mapping.name

    @admin.display(description=gettext_lazy("from and to"))
    def route(self, mapping: Mapping) -> SafeString:
        version = latest(mapping)
        spec = version.spec if version else {}
        source, target = spec.get("source", {}), spec.get("target", {})
        return format_html(
            '<span class="cw-line">{} · {} →</span><span class="cw-line">{} · {}</span>',
            *(source.get("object", "?"), source.get("connection", "?")),
            *(target.get("object", "?"), target.get("connection", "?")),
        )

    @admin.display(description=gettext_lazy("published"))
    def published_label(self, mapping: Mapping) -> SafeString:
        version = of_state(mapping, VersionState.PUBLISHED)
        return (
            badge(_("version %d") % version.number, "good", "check_circle") if version else badge(_("never"), "plain")
        )

    @admin.display(description=gettext_lazy("draft"))
    def draft_label(self, mapping: Mapping) -> SafeString:
        version = of_state(mapping, VersionState.DRAFT)
        return badge(_("version %d waits") % version.number, "wait", "edit") if version else SafeString("")

    @admin.display(description=gettext_lazy("used by rules"))
    def used_by(self, mapping: Any) -> SafeString:
        return lines(page_link(rule, rule.name) for rule in mapping.using)

    def has_delete_permission(self, request: HttpRequest, obj: Mapping | None = None) -> bool:
        """A mapping that a rule uses stays."""
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed and (obj is None or obj.name not in rules_using())

    # --- the form

    def edit(self, request: HttpRequest, row: Mapping | None) -> HttpResponse:
        if row is None and request.method == "GET" and not all(request.GET.get(name) for name in SIDES):
            return self._choose_sides(request)
        stored = Stored()
        version = latest(row) if row else None
        spec = version.spec if version else self._first_spec(request, stored)
        form = MappingForm(row.name if row else "", connection_names(), request.POST or None, spec)
        if not row and not request.POST:
            form.head.initial["name"] = request.GET.get("name", "")
        if request.method == "POST" and (answer := self._save(request, row, form)):
            return answer
        return self._edit_page(request, row, form, stored)

    def _choose_sides(self, request: HttpRequest) -> HttpResponse:
        facts = {
            "connections": connection_names(),
            "objects": objects_by_connection(),
            "chosen": request.GET,
            "sides": [("source", _("From")), ("target", _("To"))],
        }
        return self.page(request, "admin/mappings/mapping/choose.html", _("What is to be mapped?"), **facts)

    def _first_spec(self, request: HttpRequest, stored: Stored) -> dict[str, Any]:
        """A new mapping starts with the fields that the target cannot do without."""
        sides = {name: request.GET.get(name, "") for name in SIDES}
        fields = [{"to": name} for name in required_fields(stored, sides["target_connection"], sides["target_object"])]
        return {
            "source": {"connection": sides["source_connection"], "object": sides["source_object"]},
            "target": {"connection": sides["target_connection"], "object": sides["target_object"]},
            "fields": fields,
        }

    def _save(self, request: HttpRequest, row: Mapping | None, form: MappingForm) -> HttpResponse | None:
        """Make or update the draft; None when something is wrong, which then stands beside its input."""
        spec = form.spec()
        if spec is None or (row is None and _name_is_taken(form)):
            return None
        findings = findings_of_mapping(spec)
        if findings.problems:
            form.show(findings.problems)
            return None
        mapping, version = _keep(row, spec, request, form.head.cleaned_data["summary"])
        say_warnings(request, findings.warnings)
        self._say_saved(request, version)
        return redirect(_next_page(request), mapping.pk)

    def _say_saved(self, request: HttpRequest, version: MappingVersion) -> None:
        if version.state == VersionState.PUBLISHED:
            messages.info(request, _("Nothing differs from the published version: there is no draft."))
        else:
            messages.success(request, _("Draft saved as version %d. It is in force once published.") % version.number)

    def _edit_page(self, request: HttpRequest, row: Mapping | None, form: MappingForm, stored: Stored) -> HttpResponse:
        shown = {name: str(form.head[name].value() or "") for name in SIDES}
        target = shown["target_connection"], shown["target_object"]
        source = shown["source_connection"], shown["source_object"]
        return self.page(
            request,
            "admin/mappings/mapping/edit.html",
            row.name if row else _("New mapping"),
            row,
            form=form,
            targets=path_choices(stored, *target),
            paths=path_choices(stored, *source),
            unread=unread(stored, source, target),
            objects=objects_by_connection(),
            catalogue=catalogue_rows(),
            **(self._row_facts(row) if row else {}),
        )

    def _row_facts(self, row: Mapping) -> dict[str, Any]:
        return {
            "published": row.published,
            "draft": row.draft,
            "words": words_of(row),
            "versions": row.versions.select_related("author"),
            "rules": rules_using().get(row.name, []),
        }

    # --- publish and preview

    def get_urls(self) -> list[URLPattern]:
        views = {"publish": self.publish_view, "preview": self.preview_view}
        own = [
            path(f"<int:object_id>/{name}/", self.admin_site.admin_view(view), name=f"mappings_mapping_{name}")
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def publish_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The draft beside what is in force, before it takes its place."""
        mapping = self._mapping(request, object_id)
        draft, published = mapping.draft, mapping.published
        facts: dict[str, Any] = {"draft": draft, "published": published, "may_publish": request.user.has_perm(PUBLISH)}
        if draft:
            facts["differences"] = differences(published.spec if published else {}, draft.spec)
            facts["problems"], facts["warnings"] = findings_of(mapping, draft)
        title = _("Publish %s") % mapping.name
        return self.page(request, "admin/mappings/mapping/publish.html", title, mapping, **facts)

    def preview_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """One real record, before and after. A POST, so that no address stands in a URL; it changes nothing."""
        mapping = self._mapping(request, object_id)
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        version = latest(mapping)
        facts: dict[str, Any] = {"version": version, "who": request.POST.get("who", "").strip()}
        if request.method == "POST" and version and facts["who"]:
            facts |= sample_of(mapping, version, facts["who"])
        title = _("Preview %s") % mapping.name
        return self.page(request, "admin/mappings/mapping/preview.html", title, mapping, **facts)

    def _mapping(self, request: HttpRequest, object_id: int) -> Mapping:
        mapping = get_object_or_404(Mapping.objects.prefetch_related("versions"), pk=object_id)
        if not self.has_view_or_change_permission(request, mapping):
            raise PermissionDenied
        return mapping


def _name_is_taken(form: MappingForm) -> bool:
    taken = Mapping.objects.filter(name=form.name).exists()
    if taken:
        form.head.add_error("name", _("There is a mapping of this name already."))
    return taken


@transaction.atomic
def _keep(row: Mapping | None, spec: MappingSpec, request: HttpRequest, summary: str) -> tuple[Mapping, MappingVersion]:
    mapping = row or Mapping.objects.create(name=spec.name)
    return mapping, save_draft(mapping, spec, _user(request), summary)


def _next_page(request: HttpRequest) -> str:
    """Where the pressed button leads."""
    step = next((step for step in ("preview", "publish") if f"_{step}" in request.POST), "change")
    return f"admin:mappings_mapping_{step}"
