"""Events in the admin: what a vendor told us, as it came, and what came of it; here, because that is changes."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, TextFilter

from integrations.admin_labels import (
    EVENT_LOOK,
    lines,
    link,
    ltr,
    moment,
    page_link,
    page_url,
    pretty,
    said,
    state_badge,
)
from integrations.admin_pages import Button, WatchAdmin
from integrations.admin_search import found
from integrations.inbox import replay_event
from integrations.models import Event, EventState

from .admin_decisions import changes_with_names
from .admin_filters import ConnectionFilter, DayFilter
from .admin_words import change_badge, name_people, sentence_of, who, who_link
from .facts import versions_then
from .models import Change

SHOWN_BYTES = 200_000
ANSWERS = {
    EventState.NEW: gettext_lazy("Waits to be planned"),
    EventState.PLANNED: gettext_lazy("Planned"),
    EventState.IGNORED: gettext_lazy("Nothing was to be done"),
    EventState.FAILED: gettext_lazy("Could not be planned"),
    EventState.QUARANTINED: gettext_lazy("Could not be read; the body is kept"),
}


class TypeFilter(TextFilter):  # type: ignore[misc]  # unfold is not typed
    title = gettext_lazy("type")
    parameter_name = "type"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(type=self.value().strip()) if self.value() else queryset


def replay(request: HttpRequest, event: Event) -> Event:
    """Lands on the new event's page."""
    replayed = replay_event(event, str(request.user))
    messages.success(request, _("Played again. This is the new event; what comes of it appears here."))
    return replayed


def replay_as_then(request: HttpRequest, event: Event) -> Event:
    """With the mappings as they were when the event was planned."""
    replayed = replay_event(event, str(request.user), versions_then(event))
    messages.success(request, _("Played again with the mappings of then. This is the new event."))
    return replayed


@admin.register(Event)
class EventAdmin(WatchAdmin):
    page_template = "admin/integrations/event/page.html"
    intro = gettext_lazy("Everything the vendors told us, newest first, and what became of it.")
    list_display = ("received", "state_label", "kind", "connection_label", "who", "reason_label", "change_count")
    list_display_links = ("received", "kind")
    list_filter = (("state", ChoicesDropdownFilter), ConnectionFilter, TypeFilter, ("received_at", DayFilter))
    search_fields = ("id",)
    search_help_text = gettext_lazy("E-mail, phone, record id or event id")
    buttons = (
        Button("replay", gettext_lazy("Replay"), "integrations.change_event", replay, "replay", "primary"),
        Button(
            "replay-then",
            gettext_lazy("Replay with then's mapping"),
            "integrations.change_event",
            replay_as_then,
            "history",
            when=lambda event: bool(versions_then(event)),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        secrets = ("connection__credentials", "connection__webhook_token")
        return Event.objects.select_related("connection", "person").defer(*secrets)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        return found(queryset, search_term) if search_term.strip() else queryset, False

    def prepare_rows(self, rows: list[Any]) -> None:
        name_people(rows)
        counts = Counter(Change.objects.filter(event__in=rows).values_list("event_id", flat=True))
        for row in rows:
            row.changes_made = counts[row.pk]

    @admin.display(description=gettext_lazy("received"))
    def received(self, event: Event) -> SafeString:
        return moment(event.received_at)

    @admin.display(description=gettext_lazy("state"))
    def state_label(self, event: Event) -> SafeString:
        return state_badge(event, EVENT_LOOK)

    @admin.display(description=gettext_lazy("type"))
    def kind(self, event: Event) -> SafeString:
        return ltr(kind_of(event))

    @admin.display(description=gettext_lazy("connection"))
    def connection_label(self, event: Event) -> SafeString:
        return ltr(event.connection.name)

    @admin.display(description=gettext_lazy("person"))
    def who(self, event: Event) -> SafeString:
        return who(event)

    @admin.display(description=gettext_lazy("reason"))
    def reason_label(self, event: Event) -> SafeString:
        return said(event.reason[:200])

    @admin.display(description=gettext_lazy("changes"))
    def change_count(self, event: Any) -> str:
        return str(event.changes_made or "")

    def page_facts(self, request: HttpRequest, row: Event) -> dict[str, Any]:
        changes = list(changes_with_names().filter(event=row).order_by("pk")[:100])
        name_people([row, *changes])
        tone, icon = EVENT_LOOK[EventState(row.state)]
        return {
            "title": kind_of(row),
            "tone": tone,
            "icon": icon,
            "answer": f"{ANSWERS[EventState(row.state)]}: {kind_of(row)}",
            "changes": [
                {
                    "state": change_badge(c),
                    "what": link(page_url(c), sentence_of(c)),
                    "who": who(c),
                    "at": moment(c.applied_at),
                }
                for c in changes
            ],
            "body": decoded(bytes(row.body)),
            "record": pretty(row.record) if row.record else "",
            "context_shown": pretty(row.context) if row.context else "",
            "facts": facts_of(row),
        }


def kind_of(event: Event) -> str:
    return event.type or event.vendor_type or _("unknown type")


def decoded(body: bytes) -> str:
    """The body as text; JSON with one key per line."""
    text = body[:SHOWN_BYTES].decode("utf-8", "replace")
    try:
        return pretty(json.loads(text))
    except (ValueError, RecursionError):
        return text


def facts_of(event: Event) -> list[tuple[str, SafeString]]:
    vendor_said = event.vendor_type if event.vendor_type != event.type else ""
    replays = lines(page_link(row, moment(row.received_at)) for row in event.replays.all()[:10])
    facts = {
        _("Person"): who_link(event),
        _("Connection"): ltr(event.connection.name),
        _("Vendor's type"): ltr(vendor_said),
        _("Record"): ltr(f"{event.object} {event.record_id}".strip()),
        _("Came by"): said(event.get_source_display()),
        _("Happened"): moment(event.occurred_at),
        _("Received"): moment(event.received_at),
        _("Planned"): moment(event.planned_at),
        _("Repeats"): ltr(event.repeats or ""),
        _("Attempts"): ltr(event.attempts or ""),
        _("Next attempt"): moment(event.next_attempt_at) if event.state == EventState.NEW and event.attempts else "",
        _("Only for the rule"): ltr(event.rule_name),
        _("Waits for"): lines(page_link(row, row) for row in event.conflicts.all()[:5]),
        _("Replay of"): page_link(event.replay_of, moment(event.replay_of.received_at)) if event.replay_of else "",
        _("Played again"): replays,
        _("Vendor's event id"): ltr(event.vendor_event_id),
        _("Body's SHA-256"): ltr(event.body_hash),
        _("Event id"): ltr(event.pk),
    }
    return [(label, SafeString(fact)) for label, fact in facts.items() if fact]
