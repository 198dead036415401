"""A simulated Salesforce: tokens, describe, records, collections, composite, queries, Bulk 2.0."""

from __future__ import annotations

from ..vendor import SimulatedVendor
from .acts import ACTS
from .auth import authenticate
from .errors import FAILURES, with_limit_info
from .options import CLIENT_ID, CLIENT_SECRET, SWITCHES, USERNAME
from .routes import ROUTES, TOKEN_PATHS
from .seed import CAMPAIGN, seed

PERSON_COLUMNS = ("Id", "Name", "Email", "HasOptedOutOfEmail", "GetResponse_Contact_ID__c")

VENDOR = SimulatedVendor(
    slug="salesforce",
    label="Salesforce",
    mounts=(("/salesforce", "/salesforce"), ("/services", ""), ("/login", "")),
    routes=ROUTES,
    open_paths=TOKEN_PATHS,
    authenticate=authenticate,
    failures=FAILURES,
    finish=with_limit_info,
    switches=SWITCHES,
    indexes={
        "Lead": ("Email", "GetResponse_Contact_ID__c", "Legacy_Key__c"),
        "Contact": ("Email", "GetResponse_Contact_ID__c"),
        "CampaignMember": ("CampaignId", "LeadId", "ContactId"),
        "CampaignMemberStatus": ("CampaignId",),
        "Task": ("WhoId",),
        "Note": ("ParentId",),
        "ContentDocumentLink": ("ContentDocumentId", "LinkedEntityId"),
    },
    seed=seed,
    acts=ACTS,
    columns={
        "Lead": (
            *PERSON_COLUMNS,
            "Company",
            "Status",
            "Rating",
            "GetResponse_Tags__c",
            "IsConverted",
            "SystemModstamp",
        ),
        "Contact": (*PERSON_COLUMNS, "Title", "AccountId", "Last_Unsubscribe_Date__c", "SystemModstamp"),
        "CampaignMember": ("Id", "CampaignId", "LeadId", "ContactId", "Email", "Status", "HasResponded"),
        "Task": ("Id", "Subject", "WhoId", "Status", "Priority", "ActivityDate"),
        "Note": ("Id", "ParentId", "Title", "Body"),
        "ContentNote": ("Id", "Title", "TextPreview"),
        "ContentDocumentLink": ("Id", "ContentDocumentId", "LinkedEntityId", "ShareType"),
        "Account": ("Id", "Name"),
        "Subscription__c": ("Id", "Name", "Key__c", "Lead__c", "State__c", "Plan__c"),
        "Campaign": ("Id", "Name", "Status", "IsActive"),
        "CampaignMemberStatus": ("Id", "CampaignId", "Label", "IsDefault"),
        "User": ("Id", "Username", "Name"),
    },
    sample_account={
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "username": USERNAME,
        "campaign (Q2 Nurture)": CAMPAIGN,
    },
)
