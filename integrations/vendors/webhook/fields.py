"""What of a record is what: found where the connection's options say it is, else where it usually is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ..base import Record
from ..payloads import look_up, read_time
from .capabilities import EVENTS

OURS = "crosswalk"  # what was found in a record stands in it under this name: id, email, phone, consented_at
DEFAULT_EVENT = "contact.updated"
# Letters and digits only, in lower case; what comes first wins.
ID_NAMES = ("id", "contactid", "recordid", "leadid", "subscriberid", "userid", "uuid")
EMAIL_NAMES = ("email", "emailaddress", "mail")
PHONE_NAMES = ("phone", "phonenumber", "mobile", "mobilephone", "telephone", "tel")
PLACES = ("contact", "subscriber", "lead", "person", "record", "data")  # looked into after the record itself
YES = ("true", "yes", "y", "on", "1")
_FIRST_SECOND, _FIRST_MILLISECOND = 10**8, 10**11  # numbers below are no time; from the second on it is milliseconds


class Reader:
    """What a connection's options say about reading a call. `words` are the tool's own, in lower case, with our event.

    `unread` are those parts of the option `events` that are not written as `word = event`.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self.event, self.event_field = self._option("event"), self._option("event_field")
        self.words, self.unread = _words(self._option("events"))

    def type_of(self, record: Record) -> tuple[str, str]:
        """(our event or "" when nothing is known of it, the tool's word for it); no word at all: it does not say."""
        if not self.event_field:
            return self.event or DEFAULT_EVENT, self.event or DEFAULT_EVENT
        word = text_of(path(record, self.event_field)[1])
        if not word:
            return self.event, self.event
        if self.words:
            return self.words.get(word.casefold(), ""), word
        return word if word in EVENTS else "", word

    def event_id(self, record: Record) -> str:
        return self._at("event_id_field", record)

    def happened_at(self, record: Record) -> datetime | None:
        return moment_of(path(record, self._option("time_field"))[1]) if self._option("time_field") else None

    def found_in(self, record: Record, now: datetime | None) -> Record:
        """The facts that stand under OURS; `now` is when it happened, as far as anybody knows."""
        email = self._at("email_field", record, EMAIL_NAMES)
        consented_at = self._consented_at(record, now)
        found = {
            "id": self._at("id_field", record, ID_NAMES) or ("" if self._option("id_field") else email),
            "email": email,
            "phone": self._at("phone_field", record, PHONE_NAMES),
            "consented_at": consented_at.isoformat() if consented_at else "",
        }
        return {name: value for name, value in found.items() if value}

    def _consented_at(self, record: Record, now: datetime | None) -> datetime | None:
        """A time to come is not believed, and only a plain yes is one."""
        field = self._option("consent_field")
        value = path(record, field)[1] if field else None
        said = moment_of(value)
        if said is not None:
            return min(said, now) if now else said
        return now if value is True or text_of(value).lower() in YES else None

    def _at(self, option: str, record: Record, usual: Sequence[str] = ()) -> str:
        dotted = self._option(option)
        return text_of(path(record, dotted)[1]) if dotted else find_usual(record, usual)

    def _option(self, name: str) -> str:
        return str(self._options.get(name) or "").strip()


def path(record: Record, dotted: str) -> tuple[bool, Any]:
    """(is it there, value): a field of this very name, as forms have them, else by dots and indexes."""
    return (True, record[dotted]) if dotted in record else look_up(record, dotted)


def identify(object: str, record: Record) -> tuple[str, str]:
    """(e-mail, phone) as the tool wrote them."""
    found = record.get(OURS)
    if isinstance(found, dict):
        return text_of(found.get("email")), text_of(found.get("phone"))
    return find_usual(record, EMAIL_NAMES), find_usual(record, PHONE_NAMES)


def opted_in_at(record: Record, context: Mapping[str, Any]) -> datetime | None:
    """When the person consented; None unless the connection's options name a field that says so."""
    found = record.get(OURS)
    return read_time(found.get("consented_at")) if isinstance(found, dict) else None


def find_usual(record: Mapping[str, Any], names: Sequence[str]) -> str:
    """The first value under one of these names, in the record itself or in what usually holds the person."""
    inner = (value for key, value in record.items() if _plain(key) in PLACES and isinstance(value, dict))
    for place in (record, *inner):
        held = {_plain(key): text_of(value) for key, value in reversed(list(place.items()))}
        if value := next((held[name] for name in names if held.get(name)), ""):
            return value
    return ""


def text_of(value: Any) -> str:
    """A text or number as text; anything else is none."""
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def moment_of(value: Any) -> datetime | None:
    """A time as ISO 8601 or as a number of seconds or milliseconds since 1970; None when it is neither."""
    text = text_of(value)
    try:
        number = float(text)
    except ValueError:
        return read_time(text)
    if number < _FIRST_SECOND:
        return read_time(text)
    try:
        return datetime.fromtimestamp(number / (1000 if number >= _FIRST_MILLISECOND else 1), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _words(text: str) -> tuple[dict[str, str], list[str]]:
    parts = [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]
    pairs = [[side.strip() for side in part.partition("=")[::2]] for part in parts]
    words = {word.casefold(): event for word, event in pairs if word and event}
    return words, [part for part, (word, event) in zip(parts, pairs, strict=True) if not (word and event)]


def _plain(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())
