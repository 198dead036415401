"""Finds whom a notice is for, where a vendor sends the events of several accounts to one URL."""

from __future__ import annotations

from collections.abc import Iterator

from .clients import account_of
from .models import Connection
from .vendors.base import Inbound, Notice
from .vendors.errors import Forged
from .vendors.registry import vendor


def addressee(url_of: Connection, inbound: Inbound, notice: Notice) -> Connection | None:
    """The connection that stands for the notice's account; None when there is none.

    The URL's own comes first, and has those of any account while it does not say which one is its own. For another
    one the call must be authentic as well: it may have keys or an app of its own.
    """
    own = _account_of(url_of)
    if not notice.account or notice.account == own:
        return url_of
    return next(_others(url_of, inbound, notice), None if own else url_of)


def may_be_about(connection: Connection, notice: Notice) -> bool:
    """Whether it is not about another account than the connection's."""
    return notice.account in ("", _account_of(connection)) or not _account_of(connection)


def _account_of(connection: Connection) -> str:
    return str((connection.options or {}).get(vendor(connection.vendor).account_option) or "").strip()


def _others(url_of: Connection, inbound: Inbound, notice: Notice) -> Iterator[Connection]:
    kind = vendor(url_of.vendor)
    webhooks, account = kind.webhooks, {f"options__{kind.account_option}": notice.account}
    for connection in Connection.objects.filter(vendor=url_of.vendor, **account).exclude(pk=url_of.pk).order_by("pk"):
        try:
            webhooks.verify(inbound, account_of(connection))
        except Forged:
            continue
        yield connection
