"""The gallery of templates in the admin: choose a job, name your lists, look at it, add it switched off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from integrations.models import Connection
from integrations.vendors.registry import VENDORS

from .admin_editing import SetUpAdmin
from .configuration.applying import Refused
from .configuration.reading import Configuration
from .editing.choices import Choices
from .editing.sentences import rule_sentence
from .forms.gallery import TemplateForm
from .gallery.adding import Draft, add, draft, free_name, plan
from .gallery.reading import Role, templates

ADD_RULE, ADD_MAPPING = "mappings.add_rule", "mappings.add_mapping"


class GalleryMixin(SetUpAdmin):  # type: ignore[misc]  # unfold is not typed
    """Two pages beside the rules: every template, and one."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("templates/", wrap(self.gallery), name="mappings_gallery"),
            path("templates/<slug:key>/", wrap(self.template), name="mappings_template"),
            *super().get_urls(),
        ]

    def gallery(self, request: HttpRequest) -> HttpResponse:
        _require_rights(request)
        vendors = set(Connection.objects.values_list("vendor", flat=True))
        entries = [{"template": each, "missing": _missing(each.roles, vendors)} for each in templates().values()]
        return self.page(request, "admin/mappings/gallery/list.html", _("Templates"), entries=entries)

    def template(self, request: HttpRequest, key: str) -> HttpResponse:
        _require_rights(request)
        if key not in templates():
            raise Http404
        template, choices = templates()[key], Choices()
        form = TemplateForm(template, choices, request.POST or None, initial={"name": free_name(template)})
        shown: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            wanted = draft(template, form.cleaned_data["name"], form.answers())
            if "_add" in request.POST and self._add(request, wanted):
                return redirect(f"{reverse('admin:mappings_rule_changelist')}?q={form.cleaned_data['name']}")
            shown = preview(wanted, choices)
        vendors = set(Connection.objects.values_list("vendor", flat=True))
        return self.page(
            request,
            "admin/mappings/gallery/template.html",
            _(template.title),
            wanted=template,
            form=form,
            missing=_missing(template.roles, vendors),
            choices=choices,
            **shown,
        )

    def _add(self, request: HttpRequest, wanted: Draft) -> bool:
        try:
            add(wanted)
        except Refused as refused:
            for line in refused.lines:
                messages.error(request, line)
            return False
        messages.success(request, _("Added, and switched off. Look at each rule, then turn it on."))
        return True


def preview(wanted: Draft, choices: Choices) -> dict[str, Any]:
    """What would be added, rule by rule in a sentence, and what does not fit."""
    facts: dict[str, Any] = {"left_out": wanted.left_out, "sentences": sentences(wanted.configuration, choices)}
    try:
        planned = plan(wanted)
    except Refused as refused:
        return {**facts, "refused": refused.lines}
    return {**facts, "steps": [str(step) for step in planned.steps], "warnings": planned.warnings, "may_add": True}


def sentences(configuration: Configuration, choices: Choices) -> list[tuple[str, str]]:
    rules = configuration.rules.values()
    return [(rule.name, rule_sentence(rule, configuration.mappings, choices)) for rule in rules]


def _missing(roles: Sequence[Role], vendors: set[str]) -> list[str]:
    """The systems that are not connected yet."""
    return [VENDORS[role.vendor].label for role in roles if role.vendor not in vendors]


def _require_rights(request: HttpRequest) -> None:
    if not (request.user.has_perm(ADD_RULE) and request.user.has_perm(ADD_MAPPING)):
        raise PermissionDenied
