"""The sample location: tags, custom fields, users, workflows, a campaign, a business, a calendar; no contacts."""

from __future__ import annotations

from ..store import Document, Shelf
from .options import LOCATION

WORKFLOW, CAMPAIGN, BUSINESS, CALENDAR = (
    "wfWelcome00000000001",
    "cpNurture00000000001",
    "bzAcme",
    "calDemo0000000000001",
)
DANA, OMER = "usrDana0000000000001", "usrOmer0000000000001"
FIELDS = (
    ("cfCompany", "company", "TEXT", ()),
    ("cfTitle", "Job Title", "TEXT", ()),
    ("cfScore", "score", "NUMERICAL", ()),
    ("cfSize", "company_size", "SINGLE_OPTIONS", ("1-10", "11-50", "51-200", "200+")),
    ("cfTopics", "topics", "CHECKBOX", ("email", "crm", "sms", "webinars")),
    ("cfContract", "contract", "FILE_UPLOAD", ()),
)
USERS = ((DANA, "Dana", "Cohen", "dana.cohen@example.com"), (OMER, "עומר", "לוי", "omer.levi@example.com"))


def seed(shelf: Shelf) -> None:
    shelf.put("location", LOCATION, {"id": LOCATION, "name": "Sandbox Clinic", "timezone": "Asia/Jerusalem"})
    for number, name in enumerate(("vip", "demo watched", "VIP", "לקוח")):
        shelf.put("tag", f"tg{number}", {"id": f"tg{number}", "name": name, "locationId": LOCATION})
    for id, name, kind, options in FIELDS:
        shelf.put("customField", id, _field(id, name, kind, list(options)))
    for id, first, last, email in USERS:
        shelf.put("user", id, _user(id, first, last, email))
    workflow = {"name": "Welcome", "status": "published", "version": 1, "locationId": LOCATION}
    shelf.put("workflow", WORKFLOW, {"id": WORKFLOW, **workflow})
    shelf.put("campaign", CAMPAIGN, {"id": CAMPAIGN, "name": "Nurture", "status": "published", "locationId": LOCATION})
    shelf.put("business", BUSINESS, {"id": BUSINESS, "name": "Acme", "locationId": LOCATION})
    shelf.put("calendar", CALENDAR, {"id": CALENDAR, "name": "Demos", "isActive": True, "locationId": LOCATION})


def _field(id: str, name: str, kind: str, options: list[str]) -> Document:
    key = f"contact.{name.lower().replace(' ', '_')}"
    form = {"dataType": kind, "picklistOptions": options, "placeholder": "", "position": 0, "model": "contact"}
    return {"id": id, "name": name, "fieldKey": key, **form, "isAllowedCustomOption": False, "locationId": LOCATION}


def _user(id: str, first: str, last: str, email: str) -> Document:
    roles = {"type": "account", "role": "user", "locationIds": [LOCATION]}
    return {"id": id, "name": f"{first} {last}", "firstName": first, "lastName": last, "email": email, "roles": roles}
