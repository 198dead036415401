"""A date or a point in time, read from any usual way of writing it.

ISO 8601 in its forms, seconds or milliseconds since 1970, e-mail dates (RFC 2822), 21.04.2026, 4/21/2026 and
21 April 2026. A time without a zone is taken in the time zone that is given. With slashes or dashes the order of day
and month is taken from the numbers where they allow one reading only, else from `order`; with dots the day is first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from .values import plain

_EARLIEST_EPOCH, _LATEST_EPOCH = 100_000_000, 4_102_444_800  # 1973 to 2100, in seconds
_LONGEST = 64
_COMPACT_DAY = re.compile(r"(?:19|20)\d{6}")
_NUMERIC = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[ T,]+(\S.*))?")
_DAY_MONTH = re.compile(
    r"(?:[a-z]+,? )?(\d{1,2})(?:st|nd|rd|th|\.)?[ -]([a-z]{3,9})\.?,?[ -](\d{4})(?:[ ,]+(\d.*))?", re.I
)
_MONTH_DAY = re.compile(r"(?:[a-z]+, )?([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})(?:[ ,]+(\d.*))?", re.I)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)? ?([ap])?\.?m?\.?", re.I)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


@dataclass(frozen=True)
class Moment:
    """A point in time, always with its zone. `day_only` is True when no time of day was written."""

    at: datetime
    day_only: bool = False

    def utc(self) -> str:
        """As vendors take it: 2026-04-21T09:15:00Z."""
        return self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def day(self, zone: tzinfo) -> date:
        return self.at.date() if self.day_only else self.at.astimezone(zone).date()


def zone_of(name: str) -> tzinfo:
    """The time zone of that name; UTC for a name nobody knows."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return UTC


def moment_in(value: object, timezone: str = "UTC", order: str = "") -> Moment | None:
    """None when it cannot be read, or could be read in two ways. `order` is "day", "month" or ""."""
    value = value if isinstance(value, datetime | date) else plain(value)
    moment = _read(value, order)
    return _bounded(moment, zone_of(timezone)) if moment else None


def is_ambiguous(value: object) -> bool:
    """3/4/2026: readable only when it is said whether the day or the month comes first."""
    return moment_in(value) is None and moment_in(value, order="day") is not None


Parsed = tuple[datetime, bool]  # the time as written, and whether it is a day only


def _read(value: object, order: str) -> Parsed | None:
    if isinstance(value, datetime):
        return value, False
    if isinstance(value, date):
        return datetime.combine(value, time()), True
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value)
    return _from_text(" ".join(value.split()), order) if isinstance(value, str) and len(value) <= _LONGEST else None


def _bounded(parsed: Parsed, zone: tzinfo) -> Moment | None:
    """With its zone, and far enough from the ends of the calendar that no zone leads out of it."""
    at, day_only = parsed
    if not 1000 <= at.year < 9999:
        return None
    return Moment(at if at.tzinfo else at.replace(tzinfo=zone), day_only)


def _from_number(number: int | float) -> Parsed | None:
    if isinstance(number, int) and _COMPACT_DAY.fullmatch(str(number)):
        return _from_iso(str(number))
    seconds = number / 1000 if number > _LATEST_EPOCH else number
    if not _EARLIEST_EPOCH <= seconds <= _LATEST_EPOCH:
        return None
    return datetime.fromtimestamp(seconds, UTC), False


def _from_text(text: str, order: str) -> Parsed | None:
    if re.fullmatch(r"[0-9]{8,16}", text):
        return _from_number(int(text))
    return _from_iso(text) or _from_numeric(text, order) or _from_words(text) or _from_mail(text)


def _from_iso(text: str) -> Parsed | None:
    text = re.sub(r" ?(?:UTC|GMT)$", "Z", text)
    text = re.sub(r"(?<=\d) (?=[+-]\d\d)", "", text)
    try:
        return datetime.fromisoformat(text), len(text) <= 10 and ":" not in text
    except ValueError:
        return None


def _from_numeric(text: str, order: str) -> Parsed | None:
    match = _NUMERIC.fullmatch(text)
    if not match:
        return None
    first, mark, second, third, clock = match.groups()
    if len(first) == 4:
        return _made(int(first), int(second), int(third), clock)
    if len(third) != 4 or len(first) > 2:
        return None
    day_first = _day_comes_first(int(first), int(second), "day" if mark == "." else order)
    if day_first is None:
        return None
    day, month = (first, second) if day_first else (second, first)
    return _made(int(third), int(month), int(day), clock)


def _day_comes_first(first: int, second: int, order: str) -> bool | None:
    if first > 12 or second > 12 or first == second:
        return second <= 12
    return order == "day" if order else None


def _from_words(text: str) -> Parsed | None:
    if match := _DAY_MONTH.fullmatch(text):
        day, name, year, clock = match.groups()
    elif match := _MONTH_DAY.fullmatch(text):
        name, day, year, clock = match.groups()
    else:
        return None
    month = _month(name)
    return _made(int(year), month, int(day), clock) if month else None


def _month(name: str) -> int:
    name = name.casefold()
    return next((number for number, month in enumerate(_MONTHS, 1) if month.startswith(name) or name == month[:4]), 0)


def _from_mail(text: str) -> Parsed | None:
    if not re.search("[A-Za-z]{3}", text):
        return None
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC), False


def _made(year: int, month: int, day: int, clock: str | None) -> Parsed | None:
    hour = _clock(clock) if clock else time()
    if hour is None:
        return None
    try:
        return datetime.combine(date(year, month, day), hour), not clock
    except ValueError:
        return None


def _clock(text: str) -> time | None:
    """9:15, 09:15:30, 9:15 pm; anything after that cannot be read."""
    match = _CLOCK.fullmatch(text.strip())
    if not match:
        return None
    hour, minute, second, half = match.groups()
    hours = int(hour) % 12 + (12 if half.casefold() == "p" else 0) if half else int(hour)
    try:
        return time(hours, int(minute), int(second or 0))
    except ValueError:
        return None
