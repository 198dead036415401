"""The sample org: its users, one campaign with its member statuses; no leads."""

from __future__ import annotations

from ..moments import now
from ..store import Document, Shelf
from .ids import new_id
from .moments import as_salesforce
from .options import USERNAME
from .org import INTEGRATION_USER

CAMPAIGN = "7015e0000000001AAA"
USERS = (  # the first is INTEGRATION_USER; a user name looks like an address, and need not be one
    ("Crosswalk Integration", USERNAME, "crm@example.com", True),
    ("Dana Cohen", "dana.cohen@example.com", "dana.cohen@sales.example.com", True),
    ("Left Longago", "left.longago@example.com", "left.longago@sales.example.com", False),
)
STATUSES = (("Sent", True, False), ("Registered", False, True), ("Attended", False, True), ("Responded", False, True))


def seed(shelf: Shelf) -> None:
    for name, username, email, active in USERS:
        values = {"Username": username, "Email": email, "Name": name, "IsActive": active}
        _put(shelf, "User", new_id(shelf.store, "User"), values)
    campaign_id = new_id(shelf.store, "Campaign")
    _put(
        shelf,
        "Campaign",
        campaign_id,
        {"Name": "Q2 Nurture", "IsActive": True, "Status": "In Progress", "Type": "Webinar"},
    )
    for order, (label, default, responded) in enumerate(STATUSES, start=1):
        status = {
            "CampaignId": campaign_id,
            "Label": label,
            "SortOrder": order,
            "IsDefault": default,
            "HasResponded": responded,
        }
        _put(shelf, "CampaignMemberStatus", new_id(shelf.store, "CampaignMemberStatus"), status)


def _put(shelf: Shelf, object: str, id: str, values: Document) -> None:
    moment = as_salesforce(now())
    stamps = {"CreatedDate": moment, "LastModifiedDate": moment, "SystemModstamp": moment}
    users = {"OwnerId": INTEGRATION_USER, "CreatedById": INTEGRATION_USER, "LastModifiedById": INTEGRATION_USER}
    shelf.put(object, id, {"Id": id, "IsDeleted": False, **users, **stamps, **values})
