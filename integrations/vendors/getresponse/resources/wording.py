"""Names and values as GetResponse takes them, and as mappings say them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

TAG_NAME = re.compile(r"[_a-zA-Z0-9]{2,64}")  # getresponse.md §3
BETWEEN_WORDS = re.compile(r"[\s\-./:&+]+")  # what stands between two words and may be written as _
SEVERAL = ("checkbox", "multi_select")  # formats of a custom field that hold several values
TRUE = ("true", "1", "yes", "on")


def is_on(option: Any) -> bool:
    """An option as yes or no, whether it came from a form or from YAML."""
    return str(option).strip().lower() in TRUE


def read_table(option: Any) -> dict[str, str]:
    """The option `tag_names`: a mapping, or text such as "VIP client = vip; לקוח = customer"."""
    if isinstance(option, Mapping):
        pairs = [(str(ours), str(theirs)) for ours, theirs in option.items()]
    else:
        entries = re.split(r"[;\n]", str(option or ""))
        pairs = [(ours, theirs) for ours, _, theirs in (entry.partition("=") for entry in entries)]
    return {ours.strip(): theirs.strip() for ours, theirs in pairs if ours.strip() and theirs.strip()}


def their_tag(name: str, table: Mapping[str, str]) -> str:
    """What GetResponse calls our tag; "" when it takes no such name and nobody said what to call it there."""
    ours = name.strip()
    folded = {key.casefold(): theirs for key, theirs in table.items()}
    theirs = table.get(ours) or folded.get(ours.casefold()) or BETWEEN_WORDS.sub("_", ours)
    return theirs if TAG_NAME.fullmatch(theirs) else ""


def our_tag(name: str, table: Mapping[str, str]) -> str:
    """What we call a tag of GetResponse, as far as the table says."""
    return next((ours for ours, theirs in table.items() if theirs == name), name)


def holds_several(field: Mapping[str, Any]) -> bool:
    """Whether a custom field takes more than one value; old accounts show the format as the type."""
    return any(field.get(key) in SEVERAL for key in ("format", "fieldType", "type"))


def value_list(field: Mapping[str, Any], value: Any) -> list[str]:
    """A custom field's value as GetResponse wants it: always an array of strings, also for numbers and dates."""
    if isinstance(value, str) and holds_several(field):
        value = value.split(";")
    texts = [text_of(item) for item in (value if isinstance(value, list) else [value])]
    return [text for text in texts if text]


def text_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
