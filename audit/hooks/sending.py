"""Makes the calls of hooks: signed, ten seconds at the most, no redirect, several at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import requests

from integrations.receive import HOOK_HEADER
from integrations.vendors.http import new_session
from integrations.vendors.signatures import signed_headers

TIMEOUT = (5, 10)  # seconds to connect, and to answer
PARALLEL = 16
LONGEST_WAIT = timedelta(hours=1)  # that an answer may ask for


@dataclass(frozen=True)
class Message:
    """One call to be made. `id` is the same at each attempt."""

    id: str
    url: str
    secret: str
    payload: Mapping[str, Any]
    via: Sequence[str]


@dataclass(frozen=True)
class Reply:
    """What came of it; `status` is None when there was no answer. `wait` is how long the answer asks us to."""

    status: int | None
    words: str
    wait: timedelta | None = None

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The tool does not want to be told any more."""
        return self.status == HTTPStatus.GONE


def send_all(messages: Sequence[Message], at: datetime) -> list[Reply]:
    """Make the calls, in order. Never raises for one of them. Only the network runs in threads."""
    with new_session(PARALLEL) as session, ThreadPoolExecutor(min(PARALLEL, max(1, len(messages)))) as pool:
        return list(pool.map(lambda message: _send(session, message, at), messages))


def _send(session: requests.Session, message: Message, at: datetime) -> Reply:
    body = json.dumps(message.payload, ensure_ascii=False).encode()
    headers = {
        "content-type": "application/json",
        "user-agent": "Crosswalk",
        HOOK_HEADER: ",".join(message.via),
        **signed_headers(message.secret, message.id, at, body),
    }
    try:
        answer = session.post(
            message.url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True
        )
    except requests.Timeout:
        return Reply(None, "No answer within ten seconds.")
    except (requests.RequestException, ValueError):  # also an address that only now turns out to be none
        return Reply(None, "The address could not be reached.")
    answer.close()  # what it says beyond its status is not read
    return Reply(answer.status_code, _words(answer.status_code), _wait(answer.headers.get("retry-after", "")))


def _words(status: int) -> str:
    if 300 <= status < 400:
        return f"Answered {status}: redirects are not followed."
    return f"Answered {status}."


def _wait(retry_after: str) -> timedelta | None:
    is_number = retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 8
    return min(timedelta(seconds=int(retry_after)), LONGEST_WAIT) if is_number else None
