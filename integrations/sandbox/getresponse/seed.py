"""The sample GetResponse account: two lists, tags, custom fields, a webinar; no contacts."""

from __future__ import annotations

from ..moments import now
from ..store import Document, Shelf
from .moments import as_getresponse

MAIN_LIST, NEWSLETTER_LIST, DOUBLE_LIST = "abc123def", "newsl1", "dblopt"
WEBINAR = "wbnr1"
LISTS = (
    (MAIN_LIST, "Q2 Nurture List", "single"),
    (NEWSLETTER_LIST, "Newsletter", "single"),
    (DOUBLE_LIST, "Confirmed only", "double"),
)
TAGS = (("tgDemo", "demo_watched"), ("tgPrice", "pricing_page_visited"), ("tgVip", "vip"), ("tgEvent", "met_at_event"))
FIELDS = (
    ("cfComp", "company", "string", "text", ()),
    ("cfTitle", "job_title", "string", "text", ()),
    ("cfPhone", "phone", "phone", "text", ()),
    ("cfCity", "city", "string", "text", ()),
    ("cfSize", "company_size", "string", "single_select", ("1-10", "11-50", "51-200", "200+")),
    ("cfTopics", "topics", "string", "multi_select", ("email", "crm", "sms", "webinars")),
)
# What people made there: (object, id field, id, the rest)
MATERIAL = (
    ("newsletter", "newsletterId", "nl1", {"name": "spring_news", "subject": "Spring news", "status": "enabled"}),
    ("autoresponder", "autoresponderId", "ar1", {"name": "Welcome", "subject": "Welcome", "status": "enabled"}),
    ("form", "formId", "fm1", {"name": "Sign-up form", "status": "enabled"}),
    ("webform", "webformId", "wf1", {"name": "Sign-up of old", "status": "enabled"}),
    ("landingPage", "landingPageId", "lp1", {"metaTitle": "Spring offer", "status": "enabled"}),
)
OPTINS = ("email", "import", "webform")


def seed(shelf: Shelf) -> None:
    moment = as_getresponse(now())
    shelf.put("account", "account", _account())
    for number, (id, name, api) in enumerate(LISTS):
        shelf.put("campaign", id, _campaign(id, name, api, is_default=number == 0) | {"createdOn": moment})
    for id, name in TAGS:
        shelf.put("tag", id, {"tagId": id, "name": name, "createdAt": moment, "color": ""})
    for id, name, type, format, values in FIELDS:
        shelf.put("customField", id, _field(id, name, type, format, list(values)))
    shelf.put("webinar", WEBINAR, webinar_body(WEBINAR, "From list to pipeline", moment, moment))
    for object, id_field, id, more in MATERIAL:
        shelf.put(object, id, {id_field: id, "createdOn": moment, "campaignId": MAIN_LIST, **more})
    shelf.put("blocklist", "blocklist", {"masks": ["blocked@example.com", "@blocked.example.com"]})


def _account() -> Document:
    return {
        "accountId": "acc1",
        "login": "sandbox",
        "email": "owner@example.com",
        "firstName": "Sam",
        "lastName": "Sandbox",
        "companyName": "Sandbox Ltd",
        "timeZone": {"name": "UTC", "offset": "+00:00"},
    }


def _campaign(id: str, name: str, api: str, is_default: bool) -> Document:
    return {
        "campaignId": id,
        "name": name,
        "languageCode": "EN",
        "isDefault": "true" if is_default else "false",
        "optinTypes": {**dict.fromkeys(OPTINS, "single"), "api": api},
    }


def _field(id: str, name: str, type: str, format: str, values: list[str]) -> Document:
    form = {"type": type, "valueType": type, "format": format, "fieldType": format}
    return {"customFieldId": id, "name": name, **form, "hidden": "false", "values": values}


def webinar_body(id: str, name: str, starts_on: str, created_on: str) -> Document:
    return {
        "webinarId": id,
        "name": name,
        "createdOn": created_on,
        "startsOn": starts_on,
        "webinarUrl": f"https://webinar.example.com/{name.lower().replace(' ', '-')}",
        "status": "finished",
        "type": "live",
        "campaignIds": [MAIN_LIST],
        "newsletters": [],
        "statistics": {"registrants": 0, "visitors": 0, "attendees": 0},
    }
