"""Salesforce record ids: 15 characters with the object's prefix, and 3 more that make them safe in lower case."""

from __future__ import annotations

import string

from ..store import Store

PREFIXES = {
    "Lead": "00Q",
    "Contact": "003",
    "Account": "001",
    "Campaign": "701",
    "CampaignMember": "00v",
    "CampaignMemberStatus": "01Y",
    "Task": "00T",
    "Subscription__c": "a00",
    "Note": "002",
    "ContentNote": "069",
    "ContentDocumentLink": "06A",
    "AssignmentRule": "01Q",
    "User": "005",
    "Job": "750",
}
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
SUFFIX = string.ascii_uppercase + string.digits[:6]


def new_id(store: Store, object: str) -> str:
    number, digits = store.next_number(f"salesforce.{object}"), ""
    while number:
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return full_id(f"{PREFIXES[object]}5e{digits:0>10}")


def full_id(id: str) -> str:
    """The 18 characters of a 15-character id; anything else as it is."""
    if len(id) != 15 or not id.isalnum():
        return id
    chunks = (id[start : start + 5] for start in (0, 5, 10))
    return id + "".join(SUFFIX[sum(char.isupper() << place for place, char in enumerate(chunk))] for chunk in chunks)


def object_of(id: str) -> str:
    """The object an id belongs to, or "" when the prefix is unknown."""
    return next((object for object, prefix in PREFIXES.items() if id.startswith(prefix)), "")
