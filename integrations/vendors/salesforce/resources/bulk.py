"""Bulk API 2.0: thousands of writes as one job, which Salesforce works off by itself (salesforce.md §2.3).

A job that is under way keeps no worker: `start` gives what is needed to ask for it later, `results` asks once.
`load` does both for somebody who has the time to wait.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ...base import Outcome, Write
from ...errors import Accepted, CrosswalkError, OutcomeUnknown, Rejected, Unavailable, Unsupported
from ...http import Call
from ..client import Api
from .batches import identity, problem, unsupported, verb_of
from .lookups import Lookups
from .queries import name
from .rows import failed, said
from .tables import columns_of, error_of, joined, rows_of, table_of

PAYS_FROM = 2000  # rows; below that, collections of 200 are quicker (salesforce.md §2.2)
ROWS_PER_JOB = 10_000  # Salesforce cuts a job into pieces of that size
OPERATIONS = {"create": "insert", "update": "update", "upsert": "upsert", "delete": "delete"}
OVER = ("JobComplete", "Failed", "Aborted")
FIRST_WAIT, LONGEST_WAIT = 2.0, 30.0  # seconds between two looks at a job
PATIENCE = 600.0
UNKNOWN_FIELD = re.compile(r"Field name not found\s*:\s*(\w+)")
NOT_BY_BULK = ("add_to_campaign", "remove_from_campaign", "create_task", "add_note", "update_note", "delete_note")

Wait = Callable[[float], None]  # of so many seconds


@dataclass(frozen=True)
class Job:
    """One job at Salesforce and the writes that went with it."""

    id: str
    writes: tuple[Write, ...]


class Bulk:
    def __init__(self, api: Api, lookups: Lookups) -> None:
        self.api = api
        self.lookups = lookups

    def load(self, writes: Sequence[Write], wait: Wait, patience: float = PATIENCE) -> Iterator[Outcome]:
        """The outcome of each write, job by job. What is not done in time is Accepted; its response names the job."""
        refused = {w.id: error for w in writes if (error := _refusal(w))}
        yield from (Outcome(id_, error=error) for id_, error in refused.items())
        for group in jobs_of(w for w in writes if w.id not in refused):
            yield from self._load(group, wait, patience)

    def start(self, writes: Sequence[Write]) -> Job:
        """Hand over the writes of one job: of one object, verb and key. Raises when nothing of it will be written."""
        facts = self.api.send(Call("POST", self.api.data("jobs/ingest"), body=self._description(writes[0]))).json
        if not isinstance(facts, dict) or not facts.get("id"):
            raise Unavailable("Salesforce opened no job.")
        job = Job(str(facts["id"]), tuple(writes))
        headers = {"Content-Type": "text/csv; charset=UTF-8"}
        try:
            self.api.send(Call("PUT", self._path(job, "/batches"), headers=headers, text=table_of(writes)))
        except OutcomeUnknown as error:  # nothing begins before the upload is said to be complete
            raise Unavailable("Salesforce did not answer after the upload: nothing was begun.") from error
        self._complete(job)
        return job

    def results(self, job: Job) -> list[Outcome] | None:
        """The outcome of each write; None while the job is under way."""
        facts = self.api.get(self._path(job))
        state = facts.get("state")
        if state == "Open":  # it was never told that the upload is complete
            self._complete(job)
        if state not in OVER:
            return None
        outcomes = {outcome.id: outcome for outcome in self._outcomes(job, str(facts.get("errorMessage") or ""))}
        outcomes = self.lookups.settle_moved(job.writes, outcomes)
        return [outcomes[write.id] for write in job.writes]

    def _load(self, writes: Sequence[Write], wait: Wait, patience: float) -> Iterable[Outcome]:
        try:
            job = self.start(writes)
        except CrosswalkError as error:
            return failed(writes, error).values()
        waited, pause = 0.0, FIRST_WAIT
        while waited < patience:
            wait(pause)
            waited, pause = waited + pause, min(2 * pause, LONGEST_WAIT)
            if (outcomes := self._look(job)) is not None:
                return outcomes
        return accepted(job)

    def _look(self, job: Job) -> list[Outcome] | None:
        """One that was not answered is asked again: the job goes on without us."""
        try:
            return self.results(job)
        except Unavailable:
            return None

    def _outcomes(self, job: Job, why: str) -> Iterator[Outcome]:
        waiting = {write.id: write for write in job.writes}
        for result, outcome_of in (
            ("successfulResults", self._written),
            ("failedResults", self._failed),
            ("unprocessedrecords", lambda write, row: self._left_out(write, why)),
        ):
            text = self.api.send(Call("GET", self._path(job, f"/{result}"))).text
            for write, row in joined(job.writes, rows_of(text)):
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
        return Outcome(write.id, error=Unavailable("The job ended before this row was written."))

    # --- the calls ------------------------------------------------------------------------------------------------

    def _description(self, write: Write) -> dict[str, str]:
        verb = verb_of(write)
        job = {"object": name(write.object), "operation": OPERATIONS[verb], "contentType": "CSV", "lineEnding": "LF"}
        if verb == "upsert" and write.key:
            job["externalIdFieldName"] = name(write.key[0])
        rule = said(self.api.account.options.get("auto_assign"), "")
        if verb in ("create", "upsert") and rule.lower() not in ("", "true", "false"):
            job["assignmentRuleId"] = rule  # a job knows no header, and no rule that is simply the active one (§2.3)
        return job

    def _complete(self, job: Job) -> None:
        """When no answer comes, the job says itself whether it heard."""
        try:
            self.api.send(Call("PATCH", self._path(job), body={"state": "UploadComplete"}))
        except OutcomeUnknown:
            return

    def _path(self, job: Job, rest: str = "") -> str:
        return self.api.data(f"jobs/ingest/{job.id}{rest}")


def jobs_of(writes: Iterable[Write]) -> Iterator[list[Write]]:
    """Writes of one object, verb and key together; the same record twice goes into successive jobs, in order."""
    turns: dict[tuple[str, ...], int] = {}
    groups: dict[tuple[int, str, str, str], list[Write]] = {}
    for write in writes:
        turn = turns[identity(write)] = turns.get(identity(write), -1) + 1
        field = write.key[0] if verb_of(write) == "upsert" and write.key else ""
        groups.setdefault((turn, verb_of(write), write.object, field), []).append(write)
    for _key, group in sorted(groups.items(), key=lambda item: item[0][0]):
        rest = iter(group)
        while chunk := list(islice(rest, ROWS_PER_JOB)):
            yield chunk


def accepted(job: Job) -> list[Outcome]:
    """Salesforce works on it still: to be asked for by the job's id."""
    words = "Salesforce has taken the rows and has not written all of them yet."
    return [Outcome(write.id, error=Accepted(words), response={"job": job.id}) for write in job.writes]


def _refusal(write: Write) -> CrosswalkError | None:
    if write.operation in NOT_BY_BULK:
        return Unsupported(f"{write.operation} is not done by bulk loads.")
    if error := unsupported(write) or problem(write):
        return error
    if write.retry and verb_of(write) == "create":
        return OutcomeUnknown("An earlier attempt may have made this record, and bulk loads do not look for it.")
    return None if columns_of([write]) else Rejected("There is nothing to write.")
