"""Looks for what an earlier attempt may have made, and for what a converted lead became."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from ...base import Account, Outcome, Record, Write
from ...errors import Ambiguous, CrosswalkError, Moved
from ..client import Api
from . import notes
from .batches import Batch
from .queries import Queries, literal, moment, name, names, same

CLOCKS_DIFFER_BY = timedelta(minutes=1)
# How a record without an external key is recognised: filtered by, and compared after (long text cannot be filtered).
RECOGNISED_BY: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "Task": (("WhoId", "WhatId", "Subject"), ("ActivityDate", "Description")),
    "Lead": (("Email", "LastName"), ("FirstName", "Company")),
    "Contact": (("Email", "LastName"), ("FirstName",)),
    "CampaignMember": (("CampaignId", "LeadId", "ContactId"), ()),
    "Note": (("ParentId", "Title"), ("Body",)),
}
LEAD_FIELDS = ("LeadId", "WhoId", "ParentId", "LinkedEntityId")
MARKED_OBJECTS = ("Task",)
LOOK_YOURSELF = "Look in Salesforce whether the record is there. If not, press Retry."


class Lookups:
    def __init__(self, api: Api, queries: Queries) -> None:
        self.api = api
        self.queries = queries

    def made_before(self, batch: Batch) -> dict[str, Outcome]:
        """Of the creates whose answer was lost, those that were made after all. Upserts and updates just repeat."""
        if batch.verb != "create":
            return {}
        looked = {write.id: self._look(write) for write in batch.writes if write.retry}
        return {id_: outcome for id_, outcome in looked.items() if outcome is not None}

    def id_by_key(self, write: Write) -> str:
        field, value = write.key or ("Id", write.record_id)
        found = self.queries.find_any(write.object, {field: [value]})
        return found[0].record_id if found else ""

    def settle_moved(self, writes: Sequence[Write], outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
        """The same outcomes, where each converted lead says which contact it became; one query for all."""
        moved = [w for w in writes if isinstance(outcomes[w.id].error, Moved)]
        keys = {w.id: key for w in moved if (key := lead_key(w))}
        by_field: dict[str, list[str]] = {}
        for field, value in keys.values():
            by_field.setdefault(field, []).append(value)
        contacts = self._contacts(by_field)
        settled = {id_: became(outcomes[id_], contacts.get(key, "")) for id_, key in keys.items()}
        return {**outcomes, **settled}

    def _contacts(self, by_field: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], str]:
        if not by_field:
            return {}
        try:
            found = self.queries.find_any("Lead", by_field)
        except CrosswalkError:
            return {}  # the writes have their outcomes already; Moved without an id makes the engine look again
        return {
            (field, value): lead.moved_to[1]
            for lead in found
            for field, values in by_field.items()
            for value in values
            if lead.moved_to and same(lead.record.get(field), value, field)
        }

    def _look(self, write: Write) -> Outcome | None:
        """The record that the earlier attempt made; None when it made none."""
        if write.object == notes.OBJECT:
            note_id = notes.find_note(self.api, self.queries, write)
            return Outcome(write.id, note_id, True) if note_id else None
        marker = marker_field(self.api.account, write)
        if marker:
            rows = self._rows(replace(write, first_attempt_at=None), {marker: write.id}, ())  # told by that alone
        elif write.object in RECOGNISED_BY:
            filtered, compared = RECOGNISED_BY[write.object]
            rows = self._rows(write, {f: str(write.values[f]) for f in filtered if write.values.get(f)}, compared)
        else:
            error = Ambiguous("An earlier attempt may have made this record.", help=LOOK_YOURSELF)
            return Outcome(write.id, error=error)
        return Outcome(write.id, str(rows[0]["Id"]), True) if rows else None

    def _rows(self, write: Write, filters: Mapping[str, str], compared: Sequence[str]) -> list[Record]:
        selected = ", ".join(names(["Id", *filters, *compared]))
        where = [f"{name(field)} = {literal(value)}" for field, value in filters.items()]
        if write.first_attempt_at:
            where.append(f"CreatedDate >= {moment(write.first_attempt_at - CLOCKS_DIFFER_BY)}")
        soql = f"SELECT {selected} FROM {name(write.object)} WHERE {' AND '.join(where)} ORDER BY CreatedDate LIMIT 50"
        equal = [field for field in compared if field in write.values]
        return [row for row in self.queries.rows(soql) if all(_equal(row.get(f), write.values[f]) for f in equal)]


def marker_field(account: Account, write: Write) -> str:
    return str(account.options.get("marker_field") or "") if write.object in MARKED_OBJECTS else ""


def marked(account: Account, write: Write, values: Record) -> Record:
    """The values with the change's id in them, where a marker field is configured."""
    marker = marker_field(account, write)
    return {**values, marker: write.id} if marker else values


def lead_key(write: Write) -> tuple[str, str] | None:
    """(field, value) that finds the converted lead which a write ran into."""
    if write.object == "Lead":
        return ("Id", write.record_id) if write.record_id else write.key
    lead_id = next((write.values[field] for field in LEAD_FIELDS if write.values.get(field)), None)
    return ("Id", str(lead_id)) if lead_id else None


def became(outcome: Outcome, contact_id: str) -> Outcome:
    error = outcome.error
    if not contact_id or not isinstance(error, Moved):
        return outcome
    moved = Moved(
        error.message, object="Contact", record_id=contact_id, vendor_code=error.vendor_code, status=error.status
    )
    return replace(outcome, error=moved)


def _equal(held: object, value: object) -> bool:
    return str(held or "").strip() == str(value or "").strip()
