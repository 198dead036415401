"""What a task or note is about: a lead, or the contact that the lead has become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ...base import Outcome, Write
from ...errors import Moved, NotFound, RecordError
from .batches import verb_of
from .queries import Queries

OBJECTS = ("Task", "Note", "ContentNote", "ContentDocumentLink")
NEED_A_PARENT = ("create_task", "add_note")
PEOPLE = ("Lead", "Contact")
OWN_FIELDS = ("WhoId", "ParentId", "LinkedEntityId")
FIELDS = {"Task": "WhoId", "Note": "ParentId", "ContentDocumentLink": "LinkedEntityId"}
LEAD_ID = "00Q"  # how the id of a lead begins, in every org


class Parents:
    def __init__(self, queries: Queries) -> None:
        self.queries = queries

    def prepare(self, writes: Sequence[Write]) -> list[Write]:
        """The same writes, each about what its lead is by now. Salesforce refuses tasks of converted leads (§3.3)."""
        leads = {parent_of(w)[1] for w in writes if is_about(w) and parent_of(w)[1].startswith(LEAD_ID)}
        contacts = self._contacts(leads)
        return [_addressed(w, contacts.get(parent_of(w)[1][:15], "")) if is_about(w) else w for w in writes]

    def _contacts(self, leads: Iterable[str]) -> dict[str, str]:
        """The contact of each lead that was converted; one query for all of them."""
        found = self.queries.find_any("Lead", {"Id": sorted(leads)})
        return {lead.record_id[:15]: lead.moved_to[1] for lead in found if lead.moved_to}


def is_about(write: Write) -> bool:
    """Does this write make something that hangs on a record?"""
    return write.object in OBJECTS and verb_of(write) in ("create", "upsert") and bool(parent_of(write)[1])


def parent_of(write: Write) -> tuple[str, str]:
    """(object, id); the object is "" where only a field of the values says it."""
    object, record_id = write.params.get("parent") or ("", "")
    own = next((str(write.values[field]) for field in OWN_FIELDS if write.values.get(field)), "")
    return (str(object), str(record_id)) if record_id else ("", own)


def orphan(write: Write) -> RecordError | None:
    """Why a task or note cannot be made: nothing to hang it on."""
    if write.operation in NEED_A_PARENT and write.object in OBJECTS and not parent_of(write)[1]:
        return NotFound("The person has neither a lead nor a contact in Salesforce yet.")
    return None


def sent_on(writes: Sequence[Write], outcomes: dict[str, Outcome]) -> list[Write]:
    """Those whose lead was converted after we looked, now about its contact."""
    moved = ((write, outcomes[write.id].error) for write in writes if is_about(write))
    return [_addressed(w, error.record_id) for w, error in moved if isinstance(error, Moved) and error.record_id]


def told(write: Write, outcome: Outcome) -> Outcome:
    """The outcome, which also says where a write went instead of to its lead."""
    if not write.params.get("converted_from") or outcome.error:
        return outcome
    return replace(outcome, response={**(outcome.response or {}), "parent": list(parent_of(write))})


def _addressed(write: Write, contact_id: str) -> Write:
    """With the parent in the field that holds it; a ContentNote has none and is linked (salesforce.md §3.7)."""
    object, record_id = parent_of(write)
    params = dict(write.params)
    if contact_id:
        params |= {"parent": ["Contact", contact_id], "converted_from": record_id}
        object, record_id = "Contact", contact_id
    field = "WhatId" if write.object == "Task" and object not in ("", *PEOPLE) else FIELDS.get(write.object)
    values = {**write.values, field: record_id} if field else write.values
    return replace(write, values=values, params=params)
