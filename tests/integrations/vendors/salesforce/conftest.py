"""The client against the simulated org."""

from __future__ import annotations

import pytest

from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.salesforce.resources import Salesforce

from ..services import Bench, salesforce_account

SANDBOX_CREDENTIALS = {"client_id": "sandbox-client-id", "client_secret": "sandbox-client-secret"}


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def salesforce(sandbox: RunningSandbox, bench: Bench) -> Salesforce:
    account = salesforce_account(base_url=sandbox.salesforce_url, credentials=SANDBOX_CREDENTIALS)
    return Salesforce(account, bench.services)
