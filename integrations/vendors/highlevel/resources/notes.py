"""Notes: made, changed and deleted by way of their contact; there is no other way to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...base import Record, Write
from ...http import Call
from ...payloads import read_time
from .creating import CLOCKS_DIFFER_BY

OBJECT = "note"
TAKEN = ("body", "title", "userId", "color", "pinned")  # SPEC: NotesDTO, UpdateNoteDTO


class Notes:
    """How notes are spoken of in the calls of a contact."""

    key, listed_as, path = OBJECT, "notes", "/notes"

    def contacts_of(self, writes: Sequence[Write]) -> dict[str, str]:
        return {}

    def call(self, write: Write, path: str) -> Call:
        if write.operation == "delete_note":
            return Call("DELETE", path)
        if write.operation == "update_note":
            return Call("PUT", path, body=_body(write.values))
        return Call("POST", path, body=_new(write.values))

    def is_made_by(self, write: Write, held: Mapping[str, object]) -> bool:
        """Is it what an earlier attempt made? The same words, written since."""
        made = read_time(held.get("dateAdded"))
        late = write.first_attempt_at is None or made is None or made >= write.first_attempt_at - CLOCKS_DIFFER_BY
        wanted = _new(write.values)
        return late and all(_words(held.get(name)) == _words(wanted.get(name)) for name in ("body", "title"))


def _new(values: Mapping[str, object]) -> Record:
    """HighLevel wants a text: a note that has only a title has that."""
    return {"body": str(values.get("title") or ""), **_body(values)}


def _body(values: Mapping[str, object]) -> Record:
    return {name: values[name] for name in TAKEN if values.get(name) is not None}


def _words(value: object) -> str:
    return " ".join(str(value or "").split())
