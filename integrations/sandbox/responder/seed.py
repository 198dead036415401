"""The sample Responder Live account: the list of everybody, two of people, a computed one; tags and fields."""

from __future__ import annotations

from ..store import Shelf

EVERYBODY, CUSTOMERS, DYNAMIC, NEWSLETTER = 100, 101, 102, 103
LISTS = (
    (EVERYBODY, "כל הנמענים", 1, 0),
    (CUSTOMERS, "לקוחות", 0, 0),
    (DYNAMIC, "פתחו החודש", 0, 1),
    (NEWSLETTER, "ניוזלטר", 0, 0),
)
TAGS = ((501, "ליד חם"), (502, "לקוח"), (503, "vip"))
CITY, BIRTHDAY, SOURCE = 1250, 108488, 1251
FIELDS = (
    (CITY, "עיר", "text", 0),
    (SOURCE, "מקור הגעה", "text", 0),
    (BIRTHDAY, "תאריך לידה", "date", 0),
    (1301, "הערה", "text", CUSTOMERS),
    (1302, "הערה", "text", NEWSLETTER),
)
BLOCKED = "never@example.com"  # on the account's block list


def seed(shelf: Shelf) -> None:
    for id, name, everybody, dynamic in LISTS:
        made = "2026-01-05 10:00:00"
        row = {"id": id, "name": name, "is_all_lists": everybody, "dynamic_status": dynamic, "created": made}
        shelf.put("list", str(id), row)
    for id, name in TAGS:
        shelf.put("tag", str(id), {"id": id, "name": name})
    for id, name, type, list_id in FIELDS:
        shelf.put("personal_field", str(id), {"id": id, "name": name, "type": type, "list_id": list_id})
    shelf.put("block", BLOCKED, {"email": BLOCKED})
