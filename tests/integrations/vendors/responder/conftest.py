"""A simulated Responder Live for the tests of its package."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations.sandbox.testing import RunningSandbox, running_sandbox

from .account import SimulatedAccount


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def sandbox(one_sandbox: RunningSandbox) -> RunningSandbox:
    one_sandbox.reset()
    return one_sandbox


@pytest.fixture
def account(sandbox: RunningSandbox) -> SimulatedAccount:
    return SimulatedAccount(sandbox)
