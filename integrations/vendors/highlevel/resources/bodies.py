"""What one write sends: only fields that HighLevel takes in that very call, in its spelling."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...base import Record, Write
from ...errors import FieldHidden, Rejected
from ..fields import CREATEABLE, CUSTOM, DND, UPDATEABLE, custom_field
from .names import Names

NEVER_NULL = ("postalCode", "country")  # SPEC: not nullable; "" is the nearest to nothing
NOT_WRITTEN = "HighLevel does not take this field here. Take it out of the mapping."


def create_body(values: Mapping[str, Any], names: Names) -> Record:
    """What POST /contacts/ takes of these values, without tags and Do Not Disturb."""
    return _body({name: value for name, value in values.items() if not is_blank(value)}, CREATEABLE, names)


def update_body(values: Mapping[str, Any], names: Names) -> Record:
    return _body(values, UPDATEABLE, names)


def _body(values: Mapping[str, Any], taken: tuple[str, ...], names: Names) -> Record:
    mine = {name: value for name, value in values.items() if name != "tags" and not name.startswith(DND)}
    strange = [name for name in mine if name not in taken and not name.startswith(CUSTOM)]
    if strange:
        raise FieldHidden(f"HighLevel does not take {', '.join(strange)} here.", fields=strange, help=NOT_WRITTEN)
    body = {name: _plain(name, value) for name, value in mine.items() if name in taken}
    custom = [_custom(name, value, names) for name, value in mine.items() if name.startswith(CUSTOM)]
    return body | ({"customFields": custom} if custom else {})


def _plain(name: str, value: Any) -> Any:
    """None empties a field. HighLevel's descriptions say so for most; nobody has written that it works (§9)."""
    if is_blank(value):
        return "" if name in NEVER_NULL else None
    return str(value).strip()


def _custom(name: str, value: Any, names: Names) -> Record:
    """Flat, with `field_value`: that is how the dated API has it (§2.7)."""
    definition = names.custom_field(name)
    field = custom_field(definition)
    if not field.updateable:
        raise FieldHidden(f"{name} holds a file.", fields=[name], help=NOT_WRITTEN)
    written: Callable[[Any], Any] = VALUES.get(field.type, _text)
    return {"id": str(definition["id"]), "field_value": written(value)}


def _choices(value: Any) -> list[str]:
    items = value if isinstance(value, list) else str(value or "").split(";")
    return [str(item).strip() for item in items if str(item).strip()]


def _number(value: Any) -> Any:
    """ "" where there is none."""
    if isinstance(value, bool) or is_blank(value):
        return "" if is_blank(value) else int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, (int, float)):
        return value
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise Rejected("HighLevel wants a number in this custom field.") from error


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


VALUES: Mapping[str, Callable[[Any], Any]] = {"multipicklist": _choices, "number": _number}


def tag_list(values: Any) -> list[str]:
    """Tags as a mapping or rule gives them; HighLevel writes them in lower case (§2.5)."""
    items = values if isinstance(values, list) else str(values or "").split(";")
    names = [item.get("name") if isinstance(item, dict) else item for item in items]
    return list(dict.fromkeys(str(name).strip().lower() for name in names if name is not None and str(name).strip()))


def tags_of(write: Write) -> list[str]:
    names = tag_list(write.values.get("tags"))
    if not names:
        raise Rejected("The rule names no tag.", fields=["tags"])
    return names


def is_blank(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())
