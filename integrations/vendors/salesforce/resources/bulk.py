"""Loads: thousands of writes as one job of Bulk API 2.0, which Salesforce works off by itself (salesforce.md §2.3).

A job runs only when it was told that its upload is complete. One that is still open when it is looked at never began;
it is aborted, so that it never will.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ...base import Outcome, Write
from ...errors import CrosswalkError, MappingInvalid, OutcomeUnknown, Rejected, Unavailable, Unsupported
from ...http import Call
from ..client import Api
from .batches import problem, unsupported, verb_of
from .lookups import Lookups
from .queries import literal, name
from .rows import failed, said
from .tables import error_of, joined, rows_of, table_of

OPERATIONS = {"update": "update", "upsert": "upsert"}
OVER = ("JobComplete", "Failed", "Aborted")
LARGEST_TABLE = 100_000_000  # bytes; 150 MB is what Salesforce makes of them when it encodes them (§2.3)
HAVE_ASSIGNMENT_RULES = ("Lead", "Case")  # Object Reference: AssignmentRule
UNKNOWN_FIELD = re.compile(r"Field name not found\s*:\s*(\w+)")


class Bulk:
    def __init__(self, api: Api, lookups: Lookups) -> None:
        self.api = api
        self.lookups = lookups

    def open(self, writes: Sequence[Write]) -> str:
        """The id of a new job for these writes. Nothing was begun, also when no answer came."""
        sent = _sent(writes)
        if not sent:
            raise Unsupported("None of these writes can go in a load.")
        if len(table_of(sent).encode()) > LARGEST_TABLE:
            raise Unsupported("These rows are too large for one load.")
        try:
            facts = self.api.send(Call("POST", self.api.data("jobs/ingest"), body=self._description(sent[0]))).json
        except OutcomeUnknown as error:
            raise Unavailable("Salesforce did not say whether it opened a job: nothing was begun.") from error
        if not isinstance(facts, dict) or not facts.get("id"):
            raise Unavailable("Salesforce opened no job.")
        return str(facts["id"])

    def fill(self, job: str, writes: Sequence[Write]) -> None:
        headers = {"Content-Type": "text/csv; charset=UTF-8"}
        self.api.send(Call("PUT", self._path(job, "/batches"), headers=headers, text=table_of(_sent(writes))))
        self._change(job, "UploadComplete")

    def look(self, job: str, writes: Sequence[Write]) -> list[Outcome] | None:
        facts = self.api.get(self._path(job))
        state = facts.get("state")
        if state == "Open":
            return self._abandon(job, writes)
        if state not in OVER:
            return None
        sent = _sent(writes)
        outcomes = {outcome.id: outcome for outcome in self._outcomes(job, sent, str(facts.get("errorMessage") or ""))}
        outcomes = {**_refusals(writes), **self.lookups.settle_moved(sent, outcomes)}
        return [outcomes[write.id] for write in writes]

    def _abandon(self, job: str, writes: Sequence[Write]) -> list[Outcome]:
        if not self.api.account.read_only:
            self._change(job, "Aborted")
        return list(failed(writes, Unavailable("The load never began: nothing was written.")).values())

    def _outcomes(self, job: str, writes: Sequence[Write], why: str) -> Iterator[Outcome]:
        waiting = {write.id: write for write in writes}
        for result, outcome_of in (
            ("successfulResults", self._written),
            ("failedResults", self._failed),
            ("unprocessedrecords", lambda write, row: self._left_out(write, why)),
        ):
            text = self.api.send(Call("GET", self._path(job, f"/{result}"))).text
            for write, row in joined(writes, rows_of(text)):
                if waiting.pop(write.id, None):
                    yield outcome_of(write, row)
        for id_ in waiting:
            yield Outcome(id_, error=OutcomeUnknown("Salesforce's results do not hold this row."))

    def _written(self, write: Write, row: Any) -> Outcome:
        created = str(row.get("sf__Created")).lower() == "true"
        record_id = str(row.get("sf__Id") or write.record_id)
        return Outcome(write.id, record_id, created, response={"id": record_id, "created": created})

    def _failed(self, write: Write, row: Any) -> Outcome:
        return Outcome(write.id, error=self.api.row_error(error_of(str(row.get("sf__Error") or "")), 400))

    def _left_out(self, write: Write, why: str) -> Outcome:
        """The job ended before this row: because of its table, or for a reason that has nothing to do with it."""
        hidden = UNKNOWN_FIELD.search(why)
        if hidden:
            facts = {"errorCode": "INVALID_FIELD", "message": f"No such column '{hidden[1]}'", "fields": [hidden[1]]}
            return Outcome(write.id, error=self.api.row_error(facts, 400))
        if "InvalidBatch" in why:
            return Outcome(write.id, error=Rejected("Salesforce could not read the table.", vendor_code="InvalidBatch"))
        return Outcome(write.id, error=Unavailable("The load ended before this row was written."))

    # --- the calls ------------------------------------------------------------------------------------------------

    def _description(self, write: Write) -> dict[str, str]:
        verb = verb_of(write)
        job = {"object": name(write.object), "operation": OPERATIONS[verb], "contentType": "CSV", "lineEnding": "LF"}
        if verb == "upsert" and write.key:
            job["externalIdFieldName"] = name(write.key[0])
            if rule := self._assignment_rule(write.object):
                job["assignmentRuleId"] = rule
        return job

    def _assignment_rule(self, object: str) -> str:
        """What gives new records an owner. A job knows no header: the active rule has to be named (§2.3, §3.8)."""
        option = said(self.api.account.options.get("auto_assign"), "true")
        if object not in HAVE_ASSIGNMENT_RULES or option.lower() == "false":
            return ""
        if option.lower() != "true":
            return option
        where = f"SobjectType = {literal(object)} AND Active = true"
        try:
            rules = list(self.lookups.queries.rows(f"SELECT Id FROM AssignmentRule WHERE {where} LIMIT 1"))
        except MappingInvalid as error:
            raise Unsupported("The integration user may not see the assignment rules, so it makes no loads.") from error
        return str(rules[0]["Id"]) if rules else ""

    def _change(self, job: str, state: str) -> None:
        self.api.send(Call("PATCH", self._path(job), body={"state": state}))

    def _path(self, job: str, rest: str = "") -> str:
        return self.api.data(f"jobs/ingest/{job}{rest}")


def _sent(writes: Sequence[Write]) -> list[Write]:
    """Those that a table can carry; the same at each look."""
    return [write for write in writes if _refusal(write) is None]


def _refusals(writes: Sequence[Write]) -> dict[str, Outcome]:
    return {write.id: Outcome(write.id, error=error) for write in writes if (error := _refusal(write))}


def _refusal(write: Write) -> CrosswalkError | None:
    """Creates would not be looked for when their answer is lost: only what may be repeated goes in a load."""
    if verb_of(write) not in OPERATIONS:
        return Unsupported(f"{write.operation} is not done by loads.")
    return unsupported(write) or problem(write)
