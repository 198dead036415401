"""A simulated GetResponse for the tests of what is looked at there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations.sandbox.testing import RunningSandbox, running_sandbox
from integrations.vendors.base import Services
from integrations.vendors.getresponse.resources import GetResponse

from ..services import Bench, getresponse_account


@pytest.fixture(scope="module")
def one_sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def sandbox(one_sandbox: RunningSandbox) -> RunningSandbox:
    one_sandbox.reset()
    return one_sandbox


def client_of(sandbox: RunningSandbox, services: Services | None = None) -> GetResponse:
    credentials = {"api_key": "sandbox-getresponse-key"}
    account = getresponse_account(base_url=sandbox.getresponse_url, credentials=credentials)
    return GetResponse(account, services or Bench().services)


@pytest.fixture
def client(sandbox: RunningSandbox) -> GetResponse:
    return client_of(sandbox)
