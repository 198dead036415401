"""What an engine gives a client, in memory: for tests at the HTTP seam."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

import responses

from integrations.vendors.base import Account, Exchange, Services, Token
from integrations.vendors.errors import RateLimited


@dataclass
class MemoryTokens:
    token: Token | None = None
    renewals: int = 0

    def current(self) -> Token | None:
        over = self.token and self.token.expires_at and self.token.expires_at <= datetime.now(UTC)
        return None if over else self.token

    def last(self) -> Token | None:
        return self.token

    def put(self, token: Token) -> None:
        self.token = token

    def renew(self, fetch: Callable[[], Token], stale: Token | None) -> Token:
        if self.current() is None or self.token is stale:
            self.token = fetch()
            self.renewals += 1
        return self.token


@dataclass
class MemoryBudget:
    left: int = 10_000
    spent: int = 0
    learnt: list[dict[str, Any]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def spend(self, calls: int = 1) -> None:
        with self._lock:
            if self.spent + calls > self.left:
                raise RateLimited("The budget is used up.", retry_after=timedelta(seconds=60))
            self.spent += calls

    def learn(
        self,
        used: int | None = None,
        limit: int | None = None,
        remaining: int | None = None,
        reset: timedelta | None = None,
    ) -> None:
        self.learnt.append({"used": used, "limit": limit, "remaining": remaining, "reset": reset})


@dataclass
class MemoryJournal:
    exchanges: list[Exchange] = field(default_factory=list)

    def note(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)

    @property
    def text(self) -> str:
        return "\n".join(map(repr, self.exchanges))


@dataclass
class Bench:
    """Services whose insides a test can look at."""

    tokens: MemoryTokens = field(default_factory=MemoryTokens)
    budget: MemoryBudget = field(default_factory=MemoryBudget)
    journal: MemoryJournal = field(default_factory=MemoryJournal)

    @property
    def services(self) -> Services:
        return Services(self.tokens, self.budget, self.journal)


def getresponse_account(**changes: Any) -> Account:
    facts: dict[str, Any] = {"name": "getresponse-main", "base_url": "", "credentials": {"api_key": "gr-key-123456"}}
    return Account(**{**facts, **changes})


def salesforce_account(**changes: Any) -> Account:
    credentials = {"client_id": "consumer-key", "client_secret": "sf-secret-987654"}
    facts: dict[str, Any] = {
        "name": "salesforce-main",
        "base_url": "https://acme.my.salesforce.com",
        "credentials": credentials,
    }
    return Account(**{**facts, **changes})


def request(number: int = -1) -> Any:
    """One of the requests that `responses` saw."""
    return responses.calls[number].request
