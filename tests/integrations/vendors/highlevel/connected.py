"""Clients of the simulated HighLevel, signed in in the one or the other way."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.highlevel.options import CLIENT_ID, CLIENT_SECRET, LOCATION, TOKEN
from integrations.sandbox.testing import RunningSandbox
from integrations.vendors.base import Account
from integrations.vendors.highlevel.resources import HighLevel

from ..services import Bench

APP_CREDENTIALS = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def account_at(sandbox: RunningSandbox, **changes: Any) -> Account:
    """By a private integration token unless other credentials are given."""
    facts = {"credentials": {"token": TOKEN}, "options": {"location_id": LOCATION}, **changes}
    return Account("highlevel-main", sandbox.highlevel_url, **facts)


def client_at(sandbox: RunningSandbox, bench: Bench | None = None, **changes: Any) -> HighLevel:
    return HighLevel(account_at(sandbox, **changes), (bench or Bench()).services)
