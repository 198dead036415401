"""Adds and removes tags: by name, for many contacts in one call where the tags are the same."""

from __future__ import annotations

from collections.abc import Sequence

from ...base import Outcome, Record, Write
from ...errors import CrosswalkError, NotFound, RecordError, Rejected
from ...http import Answer, Call
from ..client import Api
from .bodies import tags_of
from .rows import Outcomes, contact_path, done, elements, failed, send_all, settled

ADD, REMOVE = "add", "remove"
GONE = ("deleted", "not belong", "not a valid")  # what HighLevel says of a contact of a bulk call (§2.5)


class Tags:
    def __init__(self, api: Api) -> None:
        self.api = api

    def add(self, writes: Sequence[Write]) -> Outcomes:
        return self._change(writes, ADD)

    def remove(self, writes: Sequence[Write]) -> Outcomes:
        return self._change(writes, REMOVE)

    def _change(self, writes: Sequence[Write], how: str) -> Outcomes:
        """May be repeated: a tag that is there stays, one that is not is no loss."""
        groups: dict[tuple[str, ...], list[Write]] = {}
        outcomes: Outcomes = {}
        for write in writes:
            try:
                groups.setdefault(tuple(tags_of(write)), []).append(write)
            except RecordError as error:
                outcomes[write.id] = failed(write, error)
        for tags, group in groups.items():
            outcomes |= self._of_many(group, tags, how) if len(group) > 1 else self._of_one(group[0], tags, how)
        return outcomes

    def _of_one(self, write: Write, tags: Sequence[str], how: str) -> Outcomes:
        method = "POST" if how == ADD else "DELETE"  # which takes a body as well
        call = Call(method, contact_path(write.record_id, "/tags"), body={"tags": list(tags)})
        return settled([write], send_all(self.api, {write.id: call}))

    def _of_many(self, writes: Sequence[Write], tags: Sequence[str], how: str) -> Outcomes:
        """201 also when every single contact failed: each row says for itself."""
        ids = list(dict.fromkeys(write.record_id for write in writes))
        try:
            body = {"contacts": ids, "tags": list(tags), "locationId": self.api.location}
            answer = self.api.send(Call("POST", f"/contacts/bulk/tags/update/{how}", body=body))
        except CrosswalkError as error:
            return {write.id: failed(write, error) for write in writes}
        rows = {str(row.get("contactId")): row for row in elements(answer.json, "responses")}
        return {write.id: _outcome(write, rows.get(write.record_id), answer) for write in writes}


def _outcome(write: Write, row: Record | None, answer: Answer) -> Outcome:
    if row is None:
        errors = answer.json.get("errorCount") if isinstance(answer.json, dict) else None
        return failed(write, Rejected("HighLevel says nothing of this contact.")) if errors else done(write)
    if row.get("type") != "error":
        return done(write)
    words = str(row.get("message") or "the tags were refused")
    kind = NotFound if any(part in words for part in GONE) else Rejected
    return failed(write, kind(f"HighLevel: {words}."))
