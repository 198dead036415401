"""A phone number in the one form everybody understands: E.164, "+972501234567".

A number counts when it is possible: the stricter check of the numbering plans refuses real Israeli mobiles.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, ValidationResult

from .values import plain, text_of

REGIONS = frozenset(phonenumbers.SUPPORTED_REGIONS)
_LONGEST = 250
_PREFIX = re.compile(r"^(?:tel|phone|whatsapp|sms|mobile|טלפון|נייד):\s*", re.I)
_TWO_NUMBERS = re.compile(r"\s*(?:[/;|\n]|,(?=.*\d{7})|\bor\b|\bאו\b)\s*")
_WHY = {
    ValidationResult.TOO_SHORT: "too short",
    ValidationResult.TOO_LONG: "too long",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "missing its area code",
    ValidationResult.INVALID_COUNTRY_CODE: "of no known country",
    ValidationResult.INVALID_LENGTH: "of the wrong length",
}


@dataclass(frozen=True)
class Phone:
    """`e164` is "" when the text could not be read; `note` says why, or what was left out."""

    e164: str = ""
    extension: str = ""
    note: str = ""


def e164(raw: object, region: str = "") -> str:
    """The number in E.164, "" when it is none. `region` is the country of numbers without a country code: "IL"."""
    return read_phone(raw, region).e164


def read_phone(raw: object, region: str = "") -> Phone:
    """Never raises. Of several numbers in one text the first is read."""
    numbers = [number for number in _TWO_NUMBERS.split(_cleaned(raw)) if number]
    if not numbers:
        return Phone()
    phone = _read(numbers[0], region.strip().upper())
    left_out = "Only the first of several phone numbers was used." if len(numbers) > 1 else ""
    return Phone(phone.e164, phone.extension, phone.note or left_out)


def _cleaned(raw: object) -> str:
    text = text_of(plain(raw)) if isinstance(raw, str | bytes | int | float) and not isinstance(raw, bool) else ""
    text = "".join(character for character in text[:_LONGEST] if unicodedata.category(character) != "Cf").strip()
    text = _PREFIX.sub("", text)
    return "+" + text[2:] if text.startswith("00") else text


def _read(text: str, region: str) -> Phone:
    if region not in REGIONS and not text.startswith(("+", "\uff0b")):
        return Phone(note="A phone number without a country code was dropped: no default region is set.")
    try:
        number = phonenumbers.parse(text, region or None)
    except NumberParseException:
        return Phone(note="Dropped: not a phone number.")
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != ValidationResult.IS_POSSIBLE:
        return Phone(note=f"Dropped: a phone number that is {_WHY.get(reason, 'not possible')}.")
    note = f"Extension {number.extension} was left out." if number.extension else ""
    return Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), number.extension or "", note)
