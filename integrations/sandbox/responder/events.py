"""What Responder Live tells the outside: a list's webhooks, with the keys that somebody chose, and no event name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from ..deliveries import Parcel, Verdict
from ..store import Document
from ..vendor import Hand

# The order of the first two is a guess (fact sheet §3a); the third is proven.
JOINED, CHANGED, REJOINED = 1, 2, 5
JSON_TYPE = 2  # a guess, too
QUEUE_FULL = "queue is full"
KIND = "responder-webhook"


def tell(hand: Hand, event: int, person: Document, lists: Iterable[str]) -> None:
    """One call for each webhook of these lists that asks for the event."""
    wanted = set(lists)
    for hook in hand.shelf.all("webhook"):
        if str(hook["list_id"]) in wanted and event in hook["events"] and not _is_off(hand, hook):
            send(hand, hook, payload(hook["merges"], person), f"{event}")


def payload(merges: Mapping[str, str], person: Document) -> Document:
    """{field: the key that is to be sent}, turned into {key: value}."""
    held = {**person, "name": f"{person['first']} {person['last']}".strip(), "subscriber_id": person["id"]}
    held |= {"status": "active" if person["state"] == "active" else "unsubscribed"}
    held |= {str(id): value for id, value in person["personal_fields"].items()}
    return {key: held[field] for field, key in merges.items() if field in held}


def send(hand: Hand, hook: Document, body: Any, type: str) -> None:
    is_json = hook.get("webhooks_send_type_id", JSON_TYPE) == JSON_TYPE
    text = json.dumps(body, ensure_ascii=False) if is_json else urlencode(body)
    headers = {"Content-Type": "application/json" if is_json else "application/x-www-form-urlencoded"}
    gaps = [float(gap) for gap in hand.switches["webhook_gaps"]]
    hand.outbox.add(Parcel("responder", KIND, type, hook["url"], headers=headers, body=text, gaps=gaps))


def verdict(status: int | None, body: str) -> Verdict:
    """A 4xx ends the event and switches the address off; being busy, down or silent means again (fact sheet §3a)."""
    if status is not None and 200 <= status < 300:
        return "delivered"
    busy = status == 429 or (status == 400 and QUEUE_FULL in body)
    return "failed" if status is not None and 400 <= status < 500 and not busy else "again"


def _is_off(hand: Hand, hook: Document) -> bool:
    """Switched off since a call to it was refused."""
    if not hook["active"]:
        return True
    sent = [each for each in hand.outbox.entries() if each["kind"] == KIND and each["url"] == hook["url"]]
    last = [each["answers"][-1] for each in sent if each["state"] == "failed" and each["answers"]]
    if not any(verdict(answer["status"], answer["body"]) == "failed" for answer in last):
        return False
    hand.shelf.put("webhook", str(hook["id"]), {**hook, "active": False})
    return True
