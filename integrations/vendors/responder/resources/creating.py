"""Adds people. The address is the key: who is there already is changed, and put on the lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from ...base import Outcome, Record, Write
from ...errors import Conflict, CrosswalkError, OutcomeUnknown, RecordError
from ...http import Answer, Call
from ..client import Api
from ..fields import ID, LISTS, UNSUBSCRIBED, read_moment
from .bodies import Plan, new_body, plan
from .names import Names
from .rows import failed, send_all
from .subscribers import Subscribers
from .updating import Updates

CLOCKS_DIFFER_BY = timedelta(minutes=1)
CREATED_ID = "createdId"


class NotShown(OutcomeUnknown):
    """One person who should be there and is not shown; the connection as such works."""


@dataclass(frozen=True)
class New:
    """One person to be added. `there` is who holds the address already."""

    plan: Plan
    body: Record
    there: Record | None = None

    @property
    def write(self) -> Write:
        return self.plan.write


class Creates:
    def __init__(self, api: Api, names: Names, subscribers: Subscribers, updates: Updates) -> None:
        self.api = api
        self.names = names
        self.subscribers = subscribers
        self.updates = updates

    def carry_out(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """One look and one call each. May be repeated: what an unheard call has made is found."""
        new, outcomes = self._new(writes)
        made = {each.write.id: _outcome(each, str(each.there[ID])) for each in new if each.there and _is_ours(each)}
        outcomes |= made | self._send([each for each in new if each.write.id not in made])
        return outcomes | self._stop([each for each in new if each.plan.body.get(UNSUBSCRIBED)], outcomes)

    def _new(self, writes: Sequence[Write]) -> tuple[list[New], dict[str, Outcome]]:
        new: list[New] = []
        refused: dict[str, Outcome] = {}
        for write in writes:
            try:
                planned = plan(write, self.names)
                body = new_body(planned, self.names)
                new.append(New(planned, body, self._there(planned)))
            except CrosswalkError as error:
                refused[write.id] = failed(write, error)
        return new, refused

    def _there(self, planned: Plan) -> Record | None:
        """By e-mail; by phone only who is to have no other address: several people may share one (§5)."""
        email, phone = planned.addresses.get("email"), planned.addresses.get("phone")
        found = self.subscribers.by_email([email]) if email else self.subscribers.by_phone([str(phone)])
        fitting = [record for record in found if email or not record["email"]]
        return fitting[0] if fitting else None

    def _send(self, new: Sequence[New]) -> dict[str, Outcome]:
        answers = send_all(self.api, {each.write.id: Call("POST", "subscribers", body=each.body) for each in new})
        return {each.write.id: self._made(each, answers[each.write.id]) for each in new}

    def _made(self, each: New, answer: Answer | CrosswalkError) -> Outcome:
        if isinstance(answer, Conflict):
            return self._update(each, answer)
        if isinstance(answer, CrosswalkError):
            return failed(each.write, answer)
        body: Any = answer.json
        made_id = str(body.get(CREATED_ID) or "") if isinstance(body, dict) else ""
        return _outcome(each, made_id) if made_id else self._confirmed(each)

    def _confirmed(self, each: New) -> Outcome:
        """An answer without an id is not believed: only who is found was added."""
        try:
            there = self._there(each.plan)
        except CrosswalkError as error:
            return failed(each.write, error)
        unknown = NotShown("Responder Live says it went well and shows no subscriber.")
        return _outcome(each, str(there[ID])) if there else failed(each.write, unknown)

    def _update(self, each: New, conflict: Conflict) -> Outcome:
        """On the list already: whoever is there is changed instead (the answer's form is not proven, §8 no. 5)."""
        try:
            there = each.there or self._there(each.plan)
        except RecordError as error:
            return failed(each.write, error)
        if there is None:
            return failed(each.write, conflict)
        given = {name: value for name, value in each.write.values.items() if value not in (None, "", [])}
        values = {name: value for name, value in given.items() if name != LISTS}
        update = replace(each.write, operation="update", record_id=str(there[ID]), values=values)
        return self.updates.carry_out([update])[each.write.id]

    def _stop(self, new: Sequence[New], outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
        """Nobody can be added opted out, so it is said right after."""
        made = [(each, outcomes[each.write.id]) for each in new]
        stops = [
            replace(each.write, operation="opt_out", record_id=outcome.record_id, values={UNSUBSCRIBED: True})
            for each, outcome in made
            if outcome.error is None
        ]
        told = self.updates.carry_out(stops)
        return {id: replace(outcomes[id], record_id="", error=o.error) for id, o in told.items() if o.error}


def _is_ours(each: New) -> bool:
    """Made by the call whose answer was lost: everything of it was written together."""
    write, made_at = each.write, read_moment((each.there or {}).get("created"))
    if not write.retry or write.first_attempt_at is None or made_at is None:
        return False
    return made_at >= write.first_attempt_at - CLOCKS_DIFFER_BY


def _outcome(each: New, record_id: str) -> Outcome:
    response = {CREATED_ID: record_id} | (each.plan.response or {})
    return Outcome(each.write.id, record_id, each.there is None or _is_ours(each), response=response)
