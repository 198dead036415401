"""Sends batches of writes: one record by its own call, several through collections, each row with its own outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from ...base import Outcome, Record, Write
from ...errors import (
    Busy,
    CrosswalkError,
    FieldHidden,
    NotFound,
    OutcomeUnknown,
    RecordError,
    Rejected,
    ScopeMissing,
    Unsupported,
)
from ...http import Answer, Call
from ..client import Api
from .batches import Batch
from .lookups import Lookups, marked
from .queries import name

EXTERNAL_ID = (
    "Make the field in Salesforce: Setup > Object Manager > the object > Fields > New > Text, with External ID and "
    "Unique ticked, and let the integration user see and edit it."
)
NOTES_ARE_OFF = (
    "Switch notes on in Salesforce: Setup > Notes Settings > Enable Notes. Or choose Note as the connection's kind of "
    "notes."
)
METHODS = {"create": "POST", "update": "PATCH", "upsert": "PATCH", "delete": "DELETE"}
TRUE = ("true", "1", "yes", "on")


class Rows:
    """Writes of one org."""

    def __init__(self, api: Api, lookups: Lookups) -> None:
        self.api = api
        self.lookups = lookups

    def send(self, batch: Batch) -> dict[str, Outcome]:
        """The outcome of each write by its id. Raises only what concerns all of them."""
        found = self.lookups.made_before(batch)
        writes = tuple(write for write in batch.writes if write.id not in found)
        return {**found, **(self._send(replace(batch, writes=writes)) if writes else {})}

    def _send(self, batch: Batch) -> dict[str, Outcome]:
        alone = len(batch.writes) == 1 and not _only_dots(batch.writes[0])
        call = self._single(batch, batch.writes[0]) if alone else self._collection(batch)
        try:
            answer = self.api.send(call)
        except CrosswalkError as error:
            if not _is_about_rows(error):
                raise
            return self._refused(batch, error)
        return self._one(batch, answer) if alone else self._many(batch, answer)

    def _refused(self, batch: Batch, error: CrosswalkError) -> dict[str, Outcome]:
        """A call refused as a whole wrote nothing. One unreadable row spoils it for all: halves find that row."""
        if isinstance(error, Rejected) and len(batch.writes) > 1:
            middle = len(batch.writes) // 2
            halves = (batch.writes[:middle], batch.writes[middle:])
            return {k: v for half in halves for k, v in self._send(replace(batch, writes=half)).items()}
        return failed(batch.writes, _explained(batch, error))

    def _one(self, batch: Batch, answer: Answer) -> dict[str, Outcome]:
        write = batch.writes[0]
        row = answer.json if isinstance(answer.json, dict) else {"success": True, "id": write.record_id}
        if batch.verb == "upsert" and not row.get("id"):  # 204 without a body, before API version 46
            row = {**row, "id": self.lookups.id_by_key(write)}
        return {write.id: self._outcome(batch, write, row)}

    def _many(self, batch: Batch, answer: Answer) -> dict[str, Outcome]:
        rows = answer.json
        if not isinstance(rows, list) or len(rows) != len(batch.writes):
            return failed(batch.writes, OutcomeUnknown("Salesforce did not answer for each row."))
        return {w.id: self._outcome(batch, w, row) for w, row in zip(batch.writes, rows, strict=True)}

    def _outcome(self, batch: Batch, write: Write, row: Any) -> Outcome:
        facts: Mapping[str, Any] = row if isinstance(row, dict) else {}
        record_id = str(facts.get("id") or write.record_id)
        if facts.get("success") and record_id:
            created = facts.get("created") if batch.verb == "upsert" else batch.verb == "create"
            return Outcome(write.id, record_id, created, response={"id": record_id, "created": created})
        errors = facts.get("errors") or [None]
        error = self.api.row_error(errors[0], 400)
        codes = [e.get("statusCode") or e.get("errorCode") for e in errors if isinstance(e, dict)]
        return Outcome(write.id, error=_explained(batch, error), response={"errors": codes})

    # --- the calls ------------------------------------------------------------------------------------------------

    def _single(self, batch: Batch, write: Write) -> Call:
        address = f"sobjects/{name(write.object)}"
        if batch.verb == "upsert" and write.key:
            address += f"/{name(write.key[0])}/{quote(write.key[1], safe='')}"
        elif batch.verb != "create":
            address += f"/{write.record_id}"
        body = None if batch.verb == "delete" else self._values(batch, write)
        return Call(METHODS[batch.verb], self.api.data(address), headers=self._headers(batch), body=body)

    def _collection(self, batch: Batch) -> Call:
        if batch.verb == "delete":
            ids = ",".join(write.record_id for write in batch.writes)
            query = (("ids", ids), ("allOrNone", "false"))
            return Call("DELETE", self.api.data("composite/sobjects"), query, self._headers(batch))
        address = "composite/sobjects"
        address += f"/{name(batch.object)}/{name(batch.field)}" if batch.verb == "upsert" else ""
        body = {"allOrNone": False, "records": [self._row(batch, write) for write in batch.writes]}
        return Call(METHODS[batch.verb], self.api.data(address), headers=self._headers(batch), body=body)

    def _row(self, batch: Batch, write: Write) -> Record:
        key = {write.key[0]: write.key[1]} if batch.verb == "upsert" and write.key else {}
        own_id = {"Id": write.record_id} if batch.verb == "update" else {}
        return {"attributes": {"type": write.object}, **self._values(batch, write), **key, **own_id}

    def _values(self, batch: Batch, write: Write) -> Record:
        """What is written, without Id and key: a single call names them in its address and refuses them here."""
        named = {"id", write.key[0].lower()} if batch.verb == "upsert" and write.key else {"id"}
        values = {field: value for field, value in write.values.items() if field.lower() not in named}
        return marked(self.api.account, write, values) if batch.verb == "create" else values

    def _headers(self, batch: Batch) -> dict[str, str]:
        """Salesforce runs assignment rules on updates too unless it is told not to (salesforce.md §3.8)."""
        if batch.verb == "delete":
            return {}
        options = self.api.account.options
        assign = said(options.get("auto_assign"), "true") if batch.verb != "update" else "false"
        headers = {"Sforce-Auto-Assign": assign.upper() if assign.lower() in ("true", "false") else assign}
        if said(options.get("allow_duplicates"), "").lower() in TRUE:
            headers["Sforce-Duplicate-Rule-Header"] = "allowSave=true"
        return headers


def failed(writes: Sequence[Write], error: CrosswalkError) -> dict[str, Outcome]:
    return {write.id: Outcome(write.id, error=error) for write in writes}


def _is_about_rows(error: CrosswalkError) -> bool:
    """A locked row, or one that our user may not touch, says nothing of the connection; with 403 it does (§2.5)."""
    return isinstance(error, RecordError) or (isinstance(error, (Busy, ScopeMissing)) and error.status == 400)


def said(option: Any, default: str) -> str:
    """An option as text, whether it came from a form or from YAML."""
    return str(option).strip() if option not in (None, "") else default


def _only_dots(write: Write) -> bool:
    """A key of dots would be taken for a step in the path."""
    return bool(write.key) and not write.record_id and not (write.key or ("", ""))[1].strip(".")


def _explained(batch: Batch, error: CrosswalkError) -> CrosswalkError:
    """An upsert that is not found means the key field: a missing record would have been created (§2.1).

    A note that is not found on create means that there are no notes in this org (§3.7).
    """
    if not isinstance(error, NotFound) or error.vendor_code != "NOT_FOUND":
        return error
    if batch.verb == "create" and batch.writes[0].object == "ContentNote":
        return Unsupported("Notes are not switched on in this org.", vendor_code=error.vendor_code, help=NOTES_ARE_OFF)
    if batch.verb != "upsert":
        return error
    return FieldHidden(
        f"{batch.object} has no external id field {batch.field} that the integration user can see.",
        fields=[batch.field],
        vendor_code=error.vendor_code,
        help=EXTERNAL_ID,
        status=error.status,
    )
