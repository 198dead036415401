"""Makes contacts. Who is there already is changed instead; what was refused may have been made all the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ...base import Outcome, Record, Write
from ...errors import Conflict, CrosswalkError, FieldHidden, RecordError, Rejected
from ...http import Call
from ...payloads import read_time
from ..client import Api, NotShown, Taken
from ..fields import UPDATEABLE
from .bodies import create_body, tag_list
from .contacts import Contacts
from .names import Names
from .rows import Answers, Outcomes, body_of, contact_path, done, failed, send_all
from .stops import flags_of, new_settings, shows
from .updating import Updates, as_update

CLOCKS_DIFFER_BY = timedelta(minutes=1)
ADDRESSES = ("email", "phone")
SHARED = "Is it the same person? Then add the address to that contact in HighLevel. If not, take the phone out of one."
UNSEEN = "HighLevel refused the contact, and may have made it all the same; that could not be looked up yet."
NO_ADDRESS = "Map an e-mail address or a phone number."


@dataclass(frozen=True)
class New:
    """One contact to be made. `since`: if it was made after that, it was us."""

    write: Write
    body: Record
    since: datetime

    @property
    def addresses(self) -> dict[str, list[str]]:
        return {field: [str(self.body[field])] for field in ADDRESSES if self.body.get(field)}


class Creates:
    def __init__(self, api: Api, names: Names, contacts: Contacts, updates: Updates) -> None:
        self.api = api
        self.names = names
        self.contacts = contacts
        self.updates = updates

    def carry_out(self, writes: Sequence[Write]) -> Outcomes:
        """One call each. HighLevel's own upsert drops an address without a word and cannot be told apart (§2.1)."""
        new, outcomes = self._new(writes)
        outcomes |= self._look_back([each for each in new if each.write.retry])
        return outcomes | self._send([each for each in new if each.write.id not in outcomes])

    def _new(self, writes: Sequence[Write]) -> tuple[list[New], Outcomes]:
        new: list[New] = []
        refused: Outcomes = {}
        for write in writes:
            try:
                since = write.first_attempt_at or datetime.now(UTC)
                new.append(New(write, self._body(write), since - CLOCKS_DIFFER_BY))
            except RecordError as error:
                refused[write.id] = failed(write, error)
        return new, refused

    def _body(self, write: Write) -> Record:
        body = create_body(write.values, self.names)
        if not any(body.get(field) for field in ADDRESSES):
            raise Rejected("A contact needs an e-mail address or a phone number.", fields=ADDRESSES, help=NO_ADDRESS)
        tags = tag_list(write.values.get("tags"))
        body |= {"tags": tags} if tags else {}
        return {"locationId": self.api.location, **body, **new_settings(flags_of(write.values))}

    def _send(self, new: Sequence[New]) -> Outcomes:
        answers = send_all(self.api, {each.write.id: Call("POST", "/contacts/", body=each.body) for each in new})
        outcomes = {each.write.id: _outcome(each.write, answers) for each in new}
        outcomes |= self._stop([each for each in new if not _shows_stop(each, answers)], outcomes)
        taken = {e.write.id: a for e in new if isinstance(a := answers[e.write.id], Taken) and a.record_ids}
        outcomes |= self._adopt([each for each in new if each.write.id in taken], taken)
        return outcomes | self._refused_and_made([each for each in new if _is_refused(answers[each.write.id])])

    # --- who is there already -----------------------------------------------------------------------------------------

    def _adopt(self, new: Sequence[New], taken: Mapping[str, Taken]) -> Outcomes:
        """HighLevel says which contact has the address (§4): that one is changed, if it may be the same person."""
        calls = {each.write.id: Call("GET", contact_path(taken[each.write.id].record_ids[0])) for each in new}
        answers = send_all(self.api, calls)
        outcomes = {e.write.id: failed(e.write, a) for e in new if isinstance(a := answers[e.write.id], CrosswalkError)}
        updates = []
        for each in (each for each in new if each.write.id not in outcomes):
            contact = body_of(answers[each.write.id], "contact")
            if is_somebody_else(each.body, contact):
                outcomes[each.write.id] = failed(each.write, _shared(taken[each.write.id]))
            else:
                updates.append(_for_existing(each, contact, taken[each.write.id].record_ids[0]))
        return outcomes | self.updates.carry_out(updates)

    def _refused_and_made(self, new: Sequence[New]) -> Outcomes:
        """After a 422 the contact may be there (§4): looked for before anybody tries again."""
        found, errors = self._made_since(new)
        return found | {id: Outcome(id, error=NotShown(UNSEEN)) for id in errors}

    def _look_back(self, new: Sequence[New]) -> Outcomes:
        """What became of those whose answer was lost. Without an outcome: not there, to be sent again."""
        found, errors = self._made_since(new)
        return found | {id: Outcome(id, error=error) for id, error in errors.items()}

    def _made_since(self, new: Sequence[New]) -> tuple[Outcomes, dict[str, CrosswalkError]]:
        """(what an earlier attempt made, what could not be looked up): by the duplicate search, for the index lags."""
        found: Outcomes = {}
        errors: dict[str, CrosswalkError] = {}
        for each in new:
            try:
                hits = [hit for hit in self.contacts.duplicates(each.addresses) if _is_made_since(hit, each.since)]
            except CrosswalkError as error:
                errors[each.write.id] = error
                continue
            found |= {each.write.id: done(each.write, True, str(hits[0]["id"]))} if hits else {}
        return found | self._stop(new, found), errors

    def _stop(self, new: Sequence[New], made: Mapping[str, Outcome]) -> Outcomes:
        """Who was to be made with a stop has it, or the write is not done: nobody says how much of it was taken."""
        ids = {id: outcome.record_id for id, outcome in made.items() if outcome.record_id}
        stopping = [each.write for each in new if flags_of(each.write.values) and each.write.id in ids]
        writes = [replace(write, record_id=ids[write.id]) for write in stopping]
        return {id: outcome for id, outcome in self.updates.stops.carry_out(writes).items() if outcome.error}


def _outcome(write: Write, answers: Answers) -> Outcome:
    answer = answers[write.id]
    if isinstance(answer, CrosswalkError):
        return failed(write, answer)
    record_id = str(body_of(answer, "contact").get("id") or "")
    if not record_id:
        return failed(write, Rejected("HighLevel made a contact and did not say which.", help="Look in HighLevel."))
    return done(write, True, record_id)


def _shows_stop(each: New, answers: Answers) -> bool:
    return shows(body_of(answers[each.write.id], "contact"), flags_of(each.write.values))


def _is_refused(answer: object) -> bool:
    return isinstance(answer, (Rejected, FieldHidden)) and answer.status == 422


def _is_made_since(hit: Record, since: datetime) -> bool:
    made = read_time(hit.get("dateAdded"))
    return made is not None and made >= since


def is_somebody_else(body: Record, contact: Record) -> bool:
    """One phone may be that of several people; an e-mail address that neither of the two knows tells them apart."""
    ours = str(body.get("email") or "").casefold()
    theirs = emails_of(contact)
    return bool(ours and theirs) and ours not in theirs


def emails_of(contact: Record) -> set[str]:
    """The contact's addresses, the further ones too, which nobody can write (§2.1)."""
    further = contact.get("additionalEmails")
    found = [each.get("email") for each in (further if isinstance(further, list) else ()) if isinstance(each, dict)]
    return {str(email).casefold() for email in [contact.get("email"), *found] if email}


def _for_existing(each: New, contact: Record, record_id: str) -> Write:
    """Without what only a new contact takes, and without an e-mail: to write a further one would lose the first."""
    update = as_update(each.write, record_id)
    kept = {n: v for n, v in update.values.items() if n in UPDATEABLE or n == "tags" or "." in n}
    return replace(update, values={n: v for n, v in kept.items() if n != "email" or not emails_of(contact)})


def _shared(error: Taken) -> Conflict:
    message = "A contact with another e-mail address has this phone number."
    return Conflict(message, record_ids=error.record_ids, vendor_code=error.vendor_code, help=SHARED, status=400)
