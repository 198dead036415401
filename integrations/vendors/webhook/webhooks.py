"""What a call of another tool says: any JSON object, an array of them, or a form, read as the connection's options say.

`verify` goes by the Standard Webhooks scheme where a signing secret is set; else the token in our URL is the proof.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..base import Account, Inbound, Notice, Record
from ..errors import Unreadable
from ..payloads import read_elements, read_form, read_json, storable
from ..signatures import ID, check_signature
from .capabilities import EVENTS, RECORD
from .credentials import secrets_of
from .fields import OURS, Reader


class AnyWebhooks:
    def verify(self, inbound: Inbound, account: Account) -> None:
        secrets = secrets_of(account.credentials)
        if secrets:
            check_signature(inbound.headers, inbound.body, secrets, inbound.received_at)

    def parse(self, inbound: Inbound) -> list[Notice]:
        reader, elements = Reader(inbound.options), _elements(inbound)
        ids = _event_ids(reader, elements, storable(inbound.headers.get(ID, "").strip()))
        return [_notice(reader, inbound, each, own_id) for each, own_id in zip(elements, ids, strict=True)]


def _elements(inbound: Inbound) -> list[Any]:
    kind, body = inbound.content_type.lower(), inbound.body.strip()
    if body[:1] in (b"{", b"["):  # whatever the tool calls it
        return read_elements(read_json(body))
    if "multipart/form-data" in kind:
        raise Unreadable("Forms with files (multipart) are not read. Let the tool send JSON or a plain form.")
    if body and "x-www-form-urlencoded" not in kind:
        return read_elements(read_json(body))
    fields = read_form(body) if body else inbound.query
    if not fields:
        raise Unreadable("The call is empty.")
    return [_form(fields)]


def _form(fields: Iterable[tuple[str, str]]) -> Record:
    """By name; a name that comes more than once holds a list."""
    values: dict[str, list[str]] = {}
    for name, value in fields:
        values.setdefault(storable(name), []).append(storable(value))
    return {name: held[0] if len(held) == 1 else held for name, held in values.items()}


def _event_ids(reader: Reader, elements: Sequence[Any], message_id: str) -> list[str]:
    """Each element's own id; one that several share, be it the call's, is told apart by their place."""
    ids = [(reader.event_id(each) if isinstance(each, dict) else "") or message_id for each in elements]
    shared = Counter(ids)
    return [f"{id}:{index}" if id and shared[id] > 1 else id for index, id in enumerate(ids)]


def _notice(reader: Reader, inbound: Inbound, element: Any, event_id: str) -> Notice:
    if not isinstance(element, dict):
        return _unreadable(element, "The element is not an object.", event_id)
    record = {key: value for key, value in element.items() if key != OURS}
    type_, word = reader.type_of(record)
    happened_at = reader.happened_at(record)
    found = reader.found_in(record, happened_at or inbound.received_at)
    if problem := _problem(reader, word, found):
        return _unreadable(element, problem, event_id)
    return Notice(
        type=type_ if type_ in EVENTS else "",
        vendor_type=word,
        object=RECORD,
        record_id=found.get("id", ""),
        content=element,
        vendor_event_id=event_id,
        occurred_at=happened_at,
        record={**record, OURS: found},
        email=found.get("email", ""),
        phone=found.get("phone", ""),
    )


def _problem(reader: Reader, word: str, found: Mapping[str, Any]) -> str:
    """Why nobody can read this element, or ""."""
    if not word:
        return f"The call does not say what happened: {reader.event_field} is missing or empty."
    if not found.keys() & {"id", "email", "phone"}:
        return "The call does not say who it is about. Name the field with the id or the e-mail in the connection."
    return ""


def _unreadable(element: Any, problem: str, event_id: str) -> Notice:
    return Notice("", "", RECORD, "", element, event_id, unreadable=problem)
