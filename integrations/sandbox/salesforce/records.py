"""Writing records: create, update, upsert by an external id, delete; and what Salesforce fills in by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..moments import now
from ..store import Document
from .campaigns import complete_member, complete_status
from .errors import RowFailure
from .ids import full_id, new_id
from .moments import as_salesforce
from .notes import complete_link, complete_note, content_url
from .org import INTEGRATION_USER, Org
from .rules import check_record, read_values
from .schema import OBJECTS, Field

Given = Mapping[str, Any]


class SeveralMatches(Exception):
    """An external id that is not unique fits several records: nothing is written."""

    def __init__(self, ids: list[str]) -> None:
        super().__init__(ids)
        self.ids = ids


@dataclass(frozen=True)
class Written:
    id: str
    created: bool


def create_record(org: Org, object: str, given: Given) -> Written:
    """Raises RowFailure, and then nothing is written."""
    values = read_values(org, object, given, creating=True)
    moment = as_salesforce(now())
    record = {field.name: field.default for field in OBJECTS[object] if field.default is not None}
    record |= {"OwnerId": INTEGRATION_USER, "CreatedDate": moment, "CreatedById": org.user, "IsDeleted": False}
    record |= {name: value for name, value in values.items() if value is not None}
    record = _completed(org, object, record, None)
    check_record(org, object, record, None)
    _refuse_locked(org)
    record["Id"] = record.get("Id") or new_id(org.shelf.store, object)
    _store(org, object, record)
    if object == "ContentNote":  # linked to its owner by Salesforce itself
        own = {"ContentDocumentId": record["Id"], "LinkedEntityId": record["OwnerId"], "ShareType": "I"}
        create_record(org, "ContentDocumentLink", own)
    return Written(record["Id"], created=True)


def update_record(org: Org, object: str, id: str, given: Given) -> Written:
    """Raises RowFailure, and then nothing is written."""
    before = existing_record(org, object, id)
    if object == "Lead" and before.get("IsConverted") and not org.switches["edit_converted_leads"] and not org.as_admin:
        raise converted_failure()
    values = read_values(org, object, given, creating=False)
    record = _completed(org, object, before | values, before)
    check_record(org, object, record, before)
    _refuse_locked(org)
    _store(org, object, record)
    return Written(record["Id"], created=False)


def upsert_record(org: Org, object: str, key: str, value: str, given: Given) -> Written:
    """Raises RowFailure or SeveralMatches, and then nothing is written."""
    field = external_field(org, object, key)
    matches = org.find(object, field.name, value)
    if len(matches) > 1:
        raise SeveralMatches([match["Id"] for match in matches])
    if matches:
        return update_record(org, object, matches[0]["Id"], given)
    return create_record(org, object, {**given, field.name: value})


def delete_record(org: Org, object: str, id: str, master: str = "") -> Written:
    """`master`: the record that it was merged into."""
    record = existing_record(org, object, id)
    _refuse_locked(org)
    _store(org, object, record | {"IsDeleted": True, **({"MasterRecordId": master} if master else {})})
    for link in org.find("ContentDocumentLink", "ContentDocumentId", record["Id"]):
        _store(org, "ContentDocumentLink", link | {"IsDeleted": True})
    return Written(record["Id"], created=False)


def existing_record(org: Org, object: str, id: str) -> Document:
    """Raises RowFailure: ENTITY_IS_DELETED or NOT_FOUND, both 404."""
    record = org.shelf.get(object, full_id(id))
    if record is None:
        raise RowFailure("NOT_FOUND", "The requested resource does not exist", status=404)
    if record["IsDeleted"]:
        raise RowFailure("ENTITY_IS_DELETED", "entity is deleted", status=404)
    return record


def external_field(org: Org, object: str, name: str) -> Field:
    field = org.field(object, name)
    if field is None or not field.external:
        raise RowFailure(
            "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {name}", status=404
        )
    return field


def show_record(org: Org, object: str, record: Document, version: str, fields: list[Field] | None = None) -> Document:
    """With `attributes`; fields without a value are null, checkboxes false."""
    attributes = {"type": object, "url": f"/services/data/v{version}/sobjects/{object}/{record['Id']}"}
    shown = fields if fields is not None else org.fields(object)
    if object == "ContentNote":
        record = record | {"Content": content_url(version, record["Id"])}
    return {"attributes": attributes} | {
        f.name: record.get(f.name, False if f.type == "boolean" else None) for f in shown
    }


def converted_failure() -> RowFailure:
    return RowFailure("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")


def _completed(org: Org, object: str, record: Document, before: Document | None) -> Document:
    if object in ("Lead", "Contact"):
        names = (record.get("FirstName"), record.get("LastName"))
        return record | {"Name": " ".join(name for name in names if name)}
    if object == "CampaignMember":
        return complete_member(org, record, before)
    complete = COMPLETIONS.get(object)
    return complete(org, record) if complete else record


def _completed_task(org: Org, record: Document) -> Document:
    lead = org.get("Lead", record.get("WhoId") or "")
    if lead is not None and lead.get("IsConverted"):
        raise converted_failure()
    if lead is not None and record.get("WhatId"):
        raise RowFailure("FIELD_INTEGRITY_EXCEPTION", "Can not specify a whatId with a lead", ["WhatId"])
    closed = record.get("Status") == "Completed"
    closed_at = record.get("CompletedDateTime") or as_salesforce(now())
    return record | {"IsClosed": closed, "CompletedDateTime": closed_at if closed else None}


COMPLETIONS: dict[str, Callable[[Org, Document], Document]] = {
    "CampaignMemberStatus": complete_status,
    "Task": _completed_task,
    "ContentNote": complete_note,
    "ContentDocumentLink": complete_link,
}


def _refuse_locked(org: Org) -> None:
    if org.strikes("lock_row"):
        raise RowFailure("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")


def _store(org: Org, object: str, record: Document) -> None:
    moment = as_salesforce(now())
    stamps = {"LastModifiedDate": moment, "LastModifiedById": org.user, "SystemModstamp": moment}
    org.shelf.put(object, record["Id"], record | stamps)
