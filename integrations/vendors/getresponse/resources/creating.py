"""Adds people to lists. GetResponse only says that it took them: whether they arrived is looked up later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ...base import Outcome, Record, Write
from ...errors import Accepted, Conflict, CrosswalkError, OutcomeUnknown, RecordError, Rejected, Unavailable
from ...http import Call
from ...payloads import read_time
from ..client import Api
from ..fields import CUSTOM, LIST
from .looking import Hits, Place, look_for_unconfirmed, look_on_lists
from .names import Names, tag_list
from .rows import already, failed, send_all
from .updating import Updates, plain_value
from .wording import text_of, value_list

ARRIVES_WITHIN = timedelta(minutes=10)  # GetResponse's own advice how long to look (getresponse.md §2.2)
CLOCKS_DIFFER_BY = timedelta(minutes=1)
GIVEN_ON_CREATE = ("name", "dayOfCycle", "scoring", "ipAddress")  # a note is not taken then
NAME_THE_LIST = "Add a row to the mapping that writes the list's id to campaign.campaignId."
NOT_MADE = (
    "GetResponse's own checks dropped the contact: the address may be invalid, blocked or unwelcome there. "
    "Look in GetResponse; when the address is right, press Retry."
)
CONFIRMING = "The person has to confirm in the mail that GetResponse sent, and is on the list after that."
CONFIRM_FIRST = "The person was added before and has to confirm first. When they did, press Retry."


class NotShown(Unavailable):
    """One contact that GetResponse has and does not show yet; the connection as such works."""


class NotThere(OutcomeUnknown):
    """One contact that is looked for since its answer was lost; the connection as such works."""


@dataclass(frozen=True)
class New:
    """One contact to be made."""

    write: Write
    place: Place


class Creates:
    def __init__(self, api: Api, names: Names, updates: Updates) -> None:
        self.api = api
        self.names = names
        self.updates = updates

    def carry_out(self, writes: Sequence[Write]) -> dict[str, Outcome]:
        """One call each: `/contacts/batch` tells nothing of its rows and allows 80 calls in 10 minutes (§2.2)."""
        new, outcomes = _placed(writes)
        outcomes |= self._look_back([each for each in new if each.write.retry])
        return outcomes | self._send([each for each in new if each.write.id not in outcomes])

    def _body(self, each: New) -> Record:
        values, (email, list_id) = each.write.values, each.place
        body: Record = {"email": email, "campaign": {"campaignId": list_id}}
        body |= {name: given for name in GIVEN_ON_CREATE if (given := plain_value(name, values.get(name))) is not None}
        custom = self._custom(values)
        tags = [{"tagId": tag_id} for tag_id in self.names.tag_ids(tag_list(values.get("tags")))]
        return body | ({"customFieldValues": custom} if custom else {}) | ({"tags": tags} if tags else {})

    def _custom(self, values: Record) -> list[Record]:
        given = [(self.names.custom_field(name), value) for name, value in values.items() if name.startswith(CUSTOM)]
        pairs = [(field["customFieldId"], value_list(field, value)) for field, value in given]
        return [{"customFieldId": field_id, "value": texts} for field_id, texts in pairs if texts]

    # --- sending ----------------------------------------------------------------------------------------------------

    def _send(self, new: Sequence[New]) -> dict[str, Outcome]:
        calls, outcomes, taken = {}, {}, []
        for each in new:
            try:
                calls[each.write.id] = Call("POST", "contacts", body=self._body(each))
            except RecordError as error:
                outcomes[each.write.id] = failed(each.write, error)
        answers = send_all(self.api, calls)
        for each in (each for each in new if each.write.id in answers):
            answer = answers[each.write.id]
            if isinstance(answer, Conflict):
                taken.append(each)
            else:
                outcomes[each.write.id] = failed(each.write, answer if isinstance(answer, CrosswalkError) else _taken())
        return outcomes | self._update_existing(taken)

    def _update_existing(self, taken: Sequence[New]) -> dict[str, Outcome]:
        """The address is on that list already: the contact that is there is changed instead."""
        hits = look_on_lists(self.api, {each.write.id: each.place for each in taken})
        outcomes, updates = _sorted_out(taken, hits)
        unseen = [each for each in taken if hits[each.write.id] is None]
        return outcomes | self.updates.carry_out(updates) | self._unseen(unseen)

    def _unseen(self, unseen: Sequence[New]) -> dict[str, Outcome]:
        """On the list, and not among its contacts: not confirmed, or being made by somebody else at this moment."""
        hits = look_for_unconfirmed(self.api, {each.write.id: each.place for each in unseen})
        return {each.write.id: failed(each.write, _why_unseen(hits[each.write.id])) for each in unseen}

    # --- looking back -------------------------------------------------------------------------------------------------

    def _look_back(self, new: Sequence[New]) -> dict[str, Outcome]:
        """What became of those sent before. Without an outcome: never taken and not there, to be sent again."""
        hits = look_on_lists(self.api, {each.write.id: each.place for each in new})
        found = {each.write.id: self._found(each, hit) for each in new if (hit := hits[each.write.id]) is not None}
        missing = [each for each in new if each.write.id not in found]
        waiting = [each for each in missing if not has_waited(each.write)]
        found |= {each.write.id: failed(each.write, _still_waiting(each.write)) for each in waiting}
        return found | self._judge([each for each in missing if each.write.id not in found])

    def _found(self, each: New, hit: Record | CrosswalkError) -> Outcome:
        if isinstance(hit, CrosswalkError):
            return failed(each.write, hit)
        if each.write.unanswered and not _made_since(hit, each.write):
            (outcome,) = self.updates.carry_out([_as_update(each, hit)]).values()
            return outcome
        return Outcome(each.write.id, str(hit["contactId"]), True, response={"contactId": hit["contactId"]})

    def _judge(self, late: Sequence[New]) -> dict[str, Outcome]:
        """After the time in which contacts appear: unconfirmed, dropped, or never sent."""
        hits = look_for_unconfirmed(self.api, {each.write.id: each.place for each in late})
        outcomes = {}
        for each in late:
            hit = hits[each.write.id]
            if isinstance(hit, CrosswalkError):
                outcomes[each.write.id] = failed(each.write, hit)
            elif hit is not None:
                note = {"contactId": hit["contactId"], "unconfirmed": True, "note": CONFIRMING}
                outcomes[each.write.id] = Outcome(each.write.id, str(hit["contactId"]), True, response=note)
            elif not each.write.unanswered:
                outcomes[each.write.id] = failed(each.write, _dropped())
        return outcomes


def _placed(writes: Sequence[Write]) -> tuple[list[New], dict[str, Outcome]]:
    """(what can be made, why the rest cannot)."""
    new: list[New] = []
    refused: dict[str, Outcome] = {}
    for write in writes:
        try:
            new.append(New(write, _place(write)))
        except RecordError as error:
            refused[write.id] = failed(write, error)
    return new, refused


def _place(write: Write) -> Place:
    email, list_id = text_of(write.values.get("email")), text_of(write.values.get(LIST))
    if not email:
        raise Rejected("A contact needs an e-mail address.", fields=["email"])
    if not list_id:
        raise Rejected("A contact needs a list.", fields=[LIST], help=NAME_THE_LIST)
    return email, list_id


def has_waited(write: Write) -> bool:
    """Whether the time has passed in which an accepted contact appears; unknown when it began: not yet."""
    return write.first_attempt_at is not None and datetime.now(UTC) - write.first_attempt_at >= ARRIVES_WITHIN


def _sorted_out(taken: Iterable[New], hits: Hits) -> tuple[dict[str, Outcome], list[Write]]:
    outcomes: dict[str, Outcome] = {}
    updates: list[Write] = []
    for each in taken:
        hit = hits[each.write.id]
        if isinstance(hit, CrosswalkError):
            outcomes[each.write.id] = failed(each.write, hit)
        elif hit is not None and each.write.operation == "add_to_campaign":
            outcomes[each.write.id] = already(each.write, str(hit["contactId"]))
        elif hit is not None:
            updates.append(_as_update(each, hit))
    return outcomes, updates


def _as_update(each: New, hit: Record) -> Write:
    """Without what is so already, and without a new start in the autoresponder cycle."""
    settled = ("email", LIST, "dayOfCycle", "ipAddress")
    given: dict[str, Any] = {name: value for name, value in each.write.values.items() if value not in (None, "", [])}
    values = {name: value for name, value in given.items() if name not in settled}
    return replace(each.write, operation="update", record_id=str(hit["contactId"]), values=values)


def _made_since(hit: Record, write: Write) -> bool:
    made = read_time(hit.get("createdOn"))
    return made is None or write.first_attempt_at is None or made >= write.first_attempt_at - CLOCKS_DIFFER_BY


def _taken() -> CrosswalkError:
    return Accepted("GetResponse took the contact and has not made it yet.")


def _still_waiting(write: Write) -> CrosswalkError:
    if write.unanswered:
        return NotThere("GetResponse's answer was lost, and the contact is not there yet.")
    return _taken()


def _dropped() -> CrosswalkError:
    return Rejected("GetResponse accepted the contact and did not make it.", help=NOT_MADE)


def _why_unseen(hit: Record | CrosswalkError | None) -> CrosswalkError:
    if isinstance(hit, CrosswalkError):
        return hit
    if hit is not None:
        return Rejected("The person is on the list already and has not confirmed yet.", help=CONFIRM_FIRST)
    return NotShown("The person is on the list already, but GetResponse does not show the contact yet.")
