"""Puts known people on lists and takes them off. A list says nothing of whether somebody may be written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...base import Outcome, Record, Write
from ...errors import Conflict, CrosswalkError, NotFound, Rejected
from ...http import Answer, Call
from ..client import Api
from .bodies import ADDRESSES
from .names import Names
from .rows import ID, already, failed, send_all
from .subscribers import OBJECT, Subscribers

MEMBER = f"{OBJECT}Id"  # where a membership's values name the person
CHOOSE_LIST = "Choose the list in the rule; its id is on the connection's page under Test connection."
NO_STATUS = "Leave the status empty in the rule."


class Memberships:
    def __init__(self, api: Api, names: Names, subscribers: Subscribers) -> None:
        self.api = api
        self.names = names
        self.subscribers = subscribers

    def add(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """By their address; somebody who is there is joined and not changed. Who left is not made active again."""
        members, outcomes = self._members(writes)
        there = self._read(members)
        outcomes |= {id: Outcome(id, error=error) for id, error in there.items() if isinstance(error, CrosswalkError)}
        calls = {w.id: _join(w, person) for w in members if isinstance(person := there[w.id], dict)}
        answers = send_all(self.api, calls)
        return outcomes | {w.id: _done(w, answers[w.id], Conflict) for w in members if w.id in calls}

    def remove(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """Off this one list; it is no opt-out. Who is not on it was wanted off."""
        members, outcomes = self._members(writes)
        answers = send_all(self.api, {w.id: Call("DELETE", f"{members_of(w)}/{w.record_id}") for w in members})
        return outcomes | {w.id: _done(w, answers[w.id], NotFound) for w in members}

    def _members(self, writes: Sequence[Write]) -> tuple[list[Write], dict[str, Outcome]]:
        """(the writes, addressed to the person they are about; what cannot be done)."""
        members: list[Write] = []
        refused: dict[str, Outcome] = {}
        for write in writes:
            try:
                self._check(write)
                members.append(replace(write, record_id=member_id(write)))
            except CrosswalkError as error:
                refused[write.id] = failed(write, error)
        return members, refused

    def _check(self, write: Write) -> None:
        if write.params.get("status"):
            raise Rejected("Lists of Responder Live have no member status.", fields=["status"], help=NO_STATUS)
        if not list_id(write):
            raise Rejected("The rule names no list.", fields=["campaign"], help=CHOOSE_LIST)
        self.names.list_id(list_id(write))
        if not ID.fullmatch(member_id(write)):
            raise NotFound("The person has no subscriber in Responder Live yet.")

    def _read(self, members: Sequence[Write]) -> dict[str, Record | CrosswalkError]:
        try:
            people = self.subscribers.read([write.record_id for write in members]) if members else {}
        except CrosswalkError as error:
            return dict.fromkeys((write.id for write in members), error)
        gone = NotFound("The subscriber is not in Responder Live any more.")
        return {write.id: people.get(write.record_id, gone) for write in members}


def list_id(write: Write) -> str:
    return str(write.params.get("campaign") or "").strip()


def member_id(write: Write) -> str:
    return str(write.values.get(MEMBER) or write.record_id).strip()


def members_of(write: Write) -> str:
    return f"lists/{list_id(write)}/subscribers"


def _join(write: Write, person: Record) -> Call:
    address = {name: person[name] for name in ADDRESSES if person[name]}
    return Call("POST", members_of(write), body={**address, "override": False, "rejoin": False})


def _done(write: Write, answer: Answer | CrosswalkError, so_already: type[CrosswalkError]) -> Outcome:
    if isinstance(answer, so_already):
        return already(write)
    return failed(write, answer) if isinstance(answer, CrosswalkError) else Outcome(write.id, write.record_id, False)
