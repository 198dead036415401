"""Whether a connection works, stops for a person, or waits for its vendor. The only module that changes it."""

from __future__ import annotations

from datetime import timedelta

from . import clock
from .clients import expire_token, forget_token, open_client
from .inbox import look_again_now
from .knowledge import forget_all
from .models import BudgetWindow, Connection, Health
from .refreshing import refresh_account
from .tokens import callback_url
from .vendors.base import Check
from .vendors.errors import BudgetUsedUp, ConfigurationError, CrosswalkError, RateLimited, RecordError

_LONGEST_PAUSE = timedelta(minutes=5)


def note_success(connection: Connection) -> None:
    """A call worked: the connection has recovered if it was down."""
    if connection.failures or connection.paused_until:
        Connection.objects.filter(pk=connection.pk).update(
            failures=0, paused_until=None, health=Health.OK, health_reason="", health_at=clock.now()
        )
        connection.failures, connection.paused_until = 0, None


def note_failure(connection: Connection, error: CrosswalkError) -> None:
    """A whole call failed: stop for a person, or wait.

    A record that is refused says nothing about the connection, nor does the share of a lane that is spent: a pause
    would stop the lanes that it is kept for.
    """
    if isinstance(error, RecordError | BudgetUsedUp):
        return
    now = clock.now()
    if isinstance(error, ConfigurationError):
        changes = {"blocked": True, "health": Health.BLOCKED}
    elif isinstance(error, RateLimited):
        changes = {"paused_until": now + error.retry_after, "paused_at": now}
    else:
        pause = min(_LONGEST_PAUSE, timedelta(seconds=2 ** min(connection.failures, 8)))
        changes = {"failures": connection.failures + 1, "health": Health.DOWN}
        changes |= {"paused_until": now + pause, "paused_at": now}
    reason = (
        {}
        if isinstance(error, RateLimited)
        else {"health_reason": f"{error.message} {error.help}".strip(), "health_at": now}
    )
    Connection.objects.filter(pk=connection.pk).update(**changes, **reason)
    for name, value in changes.items():
        setattr(connection, name, value)


def account_changed(connection: Connection) -> None:
    """Other credentials or another address: what we knew counts no more, and what waited is tried again."""
    forget_token(connection)
    account_mended(connection)


def account_mended(connection: Connection) -> None:
    """Other options of the same account: the same, and whoever signed in stays signed in."""
    expire_token(connection)
    BudgetWindow.objects.filter(connection=connection).update(vendor_said={})
    fresh = {"blocked": False, "paused_until": None, "failures": 0, "health": Health.UNKNOWN, "health_reason": ""}
    Connection.objects.filter(pk=connection.pk).update(**fresh)
    for name, value in fresh.items():
        setattr(connection, name, value)
    forget_all(connection)
    look_again_now()


def check_connection(connection: Connection) -> list[Check]:
    """Call the vendor read-only and say what works and what is missing. What waited goes on when it works again.

    What is known of the account is read afresh as well.
    """
    client = open_client(connection, lane="optouts")
    try:
        checks = client.check(callback_url(connection))
    except CrosswalkError as error:
        checks = [Check(name="Sign in", ok=False, detail=error.message, help=error.help)]
    if _keep_report(connection, checks):
        refresh_account(connection, client)
    return checks


def _keep_report(connection: Connection, checks: list[Check]) -> bool:
    """Whether we could sign in at all."""
    missing = [check for check in checks if not check.ok]
    signed_in = not any(check.required and not check.ok and check.name == checks[0].name for check in checks)
    health = Health.OK if not missing else Health.DEGRADED if signed_in else Health.BLOCKED
    connection.health, connection.health_at, connection.blocked = health, clock.now(), not signed_in
    connection.health_reason = " ".join(f"{check.detail} {check.help}".strip() for check in missing[:3])
    connection.failures, connection.paused_until = 0, None
    connection.report = [
        {"name": c.name, "ok": c.ok, "detail": c.detail, "help": c.help, "required": c.required} for c in checks
    ]
    fields = ["health", "health_at", "health_reason", "blocked", "failures", "paused_until", "report"]
    Connection.objects.filter(pk=connection.pk).update(**{name: getattr(connection, name) for name in fields})
    if signed_in:
        look_again_now()
    return signed_in
