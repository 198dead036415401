"""Answers one vendor's requests: the failures that are switched on first, then the vendor itself."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from .calls import CallLog
from .deliveries import Outbox
from .store import Store
from .switches import ALWAYS, Switches
from .vendor import Call, FailureName, Refused, SimulatedVendor

READING = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Answer:
    """What the caller gets: the response, or silence for `hang` seconds and then a dropped connection."""

    response: Response
    dropped: bool = False
    hang: float = 0.0
    note: str = ""


class Site:
    """One simulated vendor at work."""

    def __init__(self, vendor: SimulatedVendor, store: Store, switches: Switches, outbox: Outbox, calls: CallLog):
        self.vendor = vendor
        self._store = store
        self._switches = switches
        self._outbox = outbox
        self._calls = calls
        self.closing = threading.Event()

    def answer(self, request: Request, prefix: str) -> Answer:
        """Everything the request writes, and its line in the log, is stored before this returns."""
        started = time.monotonic()
        request.get_data(cache=True)  # a slow caller must not hold the store
        self.closing.wait(self._switches.values(self.vendor.slug)["latency_ms"] / 1000)
        with self._store.transaction():
            call = self._open_call(request, prefix)
            answer = self._answer(call, request.path.removeprefix(prefix) or "/")
            self._spend(call)
            status = 0 if answer.dropped else answer.response.status_code
            size = answer.response.calculate_content_length() or 0
            took = round((time.monotonic() - started) * 1000)
            self._calls.note(self.vendor.slug, request, status, size, took, answer.note)
        self.closing.wait(answer.hang)
        return answer

    def _open_call(self, request: Request, prefix: str) -> Call:
        shelf = self._store.shelf(self.vendor.slug)
        values = self._switches.values(self.vendor.slug)
        base_url = request.host_url.rstrip("/") + prefix
        return Call(self.vendor, request, shelf, values, self._outbox, base_url)

    def _answer(self, call: Call, path: str) -> Answer:
        if call.consume("down"):
            return Answer(self._failure(call, "down"), dropped=call.switches["down_style"] == "drop", note="down")
        if self.vendor.is_open(path):
            return Answer(self.vendor.finish(call, self._respond(call, path)))
        failure = self._switched_failure(call, path)
        if failure is not None:
            return Answer(self._failure(call, failure), note=failure)
        response = self.vendor.finish(call, self._respond(call, path, authenticate=True))
        return self._maybe_unheard(call, response)

    def _switched_failure(self, call: Call, path: str) -> FailureName | None:
        if call.consume("unauthorized"):
            return "unauthorized"
        if call.consume("rate_limit"):
            return "rate_limit"
        part = call.switches["fail_path"]
        if part and part in path:
            self._switches.set(self.vendor.slug, {"fail_path": ""})
            return "broken"
        return None

    def _maybe_unheard(self, call: Call, response: Response) -> Answer:
        wrote = call.request.method not in READING and response.status_code < 400
        if not wrote or not call.consume("timeout_after_write"):
            return Answer(response)
        hang = call.switches["hang_seconds"] if call.switches["timeout_style"] == "hang" else 0.0
        return Answer(response, dropped=True, hang=hang, note="timeout after write")

    def _respond(self, call: Call, path: str, authenticate: bool = False) -> Response:
        try:
            if authenticate:
                self.vendor.authenticate(call)
            return self.vendor.handle(call, path)
        except Refused as refusal:
            return refusal.response
        except HTTPException:
            return self.vendor.failures["unknown_path"](call)

    def _failure(self, call: Call, name: FailureName) -> Response:
        return self.vendor.finish(call, self.vendor.failures[name](call))

    def _spend(self, call: Call) -> None:
        """Count down the switches that struck."""
        left = {
            name: call.switches[name] - times for name, times in call.spent.items() if call.switches[name] != ALWAYS
        }
        if left:
            self._switches.set(self.vendor.slug, left)
