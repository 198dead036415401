"""Sends what simulated vendors tell the outside: an outbox in the store, and threads that empty it."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import requests

from .moments import now
from .store import Store

Verdict = Literal["delivered", "again", "failed"]
SENDERS = 6
KEPT_ANSWER = 500


@dataclass(frozen=True)
class Parcel:
    """One thing to send. `gaps` are the seconds before each retry; `fresh` headers are new on every attempt."""

    vendor: str
    kind: str
    type: str
    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    timeout: float = 5.0
    gaps: Sequence[float] = ()
    fresh: Sequence[str] = ()


class Outbox:
    """What waits to be delivered, and what came of what was. Survives the sandbox being killed."""

    def __init__(self, store: Store, rules: Mapping[str, Callable[[int | None, str], Verdict]]) -> None:
        self._store = store
        self._rules = rules
        self._news = threading.Condition()
        self._closing = False
        self._arrivals = 0
        self._senders: list[threading.Thread] = []
        store.execute("UPDATE deliveries SET state = 'waiting' WHERE state = 'sending'")
        if store.execute("SELECT 1 FROM deliveries WHERE state = 'waiting' LIMIT 1"):
            self._wake()

    def add(self, parcel: Parcel) -> None:
        policy = {"timeout": parcel.timeout, "gaps": list(parcel.gaps), "fresh": list(parcel.fresh)}
        headers = {"headers": dict(parcel.headers), "policy": policy}
        row = [now().isoformat(), parcel.vendor, parcel.kind, parcel.type, parcel.method, parcel.url]
        self._store.execute(
            "INSERT INTO deliveries (created, vendor, kind, type, method, url, headers, body, state, attempts, due,"
            " answers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', 0, ?, '[]')",
            [*row, json.dumps(headers), parcel.body, time.time()],
        )
        self._wake()

    def entries(self, after: int = 0, limit: int = 1000) -> list[dict[str, Any]]:
        rows = self._store.execute("SELECT * FROM deliveries WHERE n > ? ORDER BY n LIMIT ?", [after, limit])
        return [_entry(dict(row)) for row in rows]

    def latest(self, limit: int) -> list[dict[str, Any]]:
        rows = self._store.execute("SELECT * FROM deliveries ORDER BY n DESC LIMIT ?", [limit])
        return [_entry(dict(row)) for row in rows]

    def pending(self) -> int:
        rows = self._store.execute("SELECT count(*) AS n FROM deliveries WHERE state IN ('waiting', 'sending')")
        return int(rows[0]["n"])

    def close(self) -> None:
        """Stop sending; what waits stays in the store."""
        with self._news:
            self._closing = True
            self._news.notify_all()
        for sender in self._senders:
            sender.join(timeout=1)

    def _wake(self) -> None:
        with self._news:
            if not self._senders and not self._closing:
                self._senders = [threading.Thread(target=self._send_all, daemon=True) for _ in range(SENDERS)]
                for sender in self._senders:
                    sender.start()
            self._arrivals += 1
            self._news.notify_all()

    def _send_all(self) -> None:
        while not self._closing:
            seen, row = self._arrivals, self._claim()
            if row is not None:
                self._settle(row, *_send(row))
                continue
            pause = self._pause()  # asked before the lock is taken: whoever wakes us may hold the store
            with self._news:
                if self._arrivals == seen and not self._closing:
                    self._news.wait(pause)

    def _claim(self) -> dict[str, Any] | None:
        rows = self._store.execute(
            "UPDATE deliveries SET state = 'sending', attempts = attempts + 1 WHERE n = (SELECT n FROM deliveries"
            " WHERE state = 'waiting' AND due <= ? ORDER BY due, n LIMIT 1) RETURNING *",
            [time.time()],
        )
        return dict(rows[0]) if rows else None

    def _pause(self) -> float:
        rows = self._store.execute("SELECT min(due) AS due FROM deliveries WHERE state = 'waiting'")
        return 1.0 if rows[0]["due"] is None else min(1.0, max(0.01, rows[0]["due"] - time.time()))

    def _settle(self, row: dict[str, Any], status: int | None, body: str, milliseconds: int) -> None:
        answers = json.loads(row["answers"])
        answers.append({"at": now().isoformat(), "status": status, "body": body[:KEPT_ANSWER], "ms": milliseconds})
        verdict = self._rules[row["kind"]](status, body)
        gaps = json.loads(row["headers"])["policy"]["gaps"]
        again = verdict == "again" and row["attempts"] <= len(gaps)
        due = time.time() + gaps[row["attempts"] - 1] if again else row["due"]
        state = "waiting" if again else "failed" if verdict == "again" else verdict
        self._store.execute(
            "UPDATE deliveries SET state = ?, due = ?, answers = ? WHERE n = ?",
            [state, due, json.dumps(answers), row["n"]],
        )
        if again:
            self._wake()


def _send(row: dict[str, Any]) -> tuple[int | None, str, int]:
    """Status (None when no answer came), body and milliseconds."""
    letter = json.loads(row["headers"])
    headers = letter["headers"] | {name: str(uuid.uuid4()) for name in letter["policy"]["fresh"]}
    started = time.monotonic()
    try:
        answer = requests.request(
            row["method"],
            row["url"],
            data=row["body"].encode("utf-8", "replace") or None,
            headers=headers,
            timeout=letter["policy"]["timeout"],
            allow_redirects=False,
        )
        status, body = answer.status_code, answer.text
    except requests.RequestException as error:
        status, body = None, type(error).__name__
    return status, body, round((time.monotonic() - started) * 1000)


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    letter = json.loads(row.pop("headers"))
    return row | {"headers": letter["headers"], "answers": json.loads(row["answers"])}
