"""A mapped value is fitted to what the target's description says, and what was cut or dropped is said.

Lengths count code points. A text that is too long is cut, but an e-mail address, a phone number, a link and an id are
dropped: half of one would be a wrong one. Nothing here raises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from integrations.vendors.base import Field

from .moments import moment_in, zone_of
from .transforms.numbers import boolean_in, number_in
from .values import cut, is_blank, items_of, plain, text_of

_NEVER_CUT = frozenset({"email", "phone", "url", "reference", "picklist"})


@dataclass(frozen=True)
class Fitted:
    """The value as the target takes it. `note` says in plain words what was changed; `dropped` when nothing is left."""

    value: Any
    note: str = ""
    dropped: bool = False


def fit(value: object, field: Field, timezone: str = "UTC") -> Fitted:
    """Never raises. None stays None, which clears a field. `timezone` is that of times without a zone."""
    data = plain(value)
    if data is None:
        lost = value is not None
        return Fitted(None, "Dropped: not a finite number." if lost else "", lost)
    if is_blank(data) and _is_none_when_blank(data, field):
        return Fitted(None)
    fitted = _FITS.get(field.type, _text)(data, field, timezone)
    return fitted if fitted.note or not _was_cleaned(value, data) else Fitted(fitted.value, _CLEANED)


_CLEANED = "Removed characters that cannot be stored."


def _is_none_when_blank(data: Any, field: Field) -> bool:
    """A blank text may stand in a text, and an empty list in a list."""
    return field.type not in ("list", "object") and (field.type in _FITS or not isinstance(data, str))


def _was_cleaned(value: object, data: Any) -> bool:
    return isinstance(value, str) and value != data


def _dropped(note: str) -> Fitted:
    return Fitted(None, f"Dropped: {note}.", True)


# --- text -------------------------------------------------------------------------------------------------------


def _text(data: Any, field: Field, timezone: str) -> Fitted:
    if isinstance(data, dict):
        return _dropped("an object does not fit into a text")
    text = _joined(data) if isinstance(data, list) else text_of(data)
    if text is None:
        return _dropped("a list of objects without names does not fit into a text")
    return _within_length(text, field)


def _joined(items: list[Any]) -> str | None:
    text = text_of(items)
    return None if not text and not is_blank(items) else text


def _within_length(text: str, field: Field) -> Fitted:
    if field.length is None or len(text) <= field.length:
        return Fitted(text)
    if field.type in _NEVER_CUT:
        return _dropped(f"{len(text)} characters, and {field.length} fit")
    shorter = cut(text, field.length)
    return Fitted(shorter, f"Cut from {len(text)} to {len(shorter)} characters.")


# --- numbers, yes or no, dates ----------------------------------------------------------------------------------


def _only(data: Any) -> Any:
    """The one value in it; a list of several and an object have none."""
    items = items_of(data)
    return items[0] if len(items) == 1 and not isinstance(items[0], list | dict) else None


def _number(data: Any, field: Field, timezone: str) -> Fitted:
    number = number_in(_only(data))
    return Fitted(number) if number is not None else _dropped("not a number")


def _integer(data: Any, field: Field, timezone: str) -> Fitted:
    number = number_in(_only(data))
    if number is None:
        return _dropped("not a number")
    whole = round(number)
    return Fitted(whole, "" if whole == number else f"Rounded from {text_of(number)} to {whole}.")


def _boolean(data: Any, field: Field, timezone: str) -> Fitted:
    answer = boolean_in(_only(data))
    return Fitted(answer) if answer is not None else _dropped("neither yes nor no")


def _date(data: Any, field: Field, timezone: str) -> Fitted:
    moment = moment_in(_only(data), timezone)
    return Fitted(moment.day(zone_of(timezone)).isoformat()) if moment else _dropped("not a date")


def _datetime(data: Any, field: Field, timezone: str) -> Fitted:
    moment = moment_in(_only(data), timezone)
    return Fitted(moment.utc()) if moment else _dropped("not a date and time")


# --- choices ----------------------------------------------------------------------------------------------------


def _picklist(data: Any, field: Field, timezone: str) -> Fitted:
    choice = _choice(text_of(_only(data)).strip(), field)
    if choice:
        return _within_length(choice, field)
    single = _only(data) is not None
    return _dropped(f"not one of the choices of {field.name}" if single else "no single value where one choice fits")


def _choice(text: str, field: Field) -> str:
    """The choice in the vendor's own spelling; any text where choices are not restricted; else ""."""
    if text in field.choices:
        return text
    folded = {choice.casefold(): choice for choice in field.choices}
    return folded.get(text.casefold(), "" if field.restricted else text)


def _multipicklist(data: Any, field: Field, timezone: str) -> Fitted:
    items = data if isinstance(data, list) else text_of(data).split(";")
    wanted = [text for text in (text_of(item).strip() for item in items) if text]
    kept = dict.fromkeys(choice for choice in (_choice(text, field) for text in wanted) if choice)
    lost = [text for text in wanted if not _choice(text, field)]
    note = (
        f"Dropped {len(lost)} that {'is' if len(lost) == 1 else 'are'} not among the choices of {field.name}."
        if lost
        else ""
    )
    if lost and not kept:
        return Fitted(None, note, True)
    return _whole_entries(list(kept), field, note)


def _whole_entries(entries: list[str], field: Field, note: str) -> Fitted:
    """As many entries as fit, never a part of one."""
    count = len(entries)
    while field.length is not None and len(";".join(entries)) > field.length:
        entries = entries[:-1]
    if len(entries) < count:
        note = f"{note} Kept {len(entries)} of {count} entries: no more fit.".strip()
    return Fitted(";".join(entries) or None, note, bool(count) and not entries)


# --- what stays as it is ----------------------------------------------------------------------------------------


def _list(data: Any, field: Field, timezone: str) -> Fitted:
    return Fitted(data if isinstance(data, list) else items_of(data))


def _object(data: Any, field: Field, timezone: str) -> Fitted:
    return Fitted(data) if isinstance(data, dict) else _dropped("not an object")


Fits = Callable[[Any, Field, str], Fitted]
_FITS: dict[str, Fits] = {
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "picklist": _picklist,
    "multipicklist": _multipicklist,
    "list": _list,
    "object": _object,
}
