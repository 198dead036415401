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
Outcomes = dict[str, Outcome]


def send_all(api: Api, calls: Mapping[str, Call]) -> Answers:
    """One call per write, several at a time. What kept all from being sent is every write's error."""
    if not calls:
        return {}
    try:
        return dict(zip(calls, api.send_each(list(calls.values())), strict=True))
    except CrosswalkError as error:
        return dict.fromkeys(calls, error)


def contact_path(contact_id: str, rest: str = "") -> str:
    return f"/contacts/{quote(contact_id, safe='')}{rest}"


def failed(write: Write, error: CrosswalkError) -> Outcome:
    return Outcome(write.id, error=error)


def done(write: Write, created: bool = False, record_id: str = "") -> Outcome:
    return Outcome(write.id, record_id or write.record_id, created)


def already(write: Write, record_id: str = "") -> Outcome:
    """What was wanted is so; nothing was written."""
    return Outcome(write.id, record_id or write.record_id, False, response={"already": True})


def settled(writes: Sequence[Write], answers: Answers) -> Outcomes:
    """Done or failed, as each answer says."""
    return {w.id: failed(w, a) if isinstance(a := answers[w.id], CrosswalkError) else done(w) for w in writes}


def body_of(answer: Answer | CrosswalkError, key: str) -> dict[str, Any]:
    """The record in an answer; {} when there is none."""
    facts = answer.json if isinstance(answer, Answer) and isinstance(answer.json, dict) else {}
    held = facts.get(key)
    return held if isinstance(held, dict) else {}


def elements(body: Any, key: str) -> list[dict[str, Any]]:
    held = body.get(key) if isinstance(body, dict) else None
    return [each for each in held if isinstance(each, dict)] if isinstance(held, list) else []


def refused_values(values: Any) -> RecordError | None:
    try:
        json.dumps(values, allow_nan=False)
    except (TypeError, ValueError):
        return Rejected("A value cannot be sent: it is neither text, nor number, nor date, nor true or false.")
    return None
