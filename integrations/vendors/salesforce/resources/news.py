"""What one changed row of an org says: which events, and what to remember of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...base import Notice, Record
from ...payloads import read_time
from ..fields import OPT_OUT_FIELD, PHONE_FIELDS, identify

OBJECTS = {"leads": "Lead", "contacts": "Contact", "tasks": "Task"}
SYSTEM = ("Id", "SystemModstamp", "CreatedDate", "LastModifiedById", "IsDeleted")
PERSON = (*SYSTEM, "MasterRecordId", "FirstName", "LastName", "Name", "Email", *PHONE_FIELDS, OPT_OUT_FIELD)
WATCHED_FIELDS = {
    "Lead": (*PERSON, "IsConverted", "ConvertedContactId"),
    "Contact": PERSON,
    "Task": (*SYSTEM, "Subject", "Status", "ActivityDate", "OwnerId", "WhoId", "IsClosed", "CompletedDateTime"),
}
PARENTS = {"00Q": "Lead", "003": "Contact"}  # how ids begin, in every org

State = Mapping[str, Any]


def news_of(object: str, row: Record, known: State | None, since: str) -> tuple[list[Notice], Record]:
    """(events, what to remember) of a row as it is now; no event when this state of it was seen before."""
    state = _state(row)
    if known is not None and dict(known) == state:  # a stamp has no parts of a second: it alone does not tell
        return [], state
    if known is None and not _after(row["SystemModstamp"], since):
        return [], state  # as it was when watching began: no news
    before = known or {}
    words = _task_words(row, before, since) if object == "Task" else _person_words(row, before, since)
    return [_notice(object, row, before, what, suffix) for what, suffix in words], state


def merged_into(row: Record) -> str:
    """The record that this one lives on as, when it was deleted by a merge."""
    return str(row.get("MasterRecordId") or "") if row.get("IsDeleted") else ""


def _state(row: Record) -> Record:
    facts = {
        "stamp": row["SystemModstamp"],
        "email": row.get("Email"),
        "out": row.get(OPT_OUT_FIELD) and not row.get("IsDeleted"),  # one that comes back is heard again
        "converted": row.get("IsConverted"),
        "closed": row.get("IsClosed"),
        "deleted": row.get("IsDeleted"),
    }
    return {name: value for name, value in facts.items() if value}


def _person_words(row: Record, before: State, since: str) -> list[tuple[str, str]]:
    """The events of a person's row, each with what its id ends with. Nothing remembered counts as not so before."""
    main = _main_word("contact", row, before, since)
    words = [(main, "")]
    if not row.get("IsDeleted") and before.get("email") and _plain(before["email"]) != _plain(row.get("Email")):
        words.append(("contact.email_changed", ":email"))
    moved_on = merged_into(row) or _became(row, before)  # the other one may not have been told (salesforce.md §3.3)
    if row.get(OPT_OUT_FIELD) and (moved_on or not (row.get("IsDeleted") or before.get("out"))):
        words.append(("opt_out.changed", ":opt_out"))
    return words


def _task_words(row: Record, before: State, since: str) -> list[tuple[str, str]]:
    words = [(_main_word("task", row, before, since), "")]
    if row.get("IsClosed") and not row.get("IsDeleted") and not before.get("closed") and _just_closed(row, since):
        words.append(("task.completed", ":completed"))
    return words


def _main_word(kind: str, row: Record, before: State, since: str) -> str:
    if row.get("IsDeleted"):
        return f"{kind}.deleted"
    return f"{kind}.created" if not before and _after(row.get("CreatedDate"), since) else f"{kind}.updated"


def _just_closed(row: Record, since: str) -> bool:
    """Of a task that is not remembered, Salesforce may know when it was closed."""
    closed_at = row.get("CompletedDateTime")
    return closed_at is None or _after(closed_at, since)


def _became(row: Record, before: State) -> str:
    """The contact of a lead that was converted since it was seen last."""
    fresh = row.get("IsConverted") and not before.get("converted") and not row.get("IsDeleted")
    return str(row.get("ConvertedContactId") or "") if fresh else ""


def _notice(object: str, row: Record, before: State, what: str, suffix: str) -> Notice:
    email, phone = identify(object, row)
    return Notice(
        type=what,
        vendor_type=f"{object} {what.partition('.')[2]}",
        object=object,
        record_id=str(row["Id"]),
        content=row,
        vendor_event_id=f"{row['Id']}:{row['SystemModstamp']}{suffix}",
        occurred_at=read_time(row["SystemModstamp"]),
        record=row,
        context=_context(object, row, before),
        email=email,
        phone=phone,
    )


def _context(object: str, row: Record, before: State) -> Record:
    """`converted` and `merged_into` name what the record lives on as; the first also what opt-outs must follow to."""
    context: Record = {"LastModifiedById": row.get("LastModifiedById")}
    if contact_id := _became(row, before):
        context["converted"] = ["Contact", contact_id]
    if master := merged_into(row):
        context["merged_into"] = [object, master]
    if parent := PARENTS.get(str(row.get("WhoId") or "")[:3]):
        context["parent"] = [parent, str(row["WhoId"])]
    return context


def _after(time: Any, since: str) -> bool:
    moment, start = read_time(time), read_time(since)
    return moment is not None and start is not None and moment > start


def _plain(email: Any) -> str:
    return str(email or "").strip().casefold()
