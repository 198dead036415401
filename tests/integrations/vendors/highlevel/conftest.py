"""A simulated HighLevel; every request that a test makes is held against HighLevel's own OpenAPI files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from integrations.sandbox.testing import RunningSandbox, running_sandbox

from .location import SimulatedLocation
from .openapi import SPECS, OpenApi

DESCRIBED = OpenApi()


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def sandbox(one_sandbox: RunningSandbox) -> RunningSandbox:
    one_sandbox.reset()
    return one_sandbox


@pytest.fixture
def location(sandbox: RunningSandbox) -> SimulatedLocation:
    return SimulatedLocation(sandbox)


@pytest.fixture(autouse=True)
def described(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What HighLevel's OpenAPI says against the requests of a test; at its end there is nothing."""
    problems: list[str] = []
    if not SPECS.exists():
        yield problems
        return
    request = requests.Session.request

    def looked_at(session: requests.Session, method: str, url: str, **facts: Any) -> requests.Response:
        problems.extend(problems_of(method, url, facts))
        return request(session, method, url, **facts)

    monkeypatch.setattr(requests.Session, "request", looked_at)
    yield problems
    assert problems == []


def problems_of(method: str, url: str, facts: dict[str, Any]) -> list[str]:
    headers = facts.get("headers") or {}
    if "Version" not in headers and "Authorization" not in headers:
        return []  # not a call of ours to the API
    path = urlsplit(url).path.removeprefix("/highlevel")
    query = dict(facts.get("params") or parse_qsl(urlsplit(url).query))
    return DESCRIBED.problems(method, path, query, headers, _body(headers, facts.get("data")))


def _body(headers: dict[str, Any], data: bytes | None) -> Any:
    kind = str(headers.get("Content-Type"))
    if not data:
        return None
    return json.loads(data) if "json" in kind else dict(parse_qsl(data.decode())) if "form" in kind else None
