"""Notes of Salesforce's newer kind: made first, then linked to their record; two calls that must not make two notes."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from html import unescape

from ...base import Outcome, Record, Write
from ...errors import CrosswalkError, OutcomeUnknown, RecordError, ScopeMissing
from ...http import Call
from ..client import Api
from .batches import verb_of
from .parents import parent_of
from .queries import Queries, literal, moment

OBJECT, LINK, LEGACY = "ContentNote", "ContentDocumentLink", "Note"
BODIES = {OBJECT: "Content", LEGACY: "Body"}
VIEWER = "V"  # who may see the record may see the note; I would let them edit it as they may edit the record
LONGEST_TITLE = 80  # of a title that we make up; Note takes no more (salesforce.md §3.7)
ALREADY_LINKED = "DUPLICATE_VALUE"  # "Document with ID … is already linked with the entity with ID …"
USER_ID = "005"  # a note is linked to its owner by Salesforce itself
MOST_CANDIDATES = 50
CLOCKS_DIFFER_BY = timedelta(minutes=1)
TAG = re.compile(r"<[^>]*>")

Send = Callable[[Sequence[Write]], dict[str, Outcome]]  # carries out and never raises


def written(write: Write) -> Write:
    """The write as Salesforce takes it: with a title, and the body of a newer note as base64 of one line of HTML."""
    body = BODIES.get(write.object)
    if body is None or verb_of(write) == "delete":
        return write
    values = dict(write.values)
    if verb_of(write) == "create" and not str(values.get("Title") or "").strip():
        values["Title"] = _first_line(str(values.get(body) or ""))
    if write.object == OBJECT and body in values:
        values[body] = _encoded(str(values[body] or ""))
    return replace(write, values=values)


def link(writes: Sequence[Write], outcomes: Mapping[str, Outcome], send: Send) -> dict[str, Outcome]:
    """The outcomes, after each new note was linked to its record; a note that cannot be linked is taken away."""
    made = [w for w in writes if w.object == OBJECT and verb_of(w) == "create" and outcomes[w.id].record_id]
    links = send([_link(write, outcomes[write.id].record_id) for write in made])
    settled = {write.id: _linked(outcomes[write.id], links[write.id]) for write in made}
    refused = [w for w in made if isinstance(settled[w.id].error, (RecordError, ScopeMissing))]
    gone = send([Write(w.id, OBJECT, "delete_note", {}, outcomes[w.id].record_id) for w in refused])
    left = {id_: Outcome(id_, error=_unlinked(removal.error)) for id_, removal in gone.items() if removal.error}
    return {**outcomes, **settled, **left}


def find_note(api: Api, queries: Queries, write: Write) -> str:
    """The note that an earlier attempt made for this record, linked already or not; "" when it made none."""
    ids = [str(row["Id"]) for row in queries.rows(_like(write))]
    linked = _links_of(queries, ids)
    own = {record_id[:15] for record_id in (parent_of(write)[1], str(write.params.get("converted_from") or ""))}
    fitting = [id_ for id_ in ids if not linked[id_] or linked[id_] & own]  # another person's note may read the same
    fitting.sort(key=lambda id_: not linked[id_])
    wanted = _text(base64.b64decode(str(write.values.get("Content") or "")).decode())
    return next((id_ for id_ in fitting if _text(_content(api, id_)) == wanted), "")


def _link(write: Write, note_id: str) -> Write:
    values = {"ContentDocumentId": note_id, "LinkedEntityId": parent_of(write)[1], "ShareType": VIEWER}
    return Write(write.id, LINK, "create", values)


def _linked(note: Outcome, linked: Outcome) -> Outcome:
    """What was refused for good ends here; everything else is looked at again, so that no second note is made."""
    error = linked.error
    if error is None or error.vendor_code == ALREADY_LINKED:
        return note
    return replace(linked, error=error if isinstance(error, (RecordError, ScopeMissing)) else _unlinked(error))


def _unlinked(error: CrosswalkError | None) -> OutcomeUnknown:
    why = error.message if error else ""
    return OutcomeUnknown(f"The note is made and not linked yet. {why}", vendor_code=error.vendor_code if error else "")


def _like(write: Write) -> str:
    since = write.first_attempt_at
    start = f" AND CreatedDate >= {moment(since - CLOCKS_DIFFER_BY)}" if since else ""
    title = literal(str(write.values.get("Title") or ""))
    return f"SELECT Id FROM {OBJECT} WHERE Title = {title}{start} ORDER BY CreatedDate LIMIT {MOST_CANDIDATES}"


def _links_of(queries: Queries, ids: Iterable[str]) -> dict[str, set[str]]:
    """What each note is linked to, by the first 15 characters, without users. The query wants a list of documents."""
    linked: dict[str, set[str]] = {id_: set() for id_ in ids}
    if not linked:
        return linked
    among = ",".join(map(literal, linked))
    rows: Iterable[Record] = queries.rows(
        f"SELECT ContentDocumentId, LinkedEntityId FROM {LINK} WHERE ContentDocumentId IN ({among})"
    )
    for row in rows:
        entity = str(row["LinkedEntityId"])
        if not entity.startswith(USER_ID):
            linked[str(row["ContentDocumentId"])].add(entity[:15])
    return linked


def _content(api: Api, note_id: str) -> str:
    """The latest version: an older one is never given (§3.7)."""
    return api.send(Call("GET", api.data(f"sobjects/{OBJECT}/{note_id}/Content"))).text


def _encoded(html: str) -> str:
    """Salesforce strips raw newlines (§3.7)."""
    return base64.b64encode("<br>".join(html.splitlines()).encode("utf-8", "replace")).decode()


def _first_line(body: str) -> str:
    lines = (line for raw in re.split(r"<br\s*/?>|</p>|\n", body) if (line := _text(raw)))
    return next(lines, "")[:LONGEST_TITLE]


def _text(html: str) -> str:
    """What can be read of it: Salesforce may write the same text in other HTML."""
    return " ".join(unescape(TAG.sub(" ", html)).split())
