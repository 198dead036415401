"""Several calls, each for one write, and what their answers mean for that write."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...base import Outcome, Write
from ...errors import CrosswalkError, RecordError, Rejected
from ...http import Answer, Call
from ..client import Api

ID = re.compile(r"[A-Za-z0-9_-]+")

Answers = dict[str, Answer | CrosswalkError]  # by the id of the write


def send_all(api: Api, calls: Mapping[str, Call]) -> Answers:
    """One call per write. What kept all from being sent is every write's error."""
    if not calls:
        return {}
    try:
        return dict(zip(calls, api.send_each(list(calls.values())), strict=True))
    except CrosswalkError as error:
        return dict.fromkeys(calls, error)


def subscriber_path(record_id: str) -> str:
    return f"subscribers/{record_id}"


def failed(write: Write, error: CrosswalkError) -> Outcome:
    return Outcome(write.id, error=error)


def already(write: Write) -> Outcome:
    """What was wanted is so; nothing was written."""
    return Outcome(write.id, write.record_id, False, response={"already": True})


def split(writes: Sequence[Write], answers: Answers) -> tuple[list[Write], dict[str, Outcome]]:
    """(the writes whose call went well, the outcome of the others)."""
    outcomes = {w.id: failed(w, e) for w in writes if isinstance(e := answers.get(w.id), CrosswalkError)}
    return [write for write in writes if write.id not in outcomes], outcomes


def refused_values(values: Mapping[str, Any]) -> RecordError | None:
    try:
        json.dumps(values, allow_nan=False)
    except (TypeError, ValueError):
        return Rejected("A value cannot be sent: it is neither text, nor number, nor date, nor true or false.")
    return None


def items_of(value: Any) -> list[str]:
    """A list of ids or names as a mapping or rule gives it: one, several, a text with ; or , between, or objects."""
    items = value if isinstance(value, list) else re.split(r"[;,]", str("" if value is None else value))
    said = [item.get("id") or item.get("name") if isinstance(item, dict) else item for item in items]
    return list(dict.fromkeys(text for text in (str(each).strip() for each in said if each is not None) if text))
