"""What a call to our webhook URL says: one of Responder's webhooks, whose keys people choose, or a message.

Responder signs nothing (responder.md §3a): the token in our URL is the only proof, so `verify` has nothing to do.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..base import Account, Inbound, Notice, Record
from ..errors import Unreadable
from ..payloads import look_up, read_elements, read_form, read_json, storable
from .fields import (
    ID,
    LEVEL,
    LISTS,
    SIGNED_UP,
    SMS,
    UNSUBSCRIBED,
    consent,
    identify,
    plain_text,
    read_moment,
    split_name,
)

OBJECT = "subscriber"
# A payload says neither event nor list, but its keys are free: `joined_101_email` says both (responder.md §3a).
HOOK_EVENTS = {
    "joined": "contact.subscribed",
    "rejoined": "contact.subscribed",
    SIGNED_UP: "contact.subscribed",
    "changed": "contact.updated",
    "left": "contact.unsubscribed",
    "form": "form.submitted",
    "opened": "email.opened",
    "clicked": "email.clicked",
}
DEFAULT = "changed"  # a webhook whose keys say nothing: read the person and see
SAYS_WHAT = re.compile(rf"({'|'.join(HOOK_EVENTS)})_(?:(\d+)_)?(.+)")
STOP_FOUND = "opt_out.changed"
# What people call the keys, in lower case; other keys are personal fields by their names.
KEYS = {
    **dict.fromkeys((ID, "subscriber_id", "subscriberid", "contactid"), ID),
    **dict.fromkeys(("email", "e-mail", "mail", "אימייל", "מייל", "דואל", 'דוא"ל', "דוא״ל"), "email"),
    **dict.fromkeys(("phone", "mobile", "טלפון", "נייד", "טלפון נייד"), "phone"),
    **dict.fromkeys(("name", "full_name", "שם", "שם מלא"), "name"),
    **dict.fromkeys(("first", "first_name", "שם פרטי"), "first"),
    **dict.fromkeys(("last", "last_name", "שם משפחה"), "last"),
    **dict.fromkeys(("status", "סטטוס"), "status"),
    **{each: each for each in ("account_status", "unsubscribed", "sms_status", "sms_unsubscribed", "created")},
    **{each: each for each in (LISTS, "personal_fields", "signed_up_at")},
}
WHO = (ID, "email", "phone")
OF_THE_PERSON = ("email", "phone", "first", "last", "name")
NO_ONE = "The call does not say who it is about: it has neither an e-mail address, nor a phone number, nor an id."


class ResponderWebhooks:
    """JSON or a form, one or several; a message of our own form is told by its names."""

    def verify(self, inbound: Inbound, account: Account) -> None:
        return None

    def parse(self, inbound: Inbound) -> list[Notice]:
        given = inbound.options.get("hook_fields")
        own = {plain_text(key): plain_text(meant) for key, meant in _table(given)}
        return [notice for element in _elements(inbound) for notice in _notices(element, own)]


def _elements(inbound: Inbound) -> list[Any]:
    body = inbound.body.strip()
    if body[:1] in (b"{", b"[") or (body and "x-www-form-urlencoded" not in inbound.content_type.lower()):
        return read_elements(read_json(body))
    fields = read_form(body) if body else inbound.query
    if not fields:
        raise Unreadable("The call is empty.")
    return [{storable(name): storable(value) for name, value in fields}]


def _table(option: Any) -> Iterable[tuple[str, str]]:
    """The option `hook_fields`: a mapping, or text such as "דואל = email; נייד = phone"."""
    if isinstance(option, Mapping):
        return [(str(key), str(meant)) for key, meant in option.items()]
    entries = [entry.partition("=") for entry in re.split(r"[;\n]", str(option or ""))]
    return [(key, meant) for key, _equals, meant in entries if key.strip() and meant.strip()]


def _notices(element: Any, own: Mapping[str, str]) -> list[Notice]:
    if not isinstance(element, dict):
        return [Notice("", "", OBJECT, "", element, unreadable="The element is not an object.")]
    if "lastMessage" in element or "messageId" in element:
        return [_message(element)]
    return _hook(element, own)


# --- webhooks of Responder ----------------------------------------------------------------------------------------


def _hook(element: Record, own: Mapping[str, str]) -> list[Notice]:
    """What changed, and a second notice where a stop came along: Responder has no event for it (§3a)."""
    said = {own.get(plain_text(key), plain_text(key)): value for key, value in element.items()}
    word, list_id = _what(said)
    raw, custom = _sorted_out(said, word)
    record = _record(raw, custom)
    context = _context(raw, word, list_id)
    changed = _notice(HOOK_EVENTS[word], word, element, record, context)
    if changed.unreadable or HOOK_EVENTS[word] != "contact.updated":
        return [changed]
    return [*stops(changed, record), changed]


def stops(notice: Notice, record: Record) -> list[Notice]:
    """A notice for each opt-out that the record shows: all of it, or of SMS alone (responder.md §3c)."""
    found = []
    if record.get(UNSUBSCRIBED):
        found.append(stop(notice, "email", str(record[LEVEL])))
    elif record.get(SMS):
        found.append(stop(notice, "sms", "sms"))
    return found


def stop(notice: Notice, channel: str, level: str) -> Notice:
    content = {**notice.content, "opt_out": level}
    context = {**notice.context, "level": level, "channel": channel}
    event_id = f"{notice.vendor_event_id}:{level}" if notice.vendor_event_id else ""
    return Notice(
        STOP_FOUND, f"{level}_stop", OBJECT, notice.record_id, content, event_id, notice.occurred_at, notice.record,
        context, notice.email, notice.phone,
    )  # fmt: skip


def _what(said: Mapping[str, Any]) -> tuple[str, str]:
    """(what happened, on which list) by the first key that says both that and who."""
    found = (match for key in said if (match := SAYS_WHAT.fullmatch(key)) and KEYS.get(match[3].casefold()) in WHO)
    first = next(found, None)
    return (first[1], first[2] or "") if first else (DEFAULT, "")


def _sorted_out(said: Mapping[str, Any], word: str) -> tuple[Record, Record]:
    """(the vendor's fields, personal fields by name)."""
    raw: Record = {}
    custom: Record = {}
    for key, value in said.items():
        match = None if key.casefold() in KEYS else SAYS_WHAT.fullmatch(key)
        name = match[3] if match and match[1] == word else key
        known = KEYS.get(name.casefold())
        if known:
            raw.setdefault(known, value)
        elif name:
            custom[name] = value
    return raw, custom


def _record(raw: Record, custom: Record) -> Record:
    """Only what the call holds: an absent field is not an empty one."""
    record: Record = {name: plain_text(raw[name]) for name in OF_THE_PERSON if name in raw}
    if "name" in record and not {"first", "last"} & record.keys():
        record["first"], record["last"] = split_name(record["name"])
    if plain_text(raw.get(ID)):
        record[ID] = plain_text(raw[ID])
    if isinstance(raw.get(LISTS), list):
        record[LISTS] = [plain_text(each) for each in raw[LISTS]]
    if isinstance(raw.get("personal_fields"), dict):
        record["personal_fields"] = raw["personal_fields"]
    moment = read_moment(raw.get("created"))
    record |= {"created": moment.isoformat()} if moment else {}
    return record | consent(raw) | ({"customFields": custom} if custom else {})


def _context(raw: Record, word: str, list_id: str) -> Record:
    moment = read_moment(raw.get("signed_up_at"))
    signed_up: Record = {SIGNED_UP: True} if word == SIGNED_UP else {}
    signed_up |= {"signed_up_at": moment.isoformat()} if moment else {}
    return ({"list": {"id": list_id}} if list_id else {}) | signed_up


def _notice(
    type: str, word: str, content: Any, record: Record, context: Record, event_id: str = "", occurred_at: Any = None
) -> Notice:
    email, phone = identify(OBJECT, record)
    if not (email or phone or record.get(ID)):
        return Notice(type, word, OBJECT, "", content, event_id, unreadable=NO_ONE)
    return Notice(
        type, word, OBJECT, str(record.get(ID, "")), content, event_id, occurred_at, record, context, email, phone
    )


# --- messages: our own form, for Responder Live has none (responder.md §4) ----------------------------------------

STOP_WORDS = ("הסר", "להסיר", "הסרה", "הסירו", "הסר אותי", "stop", "unsubscribe")
CHANNELS = ("sms", "email", "form", "other")
DIRECTIONS = {"outbound": "message.sent"}


def _message(element: Record) -> Notice:
    contact = element["contact"] if isinstance(element.get("contact"), dict) else element
    said = {"id": contact.get("contactId"), **{name: contact.get(name) for name in OF_THE_PERSON}}
    record = _record({name: value for name, value in said.items() if plain_text(value)}, {})
    type = DIRECTIONS.get(plain_text(element.get("direction")).casefold(), "message.received")
    happened_at = read_moment(element.get("sentAt")) or read_moment(element.get("receivedAt"))
    text = plain_text(element.get("lastMessage"))
    context = _about_message(element, type, text)
    event_id = _message_id(element, record, text)
    if not text and not plain_text(element.get("messageId")):
        return Notice(type, "message", OBJECT, "", element, unreadable="The message has neither a text nor an id.")
    return _notice(type, "message", element, record, context, event_id, happened_at)


def _about_message(element: Record, type: str, text: str) -> Record:
    channel = plain_text(element.get("channel")).casefold()
    channel = channel if channel in CHANNELS else "other"
    message = {"id": plain_text(element.get("messageId")), "channel": channel, "text": text,
               "link": _link(element)}  # fmt: skip
    context: Record = {"message": {name: value for name, value in message.items() if value or name == "text"}}
    if isinstance(element.get("assignee"), dict):
        context["assignee"] = element["assignee"]
    if plain_text(element.get("listId")):
        context["list"] = {"id": plain_text(element["listId"])}
    word = stop_word(text) if type == "message.received" else ""
    stop_of = {"stop_word": word, "channel": "email" if channel == "email" else "sms"} if word else {}
    return context | stop_of


def _link(element: Record) -> str:
    return plain_text(element.get("link")) or plain_text(look_up(element, "raw.link")[1])


def stop_word(text: str) -> str:
    """The word by which somebody asks to be left alone; "" when the message says anything else."""
    word = " ".join(plain_text(text).strip(" .!?,;:'\"׳״").split()).casefold()
    return word if word in STOP_WORDS else ""


def _message_id(element: Record, record: Record, text: str) -> str:
    """The same on every repeat: the sender's own id; else of who, when and what, if it says when."""
    own = plain_text(element.get("messageId"))
    if own:
        return f"message:{plain_text(element.get('source'))}:{own}"
    sent_at = plain_text(element.get("sentAt"))
    if not sent_at:
        return ""
    told = json.dumps([[record.get(name, "") for name in WHO], sent_at, text], ensure_ascii=False)
    return f"message:{hashlib.sha256(told.encode()).hexdigest()}"
