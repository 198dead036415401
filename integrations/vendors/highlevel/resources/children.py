"""Writes what hangs on a contact: tasks and notes. What may have been made already is looked for first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import quote

from ...base import Outcome, Record, Write
from ...errors import CrosswalkError, NotFound, Rejected
from ...http import Answer, Call
from ..client import Api
from .rows import (
    ID,
    Answers,
    Outcomes,
    already,
    body_of,
    contact_path,
    done,
    elements,
    failed,
    refused_values,
    send_all,
)

MAKING = ("create_task", "add_note")
DELETING = ("delete_task", "delete_note")


class Kind(Protocol):
    """Tasks or notes."""

    key: str
    listed_as: str
    path: str

    def contacts_of(self, writes: Sequence[Write]) -> dict[str, str]: ...

    def call(self, write: Write, path: str) -> Call: ...

    def is_made_by(self, write: Write, held: Mapping[str, object]) -> bool: ...


class Children:
    def __init__(self, api: Api, kind: Kind) -> None:
        self.api = api
        self.kind = kind

    def carry_out(self, writes: Sequence[Write]) -> Outcomes:
        whose, outcomes = self._contacts(writes)
        ready = [write for write in writes if write.id in whose]
        outcomes |= self._made_before([write for write in ready if write.retry and write.operation in MAKING], whose)
        left = [write for write in ready if write.id not in outcomes]
        answers = send_all(self.api, {write.id: self._call(write, whose[write.id]) for write in left})
        return outcomes | {write.id: self._outcome(write, answers[write.id]) for write in left}

    def _contacts(self, writes: Sequence[Write]) -> tuple[dict[str, str], Outcomes]:
        """(the contact of each write, what cannot be done)."""
        whose = {write.id: parent_of(write) for write in writes if parent_of(write)}
        orphans = [write for write in writes if write.id not in whose and write.operation not in MAKING]
        try:
            found = self.kind.contacts_of(orphans)
        except CrosswalkError as error:
            return whose, {write.id: failed(write, error) for write in orphans}
        whose |= {write.id: found[write.record_id] for write in orphans if write.record_id in found}
        return whose, {write.id: self._orphan(write) for write in writes if write.id not in whose}

    def _orphan(self, write: Write) -> Outcome:
        if write.operation in MAKING:
            return failed(write, NotFound("The person has no contact in HighLevel yet."))
        return failed(write, NotFound(f"HighLevel does not show whose {self.kind.key} it is: it may be deleted."))

    def _made_before(self, writes: Sequence[Write], whose: Mapping[str, str]) -> Outcomes:
        """Those whose answer was lost and that were made after all."""
        calls = {w.id: Call("GET", contact_path(whose[w.id], self.kind.path)) for w in writes}
        answers = send_all(self.api, calls)
        outcomes = {w.id: failed(w, a) for w in writes if isinstance(a := answers[w.id], CrosswalkError)}
        hits = {w.id: self._hit(w, answers) for w in writes if w.id not in outcomes}
        return outcomes | {w.id: done(w, True, hits[w.id]) for w in writes if hits.get(w.id)}

    def _hit(self, write: Write, answers: Answers) -> str:
        answer = answers[write.id]
        held = elements(answer.json if isinstance(answer, Answer) else None, self.kind.listed_as)
        return next((str(each.get("id") or "") for each in held if self.kind.is_made_by(write, each)), "")

    def _call(self, write: Write, contact_id: str) -> Call:
        own = f"/{quote(write.record_id, safe='')}" if write.operation not in MAKING else ""
        return self.kind.call(write, contact_path(contact_id, f"{self.kind.path}{own}"))

    def _outcome(self, write: Write, answer: Answer | CrosswalkError) -> Outcome:
        if isinstance(answer, NotFound) and write.operation in DELETING:
            return already(write)
        if isinstance(answer, CrosswalkError):
            return failed(write, answer)
        if write.operation not in MAKING:
            return done(write)
        made: Record = body_of(answer, self.kind.key)
        if not made.get("id"):
            return failed(write, Rejected(f"HighLevel made a {self.kind.key} and did not say which."))
        return done(write, True, str(made["id"]))


def parent_of(write: Write) -> str:
    """The contact that a task or note is about; "" when the change does not say."""
    parent = write.params.get("parent") or ("", "")
    record_id = str(parent[1]) if len(parent) == 2 else ""
    return record_id if ID.fullmatch(record_id) else ""


def problem(write: Write) -> CrosswalkError | None:
    if write.operation not in MAKING and not ID.fullmatch(write.record_id):
        return NotFound("It is not known which one of HighLevel's it is.")
    return refused_values(write.values)
