"""The seam between the sandbox and one simulated vendor: what a vendor package gives, and what it is given."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from .deliveries import Outbox, Verdict
from .store import Shelf
from .switches import ALWAYS, Switch, Values

FailureName = Literal["rate_limit", "unauthorized", "down", "broken", "unknown_path", "unreadable"]


class Refused(Exception):
    """The vendor refuses the request; `response` is what it answers. Raised before anything is written."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


@dataclass
class Call:
    """One request to a simulated vendor. `base_url` is the address the vendor was called at, without its API path."""

    vendor: SimulatedVendor
    request: Request
    shelf: Shelf
    switches: Values
    outbox: Outbox
    base_url: str
    spent: Counter[str] = field(default_factory=Counter)

    def consume(self, switch: str) -> bool:
        """Does a count switch strike now? Each strike is spent."""
        value = self.switches[switch]
        if value != ALWAYS:
            if value <= self.spent[switch]:
                return False
            self.spent[switch] += 1
        return True

    @cached_property
    def payload(self) -> Any:
        """The JSON body. Raises Refused when nobody can read it."""
        try:
            return json.loads(self.request.get_data(cache=True) or b"null")
        except (ValueError, RecursionError):
            raise Refused(self.vendor.failures["unreadable"](self)) from None

    def with_request(self, request: Request) -> Call:
        """The same call with another request in it: one part of a composite request."""
        return Call(self.vendor, request, self.shelf, self.switches, self.outbox, self.base_url, self.spent)


@dataclass(frozen=True)
class Hand:
    """What an act of a person at the vendor may use: the records, the switches and the way out for webhooks."""

    shelf: Shelf
    switches: Values
    outbox: Outbox


Handler = Callable[..., Response]
Act = Callable[[Hand, Mapping[str, Any]], Any]


@dataclass(frozen=True)
class SimulatedVendor:
    """One simulated vendor.

    `mounts` are pairs (start of the path, prefix to take off); what is left is matched against `routes`.
    """

    slug: str
    label: str
    mounts: tuple[tuple[str, str], ...]
    routes: Sequence[tuple[str, str, Handler]]  # (methods, path, handler)
    open_paths: tuple[str, ...]  # need no authentication and suffer no failure but being down
    authenticate: Callable[[Call], None]
    failures: Mapping[FailureName, Callable[[Call], Response]]
    finish: Callable[[Call, Response], Response]
    switches: tuple[Switch, ...]
    indexes: Mapping[str, tuple[str, ...]]
    seed: Callable[[Shelf], None]
    acts: Mapping[str, Act]
    columns: Mapping[str, tuple[str, ...]]  # what the page shows of each object
    sample_account: Mapping[str, str]
    delivery_rules: Mapping[str, Callable[[int | None, str], Verdict]] = field(default_factory=dict)

    @cached_property
    def map(self) -> Map:
        rules = [Rule(path, methods=methods.split(), endpoint=handler) for methods, path, handler in self.routes]
        return Map(rules, strict_slashes=False, merge_slashes=False)

    def prefix_of(self, path: str) -> str | None:
        """The prefix this vendor would be called under, or None when the path is not this vendor's."""
        return next((prefix for start, prefix in self.mounts if f"{path}/".startswith(f"{start}/")), None)

    def is_open(self, path: str) -> bool:
        return any(path.startswith(open_path) for open_path in self.open_paths)

    def handle(self, call: Call, path: str) -> Response:
        """Find the handler and let it answer. Raises Refused, and werkzeug's NotFound and MethodNotAllowed."""
        handler, arguments = self.map.bind("sandbox").match(path, method=call.request.method)
        response: Response = handler(call, **arguments)
        return response


def json_response(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(text, status, headers=dict(headers or {}), content_type="application/json;charset=UTF-8")


def empty_response(status: int) -> Response:
    response = Response(status=status)
    response.headers.pop("Content-Type", None)
    return response


class NoSuchThing(LookupError):
    """An act names a record, a list or a tag that is not there."""


class RecordRefused(Exception):
    """The vendor's rules refuse the record an act would make."""
