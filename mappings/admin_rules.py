"""Rules in the admin: the list in plain sentences, the form, resync, on and off, and history."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin

from audit.models import Change
from audit.seeking import newest_of_each
from integrations.admin_labels import badge, ltr, moment
from integrations.admin_pages import Button

from .admin_backfills import plan_backfill
from .admin_editing import (
    connection_names,
    events_by_connection,
    path_choices,
    say_warnings,
    unread,
)
from .admin_gallery import GalleryMixin
from .editing.choices import Choices
from .editing.rules import save_rule, switch_rule
from .editing.sentences import rule_sentence
from .forms.actions import Known
from .forms.rule import RuleForm
from .models import Mapping, Rule, Run, RunKind
from .publishing import Stored, findings_of_rule
from .runs import RunRefused, start_run
from .runs.sources import STATE_EVENTS
from .spec import MappingSpec, SpecError, parse_rule

CHANGE = "mappings.change_rule"
SEEN = {
    "pushed": (gettext_lazy("pushed"), "good", "bolt"),
    "polled": (gettext_lazy("polled"), "wait", "schedule"),
    "invisible": (gettext_lazy("cannot be seen"), "bad", "visibility_off"),
    "": (gettext_lazy("not known at this vendor"), "bad", "help"),
}


def resync(request: HttpRequest, rule: Rule) -> Run | None:
    """Run the rule again for all its records; shows the run."""
    try:
        run = start_run(RunKind.RESYNC, {"rule": rule.name}, request.user.get_username())
    except RunRefused as error:
        messages.error(request, str(error))
        return None
    messages.success(request, _("The resync has started."))
    return run


def switch(request: HttpRequest, rule: Rule) -> None:
    said = _("%s is on.") if switch_rule(rule) else _("%s is off: nothing starts it until it is on again.")
    messages.success(request, said % rule.name)


@admin.register(Rule)
class RuleAdmin(SimpleHistoryAdmin, GalleryMixin):  # type: ignore[misc]  # simple_history is not typed
    list_display = ("title", "on_label", "last_used", "approval")
    list_filter = ("enabled", "connection")
    intro = gettext_lazy("What happens when something happens, in the order the rules run.")
    list_filter_submit = True
    search_fields = ("name",)
    ordering = ("position", "name")
    list_select_related = ("connection",)
    object_history_template = "simple_history/object_history.html"
    buttons = (
        Button(
            "resync",
            gettext_lazy("Resync"),
            "mappings.add_run",
            resync,
            "sync",
            confirm=gettext_lazy("Every record of this rule is read again, and what differs is written."),
            when=lambda rule: rule.enabled,
        ),
        Button(
            "backfill",
            gettext_lazy("Backfill…"),
            "mappings.add_run",
            plan_backfill,
            "move_up",
            when=lambda rule: rule.enabled and rule.event in STATE_EVENTS,
        ),
        Button("off", gettext_lazy("Turn off"), CHANGE, switch, "toggle_off", when=lambda rule: rule.enabled),
        Button("on", gettext_lazy("Turn on"), CHANGE, switch, "toggle_on", when=lambda rule: not rule.enabled),
    )

    # --- the list

    def prepare_rows(self, rows: list[Any]) -> None:
        mappings, choices = Stored().mappings(), Choices()
        used = newest_of_each(Change.objects.all(), "rule", [row.name for row in rows], "created_at")
        for row in rows:
            row.sentence, row.used_at = sentence_of(row, mappings, choices), used.get(row.name)

    @admin.display(description=gettext_lazy("rule"))
    def title(self, rule: Any) -> SafeString:
        words = '<bdi>{}</bdi><span class="cw-line cw-subtle cw-sentence" dir="auto">{}</span>'
        return format_html(words, rule.name, rule.sentence)

    @admin.display(description=gettext_lazy("on"))
    def on_label(self, rule: Rule) -> SafeString:
        return badge(_("on"), "good", "toggle_on") if rule.enabled else badge(_("off"), "plain", "toggle_off")

    @admin.display(description=gettext_lazy("last used"))
    def last_used(self, rule: Any) -> SafeString:
        return moment(rule.used_at) or SafeString(_("never"))

    @admin.display(description=gettext_lazy("approval"))
    def approval(self, rule: Rule) -> str:
        if isinstance(rule.approve, dict):
            return _("above %s") % rule.approve.get("over")
        return _("each change") if rule.approve == "always" else ""

    # --- history

    def revert_disabled(self, request: HttpRequest, obj: Rule | None = None) -> bool:
        """A rule is changed on its page only, where everything it names is checked."""
        return True

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """How the rule was: to be read, never to be sent back."""
        if request.method == "POST":
            raise PermissionDenied
        return super().history_form_view(request, object_id, version_id, extra_context)  # type: ignore[no-any-return]

    # --- the form

    def edit(self, request: HttpRequest, row: Rule | None) -> HttpResponse:
        stored = Stored()
        known = Known(connection_names(), list(Mapping.objects.values_list("name", flat=True)), Choices())
        form = RuleForm(row, known, request.POST or None)
        wants_inputs = "_inputs" in request.POST  # without scripts: show the inputs of the chosen actions
        if request.method == "POST" and not wants_inputs and (answer := self._save(request, row, form)):
            return answer
        return self._edit_page(request, row, form, stored, known.choices)

    def _save(self, request: HttpRequest, row: Rule | None, form: RuleForm) -> HttpResponse | None:
        """Keep the rule; None when something is wrong, which then stands beside its input."""
        spec = form.spec()
        if spec is None:
            return None
        findings = findings_of_rule(spec)
        if findings.problems:
            form.show(findings.problems)
            return None
        rule = save_rule(row, spec)
        say_warnings(request, findings.warnings)
        messages.success(request, _("Saved. It holds for every event from now on."))
        return redirect("admin:mappings_rule_change", rule.pk)

    def _edit_page(
        self, request: HttpRequest, row: Rule | None, form: RuleForm, stored: Stored, choices: Choices
    ) -> HttpResponse:
        connection = str(form.head["connection"].value() or "")
        event = str(form.head["event"].value() or "")
        source = connection, subject_of(stored, connection, event)
        events = events_by_connection()
        return self.page(
            request,
            "admin/mappings/rule/edit.html",
            row.name if row else _("New rule"),
            row,
            form=form,
            buttons=self.buttons_for(request, row) if row else [],
            sentence=sentence_of(row, stored.mappings(), choices) if row else "",
            used=last_change(row) if row else None,
            seen=seen_label(events, connection, event),
            events=events,
            seen_words={seen: str(words) for seen, (words, _tone, _icon) in SEEN.items()},
            paths=path_choices(stored, *source),
            unread=unread(stored, source),
            choices=choices,
            choice_places=choices.places(),
        )


def sentence_of(rule: Rule, mappings: dict[str, MappingSpec], choices: Choices) -> str:
    """The rule in words; what is wrong with it when it cannot be read."""
    try:
        return rule_sentence(parse_rule(rule.name, rule.as_spec()), mappings, choices)
    except SpecError as error:
        return _("This rule cannot be read: %s") % error


def subject_of(stored: Stored, connection: str, event: str) -> str:
    """The object that the event is about, else the connection's contacts; "" when there is no such connection."""
    kind = stored.connections().get(connection)
    objects = {each.kind: each.name for each in reversed(kind.capabilities.objects)} if kind else {}
    return objects.get(event.partition(".")[0]) or objects.get("contact", "")


def last_change(rule: Rule) -> Change | None:
    return Change.objects.filter(rule=rule.name).order_by("-id").first()


def seen_label(events: dict[str, dict[str, dict[str, str]]], connection: str, event: str) -> SafeString:
    """How the event is seen at the connection."""
    if not connection or not event:
        return SafeString("")
    facts = events.get(connection, {}).get(event, {"seen": "", "note": ""})
    words, tone, icon = SEEN[facts["seen"]]
    return format_html("{} {}", badge(words, tone, icon), ltr(facts["note"]))
