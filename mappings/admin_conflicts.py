"""Conflicts of identity in the admin: the candidates side by side, and the buttons that settle and undo. In this room,
because settling touches changes and opt-outs too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from audit.admin_events import kind_of
from integrations.admin_labels import (
    EVENT_LOOK,
    lines,
    ltr,
    moment,
    page_link,
    page_url,
    said,
    state_badge,
    subtle,
    value,
)
from integrations.admin_pages import Button, WatchAdmin
from integrations.conflicts import Candidate, facts_of
from integrations.models import ConflictKind, ConflictState, IdentityConflict, Person, Settlement

from .identity.settling import REVERSE, first_choice, settle, undo

SETTLE = "integrations.settle_identityconflict"
SHOWN_EVENTS = 50
LOOK = {
    ConflictState.OPEN: ("warn", "help"),
    ConflictState.SETTLED: ("good", "check_circle"),
    ConflictState.UNDONE: ("plain", "undo"),
}
SINCE = "known since"  # differs always, so that it says nothing
LABELS = {
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "records": gettext_lazy("Records"),
    SINCE: gettext_lazy("Known since"),
}


def press_settle(request: HttpRequest, conflict: IdentityConflict, settlement: str) -> None:
    settle(conflict, settlement, request.POST.getlist("chosen"), str(request.user))
    messages.success(request, _("Settled. What waited for it is planned again now."))


def press_same(request: HttpRequest, conflict: IdentityConflict) -> None:
    press_settle(request, conflict, Settlement.SAME)


def press_apart(request: HttpRequest, conflict: IdentityConflict) -> None:
    press_settle(request, conflict, Settlement.APART)


def press_records(request: HttpRequest, conflict: IdentityConflict) -> None:
    press_settle(request, conflict, Settlement.RECORDS)


def press_undo(request: HttpRequest, conflict: IdentityConflict) -> None:
    undo(conflict, str(request.user))
    messages.success(request, _("Undone. Each has again what was theirs; opt-outs hold for both."))


def asks(kind: str) -> Any:
    return lambda conflict: conflict.state == ConflictState.OPEN and conflict.kind == kind


def can_be_undone(conflict: IdentityConflict) -> bool:
    return conflict.state == ConflictState.SETTLED and conflict.settlement in REVERSE


@admin.register(IdentityConflict)
class ConflictAdmin(WatchAdmin):
    page_template = "admin/integrations/conflict/page.html"
    intro = gettext_lazy("Who is who, where only a person can say. Events wait here for the answer.")
    list_display = ("asked", "state_label", "question", "who", "waiting", "decided")
    list_display_links = ("asked", "question")
    list_filter = (("state", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter))
    buttons = (
        Button("same", gettext_lazy("Same person"), SETTLE, press_same, "merge", "primary", when=asks("people")),
        Button("apart", gettext_lazy("Keep apart"), SETTLE, press_apart, "call_split", when=asks("people")),
        Button(
            "records",
            gettext_lazy("Use what is marked"),
            SETTLE,
            press_records,
            "check",
            "primary",
            when=asks("records"),
        ),
        Button(
            "undo",
            gettext_lazy("Undo"),
            SETTLE,
            press_undo,
            "undo",
            confirm=gettext_lazy("What the decision moved goes back. What was written meanwhile stays."),
            when=can_be_undone,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[IdentityConflict]:
        secrets = ("connection__credentials", "connection__webhook_token")
        return IdentityConflict.objects.select_related("connection", "person").defer("moved", *secrets)

    def prepare_rows(self, rows: list[Any]) -> None:
        counted = IdentityConflict.objects.filter(pk__in=[row.pk for row in rows]).annotate(n=Count("events"))
        counts = dict(counted.order_by().values_list("pk", "n"))
        for row in rows:
            row.waits = counts.get(row.pk, 0)

    @admin.display(description=gettext_lazy("asked"))
    def asked(self, conflict: IdentityConflict) -> SafeString:
        return moment(conflict.opened_at)

    @admin.display(description=gettext_lazy("state"))
    def state_label(self, conflict: IdentityConflict) -> SafeString:
        return state_badge(conflict, LOOK)

    @admin.display(description=gettext_lazy("question"))
    def question(self, conflict: IdentityConflict) -> str:
        return conflict.get_kind_display()

    @admin.display(description=gettext_lazy("who"))
    def who(self, conflict: IdentityConflict) -> SafeString:
        return lines(said(name_of(candidate)) for candidate in conflict.candidates[:4])

    @admin.display(description=gettext_lazy("events that wait"))
    def waiting(self, conflict: Any) -> str:
        return str(conflict.waits or "")

    @admin.display(description=gettext_lazy("decided"))
    def decided(self, conflict: IdentityConflict) -> SafeString:
        if not conflict.settlement:
            return SafeString("")
        return lines([conflict.get_settlement_display(), said(conflict.actor), moment(conflict.settled_at)])

    def page_facts(self, request: HttpRequest, row: IdentityConflict) -> dict[str, Any]:
        tone, icon = LOOK[ConflictState(row.state)]
        buttons, columns = self.buttons_for(request, row), columns_of(row)
        return {
            "title": row.get_kind_display(),
            "tone": tone,
            "icon": icon,
            "more": explanation(row),
            "buttons": [button for button in buttons if button.verb == "undo"],
            "answers": [button for button in buttons if button.verb != "undo"],
            "several": row.kind == ConflictKind.RECORDS,
            "columns": columns,
            "comparison": comparison_of(row, columns),
            "events": events_of(row),
            "facts": decision_of(row),
        }


def name_of(candidate: Candidate) -> str:
    facts = candidate.get("facts", {})
    return str(candidate.get("name") or facts.get("name") or facts.get("email") or candidate["id"])


def explanation(row: IdentityConflict) -> str:
    """What came together, in one line."""
    if row.kind == ConflictKind.RECORDS:
        place = {"object": row.object, "connection": row.connection, "n": len(row.candidates)}
        return _("%(n)d records of %(object)s at %(connection)s fit this person.") % place
    held = ", ".join(value for _kind, value in row.addresses)
    return _("Both hold %(addresses)s.") % {"addresses": held} if held else ""


def columns_of(row: IdentityConflict) -> list[dict[str, Any]]:
    """One per candidate: how it is called, and whether it was, or is now to be, chosen."""
    chosen = row.chosen or first_choice(row)
    of_people = row.kind == ConflictKind.PEOPLE
    people = Person.objects.in_bulk([c["id"] for c in row.candidates]) if of_people else {}
    return [
        {
            "id": candidate["id"],
            "name": name_of(candidate),
            "label": name_of(candidate) if of_people else candidate["id"],  # records of one person share the name
            "url": page_url(people[candidate["id"]]) if candidate["id"] in people else "",
            "chosen": candidate["id"] in chosen,
            "was_chosen": candidate["id"] in row.chosen,
        }
        for candidate in row.candidates
    ]


def comparison_of(row: IdentityConflict, columns: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Fact by fact, the candidates side by side; what differs comes first. Of an open question, as it is now."""
    people = [Person(pk=candidate["id"]) for candidate in row.candidates]
    asked = row.state == ConflictState.OPEN and row.kind == ConflictKind.PEOPLE
    now = facts_of(people) if asked else {}
    held = [now.get(candidate["id"], candidate.get("facts", {})) for candidate in row.candidates]
    names = list(dict.fromkeys(name for facts in held for name in facts))
    labels = [column["label"] for column in columns]
    rows = [_line(name, [facts.get(name) for facts in held], labels) for name in names]
    return sorted(rows, key=lambda line: not line["differs"])


def _line(name: str, values: Sequence[Any], labels: Sequence[str]) -> dict[str, Any]:
    differs = any(each != values[0] for each in values)
    shown = [_moment(each) if name == SINCE else value(each) for each in values]
    held = list(zip(labels, shown, strict=True))
    return {"label": LABELS.get(name, ltr(name)), "values": held, "differs": differs and name != SINCE}


def _moment(text: Any) -> SafeString:
    return moment(parse_datetime(str(text or "")))


def events_of(row: IdentityConflict) -> list[dict[str, Any]]:
    waiting = row.events.select_related("connection").defer("body", "record", "context")
    return [
        {
            "at": moment(event.received_at),
            "what": page_link(event, kind_of(event)),
            "where": ltr(event.connection.name),
            "state": state_badge(event, EVENT_LOOK),
        }
        for event in waiting.order_by("-pk")[:SHOWN_EVENTS]
    ]


def decision_of(row: IdentityConflict) -> list[tuple[str, SafeString]]:
    facts = {
        _("State"): state_badge(row, LOOK),
        _("Person"): page_link(row.person, row.person) if row.person else "",
        _("Connection"): ltr(row.connection or ""),
        _("Asked"): moment(row.opened_at),
        _("Decision"): said(row.get_settlement_display()) if row.settlement else "",
        _("Decided by"): said(row.actor),
        _("Decided"): moment(row.settled_at),
        _("Undone by"): said(row.undone_by),
        _("Undone"): moment(row.undone_at),
        _("Conflict"): subtle(row.pk),
    }
    return [(label, SafeString(fact)) for label, fact in facts.items() if fact]
