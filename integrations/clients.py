"""Opens a vendor client for a connection: its account, its shared token, its shared budget, its journal."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from . import clock
from .budgets import SharedBudget
from .leases import Holding, over_before
from .models import AccessToken, Connection, Mode
from .vendors.base import Account, Client, Exchange, Journal, Services, Token
from .vendors.errors import Busy
from .vendors.registry import vendor

RENEWAL = timedelta(seconds=40)  # longer than the slowest token call
_WAIT_SECONDS = 10.0
_EARLY = timedelta(seconds=60)  # a token this close to its end counts as expired


@dataclass
class ExchangeList:
    """The HTTP calls of one piece of work, in order. `holding` is what is worked on: each call may take long."""

    holding: Holding | None = None
    exchanges: list[Exchange] = field(default_factory=list)

    def note(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        if self.holding is not None:
            self.holding.keep()


@dataclass
class SharedToken:
    """The access token of a connection in the database; one worker renews it, the others wait for that one."""

    connection_id: int

    def current(self) -> Token | None:
        token = self.last()
        return None if token and token.expires_at and token.expires_at - _EARLY <= clock.now() else token

    def last(self) -> Token | None:
        row = AccessToken.objects.filter(connection_id=self.connection_id).first()
        return _token(row) if row is not None and row.value else None

    def put(self, token: Token) -> None:
        """What a person signed in for, or a vendor gave on the way; whatever was there before counts no more."""
        AccessToken.objects.get_or_create(connection_id=self.connection_id)
        self._keep(token)

    def renew(self, fetch: Callable[[], Token], stale: Token | None) -> Token:
        """Ask the vendor for a new token unless another worker just did.

        Raises Busy when that worker takes too long.
        """
        deadline = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < deadline:
            current = self.current()
            if current is not None and (stale is None or current.value != stale.value):
                return current
            if self._claim():
                return self._fetch(fetch)
            time.sleep(0.05)
        raise Busy("Another worker is asking for a new access token.")

    def _claim(self) -> bool:
        AccessToken.objects.get_or_create(connection_id=self.connection_id)
        now = clock.now()
        free = Q(renewing_until=None) | Q(renewing_until__lt=over_before(RENEWAL))
        mine = AccessToken.objects.filter(free, connection_id=self.connection_id)
        return mine.update(renewing_until=now + RENEWAL) == 1

    def _fetch(self, fetch: Callable[[], Token]) -> Token:
        try:
            token = fetch()
            self._keep(token)
            return token
        finally:
            AccessToken.objects.filter(connection_id=self.connection_id).update(renewing_until=None)

    def _keep(self, token: Token) -> None:
        AccessToken.objects.filter(connection_id=self.connection_id).update(
            value={"value": token.value, "facts": dict(token.facts)},
            expires_at=token.expires_at,
            renewed_at=clock.now(),
        )


def _token(row: AccessToken) -> Token:
    expires: datetime | None = row.expires_at
    return Token(value=row.value["value"], expires_at=expires, facts=row.value.get("facts", {}))


def account_of(connection: Connection) -> Account:
    """The connection as a vendor package knows it."""
    return Account(
        name=connection.name,
        base_url=connection.base_url,
        credentials=connection.credentials or {},
        options=connection.options or {},
        environment=connection.environment,
        read_only=connection.mode == Mode.READ_ONLY,
    )


def open_services(
    connection: Connection, journal: Journal | None = None, lane: str = "events", run_id: str = ""
) -> Services:
    """What every client of the connection shares with the others."""
    return Services(
        tokens=SharedToken(connection.pk),
        budget=SharedBudget(connection, vendor(connection.vendor).capabilities.limits, lane, run_id),
        journal=journal or ExchangeList(),
    )


def open_client(
    connection: Connection, journal: Journal | None = None, lane: str = "events", run_id: str = ""
) -> Client:
    """A client for the connection. The lane says how much of the budget it may spend; a run's calls are counted."""
    services = open_services(connection, journal, lane, run_id)
    return vendor(connection.vendor).connect(account_of(connection), services)


def expire_token(connection: Connection) -> None:
    """The access token counts no more; what renews it stays, so that nobody has to sign in again."""
    AccessToken.objects.filter(connection=connection).update(expires_at=clock.now())


def forget_token(connection: Connection) -> None:
    """Drop the access token, for example when the credentials were changed."""
    AccessToken.objects.filter(connection=connection).delete()
