"""Webhook tokens: the secret part of a connection's webhook URL."""

from __future__ import annotations

import hashlib
import secrets
import time

from django.conf import settings

from .models import Connection

_known: dict[tuple[str, str], tuple[float, Connection]] = {}  # by vendor and hash: until when it is believed, and it


def hash_token(token: str) -> str:
    """What is looked up: comparing hashes tells nothing about how much of a token was right."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def set_token(connection: Connection, token: str = "") -> None:
    """Give the connection this webhook token, or a fresh one. Does not save."""
    connection.webhook_token = token or secrets.token_urlsafe(24)
    connection.webhook_token_hash = hash_token(connection.webhook_token)


def callback_url(connection: Connection) -> str:
    """The address that the vendor must be given."""
    return f"{settings.PUBLIC_URL}/webhooks/{connection.vendor}/{connection.webhook_token}/"


def find_connection(vendor: str, token: str) -> Connection | None:
    """The connection this webhook URL names, as it was at most WEBHOOK_TOKEN_SECONDS ago. To be read only.

    Asking the database costs as much as all else that a webhook does. Only who has a right token is answered sooner.
    """
    key, now = (vendor, hash_token(token)), time.monotonic()
    until, known = _known.get(key, (0.0, None))
    if known is not None and now < until:
        return known
    found = Connection.objects.filter(webhook_token_hash=key[1], vendor=vendor).first()
    if found is None:
        _known.pop(key, None)
    else:
        _known[key] = (now + settings.WEBHOOK_TOKEN_SECONDS, found)
    return found
