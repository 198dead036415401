"""People in the admin: addresses, records in every system, what happened; Resync, merge and separate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.admin_decisions import changes_with_names
from audit.admin_events import kind_of
from audit.admin_notifications import NOTIFICATION_LOOK
from audit.admin_optouts import system_line
from audit.admin_words import OPT_OUT_LOOK, change_badge, error_sentence, name_people, sentence_of
from audit.models import Notification
from audit.telling import progress_of
from integrations.admin_labels import EVENT_LOOK, badge, icon, lines, link, ltr, moment, page_link, said, state_badge
from integrations.admin_pages import Button, WatchAdmin
from integrations.admin_search import id_prefix, people_matching, people_named
from integrations.models import AddressKind, Event, IdentityConflict, Link, Person
from integrations.people import find_people
from integrations.records import standing_for_people

from .identity.people import merge_people, separate
from .models import RunKind
from .runs import RunRefused, start_run

MERGE = "integrations.merge_person"
TIMELINE = 100
SECRETS = ("connection__credentials", "connection__webhook_token")


def email_of(person: Person) -> str:
    """The first e-mail address; empty when there is none."""
    address = person.addresses.filter(kind=AddressKind.EMAIL).order_by("pk").first()
    return address.value if address else ""


def resync(request: HttpRequest, person: Person) -> None:
    email = email_of(person)
    if not email:
        messages.error(request, _("A person without an e-mail address cannot be resynced."))
        return
    try:
        start_run(RunKind.RESYNC, {"email": email}, str(request.user))
    except RunRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The resync has started. What comes of it appears in the timeline below."))


def merge(request: HttpRequest, person: Person) -> IdentityConflict | None:
    """The one who holds the e-mail address becomes this person. Lands on the note of it, where it can be undone."""
    others = [each for each in find_people(request.POST.get("email", "")) if each != person]
    if len(others) != 1:
        messages.error(request, _("Nobody else holds this address.") if not others else _("Several people hold it."))
        return None
    return noted(request, merge_people(person, others[0], str(request.user)))


def part(request: HttpRequest, person: Person) -> IdentityConflict | None:
    chosen = [int(pk) for pk in request.POST.getlist("record") if pk.isdecimal()]
    return noted(request, separate(person, list(person.links.filter(pk__in=chosen)), str(request.user)))


def noted(request: HttpRequest, note: IdentityConflict) -> IdentityConflict | None:
    messages.success(request, _("Done. It can be undone on the page of this decision, under Conflicts."))
    return note if request.user.has_perm("integrations.view_identityconflict") else None


@admin.register(Person)
class PersonAdmin(WatchAdmin):
    page_template = "admin/integrations/person/page.html"
    intro = gettext_lazy("Everybody Crosswalk knows, with their records in every system.")
    list_display = ("name_label", "addresses_label", "records_label", "known_since")
    search_fields = ("id",)
    search_help_text = gettext_lazy("E-mail, phone, record id, or how the name starts")
    buttons = (
        Button("resync", gettext_lazy("Resync"), "mappings.add_run", resync, "sync", "primary"),
        Button("merge", gettext_lazy("Merge"), MERGE, merge, "merge"),
        Button("separate", gettext_lazy("Separate"), MERGE, part, "call_split"),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Person], search_term: str
    ) -> tuple[QuerySet[Person], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        people = people_matching(term) or people_named(term)
        return queryset.filter(pk__in=people) if people else queryset.filter(id_prefix(term)), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Person]:
        return Person.objects.all()

    def prepare_rows(self, rows: list[Any]) -> None:
        known = {
            row.pk: row for row in Person.objects.filter(pk__in=[row.pk for row in rows]).prefetch_related("addresses")
        }
        links = standing_for_people(Link.objects.filter(person__in=rows)).select_related("connection")
        records: dict[str, list[Link]] = {}
        for each in links.defer("snapshot", *SECRETS).order_by("pk"):
            records.setdefault(each.person_id, []).append(each)
        for row in rows:
            row.known_addresses, row.records = list(known[row.pk].addresses.all()), records.get(row.pk, [])

    @admin.display(description=gettext_lazy("name"))
    def name_label(self, person: Person) -> SafeString:
        return said(person.name) or said(_("no name"))

    @admin.display(description=gettext_lazy("addresses"))
    def addresses_label(self, person: Any) -> SafeString:
        return lines(ltr(address.value) for address in person.known_addresses[:4])

    @admin.display(description=gettext_lazy("records"))
    def records_label(self, person: Any) -> SafeString:
        return lines(ltr(f"{each.connection.name}: {each.object}") for each in person.records[:6])

    @admin.display(description=gettext_lazy("known since"))
    def known_since(self, person: Person) -> SafeString:
        return moment(person.created_at)

    def page_facts(self, request: HttpRequest, row: Person) -> dict[str, Any]:
        opt_outs = list(row.opt_outs.order_by("-pk")[:50])
        progress = progress_of(opt_outs)
        links = standing_for_people(row.links.select_related("connection").defer(*SECRETS))
        records = [record_row(each) for each in links.order_by("connection__name", "object")]
        in_force = [each for each in opt_outs if each.state == "open"]
        return {
            "title": row.name or email_of(row) or _("A person without a name"),
            "addresses": row.addresses.order_by("kind", "pk"),
            "records": records,
            "opt_outs": [
                {
                    "what": page_link(each, each),
                    "state": state_badge(each, OPT_OUT_LOOK),
                    "heard": moment(each.heard_at),
                    "told": lines(system_line(system) for system in progress[each.pk].systems),
                }
                for each in opt_outs
            ],
            "stopped": bool(in_force),
            "timeline": timeline(row),
            "log": reverse("admin:audit_change_changelist") + f"?q={row.pk}",
            "buttons": [button for button in self.buttons_for(request, row) if button.permission != MERGE],
            "may_merge": request.user.has_perm(MERGE),
        }


def record_row(each: Link) -> dict[str, Any]:
    """One record that stands for the person."""
    gone = badge(_("deleted there"), "warn", "delete") if each.gone_at else ""
    moved = (
        badge(_("lives on as %s") % " ".join(map(str, each.moved_to)), "wait", "arrow_forward") if each.moved_to else ""
    )
    return {
        "connection": link(
            reverse("admin:integrations_connection_change", args=[each.connection_id]), each.connection.name
        ),
        "record": ltr(f"{each.object} {each.record_id}"),
        "note": moved or gone,
        "pk": each.pk,
        "seen": moment(each.seen_at),
    }


def timeline(person: Person) -> list[dict[str, Any]]:
    """The latest events, changes and notifications of a person, newest first."""
    events = Event.objects.filter(person=person).select_related("connection").defer("body", "record", *SECRETS)
    changes = list(changes_with_names().filter(person=person).order_by("-pk")[:TIMELINE])
    name_people(changes)
    rows: list[tuple[datetime, dict[str, Any]]] = [
        (event.received_at, event_row(event)) for event in events.order_by("-pk")[:TIMELINE]
    ]
    rows += [(change.created_at, change_row(change)) for change in changes]
    notices = person.notifications.order_by("-pk")[:TIMELINE]
    rows += [(notice.created_at, notice_row(notice)) for notice in notices]
    return [row for _when, row in sorted(rows, key=lambda pair: pair[0], reverse=True)[:TIMELINE]]


def event_row(event: Event) -> dict[str, Any]:
    return {
        "at": moment(event.received_at),
        "icon": icon("inbox"),
        "what": page_link(
            event, _("%(what)s from %(connection)s") % {"what": kind_of(event), "connection": event.connection.name}
        ),
        "state": state_badge(event, EVENT_LOOK),
        "note": said(event.reason),
    }


def change_row(change: Any) -> dict[str, Any]:
    return {
        "at": moment(change.created_at),
        "icon": icon("edit_note"),
        "what": page_link(change, sentence_of(change)),
        "state": change_badge(change),
        "note": said(error_sentence(change)),
    }


def notice_row(notice: Notification) -> dict[str, Any]:
    return {
        "at": moment(notice.created_at),
        "icon": icon("notifications"),
        "what": page_link(notice, _("%(to)s told: %(subject)s") % {"to": notice.to, "subject": notice.subject}),
        "state": state_badge(notice, NOTIFICATION_LOOK),
        "note": said(notice.problem),
    }
