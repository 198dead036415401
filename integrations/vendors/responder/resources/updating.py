"""Changes subscribers: only what is given. Tags are added in calls of their own."""

from __future__ import annotations

from collections.abc import Sequence

from ...base import Outcome, Write
from ...errors import CrosswalkError, NotFound
from ...http import Answer, Call
from ..client import Api
from .bodies import ADDRESSES, Plan, plan
from .names import Names, number
from .rows import already, failed, send_all, subscriber_path
from .subscribers import Subscribers

TAG_PATH = "tags/subscribers"


class Updates:
    def __init__(self, api: Api, names: Names, subscribers: Subscribers) -> None:
        self.api = api
        self.names = names
        self.subscribers = subscribers

    def carry_out(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """Each may be repeated without harm. Whose first call fails gets no second one."""
        plans, outcomes = self._plans(writes)
        answers = send_all(self.api, {each.write.id: _put(each) for each in plans if each.body})
        outcomes |= {id: Outcome(id, error=e) for id, e in answers.items() if isinstance(e, CrosswalkError)}
        outcomes |= self._tag([each for each in plans if each.tags and each.write.id not in outcomes])
        done = {each.write.id: each for each in plans if each.write.id not in outcomes}
        return outcomes | {id: Outcome(id, p.write.record_id, False, response=p.response) for id, p in done.items()}

    def delete(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """For good, from all lists. Who is gone was wanted gone."""
        calls = {write.id: Call("DELETE", subscriber_path(write.record_id)) for write in writes}
        answers = send_all(self.api, calls)
        return {write.id: _gone(write, answers[write.id]) for write in writes}

    def _plans(self, writes: Sequence[Write]) -> tuple[list[Plan], dict[str, Outcome]]:
        plans: list[Plan] = []
        refused: dict[str, Outcome] = {}
        for write in writes:
            try:
                planned = plan(write, self.names)
                self._add_address(planned)
                if planned.tags:
                    self.names.tag_ids(planned.tags)
                plans.append(planned)
            except CrosswalkError as error:
                refused[write.id] = failed(write, error)
        return plans, refused

    def _add_address(self, planned: Plan) -> None:
        if not planned.lacks_address:
            return
        record_id = planned.write.record_id
        there = self.subscribers.read([record_id]).get(record_id)
        if there is None:
            raise NotFound("The subscriber is not in Responder Live any more.")
        planned.body |= dict([(name, there[name]) for name in ADDRESSES if there[name]][:1])

    def _tag(self, plans: Sequence[Plan]) -> dict[str, Outcome]:
        """Adds these tags and leaves the others: a call for each tag of each person."""
        outcomes: dict[str, Outcome] = {}
        for each in plans:
            try:
                for tag_id in self.names.tag_ids(each.tags):
                    self.api.send(tag_call(tag_id, each.write.record_id))
            except CrosswalkError as error:
                outcomes[each.write.id] = failed(each.write, error)
        return outcomes


def tag_call(tag_id: int | str, record_id: str) -> Call:
    """The path is known, what goes with it is one program's word for it (responder.md §2a, §8 no. 3)."""
    return Call("POST", TAG_PATH, body={"tag_id": tag_id, "subscriber_ids": [number(record_id)]})


def _put(each: Plan) -> Call:
    """PUT changes what is given; PATCH was tried by others and dropped (responder.md §2a)."""
    return Call("PUT", subscriber_path(each.write.record_id), body=each.body)


def _gone(write: Write, answer: Answer | CrosswalkError) -> Outcome:
    if isinstance(answer, NotFound):
        return already(write)
    return failed(write, answer) if isinstance(answer, CrosswalkError) else Outcome(write.id, write.record_id, False)
