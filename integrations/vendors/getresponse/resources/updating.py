"""Changes contacts: only what is given, and never more of a collection than is meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...base import Outcome, Record, Write
from ...errors import Conflict, CrosswalkError, NotFound, RecordError, Rejected
from ...http import Answer, Call
from ..client import Api
from ..fields import CUSTOM, LIST
from .names import Names, tag_list
from .rows import Answers, contact_path, failed, send_all, split
from .wording import text_of, value_list

PLAIN = ("name", "email", "note", "scoring", "dayOfCycle")  # what POST /contacts/{id} takes by its own name
NEVER_EMPTY = ("name", "email", LIST)
KEEP_IT = "GetResponse keeps this value once it has one. Use blank: ignore in the mapping's row."
NOT_WRITTEN = "GetResponse does not let it be written. Take it out of the mapping."
THERE_ALREADY = "The person is on that list already. Remove one of the two contacts, or leave this one where it is."


@dataclass
class Plan:
    """What one write sends, by the call that takes it."""

    write: Write
    plain: Record = field(default_factory=dict)
    custom: list[Record] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    emptied: set[str] = field(default_factory=set)  # ids of custom fields


class Updates:
    def __init__(self, api: Api, names: Names) -> None:
        self.api = api
        self.names = names

    def carry_out(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """Each may be repeated without harm. A contact whose one call fails gets none of those that follow."""
        plans, outcomes = self._plans(writes)
        steps: tuple[Callable[[list[Plan]], Answers], ...] = (self._plain, self._custom, self._tags, self._emptied)
        for step in steps:
            answers = step([plan for plan in plans if plan.write.id not in outcomes])
            outcomes |= {p.write.id: failed(p.write, error) for p in plans if (error := _error(p, answers))}
        return {w.id: outcomes.get(w.id) or Outcome(w.id, w.record_id, False) for w in writes}

    def _plans(self, writes: Sequence[Write]) -> tuple[list[Plan], dict[str, Outcome]]:
        plans: list[Plan] = []
        refused: dict[str, Outcome] = {}
        for write in writes:
            try:
                plans.append(self._plan(write))
            except RecordError as error:
                refused[write.id] = failed(write, error)
        return plans, refused

    def _plan(self, write: Write) -> Plan:
        plan = Plan(write)
        for name, value in write.values.items():
            if name in NEVER_EMPTY and not text_of(value):
                raise Rejected(f"{name} cannot be emptied.", fields=[name], help=KEEP_IT)
            if name.startswith(CUSTOM):
                self._plan_custom(plan, name, value)
            elif name == "tags":
                plan.tags = self.names.tag_ids(tag_list(value))
            elif name == LIST:
                plan.plain["campaign"] = {"campaignId": text_of(value)}
            elif name in PLAIN:
                plan.plain[name] = plain_value(name, value)
            else:
                raise Rejected(f"{name} cannot be changed.", fields=[name], help=NOT_WRITTEN)
        return plan

    def _plan_custom(self, plan: Plan, name: str, value: Any) -> None:
        definition = self.names.custom_field(name)
        field_id, values = str(definition["customFieldId"]), value_list(definition, value)
        if values:
            plan.custom.append({"customFieldId": field_id, "value": values})
        else:
            plan.emptied.add(field_id)

    # --- the calls ------------------------------------------------------------------------------------------------

    def _plain(self, plans: list[Plan]) -> Answers:
        return self._post({p.write.id: (p, "", p.plain) for p in plans if p.plain})

    def _custom(self, plans: list[Plan]) -> Answers:
        """Sets these fields and leaves the others."""
        return self._post(
            {p.write.id: (p, "/custom-fields", {"customFieldValues": p.custom}) for p in plans if p.custom}
        )

    def _tags(self, plans: list[Plan]) -> Answers:
        """Adds these tags and leaves the others."""
        tags = {p.write.id: [{"tagId": tag_id} for tag_id in p.tags] for p in plans}
        return self._post({p.write.id: (p, "/tags", {"tags": tags[p.write.id]}) for p in plans if p.tags})

    def _emptied(self, plans: list[Plan]) -> Answers:
        """A field is emptied by writing all the others: read just before, because nothing guards the write (§2.3)."""
        writes = {plan.write.id: plan for plan in plans if plan.emptied}
        read, answers = read_details(self.api, [plan.write for plan in writes.values()])
        kept = {id_: _without(contact, writes[id_].emptied) for id_, contact in read.items()}
        posted = self._post({id_: (writes[id_], "", {"customFieldValues": values}) for id_, values in kept.items()})
        return {**answers, **posted}

    def _post(self, bodies: Mapping[str, tuple[Plan, str, Record]]) -> Answers:
        calls = {
            id_: Call("POST", contact_path(plan.write.record_id, rest), body=body)
            for id_, (plan, rest, body) in bodies.items()
        }
        return send_all(self.api, calls)


def read_details(api: Api, writes: Sequence[Write]) -> tuple[dict[str, Record], Answers]:
    """(the full contact of each write by its id, what the failed ones were answered)."""
    answers = send_all(api, {write.id: Call("GET", contact_path(write.record_id)) for write in writes})
    there, _failed = split(writes, answers)
    found = {w.id: answer.json for w in there if isinstance(answer := answers[w.id], Answer)}
    strange = NotFound("GetResponse answered with something that is not a contact.")
    errors: Answers = {id_: answer for id_, answer in answers.items() if not isinstance(answer, Answer)}
    errors |= {id_: strange for id_, body in found.items() if not isinstance(body, dict)}
    return {id_: body for id_, body in found.items() if isinstance(body, dict)}, errors


def plain_value(name: str, value: Any) -> Any:
    """As GetResponse wants it: the day of the cycle is a text; null clears a note, a score, a place in the cycle."""
    if name == "scoring":
        return value if value != "" else None
    return text_of(value) or None


def held_values(contact: Record) -> list[Record]:
    """The custom field values of a full contact as a write gives them."""
    entries = [entry for entry in contact.get("customFieldValues") or () if isinstance(entry, dict)]
    pairs = [(str(e.get("customFieldId") or ""), e.get("value") or e.get("values")) for e in entries]
    return [{"customFieldId": id_, "value": list(value)} for id_, value in pairs if id_ and isinstance(value, list)]


def _without(contact: Record, ids: set[str]) -> list[Record]:
    return [entry for entry in held_values(contact) if entry["customFieldId"] not in ids]


def _error(plan: Plan, answers: Answers) -> CrosswalkError | None:
    error = answers.get(plan.write.id)
    if isinstance(error, Conflict) and "campaign" in plan.plain:
        return Conflict(error.message, vendor_code=error.vendor_code, help=THERE_ALREADY, status=error.status)
    return error if isinstance(error, CrosswalkError) else None
