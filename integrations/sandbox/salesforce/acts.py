"""What people do in Salesforce: convert a lead, make, edit, delete and restore records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..moments import now
from ..store import Document
from ..vendor import Hand, NoSuchThing
from .ids import full_id, object_of
from .moments import as_salesforce
from .org import Org, org_of_hand
from .records import create_record, delete_record, existing_record, update_record
from .schema import object_named

Params = Mapping[str, Any]
CARRIED = (
    "FirstName",
    "LastName",
    "Title",
    "Email",
    "Phone",
    "MobilePhone",
    "LeadSource",
    "Description",
    "HasOptedOutOfEmail",
)
KEY = "GetResponse_Contact_ID__c"


def convert(hand: Hand, params: Params) -> Document:
    """A lead becomes a contact and an account; its campaign members and tasks move. By `id` or `email`.

    Into the existing contact `contactId`, only what that contact lacks is carried over: a lead's opt-out is lost,
    as in the real thing (fact sheet §3.3).
    """
    org = org_of_hand(hand)
    lead = _lead(org, params)
    contact_id = full_id(params["contactId"]) if params.get("contactId") else _new_contact(org, lead, params)
    if params.get("contactId"):
        _fill_contact(org, contact_id, lead)
    account_id = existing_record(org, "Contact", contact_id).get("AccountId")
    _move_members(org, lead["Id"], contact_id)
    _move_tasks(org, lead["Id"], contact_id)
    _close(org, lead, contact_id, account_id)
    return {"lead": lead["Id"], "contact": contact_id, "account": account_id}


def create(hand: Hand, params: Params) -> str:
    return create_record(org_of_hand(hand), _object(params["object"]), params["values"]).id


def update(hand: Hand, params: Params) -> str:
    id = full_id(params["id"])
    return update_record(org_of_hand(hand), object_of(id), id, params["values"]).id


def delete(hand: Hand, params: Params) -> str:
    id = full_id(params["id"])
    return delete_record(org_of_hand(hand), object_of(id), id).id


def merge(hand: Hand, params: Params) -> str:
    """The record `id` is merged into `into`, which keeps its own values; what hung on the other hangs on it now."""
    org, id, master = org_of_hand(hand), full_id(params["id"]), full_id(params["into"])
    existing_record(org, object_of(id), master)
    _move_tasks(org, id, master)
    delete_record(org, object_of(id), id, master)
    update_record(org, object_of(id), master, {})
    return master


def undelete(hand: Hand, params: Params) -> str:
    id = full_id(params["id"])
    record = hand.shelf.get(object_of(id), id)
    if record is None:
        raise NoSuchThing(f"There is no record {id!r}.")
    hand.shelf.put(object_of(id), id, record | {"IsDeleted": False, "SystemModstamp": as_salesforce(now())})
    return id


def _object(name: str) -> str:
    object = object_named(name)
    if object is None:
        raise NoSuchThing(f"There is no object {name!r}.")
    return object


def _lead(org: Org, params: Params) -> Document:
    found = [org.get("Lead", full_id(params["id"]))] if "id" in params else org.find("Lead", "Email", params["email"])
    open_leads = [lead for lead in found if lead is not None and not lead.get("IsConverted")]
    if not open_leads:
        raise NoSuchThing(f"There is no open lead {params.get('id') or params.get('email')!r}.")
    return open_leads[0]


def _new_contact(org: Org, lead: Document, params: Params) -> str:
    account_id = params.get("accountId") or create_record(org, "Account", {"Name": lead["Company"]}).id
    values = {name: lead[name] for name in CARRIED if lead.get(name) is not None} | {"AccountId": account_id}
    if params.get("map_external_id", True) and lead.get(KEY):
        values[KEY] = lead[KEY]
    return create_record(org, "Contact", values).id


def _fill_contact(org: Org, contact_id: str, lead: Document) -> None:
    contact = existing_record(org, "Contact", contact_id)
    values = {name: lead[name] for name in CARRIED if lead.get(name) is not None and contact.get(name) is None}
    if values:
        update_record(org, "Contact", contact_id, values)


def _move_members(org: Org, lead_id: str, contact_id: str) -> None:
    for member in org.find("CampaignMember", "LeadId", lead_id):
        moved = member | {"LeadId": None, "ContactId": contact_id, "SystemModstamp": as_salesforce(now())}
        org.shelf.put("CampaignMember", member["Id"], moved)


def _move_tasks(org: Org, lead_id: str, contact_id: str) -> None:
    for task in org.find("Task", "WhoId", lead_id):
        moved = task | {"WhoId": contact_id, "SystemModstamp": as_salesforce(now())}
        org.shelf.put("Task", task["Id"], moved)


def _close(org: Org, lead: Document, contact_id: str, account_id: str | None) -> None:
    moment = as_salesforce(now())
    converted = {
        "IsConverted": True,
        "Status": "Closed - Converted",
        "ConvertedDate": moment[:10],
        "ConvertedContactId": contact_id,
        "ConvertedAccountId": account_id,
        "LastModifiedDate": moment,
        "SystemModstamp": moment,
    }
    org.shelf.put("Lead", lead["Id"], lead | converted)


ACTS = {"convert": convert, "create": create, "update": update, "delete": delete, "merge": merge, "undelete": undelete}
