"""A phone number as Responder takes it: an Israeli one, without country code and without anything but digits. Pure."""

from __future__ import annotations

import re

from ..fields import plain_text

ISRAEL = "972"
NOISE = re.compile(r"[\s().\-\u2010-\u2015\u05be]")
# Mobile 05X with 9 digits after the 0, landline 0X with 8, voice over IP 07X with 9 (responder.md §5).
MOBILE = re.compile(r"5[0-9]\d{7}")
FIXED = re.compile(r"[23489]\d{7}|7\d{8}")
NOT_TAKEN = ("56", "59")  # the vendor calls these prefixes invalid (responder.md §5)


def national(text: object) -> str:
    """0522345678, "" for what is no Israeli number: a foreign one, *6050, 1-800. Reads what people write."""
    written = NOISE.sub("", plain_text(text))
    digits = re.sub(r"^(?:\+|00)", "", written)
    if not digits.isascii() or not digits.isdigit():
        return ""
    abroad = digits != written or digits.startswith(ISRAEL)
    if abroad and not digits.startswith(ISRAEL):
        return ""
    own = (digits.removeprefix(ISRAEL) if abroad else digits).removeprefix("0")
    return f"0{own}" if MOBILE.fullmatch(own) or FIXED.fullmatch(own) else ""


def sendable(text: object) -> str:
    """The number as it is sent. Whether V2 takes +972 is not known (responder.md §8 no. 7), this form is."""
    number = national(text)
    return "" if number[1:3] in NOT_TAKEN else number


def same_number(left: object, right: object) -> bool:
    """Equal once written alike; what is no number of a person equals nothing."""
    return bool(national(left)) and national(left) == national(right)
