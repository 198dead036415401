"""A contact is one address on one list: taking one off a list, and putting a known person on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...base import Outcome, Record, Write
from ...errors import CrosswalkError, NotFound, RecordError, Rejected
from ...http import Answer, Call
from ..client import Api
from ..fields import CUSTOM, LIST
from .creating import Creates
from .looking import look_on_lists
from .rows import ID, already, contact_path, failed, send_all, split
from .updating import read_details

CHOOSE_LIST = "Choose the list in the rule; its id is on the connection's page under Test connection."
NO_STATUS = "Leave the status empty in the rule."


class Memberships:
    def __init__(self, api: Api, creates: Creates) -> None:
        self.api = api
        self.creates = creates

    def delete(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """Off this one list; the person's other contacts stay. One that is gone was wanted gone."""
        calls = {write.id: Call("DELETE", contact_path(write.record_id)) for write in writes}
        answers = send_all(self.api, calls)
        return {write.id: _removed(write, answers[write.id]) for write in writes}

    def add(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """A copy of the person's contact on the other list, with name, custom fields and tags."""
        members, outcomes = _members(writes)
        read, errors = read_details(self.api, members)
        outcomes |= split(members, errors)[1]
        copies = [_copy(write, read[write.id]) for write in members if write.id in read]
        return outcomes | self.creates.carry_out(copies)

    def remove(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """The contact of the person's address on that list is removed; nobody there is what was wanted."""
        members, outcomes = _members(writes)
        read, errors = read_details(self.api, members)
        outcomes |= split(members, errors)[1]
        there = [write for write in members if write.id in read]
        places = {w.id: (str(read[w.id].get("email") or ""), list_id(w)) for w in there}
        doomed = []
        for write, hit in zip(there, look_on_lists(self.api, places).values(), strict=True):
            if isinstance(hit, CrosswalkError):
                outcomes[write.id] = failed(write, hit)
            elif hit is None:
                outcomes[write.id] = already(write, member_id(write))
            else:
                doomed.append(replace(write, record_id=str(hit["contactId"])))
        return outcomes | self.delete(doomed)


def _removed(write: Write, answer: Answer | CrosswalkError) -> Outcome:
    if isinstance(answer, NotFound):
        return already(write)
    return failed(write, answer) if isinstance(answer, CrosswalkError) else Outcome(write.id, write.record_id, False)


def list_id(write: Write) -> str:
    return str(write.params.get("campaign") or "").strip()


def member_id(write: Write) -> str:
    """The contact that the rule is about."""
    return str(write.values.get("contactId") or "").strip()


def _members(writes: Sequence[Write]) -> tuple[list[Write], dict[str, Outcome]]:
    """(the writes, addressed to the contact they are about; what cannot be done)."""
    refused = {write.id: failed(write, error) for write in writes if (error := _problem(write))}
    return [replace(w, record_id=member_id(w)) for w in writes if w.id not in refused], refused


def _problem(write: Write) -> RecordError | None:
    if not ID.fullmatch(list_id(write)):
        return Rejected("The rule names no list.", fields=["campaign"], help=CHOOSE_LIST)
    if write.params.get("status"):
        return Rejected("Lists of GetResponse have no member status.", fields=["status"], help=NO_STATUS)
    if not ID.fullmatch(member_id(write)):
        return NotFound("The person has no contact in GetResponse yet.")
    return None


def _copy(write: Write, contact: Record) -> Write:
    custom = [
        entry for entry in contact.get("customFieldValues") or () if isinstance(entry, dict) and entry.get("name")
    ]
    values: Record = {"email": contact.get("email"), "name": contact.get("name"), LIST: list_id(write)}
    values |= {CUSTOM + str(entry["name"]): entry.get("value") or entry.get("values") for entry in custom}
    return replace(write, values=values | {"tags": contact.get("tags") or []}, record_id="")
