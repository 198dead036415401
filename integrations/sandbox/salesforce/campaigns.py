"""Campaign members: who may become one, which status they get, what they mirror of the person."""

from __future__ import annotations

from ..store import Document
from .errors import RowFailure
from .org import Org


def complete_member(org: Org, record: Document, before: Document | None) -> Document:
    """The member with its status and mirrors. Raises RowFailure for a second membership of the same person."""
    if before is None:
        record = _checked_new_member(org, record)
    status = _status(org, record)
    person = member_person(org, record) or {}
    return record | {
        "Status": status.get("Label", record.get("Status")),
        "HasResponded": bool(status.get("HasResponded")),
        "Email": person.get("Email"),
        "HasOptedOutOfEmail": bool(person.get("HasOptedOutOfEmail")),
    }


def complete_status(org: Org, record: Document) -> Document:
    taken = [
        s
        for s in org.find("CampaignMemberStatus", "CampaignId", record.get("CampaignId", ""))
        if s["Label"] == record.get("Label")
    ]
    if taken and taken[0]["Id"] != record.get("Id"):
        raise RowFailure("DUPLICATE_VALUE", "duplicate value found: Label", ["Label"])
    return record


def member_person(org: Org, record: Document) -> Document | None:
    object, field = ("Contact", "ContactId") if record.get("ContactId") else ("Lead", "LeadId")
    return org.get(object, record.get(field) or "")


def _checked_new_member(org: Org, record: Document) -> Document:
    person = member_person(org, record)
    if person is None:
        message = "Required fields are missing: [LeadId or ContactId]"
        raise RowFailure("REQUIRED_FIELD_MISSING", message, ["LeadId", "ContactId"])
    if person.get("IsConverted"):
        raise RowFailure("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    if record.get("ContactId"):  # both given: only the contact is kept (fact sheet §3.4)
        record = record | {"LeadId": None}
    field = "ContactId" if record.get("ContactId") else "LeadId"
    members = org.find("CampaignMember", field, person["Id"])
    if any(member["CampaignId"] == record.get("CampaignId") for member in members):
        raise RowFailure("DUPLICATE_VALUE", "Already a campaign member.")
    return record


def _status(org: Org, record: Document) -> Document:
    """The campaign's status of that name; an unknown one quietly becomes the campaign's default (fact sheet §3.4)."""
    statuses = org.find("CampaignMemberStatus", "CampaignId", record.get("CampaignId", ""))
    named = [status for status in statuses if status["Label"] == record.get("Status")]
    default = [status for status in statuses if status.get("IsDefault")]
    return (named or default or [{}])[0]
