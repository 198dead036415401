"""add_note: the person's record gets a note, once for each event."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from audit.models import Change, Kind
from integrations.models import Connection
from integrations.vendors.base import NoteForm
from integrations.vendors.errors import Unsupported
from integrations.vendors.registry import vendor

from ..case import Case, Step
from ..targets import schema_of
from .acts import name_act, not_repeated
from .counterparts import twin_params
from .following import Subject, add_changes, change_about, label_of, with_subjects
from .tasks import without_twins
from .wording import Written, fitted_diff, said, source_of


def plan_add_note(step: Step, cases: Sequence[Case]) -> None:
    """One change per person; it waits for the record that an earlier action of the rule makes."""
    connection = step.shop.connections[step.params["connection"]]
    form = form_of(connection)
    planned = []
    going_on = without_twins(step, connection, not_repeated(step, cases))
    for case, subject in with_subjects(step, connection, going_on):
        change = _change(step, case, connection, subject, form)
        if change is not None and name_act(step, case, change):
            planned.append((case, change))
    add_changes(planned)


def form_of(connection: Connection, object: str = "") -> NoteForm:
    """The vendor's note of this object; else its first kind of note, unless the connection chooses another."""
    forms = vendor(connection.vendor).capabilities.notes
    if not forms:
        raise Unsupported(f"{connection.name} has no notes.")
    chosen = object or (connection.options or {}).get("note_object")
    return next((form for form in forms if form.object == chosen), forms[0])


def _change(step: Step, case: Case, connection: Connection, subject: Subject, form: NoteForm) -> Change | None:
    title, body = said(step, case, "title"), said(step, case, "body")
    if not title and not body:
        case.reasons.append(f"{label_of(step)}: none was made, for it would be empty.")
        return None
    diff, cut = fitted_diff(
        note_values(step, title, body, form), schema_of(connection, form.object, step.shop.client(connection.name))
    )
    return change_about(
        step,
        case,
        connection,
        subject,
        object=form.object,
        kind=Kind.NOTE,
        diff=diff,
        notes=cut,
        params={**({"parent": subject.place} if subject.place else {}), **twin_params(case)},
    )


def note_values(step: Step, title: str, body: str, form: NoteForm) -> list[Written]:
    """A note without a title begins with it; one that needs a title and has none takes the first line."""
    if not form.title:
        body, title = "\n\n".join(filter(None, (title, body))), ""
    named = title or body.partition("\n")[0] if form.title else ""
    values = [Written(form.title, named, source_of(step, "title" if title else "body"))] if form.title else []
    return [*values, Written(form.body, as_html(body) if form.html else body, source_of(step, "body"))]


def as_html(text: str) -> str:
    """Text in a vendor's HTML: what could be markup is escaped, lines stay lines."""
    return "<br>".join(escape(line) for line in text.splitlines())
