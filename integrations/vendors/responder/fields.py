"""The fields of a Responder subscriber, what its answers mean for them, and what can be told from a record. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ..base import Field, Record
from ..payloads import look_up, read_time

ID, LISTS, TAGS, CUSTOM = "id", "list_ids", "tags", "customFields."
UNSUBSCRIBED, LEVEL, SMS = "unsubscribed", "opt_out_level", "sms_unsubscribed"
SIGNED_UP = "signed_up"  # in a notice's context: the webhook reports only what people do themselves
ISRAEL = ZoneInfo("Asia/Jerusalem")  # times have no zone and are Israel's, summer time included (responder.md §5)

# responder.md §2a; `list_ids` is taken when somebody is added, later lists are joined and left.
STANDARD_FIELDS = (
    Field(ID, "Subscriber ID", createable=False, updateable=False),
    Field("email", "E-mail", type="email"),
    Field("phone", "Phone", type="phone"),
    Field("first", "First name"),
    Field("last", "Last name"),
    Field("name", "Full name"),
    Field(LISTS, "Lists", type="list", updateable=False, required=True),
    Field(TAGS, "Tags", type="list", adds=True),
    Field("created", "Made on", type="datetime", createable=False, updateable=False),
    Field(UNSUBSCRIBED, "Opted out of e-mail and SMS", type="boolean", createable=False),
    Field(LEVEL, "Why nothing is sent", type="picklist", createable=False, updateable=False,
          choices=("active", "account", "blocked", "bounced")),
    Field(SMS, "Opted out of SMS", type="boolean", createable=False, updateable=False),
)  # fmt: skip

# Which field shows an opt-out when a subscriber is read is not proven (responder.md §8 no. 1, 10): any of these is
# understood, and what is not understood is no statement.
ACCOUNT_FIELDS = ("unsubscribed", "account_status", "status")
SMS_FIELDS = ("sms_unsubscribed", "sms_status")
FLAGS = {"1": "account", "true": "account", "0": "active", "false": "active"}  # of a field that asks: unsubscribed?
STATES = {  # of a field that says what state; the numbers are those of the old system's ACCOUNT_STATUS (§2b)
    "1": "active", "active": "active", "subscribed": "active", "true": "active", "פעיל": "active",
    "0": "account", "inactive": "account", "unsubscribed": "account", "false": "account", "לא פעיל": "account",
    "removed": "account", "complaint": "account", "spam": "account", "הוסר": "account",
    "blocked": "blocked", "banned": "blocked", "blacklisted": "blocked", "חסום": "blocked", "חסומים": "blocked",
    "bounced": "bounced", "bounce": "bounced", "blocked by system": "bounced", "חסום על ידי המערכת": "bounced",
}  # fmt: skip
STOPPED = ("account", "blocked")  # the person's or the owner's no; a bounce is technical (§3c)
# `status` of the old system's rows is of a list and says too little as a number (§2b): only its words count.
WORDS_ONLY = ("status",)

CONTROLS = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c\ufeff]")


def plain_text(value: Any) -> str:
    """Text without the invisible marks that wander into Hebrew texts (responder.md §5), composed and trimmed."""
    if value is None or isinstance(value, (dict, list, bool)):
        return ""
    return unicodedata.normalize("NFC", CONTROLS.sub("", str(value))).strip()


def split_name(name: str) -> tuple[str, str]:
    """(first, last) by the vendor's own rule: the first name ends at the first blank (responder.md §5)."""
    first, _blank, last = " ".join(plain_text(name).split()).partition(" ")
    return first, last


def subscriber(raw: Mapping[str, Any], names: Mapping[str, str], of_list: bool = False) -> Record:
    """A subscriber as mappings read it: the vendor's fields, and what they mean. `names`: of personal fields, by id.

    A row of a list holds the person as `subscriber_id`, and a status that is the list's.
    """
    record = {key: value for key, value in raw.items() if key not in (*ACCOUNT_FIELDS, *SMS_FIELDS, "created")}
    record[ID] = str(raw.get("subscriber_id") or raw.get(ID) or "")
    record |= {name: str(raw.get(name) or "") for name in ("email", "phone", "first", "last")}
    if "name" in raw and not (record["first"] or record["last"]):
        record["first"], record["last"] = split_name(str(raw["name"] or ""))
    record["name"] = " ".join(filter(None, (record["first"], record["last"])))
    record |= _made(raw) | _lists(raw) | _personal(raw, names)
    return record if of_list else record | consent(raw)


def _made(raw: Mapping[str, Any]) -> Record:
    moment = read_moment(raw.get("created"))
    return {"created": moment.isoformat()} if moment else {}


def _lists(raw: Mapping[str, Any]) -> Record:
    lists = raw.get("lists")
    if not isinstance(lists, list):
        return {}
    return {LISTS: [str(each["id"]) for each in lists if isinstance(each, dict) and each.get("id")]}


def _personal(raw: Mapping[str, Any], names: Mapping[str, str]) -> Record:
    """An empty set comes as an array, and pages of a list do not always have them (§2a, quirk 5)."""
    if "personal_fields" not in raw:
        return {}
    held = raw["personal_fields"] if isinstance(raw["personal_fields"], dict) else {}
    values = {str(id): _personal_value(value) for id, value in held.items()}
    return {"personal_fields": values, "customFields": {names.get(id, id): value for id, value in values.items()}}


def _personal_value(value: Any) -> Any:
    """Dates are written as text and read as three numbers (§2a, quirk 6)."""
    if not isinstance(value, dict):
        return value
    try:
        return date(*(int(value[part]) for part in ("year", "month", "day"))).isoformat()
    except (KeyError, TypeError, ValueError):
        return value


# --- who may be written to ----------------------------------------------------------------------------------------


def consent(raw: Mapping[str, Any]) -> Record:
    """The opt-outs that a subscriber shows; a field is absent when nothing certain is said of it."""
    level = account_level(raw)
    said = {name: _state(name, raw[name]) for name in SMS_FIELDS if name in raw}
    sms = next((state for state in said.values() if state), "")
    found: Record = {LEVEL: level, UNSUBSCRIBED: level in STOPPED} if level else {}
    return found | ({SMS: sms != "active"} if sms else {})


def account_level(raw: Mapping[str, Any]) -> str:
    """active, account, blocked or bounced; "" when unknown. Of several fields, one that says no wins."""
    said = [_state(name, raw[name]) for name in ACCOUNT_FIELDS if name in raw]
    return next((state for state in said if state not in ("", "active")), next(filter(None, said), ""))


def _state(field: str, value: Any) -> str:
    word = plain_text(str(value) if isinstance(value, bool) else value).casefold()
    if field in WORDS_ONLY and (word.isdigit() or word in ("true", "false")):
        return ""
    return (FLAGS if field.endswith(UNSUBSCRIBED) else STATES).get(word, "")


# --- what the seam asks -------------------------------------------------------------------------------------------


def custom_field(definition: Mapping[str, Any]) -> Field:
    """One entry of GET /personal-fields as a field that mappings can name."""
    name = field_name(definition)
    return Field(CUSTOM + name, name, type="date" if is_date(definition) else "string", custom=True)


def field_name(definition: Mapping[str, Any]) -> str:
    return plain_text(definition.get("name")) or str(definition.get(ID) or "")


def is_date(definition: Mapping[str, Any]) -> bool:
    """1 is a date in the old system; what the new one calls it is not proven (responder.md §5)."""
    return plain_text(definition.get("type")).casefold() in ("1", "date", "תאריך")


def path(record: Record, dotted: str) -> tuple[bool, Any]:
    """(is it there, value); `customFields.NAME` reads a personal field by its name, exact case first."""
    if not dotted.startswith(CUSTOM):
        return look_up(record, dotted)
    held = record.get("customFields")
    name = plain_text(dotted.removeprefix(CUSTOM))
    exact, close = named(held if isinstance(held, dict) else {}, name)
    return (True, exact[0] if exact else close[0]) if exact or close else (False, None)


def named(values: Mapping[str, Any], name: str) -> tuple[list[Any], list[Any]]:
    """The values under this name: (exactly, apart from case)."""
    plain = [(plain_text(known), value) for known, value in values.items()]
    exact = [value for known, value in plain if known == name]
    return exact, [value for known, value in plain if known.casefold() == name.casefold()]


def by_field(record: Record, fields: Sequence[str]) -> Record:
    """The record with each of these fields under its own name, as a mapping writes it."""
    return {**record, **{name: value for name in fields for there, value in [path(record, name)] if there}}


def identify(object: str, record: Record) -> tuple[str, str]:
    """(e-mail, phone) as the vendor wrote them."""
    return plain_text(record.get("email")), plain_text(record.get("phone"))


def opted_in_at(record: Record, context: Mapping[str, Any]) -> datetime | None:
    """When the person signed up, as far as a webhook reports nothing but people's own sign-ups.

    Its arrival proves no time: Responder repeats a call for days. Whoever was there before has no time of a sign-up.
    """
    if not context.get(SIGNED_UP):
        return None
    return read_moment(context.get("signed_up_at")) or read_moment(record.get("created"))


def read_moment(text: Any) -> datetime | None:
    """A moment in UTC; without a zone it is Israel's time. None when it is not one."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return read_time((moment if moment.tzinfo else moment.replace(tzinfo=ISRAEL)).isoformat())
