"""Several calls at once, each for one write, and what their answers mean for that write."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ...base import Outcome, Write
from ...errors import CrosswalkError, RecordError, Rejected
from ...http import Answer, Call
from ..client import Api

ID = re.compile(r"[A-Za-z0-9_-]+")

Answers = dict[str, Answer | CrosswalkError]  # by the id of the write


def send_all(api: Api, calls: Mapping[str, Call]) -> Answers:
    """One call per write, several at a time. What kept all from being sent is every write's error."""
    if not calls:
        return {}
    try:
        return dict(zip(calls, api.send_each(list(calls.values())), strict=True))
    except CrosswalkError as error:
        return dict.fromkeys(calls, error)


def contact_path(record_id: str, rest: str = "") -> str:
    return f"contacts/{quote(record_id, safe='')}{rest}"


def failed(write: Write, error: CrosswalkError) -> Outcome:
    return Outcome(write.id, error=error)


def already(write: Write, record_id: str = "") -> Outcome:
    """What was wanted is so; nothing was written."""
    return Outcome(write.id, record_id or write.record_id, False, response={"already": True})


def refused_values(values: Mapping[str, Any]) -> RecordError | None:
    try:
        json.dumps(values, allow_nan=False)
    except (TypeError, ValueError):
        return Rejected("A value cannot be sent: it is neither text, nor number, nor date, nor true or false.")
    return None


def split(writes: Sequence[Write], answers: Answers) -> tuple[list[Write], dict[str, Outcome]]:
    """(the writes whose call went well, the outcome of the others)."""
    outcomes = {w.id: failed(w, e) for w in writes if isinstance(e := answers.get(w.id), CrosswalkError)}
    return [write for write in writes if write.id not in outcomes], outcomes
