"""Says in plain words what a change does or did, and in which colour its state is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.admin_labels import lines, ltr, page_link, said, state_badge, value
from integrations.models import Person
from integrations.people import emails_of

from .models import AttemptResult, Change, ChangeState, Load, OptOutState

CHANGE_LOOK = {
    ChangeState.APPLIED: ("good", "check_circle"),
    ChangeState.QUEUED: ("wait", "schedule"),
    ChangeState.SENDING: ("wait", "sync"),
    ChangeState.HELD: ("warn", "front_hand"),
    ChangeState.FAILED: ("bad", "error"),
    ChangeState.CANCELLED: ("plain", "cancel"),
    ChangeState.REJECTED: ("plain", "thumb_down"),
}
ATTEMPT_LOOK = {
    AttemptResult.APPLIED: ("good", "check_circle"),
    AttemptResult.SENDING: ("wait", "sync"),
    AttemptResult.LATER: ("warn", "schedule"),
    AttemptResult.FAILED: ("bad", "error"),
    AttemptResult.CRASHED: ("bad", "power_off"),
}
OPT_OUT_LOOK = {
    OptOutState.OPEN: ("warn", "do_not_disturb_on"),
    OptOutState.LIFTED: ("plain", "undo"),
    OptOutState.JOINED: ("plain", "merge"),
}

# operation → (what is to be done, what was done)
WORDS: dict[str, tuple[Any, Any]] = {
    "upsert": (gettext_lazy("Make or update %(object)s"), gettext_lazy("%(object)s made or updated")),
    "create": (gettext_lazy("Make %(object)s"), gettext_lazy("%(object)s made")),
    "update": (gettext_lazy("Update %(object)s"), gettext_lazy("%(object)s updated")),
    "set": (gettext_lazy("Set fields of %(object)s"), gettext_lazy("Fields of %(object)s set")),
    "delete": (gettext_lazy("Delete %(object)s"), gettext_lazy("%(object)s deleted")),
    "opt_out": (gettext_lazy("Opt out %(object)s"), gettext_lazy("%(object)s opted out")),
    "opt_in": (gettext_lazy("Let %(object)s be contacted again"), gettext_lazy("%(object)s may be contacted again")),
    "add_to_campaign": (gettext_lazy("Add to campaign"), gettext_lazy("Added to campaign")),
    "remove_from_campaign": (gettext_lazy("Remove from campaign"), gettext_lazy("Removed from campaign")),
    "create_task": (gettext_lazy("Create a task"), gettext_lazy("Task created")),
    "update_task": (gettext_lazy("Update a task"), gettext_lazy("Task updated")),
    "complete_task": (gettext_lazy("Complete a task"), gettext_lazy("Task completed")),
    "delete_task": (gettext_lazy("Delete a task"), gettext_lazy("Task deleted")),
    "add_tags": (gettext_lazy("Add tags"), gettext_lazy("Tags added")),
    "remove_tags": (gettext_lazy("Remove tags"), gettext_lazy("Tags removed")),
    "add_note": (gettext_lazy("Add a note"), gettext_lazy("Note added")),
    "update_note": (gettext_lazy("Update a note"), gettext_lazy("Note updated")),
    "delete_note": (gettext_lazy("Delete a note"), gettext_lazy("Note deleted")),
    "increment": (gettext_lazy("Add to a number of %(object)s"), gettext_lazy("A number of %(object)s raised")),
    "call": (gettext_lazy("Call %(object)s"), gettext_lazy("%(object)s called")),
    "notify": (gettext_lazy("Send a message"), gettext_lazy("Message sent")),
}
UNKNOWN_WORDS = (gettext_lazy("%(operation)s %(object)s"), gettext_lazy("%(operation)s %(object)s done"))
CREATED = {True: gettext_lazy("%(object)s made"), False: gettext_lazy("%(object)s updated")}


def what_of(change: Change) -> str:
    """'Lead made': what is to be done, or what became of it."""
    facts = {"object": change.object, "operation": change.operation}
    to_do, done = WORDS.get(change.operation, UNKNOWN_WORDS)
    if change.state != ChangeState.APPLIED:
        return str(to_do % facts)
    if change.operation == "upsert" and change.created is not None:
        return str(CREATED[change.created] % facts)
    return str(done % facts)


def sentence_of(change: Change) -> str:
    """'Lead made at salesforce-main'."""
    return _("%(what)s at %(connection)s") % {"what": what_of(change), "connection": change.connection.name}


def change_badge(change: Change) -> SafeString:
    return state_badge(change, CHANGE_LOOK)


def error_sentence(change: Change) -> str:
    """Why it did not go through, in one sentence; empty when nothing is wrong."""
    return str((change.error or {}).get("message", ""))


def why_it_rests(change: Change) -> str:
    """Why a change goes no further by itself or takes long; empty when nothing keeps it."""
    if load := getattr(change, "load", None):
        return in_a_load(load)
    return change.held_reason if change.state == ChangeState.HELD else error_sentence(change)


def in_a_load(load: Load) -> str:
    return _("In a load of %(n)s rows") % {"n": f"{load.rows:,}"}


def name_loads(changes: Iterable[Change]) -> None:
    """Give each that is in a load at this moment its `load`: a query only when there are such."""
    sent = [change for change in changes if change.state == ChangeState.SENDING and change.lease_until is None]
    loads = Load.objects.in_bulk({change.lease for change in sent}) if sent else {}
    for change in sent:
        change.load = loads.get(change.lease)  # type: ignore[attr-defined]  # the page's own, beside the row


def name_people(rows: list[Any]) -> None:
    """Give each row `email`, the first address of its person: one query for the page."""
    addresses = emails_of(person_of(row) for row in rows if person_of(row))
    for row in rows:
        person = person_of(row)
        row.email = next(iter(addresses.get(person.pk, [])), "") if person else ""


def person_of(row: Any) -> Any:
    return row if isinstance(row, Person) else row.person


def who(row: Any) -> SafeString:
    """Name and e-mail of a row's person."""
    person = person_of(row)
    return lines([said(person.name), ltr(row.email)]) if person else SafeString("")


def who_link(row: Any) -> SafeString:
    """The same, leading to the person's page."""
    person = person_of(row)
    if not person:
        return SafeString("")
    return lines([page_link(person, person.name or row.email or person.pk), ltr(row.email) if person.name else ""])


def diff_rows(change: Change) -> list[dict[str, Any]]:
    """Before and after of each field, with where the value came from."""
    return [
        {
            "field": field,
            "before": value(entry.get("before")),
            "after": value(entry.get("after")),
            "source": source_of(entry),
            "synthetic": bool(entry.get("synthetic")),
        }
        for field, entry in change.diff.items()
    ]


def source_of(entry: dict[str, Any]) -> SafeString:
    """'name via first_name': the source paths, then the transforms in their order."""
    start = entry.get("from") or ""
    paths = start if isinstance(start, str) else " · ".join(str(path) for path in start)
    via = " → ".join(_step(step) for step in entry.get("via") or [])
    return format_html(
        '<bdi dir="ltr">{}</bdi>{}', paths, format_html(' → <bdi dir="ltr">{}</bdi>', via) if via else ""
    )


def _step(step: Any) -> str:
    """'truncate 128' of {"truncate": 128}."""
    if isinstance(step, dict):
        return ", ".join(f"{name} {argument}" for name, argument in step.items())
    return str(step)
