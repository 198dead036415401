"""The fields of the simulated org: standard ones with their real lengths, and custom ones for GetResponse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Field:
    """One field of one object. `required` means: must be given on create, there is no default."""

    name: str
    label: str
    type: str = "string"
    length: int = 0
    required: bool = False
    createable: bool = True
    updateable: bool = True
    default: Any = None
    choices: tuple[str, ...] = ()
    external: bool = False
    unique: bool = False
    refers_to: tuple[str, ...] = ()

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")


def _computed(name: str, label: str, type: str = "string", length: int = 0, refers_to: tuple[str, ...] = ()) -> Field:
    return Field(name, label, type, length, createable=False, updateable=False, refers_to=refers_to)


def _reference(name: str, label: str, *objects: str, updateable: bool = True, required: bool = False) -> Field:
    return Field(name, label, "reference", 18, required, updateable=updateable, refers_to=objects)


def _flag(name: str, label: str) -> Field:
    return Field(name, label, "boolean", default=False)


def _picklist(name: str, label: str, choices: tuple[str, ...], default: str | None = None) -> Field:
    return Field(name, label, "picklist", 255, choices=choices, default=default)


LEAD_STATUSES = (
    "Open - Not Contacted",
    "Working - Contacted",
    "Closed - Converted",
    "Closed - Not Converted",
    "Unsubscribed",
)
LEAD_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Email Marketing", "Other")
TASK_STATUSES = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
LINKED = ("Lead", "Contact", "Account", "Campaign", "Task", "User")

SYSTEM = (
    Field("Id", "Record ID", "id", 18, createable=False, updateable=False),
    _computed("IsDeleted", "Deleted", "boolean"),
    _computed("CreatedDate", "Created Date", "datetime"),
    _computed("CreatedById", "Created By ID", "reference", 18, ("User",)),
    _computed("LastModifiedDate", "Last Modified Date", "datetime"),
    _computed("LastModifiedById", "Last Modified By ID", "reference", 18, ("User",)),
    _computed("SystemModstamp", "System Modstamp", "datetime"),
)
OWNER = Field("OwnerId", "Owner ID", "reference", 18, refers_to=("User",))
PERSON = (
    _computed("MasterRecordId", "Master Record ID", "reference", 18, ("Lead", "Contact")),
    Field("FirstName", "First Name", length=40),
    Field("LastName", "Last Name", length=80, required=True),
    _computed("Name", "Full Name", length=121),
    Field("Title", "Title", length=128),
    Field("Email", "Email", "email", 80),
    Field("Phone", "Phone", "phone", 40),
    Field("MobilePhone", "Mobile Phone", "phone", 40),
    Field("Description", "Description", "textarea", 32000),
    _picklist("LeadSource", "Lead Source", LEAD_SOURCES),
    _flag("HasOptedOutOfEmail", "Email Opt Out"),
    Field("GetResponse_Contact_ID__c", "GetResponse Contact ID", length=50, external=True, unique=True),
    Field("Last_Unsubscribe_Date__c", "Last Unsubscribe Date", "datetime"),
)

OBJECTS: dict[str, tuple[Field, ...]] = {
    "Lead": (
        *SYSTEM,
        OWNER,
        *PERSON,
        Field("Company", "Company", length=255, required=True),
        Field("Street", "Street", "textarea", 255),
        Field("City", "City", length=40),
        Field("State", "State/Province", length=80),
        Field("PostalCode", "Zip/Postal Code", length=20),
        Field("Country", "Country", length=80),
        Field("Website", "Website", "url", 255),
        _picklist("Status", "Lead Status", LEAD_STATUSES, LEAD_STATUSES[0]),
        _picklist("Rating", "Rating", ("Hot", "Warm", "Cold")),
        _picklist("Industry", "Industry", ("Education", "Finance", "Healthcare", "Retail", "Technology", "Other")),
        Field("NumberOfEmployees", "Employees", "int"),
        _computed("IsConverted", "Converted", "boolean"),
        _computed("ConvertedDate", "Converted Date", "date"),
        _computed("ConvertedContactId", "Converted Contact ID", "reference", 18, ("Contact",)),
        _computed("ConvertedAccountId", "Converted Account ID", "reference", 18, ("Account",)),
        Field("GetResponse_List_ID__c", "GetResponse List ID", length=50),
        Field("GetResponse_Tags__c", "GetResponse Tags", "textarea", 255),
        Field("GetResponse_Last_Email_Opened__c", "GetResponse Last Email Opened", length=255),
        Field("GetResponse_Subscription_Date__c", "GetResponse Subscription Date", "datetime"),
        Field("Legacy_Key__c", "Legacy Key", length=50, external=True),
    ),
    "Contact": (
        *SYSTEM,
        OWNER,
        *PERSON,
        _reference("AccountId", "Account ID", "Account"),
        Field("MailingCity", "Mailing City", length=40),
        Field("MailingCountry", "Mailing Country", length=80),
    ),
    "Account": (
        *SYSTEM,
        OWNER,
        Field("Name", "Account Name", length=255, required=True),
        Field("Website", "Website", "url", 255),
        Field("Phone", "Phone", "phone", 40),
    ),
    "Campaign": (
        *SYSTEM,
        OWNER,
        Field("Name", "Name", length=80, required=True),
        _flag("IsActive", "Active"),
        _picklist("Status", "Status", ("Planned", "In Progress", "Completed", "Aborted"), "Planned"),
        _picklist("Type", "Type", ("Webinar", "Email", "Conference", "Other")),
    ),
    "CampaignMember": (
        *SYSTEM,
        _reference("CampaignId", "Campaign ID", "Campaign", updateable=False, required=True),
        _reference("LeadId", "Lead ID", "Lead", updateable=False),
        _reference("ContactId", "Contact ID", "Contact", updateable=False),
        Field("Status", "Status", "picklist", 40),
        _computed("HasResponded", "Responded", "boolean"),
        _computed("Email", "Email", "email", 80),
        _computed("HasOptedOutOfEmail", "Email Opt Out", "boolean"),
    ),
    "CampaignMemberStatus": (
        *SYSTEM,
        _reference("CampaignId", "Campaign ID", "Campaign", updateable=False, required=True),
        Field("Label", "Label", length=765, required=True),
        Field("SortOrder", "Sort Order", "int"),
        _flag("IsDefault", "Is Default"),
        _flag("HasResponded", "Responded"),
    ),
    "Task": (
        *SYSTEM,
        OWNER,
        _reference("WhoId", "Name ID", "Contact", "Lead"),
        _reference("WhatId", "Related To ID", "Account", "Campaign"),
        Field("Subject", "Subject", "combobox", 255),
        Field("ActivityDate", "Due Date Only", "date"),
        _picklist("Status", "Status", TASK_STATUSES, TASK_STATUSES[0]),
        _picklist("Priority", "Priority", ("High", "Normal", "Low"), "Normal"),
        Field("Description", "Description", "textarea", 32000),
        Field("Marker__c", "Marker", length=30),
        _computed("IsClosed", "Closed", "boolean"),
        _computed("CompletedDateTime", "Completed Date", "datetime"),
    ),
    "Subscription__c": (  # an object that somebody made for this org
        *SYSTEM,
        OWNER,
        Field("Name", "Name", length=80),
        Field("Key__c", "Key", length=50, external=True, unique=True),
        _reference("Lead__c", "Lead", "Lead"),
        _picklist("State__c", "State", ("Active", "Ended"), "Active"),
        Field("Plan__c", "Plan", length=20),
    ),
    "Note": (
        *SYSTEM,
        OWNER,
        _reference("ParentId", "Parent ID", "Lead", "Contact", "Account", "Campaign", updateable=False, required=True),
        Field("Title", "Title", length=80, required=True),
        Field("Body", "Body", "textarea", 32000),
    ),
    "ContentNote": (
        *SYSTEM,
        OWNER,
        Field("Title", "Title", length=255, required=True),
        Field("Content", "Content", "base64"),
        _computed("TextPreview", "Text Preview", length=255),
        _computed("FileType", "File Type", length=20),
    ),
    "ContentDocumentLink": (
        *SYSTEM,
        Field("ContentDocumentId", "Content Document ID", "reference", 18, True, refers_to=("ContentNote",)),
        _reference("LinkedEntityId", "Linked Entity ID", *LINKED, updateable=False, required=True),
        Field("ShareType", "Share Type", "picklist", 40, choices=("V", "C", "I")),
    ),
    "AssignmentRule": (
        *SYSTEM,
        Field("Name", "Name", length=120),
        _picklist("SobjectType", "SObject Type", ("Case", "Lead")),
        _flag("Active", "Active"),
    ),
    "User": (
        *SYSTEM,
        Field("Username", "Username", length=80),
        Field("Email", "Email", "email", 128),
        Field("Name", "Full Name", length=121),
        _flag("IsActive", "Active"),
    ),
}


def fields_of(object: str) -> dict[str, Field]:
    """By lower-case name: Salesforce does not mind the case."""
    return {field.name.lower(): field for field in OBJECTS[object]}


FIELDS = {object: fields_of(object) for object in OBJECTS}
READ_ONLY_OBJECTS = ("User", "CampaignMemberStatus", "AssignmentRule")


def object_named(name: str) -> str | None:
    return next((object for object in OBJECTS if object.lower() == name.lower()), None)
