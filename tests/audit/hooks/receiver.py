"""Tools that are told: what each was sent, and what it answers next."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import responses

from audit.hooks.models import Hook
from audit.hooks.subscribing import subscribe
from integrations.models import Connection

URL = "https://tool.example.com/hooks/1"


class Receiver:
    """Takes every call to `https://tool.example.com/`; answers 200 unless it was told otherwise."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.answers: list[Any] = []  # statuses or exceptions, for the next calls
        self.always: Any = 200
        self.headers: dict[str, str] = {}

    def take(self, request: Any) -> tuple[int, dict[str, str], str]:
        self.calls.append(request)
        answer = self.answers.pop(0) if self.answers else self.always
        if isinstance(answer, Exception):
            raise answer
        return answer, self.headers, ""

    @property
    def payloads(self) -> list[dict[str, Any]]:
        return [json.loads(call.body) for call in self.calls]

    @property
    def types(self) -> list[str]:
        return [payload["type"] for payload in self.payloads]

    @contextmanager
    def listening(self) -> Iterator[Receiver]:
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
            mock.add_passthru("http://127.0.0.1")
            mock.add_callback("POST", URL, callback=self.take)
            mock.add_callback("POST", URL + "2", callback=self.take)
            yield self


def hook(event: str, connection: Connection | None = None, url: str = URL) -> Hook:
    return subscribe(url, event, connection, None)
