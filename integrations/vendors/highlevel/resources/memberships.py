"""Puts contacts into workflows and campaigns, takes them out, and deletes contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...base import Write
from ...errors import CrosswalkError, NotFound, RecordError, Rejected
from ...http import Call
from ..client import Api
from .names import Names
from .rows import ID, Outcomes, already, contact_path, failed, send_all, settled

CHOOSE = "Choose a workflow or a campaign in the rule."
NO_STATUS = "Leave the status empty in the rule."


class Memberships:
    def __init__(self, api: Api, names: Names) -> None:
        self.api = api
        self.names = names

    def delete(self, writes: Sequence[Write]) -> Outcomes:
        """One that is gone was wanted gone."""
        answers = send_all(self.api, {write.id: Call("DELETE", contact_path(write.record_id)) for write in writes})
        gone = {w.id: already(w) for w in writes if isinstance(answers[w.id], NotFound)}
        return settled(writes, answers) | gone

    def add(self, writes: Sequence[Write]) -> Outcomes:
        return self._change(writes, "POST")

    def remove(self, writes: Sequence[Write]) -> Outcomes:
        return self._change(writes, "DELETE")

    def _change(self, writes: Sequence[Write], method: str) -> Outcomes:
        outcomes = {write.id: failed(write, error) for write in writes if (error := _problem(write))}
        members = [write for write in writes if write.id not in outcomes]
        try:
            calls = {write.id: self._call(write, method) for write in members}
        except CrosswalkError as error:
            return outcomes | {write.id: failed(write, error) for write in members}
        answers = send_all(self.api, calls)
        members = [replace(write, record_id=_member(write)) for write in members]
        return outcomes | settled(members, answers)

    def _call(self, write: Write, method: str) -> Call:
        """Workflows and campaigns have different paths, and ids that do not say which they are."""
        target = _target(write)
        if self.names.is_workflow(target):
            return Call(method, contact_path(_member(write), f"/workflow/{target}"), body={})
        return Call(method, contact_path(_member(write), f"/campaigns/{target}"), body={} if method == "POST" else None)


def _target(write: Write) -> str:
    return str(write.params.get("campaign") or "").strip()


def _member(write: Write) -> str:
    """The contact that the rule is about."""
    return str(write.values.get("contactId") or write.record_id or "").strip()


def _problem(write: Write) -> RecordError | None:
    if not ID.fullmatch(_target(write)):
        return Rejected("The rule names no workflow.", fields=["campaign"], help=CHOOSE)
    if write.params.get("status"):
        return Rejected("Workflows of HighLevel have no member status.", fields=["status"], help=NO_STATUS)
    if not ID.fullmatch(_member(write)):
        return NotFound("The person has no contact in HighLevel yet.")
    return None
