"""Posts events to a webhook as a vendor does: again and again until they are acknowledged."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

PATIENCE = 60.0
HONEST = {200, 429, 503}  # whatever else makes a vendor give up, or switch the hook off


@dataclass(frozen=True)
class Letter:
    """One event in the brief's form. With an id, as GetResponse sends it; without, it is told by its content."""

    body: bytes
    id: str = ""

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


def letter(contact: Mapping[str, Any], action: str, id: str = "", **more: Any) -> Letter:
    keys = ("contactId", "email", "name", "createdOn")
    body = {key: contact[key] for key in keys} | {"campaign": {"campaignId": contact["campaignId"], "name": "Main"}}
    return Letter(json.dumps({"contact": body, "action": action, **more}, ensure_ascii=False).encode(), id)


@dataclass
class Postman:
    """Remembers what was acknowledged, and how often it had to come again. Safe to share between threads."""

    url: str
    acknowledged: set[str] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def deliver(self, letter: Letter) -> None:
        until = time.monotonic() + PATIENCE
        while not self._post(letter):
            assert time.monotonic() < until, f"Nobody acknowledged an event within {PATIENCE:.0f} s."
            time.sleep(0.05)

    def _post(self, letter: Letter) -> bool:
        headers = {"Content-Type": "application/json"} | ({"X-Webhook-ID": letter.id} if letter.id else {})
        try:
            status = requests.post(self.url, data=letter.body, headers=headers, timeout=5).status_code
        except requests.RequestException as error:
            self._note(type(error).__name__)
            return False
        assert status in HONEST, f"A webhook was answered {status}."
        self._note(str(status), letter.hash if status == 200 else "")
        return status == 200

    def _note(self, answer: str, acknowledged: str = "") -> None:
        with self._lock:
            self.answers[answer] += 1
            self.acknowledged |= {acknowledged} - {""}
