"""What every test shares: no network but loopback, and workers that are not woken."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.clock import Clock
from integrations.sandbox.testing import RunningSandbox, running_sandbox

from .clocks import Passing
from .world import World


@pytest.fixture(autouse=True)
def _quiet(settings: Any) -> None:
    settings.WAKE_WORKERS = False
    settings.WEBHOOK_TOKEN_SECONDS = 0.0  # a test's connections are no other test's
    settings.HOOK_SECONDS = 0.0  # nor are its hooks


@pytest.fixture(autouse=True)
def _a_clock_for_each_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine's own, which tests set; none remembers how another set it."""
    monkeypatch.setattr("integrations.clock._clock", Clock(ask=lambda: None))
    monkeypatch.setattr("config.mending._mended_at", {})
    monkeypatch.setattr("mappings.watching.PAUSE_SECONDS", 0.0)


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Passing:
    """Time that passes when a test says so."""
    passing = Passing()
    monkeypatch.setattr("integrations.clock._clock", passing.clock)
    return passing


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise RuntimeError(f"A test tried to reach {address[0]}.")
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(scope="session")
def _sandbox_server() -> Iterator[RunningSandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(_sandbox_server: RunningSandbox) -> RunningSandbox:
    """The simulated vendors, empty, over real sockets."""
    _sandbox_server.reset()
    return _sandbox_server


@pytest.fixture
def world(sandbox: RunningSandbox, db: None) -> World:
    """GetResponse and Salesforce connected; no mapping and no rule yet."""
    return World(sandbox)
