"""Changes contacts: only what is given, tags by adding to them, Do Not Disturb on a way of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...base import Outcome, Record, Write
from ...errors import Conflict, CrosswalkError, RecordError
from ...http import Call
from ..client import Api, Taken
from .bodies import tag_list, update_body
from .names import Names
from .rows import Answers, Outcomes, contact_path, done, failed, send_all
from .stops import Stops, flags_of

REST_WRITTEN = "The rest was written. Merge the two contacts in HighLevel, or correct one of them, then press Retry."


@dataclass
class Plan:
    """What one write sends, by the call that takes it."""

    write: Write
    body: Record
    tags: list[str] = field(default_factory=list)


class Updates:
    def __init__(self, api: Api, names: Names) -> None:
        self.api = api
        self.names = names
        self.stops = Stops(api)

    def carry_out(self, writes: Sequence[Write]) -> Outcomes:
        """Each may be repeated without harm. Stops go first; what fails gets none of what follows."""
        plans, outcomes = self._plans(writes)
        stopping = [plan.write for plan in plans if flags_of(plan.write.values)]
        stopped = self.stops.carry_out(stopping)
        outcomes |= {id: outcome for id, outcome in stopped.items() if outcome.error}
        steps: tuple[Callable[[list[Plan]], Outcomes], ...] = (self._fields, self._tags)
        for step in steps:
            outcomes |= step([plan for plan in plans if plan.write.id not in outcomes])
        return {w.id: outcomes.get(w.id) or _all_well(w, stopped) for w in writes}

    def _plans(self, writes: Sequence[Write]) -> tuple[list[Plan], Outcomes]:
        plans: list[Plan] = []
        refused: Outcomes = {}
        for write in writes:
            try:
                plans.append(Plan(write, update_body(write.values, self.names), tag_list(write.values.get("tags"))))
            except RecordError as error:
                refused[write.id] = failed(write, error)
        return plans, refused

    def _fields(self, plans: list[Plan]) -> Outcomes:
        """What another contact has already is left out, the rest written, and the rest alone is no success (§4)."""
        mine = {plan.write.id: plan for plan in plans if plan.body}
        answers = self._put({id: plan.body for id, plan in mine.items()}, mine)
        taken = {
            id: error for id, error in answers.items() if isinstance(error, Taken) and error.field in mine[id].body
        }
        rest = {id: _without(mine[id].body, error.field) for id, error in taken.items()}
        again = self._put({id: body for id, body in rest.items() if body}, mine)
        outcomes = {id: failed(mine[id].write, e) for id, e in answers.items() if isinstance(e, CrosswalkError)}
        written = [id for id, answer in again.items() if not isinstance(answer, CrosswalkError)]
        return outcomes | {id: failed(mine[id].write, _conflict(taken[id])) for id in written}

    def _tags(self, plans: list[Plan]) -> Outcomes:
        """Adds these tags and leaves the others: in a PUT they would replace them (§2.5)."""
        tagged = {plan.write.id: plan for plan in plans if plan.tags}
        calls = {
            id: Call("POST", contact_path(plan.write.record_id, "/tags"), body={"tags": plan.tags})
            for id, plan in tagged.items()
        }
        answers = send_all(self.api, calls)
        return {id: failed(tagged[id].write, e) for id, e in answers.items() if isinstance(e, CrosswalkError)}

    def _put(self, bodies: Mapping[str, Record], plans: Mapping[str, Plan]) -> Answers:
        calls = {id: Call("PUT", contact_path(plans[id].write.record_id), body=body) for id, body in bodies.items()}
        return send_all(self.api, calls)


def _without(body: Record, field: str) -> Record:
    return {name: value for name, value in body.items() if name != field}


def _conflict(error: Taken) -> Conflict:
    return Conflict(
        f"Another contact in HighLevel has this {error.field}.",
        record_ids=error.record_ids,
        vendor_code=error.vendor_code,
        help=REST_WRITTEN,
        status=error.status,
    )


def _all_well(write: Write, stopped: Mapping[str, Outcome]) -> Outcome:
    """Only where nothing but a stop was asked for, that it was there already is the whole outcome."""
    only_stops = len(flags_of(write.values)) == len(write.values)
    return stopped[write.id] if only_stops and write.id in stopped else done(write)


def as_update(write: Write, record_id: str) -> Write:
    given = {name: value for name, value in write.values.items() if value not in (None, "", [])}
    return replace(write, operation="update", record_id=record_id, values=given)
